r"""Cards -> an ``.apkg`` that Anki imports, with `genanki`. Pure.

Each card is a note whose guid is the card's key, so that importing a later export updates the notes. Formulas
become ``\(..\)`` and ``\[..\]``, which Anki typesets itself. A card that asks for both sides is a note with two
cards. With a learner's history each of these has its own schedule and answers.
"""

import hashlib
import html
import itertools
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import genanki
from genanki.apkg_col import APKG_COL
from genanki.apkg_schema import APKG_SCHEMA
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.formats.anki.collection import OWN_TYPES
from cards.formats.anki.schedules import add_history, set_calendar, with_star
from cards.formats.parts import FILE, Member, Parts, Zip
from cards.formats.types import ImageRef, ParsedCard, no_image
from cards.text.markdown import PLAIN, fresh_bounds, make_engine, normal, paragraph
from cards.text.sanitizing import cleaner
from cards.text.studied_side import DEFINITION, sides_of

COLLECTION = "collection"
CHANGES = (24, 92)
"""Where SQLite counts changes of a file (https://www.sqlite.org/fileformat2.html, 1.3.7 and 1.3.16)."""

FIELDS = [{"name": "Term"}, {"name": "Definition"}]
ANSWER = '{{FrontSide}}<hr id="answer">'
STYLE = ".card{font-family:sans-serif;font-size:20px;line-height:1.4;text-align:center}img{max-width:100%}"
ASKS_FOR_DEFINITION = {"name": "Term, definition", "qfmt": "{{Term}}", "afmt": ANSWER + "{{Definition}}"}
ASKS_FOR_TERM = {"name": "Definition, term", "qfmt": "{{Definition}}", "afmt": ANSWER + "{{Term}}"}

MODELS = {
    "definition": genanki.Model(
        OWN_TYPES["definition"], "Studysite", fields=FIELDS, templates=[ASKS_FOR_DEFINITION], css=STYLE
    ),
    "term": genanki.Model(
        OWN_TYPES["term"],
        "Studysite (asks for the term)",
        fields=FIELDS,
        templates=[ASKS_FOR_TERM],
        css=STYLE,
    ),
    "both": genanki.Model(
        OWN_TYPES["both"],
        "Studysite (both sides)",
        fields=FIELDS,
        templates=[ASKS_FOR_DEFINITION, ASKS_FOR_TERM],
        css=STYLE,
    ),
}


def maths_rule(opening: str, closing: str) -> Callable[..., str]:
    def rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return html.escape(f"{opening}{tokens[index].content.strip()}{closing}", quote=False)

    return rule


def fence_rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<pre><code>{html.escape(tokens[index].content, quote=False)}</code></pre>"


def anki_engine() -> MarkdownIt:
    """The site's Markdown, but with formulas in Anki's notation."""
    engine = make_engine()
    engine.add_render_rule("math_inline", maths_rule("\\(", "\\)"))
    engine.add_render_rule("math_inline_double", maths_rule("\\[", "\\]"))
    engine.add_render_rule("math_block", maths_rule("\\[", "\\]"))
    engine.add_render_rule("fence", fence_rule)
    return engine


engine = anki_engine()


def side_html(source: str, images: Iterable[ImageRef] = ()) -> str:
    """One side as an Anki field."""
    source = normal(source)
    marked = (
        paragraph(source) if PLAIN.fullmatch(source) else cleaner.clean(engine.render(source, fresh_bounds()))
    )
    marked = marked.strip().replace(' rel="nofollow noopener"', "")
    if marked.startswith("<p>") and marked.count("<p>") == 1 and marked.endswith("</p>"):
        marked = marked[3:-4]
    # In Anki's fields a line break is <br>, except in code.
    if "<pre>" not in marked:
        marked = marked.replace("<br>\n", "<br>").replace("\n", "")
    return marked + "".join(
        f'<img src="{html.escape(image.name)}" alt="{html.escape(image.alt)}">' for image in images
    )


def stable_id(name: str) -> int:
    """A number for ``name`` in the range of Anki's ids."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:5], "big") + 2**40


def note_of(card: ParsedCard) -> genanki.Note:
    return genanki.Note(
        MODELS.get(card.side_choice, MODELS[DEFINITION]),
        [side_html(card.term, card.term_images), side_html(card.definition, card.definition_images)],
        guid=card.key,
        tags=["_".join(tag.split()) for tag in with_star(card)],
    )


def ids_by_side(note: genanki.Note, card: ParsedCard, last: int) -> dict[str, int]:
    """The ids of a note's cards by the side that each asks for. They are numbered up to ``last``."""
    sides = sides_of(card.side_choice if card.side_choice in MODELS else DEFINITION)
    ords = [made.ord for made in note.cards]
    return {sides[ord_]: last - len(ords) + place for place, ord_ in enumerate(ords, 1)}


@dataclass(frozen=True, slots=True)
class Package:
    """The only deck of a package.

    ``key`` identifies the deck permanently (it is its address), and its id is made of it. Anki itself knows decks
    by their names alone. It knows notes by their guids, and uses those of the export with the later ``now``.
    ``day_0`` is needed for due days: an instant in the learner's time zone, from whose date days are counted.
    Without it the cards have no history.
    """

    title: str
    key: str
    now: datetime
    description: str = ""
    day_0: datetime | None = None

    @property
    def deck(self) -> genanki.Deck:
        # In Anki's deck names two colons separate a subdeck.
        title = self.title.replace("::", ": :") or "Studysite"
        return genanki.Deck(stable_id(self.key), title, side_html(self.description))


class Collection:
    """The collection of a package as a file, to which notes are added in slices. Close it."""

    def __init__(self, path: Path, package: Package) -> None:
        self.package, self.path = package, path
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.execute("PRAGMA synchronous = OFF")
        if not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self.db.executescript(f"BEGIN; {APKG_SCHEMA} {APKG_COL}")
            if package.day_0:
                set_calendar(self.db, package.day_0)
            self.db.commit()

    @property
    def place(self) -> int:
        """The last ``place`` passed to `add`: how many cards are written or were removed."""
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def add(self, cards: Iterable[ParsedCard], place: int) -> None:
        """Write the notes of ``cards`` and ``place`` in one transaction."""
        query = "SELECT max(id) + 1 FROM (SELECT id FROM notes UNION ALL SELECT id FROM cards)"
        timestamp, deck = self.package.now.timestamp(), stable_id(self.package.key)
        first = self.db.execute(query).fetchone()[0] or int(timestamp * 1000)
        ids, cursor = itertools.count(first), self.db.cursor()
        self.db.execute("BEGIN")
        for card in cards:
            note = note_of(card)
            note.write_to_db(cursor, timestamp, deck, ids)
            if day_0 := self.package.day_0:
                add_history(cursor, ids_by_side(note, card, cursor.lastrowid or 0), card, day_0.date())
        self.db.execute(f"PRAGMA user_version = {place:d}")
        self.db.commit()

    def end(self) -> None:
        """Write the deck and the note types of its notes."""
        deck, used = self.package.deck, {key for (key,) in self.db.execute("SELECT DISTINCT mid FROM notes")}
        for model in MODELS.values():
            if model.model_id in used:
                deck.add_model(model)
        deck.write_to_db(self.db.cursor(), self.package.now.timestamp(), itertools.count())
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
        (decks,) = self.db.execute("SELECT decks FROM col").fetchone()
        return str(stable_id(self.package.key)) in json.loads(decks)


def members_of(
    collection: Path, images: Sequence[str], read_image: Callable[[str], bytes]
) -> Iterator[Member]:
    """The members of a package. Media files are named by numbers, and a list has their names."""
    yield Member("collection.anki2", collection)
    names = json.dumps({str(number): name for number, name in enumerate(images)})
    yield Member("media", read=names.encode)
    for number, name in enumerate(images):
        yield Member(str(number), read=partial(read_image, name))


def write_anki(
    file: BinaryIO,
    *,
    title: str,
    deck_key: str,
    cards: Iterable[ParsedCard],
    now: datetime,
    description: str = "",
    day_0: datetime | None = None,
    read_image: Callable[[str], bytes] | None = None,
) -> None:
    """Write a deck as an ``.apkg`` to ``file``.

    ``deck_key`` and ``day_0`` are those of the `Package`. ``side_choice`` of the cards must not be automatic: an
    automatic card asks for the definition.
    """
    images: dict[str, None] = {}

    def seen() -> Iterator[ParsedCard]:
        for card in cards:
            images.update(dict.fromkeys(image.name for image in card.images))
            yield card

    with tempfile.TemporaryDirectory(prefix="studysite-anki-") as folder:
        path = Path(folder) / COLLECTION
        with closing(Collection(path, Package(title, deck_key, now, description, day_0))) as collection:
            collection.add(seen(), 0)
            collection.end()
        with Parts(Path(folder), {}) as parts:
            for _ in Zip(parts).steps(
                members_of(path, list(images) if read_image else [], read_image or no_image)
            ):
                pass
            for block in parts.blocks(parts.path(FILE), 0, None):
                file.write(block)
