"""What was read of a draft's file, as it will be stored: a database beside the file, written in slices.

Comparing the cards with a deck, writing them and writing the learner's history all continue from any number in it,
without parsing the file again.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cards.formats.archive.layout import RECORDS
from cards.formats.kinds import KINDS, FileKind
from cards.formats.types import Learned, ParsedCard, TwinKeys
from cards.formats.work import Work, rows
from cards.importing.reading.as_json import card_from_json, card_to_json, history_from_json
from cards.models import ImportDraft
from studysite.sqlite.base import sqlite_code

TABLES = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (
  number INTEGER PRIMARY KEY, key TEXT UNIQUE, sides INTEGER, images TEXT, deck TEXT, card TEXT
);
CREATE INDEX IF NOT EXISTS card_by_sides ON cards (sides);
CREATE TABLE IF NOT EXISTS terms (term INTEGER PRIMARY KEY, number INTEGER);
CREATE TABLE IF NOT EXISTS firsts (term INTEGER PRIMARY KEY, number INTEGER);
CREATE TABLE IF NOT EXISTS known_terms (term INTEGER PRIMARY KEY, card INTEGER, key TEXT, sides INTEGER);
CREATE TABLE IF NOT EXISTS twins (number INTEGER PRIMARY KEY, first TEXT, second TEXT, are_twins INTEGER);
CREATE TABLE IF NOT EXISTS learned (number INTEGER PRIMARY KEY, kind TEXT, key TEXT, line TEXT);
CREATE INDEX IF NOT EXISTS mark_by_card ON learned (key) WHERE kind = 'marks';
CREATE TABLE IF NOT EXISTS known (sides INTEGER, card INTEGER, PRIMARY KEY (sides, card)) WITHOUT ROWID;
"""
OWN_TABLES = ("state", "cards", "terms", "firsts", "twins", "learned", "known", "known_terms")
READERS_TABLES = ("seen", "facts", "answers")
"""Tables of `cards.formats.work`."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What is compared of a card: its key, a hash of both sides, and how many images each side has."""

    number: int
    key: str
    sides: int
    images: dict[str, int]
    deck: tuple[str, ...]


@lru_cache(maxsize=100)
def path_as_json(path: tuple[str, ...]) -> str:
    return json.dumps(path)


@lru_cache(maxsize=100)
def path_of(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def digest(*texts: str) -> int:
    """A hash of the texts, the same in every process, that fits into a database's integer."""
    data = "\0".join(texts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


class BusyError(Exception):
    """The content cannot be used now, but in the next slice: another process uses it, or it was damaged."""


class FileContent(Work):
    """The database of a draft. ``state`` is the state of its readers. `save` stores it with what they wrote."""

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

    def clear(self) -> None:
        """Forget everything that was read. Unpacked files stay."""
        self.db.rollback()
        for table in READERS_TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        for table in OWN_TABLES:
            # An earlier version of the site may have made them with other columns.
            self.db.execute(f"DROP TABLE {table}")
        self.db.executescript(TABLES)
        self.db.commit()
        self.state = {}

    @property
    def kind(self) -> FileKind | None:
        """The kind of file. None until its beginning is read."""
        return KINDS[self.state["head"]["layout"]["kind"]] if "head" in self.state else None

    # --- Cards

    @property
    def count(self) -> int:
        """The number of the last card."""
        return int(rows(self.db, "SELECT coalesce(max(number), 0) FROM cards")[0][0])

    def has_sides(self, sides: int) -> bool:
        return bool(rows(self.db, "SELECT 1 FROM cards WHERE sides = ? LIMIT 1", (sides,)))

    def has_key(self, key: str) -> bool:
        return bool(rows(self.db, "SELECT 1 FROM cards WHERE key = ?", (key,)))

    def next_number(self, term: int) -> int:
        """The number of the next card with this term (its digest). The second card has number 2."""
        query = (
            "INSERT INTO terms VALUES (?, 2) ON CONFLICT (term) DO UPDATE SET number = number + 1"
            " RETURNING number"
        )
        return int(rows(self.db, query, (term,))[0][0])

    def first_with(self, term: int, number: int) -> int:
        """The number of the first card with this term (its digest). It is ``number`` if there was none."""
        query = (
            "INSERT INTO firsts VALUES (?, ?) ON CONFLICT (term) DO UPDATE SET number = number"
            " RETURNING number"
        )
        return int(rows(self.db, query, (term, number))[0][0])

    def replace_card(self, number: int, card: ParsedCard, sides: int, images: dict[str, int]) -> None:
        values = (sides, json.dumps(images) if images else None, card_to_json(card), number)
        self.db.execute("UPDATE cards SET sides = ?, images = ?, card = ? WHERE number = ?", values)

    def add_card(self, number: int, card: ParsedCard, sides: int, images: dict[str, int]) -> None:
        values = (number, card.key, sides, json.dumps(images) if images else None, path_as_json(card.deck))
        self.db.execute("INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?)", (*values, card_to_json(card)))

    def cards(self, after: int, most: int) -> list[tuple[int, ParsedCard]]:
        """At most ``most`` cards after the number ``after``, each with its own number."""
        query = "SELECT number, key, card FROM cards WHERE number > ? ORDER BY number LIMIT ?"
        found = rows(self.db, query, (after, most))
        return [(number, card_from_json(key, text)) for number, key, text in found]

    def cards_with(self, keys: Sequence[str]) -> list[ParsedCard]:
        """The cards with these keys, a few, in the order of the file."""
        query = f"SELECT key, card FROM cards WHERE key IN ({', '.join('?' * len(keys))}) ORDER BY number"  # noqa: S608
        return [card_from_json(key, text) for key, text in rows(self.db, query, tuple(keys))]

    def outlines(self, after: int, most: int) -> list[Outline]:
        query = "SELECT number, key, sides, images, deck FROM cards WHERE number > ? ORDER BY number LIMIT ?"
        return [
            Outline(number, key, sides, json.loads(images) if images else {}, path_of(deck))
            for number, key, sides, images, deck in rows(self.db, query, (after, most))
        ]

    # --- Twins and history

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
        """What the learner knows of each card, after the number ``after``. ``number`` is that of its last line."""
        current: Learned | None = None
        for number, kind, key, line in self.learned_rows(after):
            if kind == "marks" and self.has_reviews(key):
                # They come with the reviews.
                continue
            if current and (current.key != key or kind == "card"):
                yield current
                current = None
            current = current or Learned(number, key)
            current.number = number
            if kind == "card":
                current.card = history_from_json(key, line)
            elif kind == "reviews":
                current.marks = current.marks or self.marks_of(key)
                current.reviews.append(json.loads(line))
            else:
                current.marks.append(json.loads(line))
        if current:
            yield current

    def learned_rows(self, after: int) -> Iterator[tuple[int, str, str, str]]:
        query = "SELECT * FROM learned WHERE number > ? AND key IS NOT NULL ORDER BY number"
        # Not all at once: a row may hold thousands of answers.
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

    # --- The sides of a deck's cards, by which cards without a key are recognised

    def clear_deck_sides(self) -> None:
        self.db.execute("DELETE FROM known")
        self.db.execute("DELETE FROM known_terms")

    def add_deck_sides(self, cards: Sequence[tuple[int, int, str, int]]) -> None:
        """Remember the term, the primary key, the key and the sides of cards of the deck (of texts, digests)."""
        sides = [(sides, pk) for _, pk, _, sides in cards]
        self.db.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", sides)
        self.db.executemany("INSERT OR IGNORE INTO known_terms VALUES (?, ?, ?, ?)", cards)

    @property
    def has_deck_terms(self) -> bool:
        return bool(rows(self.db, "SELECT 1 FROM known_terms LIMIT 1"))

    def deck_card_named(self, term: int) -> int | None:
        """The primary key of a card of the deck with this term, if there is one."""
        found = rows(self.db, "SELECT card FROM known_terms WHERE term = ?", (term,))
        return found[0][0] if found else None

    def replaced_by(self, term: int, key: str) -> int | None:
        """The primary key of the deck's card that the card of the file with this ``key`` and term is a version of.

        None unless it is the first one with its term, and no other card of the file is that card of the deck.
        """
        query = """
            SELECT card FROM known_terms AS there WHERE term = ?
            AND ? = (SELECT key FROM firsts JOIN cards USING (number) WHERE firsts.term = there.term)
            AND NOT EXISTS (SELECT 1 FROM cards WHERE cards.key = there.key)
            AND NOT EXISTS (SELECT 1 FROM cards WHERE cards.sides = there.sides)
            """
        found = rows(self.db, query, (term, key))
        return found[0][0] if found else None

    def deck_cards_with(self, sides: int) -> list[int]:
        """The primary keys of the deck's cards with these sides."""
        return [card for (card,) in rows(self.db, "SELECT card FROM known WHERE sides = ?", (sides,))]


@contextmanager
def open_content(draft: ImportDraft) -> Iterator[FileContent]:
    """The content of the draft's file. Call `save` to keep changes. A damaged database is created again.

    Raises FileNotFoundError if the draft's file does not exist, and BusyError.
    """
    if not draft.path.exists():
        raise FileNotFoundError(draft.path)
    try:
        with closing(open_or_recreate(draft.folder)) as content:
            yield content
    except sqlite3.DatabaseError as error:
        if not draft.path.exists():
            # The draft was deleted during the slice.
            raise FileNotFoundError(draft.path) from error
        if is_damage(error):
            shutil.rmtree(draft.folder, ignore_errors=True)
        elif sqlite_code(error) != sqlite3.SQLITE_BUSY:
            raise
        raise BusyError from error


def open_or_recreate(folder: Path) -> FileContent:
    """The content in ``folder``, empty if its database is damaged at its beginning."""
    try:
        return FileContent(folder)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    shutil.rmtree(folder, ignore_errors=True)
    return FileContent(folder)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not a database, or a damaged one."""
    return sqlite_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
