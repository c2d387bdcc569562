"""Cards -> an ``.apkg`` that Anki imports, in its newest format or in the one before. Pure.

Each card is a note whose guid is the card's key, so that importing a later export updates the notes. A card that
asks for both sides is a note with two cards. With a learner's history each of these has its own schedule and log.
"""

import hashlib
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cards.formats.anki.tags import MARKED, to_anki
from cards.formats.anki.writing import packing
from cards.formats.anki.writing.fields import side_html, sort_text
from cards.formats.anki.writing.note_types import NOTE_TYPES, needed_field
from cards.formats.anki.writing.package import Package, stable_id
from cards.formats.anki.writing.schedules import add_log, values_of
from cards.formats.anki.writing.schemas import schema_of
from cards.formats.parts import FILE, Parts
from cards.formats.types import ParsedCard, Preset, no_image
from cards.text.studied_side import DEFINITION, sides_of

COLLECTION = "collection"
CHANGES = (24, 92)
"""Where SQLite counts changes of a file (https://www.sqlite.org/fileformat2.html, 1.3.7 and 1.3.16)."""

ADD_NOTE = "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, ?, 0, '')"
ADD_CARD = "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?)"


class Collection:
    """The collection of a package as a file, to which notes are added in slices. Close it."""

    def __init__(self, path: Path, package: Package) -> None:
        self.package, self.path, self.schema = package, path, schema_of(package)
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.execute("PRAGMA synchronous = OFF")
        if not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self.schema.begin(self.db, package)
            self.db.commit()

    @property
    def place(self) -> int:
        """The last ``place`` passed to `add`: how many cards are written or were removed."""
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def add(self, cards: Iterable[ParsedCard], place: int) -> None:
        """Write the notes of ``cards`` and ``place`` in one transaction."""
        # A note's cards have the ids behind its own.
        (last,) = self.db.execute("SELECT max(id) FROM cards").fetchone()
        ids = itertools.count(last + 1 if last else int(self.package.now.timestamp() * 1000))
        cursor, written = self.db.cursor(), self.place
        self.db.execute("BEGIN")
        for number, card in enumerate(cards, written + 1):
            self.add_note(cursor, ids, card, number)
        self.db.execute(f"PRAGMA user_version = {place:d}")
        self.db.commit()

    def add_note(self, cursor: sqlite3.Cursor, ids: Iterator[int], card: ParsedCard, position: int) -> None:
        """Write one note with its cards and their history. ``position`` is its place among new cards."""
        package, seconds, note = self.package, self.package.seconds, next(ids)
        note_type = NOTE_TYPES.get(card.side_choice, NOTE_TYPES[DEFINITION])
        fields = (side_html(card.term, card.term_images), side_html(card.definition, card.definition_images))
        first = sort_text(fields[0])
        tags = "".join(f" {tag}" for tag in tags_of(card))
        guid = card.key or str(stable_id("\x1f".join(fields)))
        row = (
            note,
            guid,
            note_type.id,
            seconds,
            tags and tags + " ",
            "\x1f".join(fields),
            first,
            checksum(first),
        )
        cursor.execute(ADD_NOTE, row)
        sides = sides_of(card.side_choice if card.side_choice in NOTE_TYPES else DEFINITION)
        schedules = {one.side: one for one in card.schedules} if package.day_0 else {}
        by_side: dict[str, int] = {}
        day_0 = (package.day_0 or package.now).date()
        # Anki has no card whose question is empty, but every note has a card.
        places = enumerate(note_type.templates)
        asked = [ord_ for ord_, template in places if fields[needed_field(template)]]
        for ord_ in asked or [0]:
            by_side[sides[ord_]] = key = next(ids)
            values = values_of(schedules.get(sides[ord_]), position, day_0, package.preset)
            cursor.execute(ADD_CARD, (key, note, package.deck, ord_, seconds, *values))
        if package.day_0:
            add_log(cursor, by_side, card, package.preset)

    def end(self) -> None:
        """Write the deck and the note types of its notes."""
        used = {key for (key,) in self.db.execute("SELECT DISTINCT mid FROM notes")}
        self.schema.end(self.db, self.package, [one for one in NOTE_TYPES.values() if one.id in used])
        # As in Anki's own files.
        self.db.execute("PRAGMA user_version = 0")
        self.db.commit()

    def close(self) -> None:
        """Close the file, and reset its count of transactions, so that the same cards make the same file."""
        self.db.close()
        with self.path.open("r+b") as file:
            for offset in CHANGES:
                file.seek(offset)
                file.write(b"\0\0\0\1")

    @property
    def is_ended(self) -> bool:
        return self.db.execute(self.schema.ended).fetchone() is not None


def tags_of(card: ParsedCard) -> Iterator[str]:
    """The card's tags as Anki has them, and the one by which it knows a marked note."""
    yield from map(to_anki, card.tags)
    if card.starred:
        yield MARKED


def checksum(text: str) -> int:
    """By this Anki finds notes with the same first field."""
    return int.from_bytes(hashlib.sha1(text.encode(), usedforsecurity=False).digest()[:4], "big")


def write_anki(
    file: BinaryIO,
    *,
    title: str,
    deck_key: str,
    cards: Iterable[ParsedCard],
    now: datetime,
    description: str = "",
    day_0: datetime | None = None,
    preset: Preset | None = None,
    is_newest: bool = True,
    read_image: Callable[[str], bytes] | None = None,
) -> None:
    """Write a deck as an ``.apkg`` to ``file``.

    ``deck_key``, ``day_0``, ``preset`` and ``is_newest`` are those of the `Package`. ``side_choice`` of the cards
    must not be automatic: an automatic card asks for the definition.
    """
    images: dict[str, None] = {}

    def seen() -> Iterator[ParsedCard]:
        for card in cards:
            images.update(dict.fromkeys(image.name for image in card.images))
            yield card

    package = Package(title, deck_key, now, description, day_0, preset, is_newest)
    with tempfile.TemporaryDirectory(prefix="studysite-anki-") as folder:
        path = Path(folder) / COLLECTION
        with closing(Collection(path, package)) as collection:
            collection.add(seen(), 0)
            collection.end()
        with Parts(Path(folder), {}) as parts:
            names = list(images) if read_image else []
            for _ in packing.steps(parts, {}, package, path, names, read_image or no_image):
                pass
            for block in parts.blocks(parts.path(FILE), 0, None):
                file.write(block)
