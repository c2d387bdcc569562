"""What was read of a draft's file, as it will be stored: a database beside the file, written in slices.

Whoever compares the cards with a deck, writes them, or writes what a learner has learned, goes on from any number
and parses nothing anew.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cards.formats.archive import RECORDS
from cards.formats.types import ImageRef, Learned, ParsedCard, PastReview, Schedule, TwinKeys
from cards.formats.work import Work, rows
from cards.models import ImportDraft
from cards.text.studied_side import SIDES
from studysite.sqlite.base import sqlite_code

TABLES = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (
  number INTEGER PRIMARY KEY, key TEXT UNIQUE, sides INTEGER, shown INTEGER, images TEXT, deck TEXT, card TEXT
);
CREATE INDEX IF NOT EXISTS card_by_sides ON cards (sides);
CREATE TABLE IF NOT EXISTS terms (term INTEGER PRIMARY KEY, number INTEGER);
CREATE TABLE IF NOT EXISTS twins (number INTEGER PRIMARY KEY, first TEXT, second TEXT, are_twins INTEGER);
CREATE TABLE IF NOT EXISTS learned (number INTEGER PRIMARY KEY, kind TEXT, key TEXT, line TEXT);
CREATE INDEX IF NOT EXISTS mark_by_card ON learned (key) WHERE kind = 'marks';
CREATE TABLE IF NOT EXISTS known (sides INTEGER, card INTEGER, PRIMARY KEY (sides, card)) WITHOUT ROWID;
"""
TEXTS = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions", "tags", "deck")
MOMENTS = ("asked_since", "created_at")
IMAGES = ("term_images", "definition_images")
SCHEDULE = tuple(one.name for one in fields(Schedule))


@dataclass(frozen=True, slots=True)
class Outline:
    """What decides whether a card of the file is new: its key, a hash of both sides, its images by side."""

    number: int
    key: str
    sides: int
    images: dict[str, int]
    deck: tuple[str, ...]


def digest(*texts: str) -> int:
    """The same number for the same texts in every process, as a database holds it."""
    data = "\0".join(texts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


class BusyError(Exception):
    """The reading cannot be used now, but in the next slice: another one is still at it, or it was damaged."""


class Reading(Work):
    """The database of a draft. ``state`` is what its readers note; `save` keeps it with what they have written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.db.executescript(TABLES)
        self.state: dict[str, Any] = {}
        self.load()

    def load(self) -> None:
        self.state = {name: json.loads(value) for name, value in rows(self.db, "SELECT * FROM state")}

    def save(self) -> None:
        values = [(name, json.dumps(value)) for name, value in self.state.items()]
        self.db.execute("DELETE FROM state")
        self.db.executemany("INSERT INTO state VALUES (?, ?)", values)
        super().save()

    def forget(self) -> None:
        """Forget all that was read; what was unpacked stays."""
        assert self.folder is not None  # noqa: S101
        self.db.rollback()
        for table in ("state", "cards", "twins", "learned", "known", "terms", "seen", "answers"):
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self.db.commit()
        self.state = {}

    @property
    def kind(self) -> str:
        """The kind of file, once its beginning is read."""
        return str(self.state["head"]["read_as"]["kind"]) if "head" in self.state else ""

    # --- Cards

    @property
    def count(self) -> int:
        """The number of the last card."""
        return int(rows(self.db, "SELECT coalesce(max(number), 0) FROM cards")[0][0])

    def has_sides(self, sides: int) -> bool:
        return bool(rows(self.db, "SELECT 1 FROM cards WHERE sides = ? LIMIT 1", (sides,)))

    def has_shown(self, sides: int, shown: int) -> bool:
        """Whether a card has the same sides with the same images."""
        return bool(
            rows(self.db, "SELECT 1 FROM cards WHERE sides = ? AND shown = ? LIMIT 1", (sides, shown))
        )

    def has_key(self, key: str) -> bool:
        return bool(rows(self.db, "SELECT 1 FROM cards WHERE key = ?", (key,)))

    def next_number(self, term: int) -> int:
        """The number of another card with this term (its digest), from 2 on."""
        query = (
            "INSERT INTO terms VALUES (?, 2) ON CONFLICT (term) DO UPDATE SET number = number + 1"
            " RETURNING number"
        )
        return int(rows(self.db, query, (term,))[0][0])

    def add_card(self, number: int, card: ParsedCard, sides: int, shown: int, images: dict[str, int]) -> None:
        values = (number, card.key, sides, shown, json.dumps(images) if images else None)
        self.db.execute(
            "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, json.dumps(card.deck), card_to(card))
        )

    def cards(self, after: int, most: int) -> list[tuple[int, ParsedCard]]:
        """The next cards after that number, each with its own."""
        query = "SELECT number, key, card FROM cards WHERE number > ? ORDER BY number LIMIT ?"
        return [(number, card_from(key, text)) for number, key, text in rows(self.db, query, (after, most))]

    def outlines(self, after: int, most: int) -> list[Outline]:
        query = "SELECT number, key, sides, images, deck FROM cards WHERE number > ? ORDER BY number LIMIT ?"
        return [
            Outline(number, key, sides, json.loads(images or "{}"), tuple(json.loads(deck)))
            for number, key, sides, images, deck in rows(self.db, query, (after, most))
        ]

    # --- What goes with them

    def add_twins(self, number: int, pair: TwinKeys) -> None:
        values = (number, pair.first, pair.second, pair.are_twins)
        self.db.execute("INSERT INTO twins VALUES (?, ?, ?, ?)", values)

    def twins(self, after: int, most: int) -> list[tuple[int, TwinKeys]]:
        query = "SELECT * FROM twins WHERE number > ? ORDER BY number LIMIT ?"
        found = rows(self.db, query, (after, most))
        return [(number, TwinKeys(first, second, bool(are))) for number, first, second, are in found]

    def add_learned(self, kind: str, key: str | None, line: str) -> None:
        self.db.execute("INSERT INTO learned (kind, key, line) VALUES (?, ?, ?)", (kind, key, line))

    def learned(self, after: int) -> Iterator[Learned]:
        """What the learner knows of each card, from the number ``after`` on; in archives after all of one card."""
        current: Learned | None = None
        for number, kind, key, line in self.learned_rows(after):
            if kind == "marks" and self.has_reviews(key):
                # Told with them.
                continue
            if current and (current.key != key or kind == "card"):
                yield current
                current = None
            current = current or Learned(number, key)
            current.number = number
            if kind == "card":
                current.card = learned_from(key, line)
            elif kind == "reviews":
                current.marks = current.marks or self.marks_of(key)
                current.reviews.append(json.loads(line))
            else:
                current.marks.append(json.loads(line))
        if current:
            yield current

    def learned_rows(self, after: int) -> Iterator[tuple[int, str, str, str]]:
        query = "SELECT * FROM learned WHERE number > ? AND key IS NOT NULL ORDER BY number"
        # One after the other: a row may hold thousands of answers.
        yield from self.db.execute(query, (after,))

    def learned_keys(self, after: int, most: int) -> set[str]:
        query = "SELECT key FROM learned WHERE number > ? AND key IS NOT NULL ORDER BY number LIMIT ?"
        return {key for (key,) in rows(self.db, query, (after, most))}

    def has_reviews(self, key: str) -> bool:
        query = "SELECT 1 FROM seen WHERE kind = ? AND key = ?"
        return bool(rows(self.db, query, (RECORDS.format("reviews"), key)))

    def marks_of(self, key: str) -> list[dict[str, Any]]:
        query = "SELECT line FROM learned WHERE kind = 'marks' AND key = ? ORDER BY number"
        return [json.loads(line) for (line,) in rows(self.db, query, (key,))]

    # --- The sides that a deck has already

    def forget_known(self) -> None:
        self.db.execute("DELETE FROM known")

    def know(self, pairs: Sequence[tuple[int, int]]) -> None:
        self.db.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", pairs)

    def knows(self, sides: int) -> list[int]:
        """The deck's cards with these sides, by primary key."""
        return [card for (card,) in rows(self.db, "SELECT card FROM known WHERE sides = ?", (sides,))]


@contextmanager
def opened(draft: ImportDraft) -> Iterator[Reading]:
    """The draft's reading; what is not saved is forgotten. One that is damaged, as by a power cut, begins anew.

    Raises FileNotFoundError where the draft's file has gone, and BusyError.
    """
    if not draft.path.exists():
        raise FileNotFoundError(draft.path)
    try:
        with closing(whole_or_new(draft.folder)) as reading:
            yield reading
    except sqlite3.DatabaseError as error:
        if not draft.path.exists():
            # Dropped in the middle of the slice.
            raise FileNotFoundError(draft.path) from error
        if is_damage(error):
            shutil.rmtree(draft.folder, ignore_errors=True)
        elif sqlite_code(error) != sqlite3.SQLITE_BUSY:
            raise
        raise BusyError from error


def whole_or_new(folder: Path) -> Reading:
    """The reading in ``folder``, or an empty one where that is damaged at its beginning."""
    try:
        return Reading(folder)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    shutil.rmtree(folder, ignore_errors=True)
    return Reading(folder)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no database, or not all of it is one."""
    return sqlite_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


# --- Out and in


def card_to(card: ParsedCard) -> str:
    kept: dict[str, Any] = {"term": card.term, "definition": card.definition}
    kept |= {name: value for name in TEXTS if (value := getattr(card, name))}
    kept |= {name: value.isoformat() for name in MOMENTS if (value := getattr(card, name))}
    kept |= {name: [[ref.name, ref.alt] for ref in refs] for name in IMAGES if (refs := getattr(card, name))}
    if card.side_choice != "auto":
        kept["side_choice"] = card.side_choice
    return json.dumps(kept)


def card_from(key: str, text: str) -> ParsedCard:
    kept = json.loads(text)
    for name in TEXTS:
        kept[name] = tuple(kept.get(name, ()))
    for name in MOMENTS:
        kept[name] = datetime.fromisoformat(kept[name]) if name in kept else None
    for name in IMAGES:
        kept[name] = tuple(ImageRef(*ref) for ref in kept.get(name, ()))
    return ParsedCard(**kept, key=key)


def learned_to(card: ParsedCard) -> str:
    """What Anki's learner knows of a card."""
    schedules = [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name in SCHEDULE
            if (value := getattr(one, name)) is not None
        }
        for one in card.schedules
    ]
    reviews = [
        (one.side, one.reviewed_at.isoformat(), one.rating, one.elapsed_ms, one.kind, one.interval_days)
        for one in card.reviews
    ]
    return json.dumps({"starred": card.starred, "schedules": schedules, "reviews": reviews})


def learned_from(key: str, text: str) -> ParsedCard:
    kept = json.loads(text)
    for one in kept["schedules"]:
        for name in {"due_at", "last_review"} & set(one):
            one[name] = datetime.fromisoformat(one[name])
        if "due_day" in one:
            one["due_day"] = date.fromisoformat(one["due_day"])
    reviews = (PastReview(side, datetime.fromisoformat(at), *more) for side, at, *more in kept["reviews"])
    schedules = tuple(Schedule(**one) for one in kept["schedules"])
    return ParsedCard("", "", key=key, starred=kept["starred"], schedules=schedules, reviews=tuple(reviews))


def images_of(card: ParsedCard, refs: Any) -> dict[str, int]:
    return {side: len(refs(card, side)) for side in SIDES} if card.images else {}
