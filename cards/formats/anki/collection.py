"""The note types, decks and clock of an Anki collection, from either of its two schemas. Pure.

The old schema has them as JSON in the only row of ``col``, the new one in tables with protocol buffers.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from cards.formats.anki.container import protobuf
from cards.formats.anki.container.database import Database
from cards.formats.types import FormatError

MAX_JSON = 2 * 2**20
CONFIG, MAX_NUMBER = ("creationOffset", "localOffset", "rollover"), 20
"""Settings of a collection, and the bytes that their numbers may have."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Field numbers of Anki's messages: Notetype.Config, Notetype.Template.Config, Deck.KindContainer, Deck.Normal,
# DeckConfig.Config.
KIND, STOCK_KIND = 1, 9
QUESTION, ANSWER = 1, 2
NORMAL, CONFIG_ID, DESCRIPTION, DECK_RETENTION = 1, 1, 4, 10
WEIGHTS, RETENTION = (6, 5, 3), 37

IMAGE_OCCLUSION = 6

ROLLOVER = 4
"""The hour at which a day begins, if the collection does not say so."""

OWN_TYPES = {"definition": 1_740_100_001, "term": 1_740_100_002, "both": 1_740_100_003}
"""The note types of our exports, by the side that they ask for. Anki identifies them by id: never change these."""


@dataclass(frozen=True, slots=True)
class Template:
    """A card template of a note type: the HTML of its question and its answer, with fields in braces."""

    name: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type: the names of its fields, in order, and its templates."""

    id: int
    name: str
    fields: tuple[str, ...]
    templates: tuple[Template, ...]
    is_cloze: bool = False
    is_image_occlusion: bool = False


@dataclass(frozen=True, slots=True)
class AnkiDeck:
    """A deck with its options: desired retention (0 to 1), and optimised FSRS parameters."""

    path: tuple[str, ...]
    description: str = ""
    retention: float | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """How the collection counts days: day 0 is ``first_day``, in the time zone in which it was created.

    A study day begins at the hour ``rollover``, in a zone ``offset`` east of UTC. Anki knows no time zone with its
    history, and counts all its past days with one offset. None if the collection does not have one.
    """

    first_day: date
    offset: timedelta | None = None
    rollover: int = ROLLOVER

    def day(self, number: int) -> date | None:
        """The study day with this number. None if it is outside the calendar."""
        try:
            return self.first_day + timedelta(days=number)
        except OverflowError:
            return None

    def study_day(self, at: datetime) -> date | None:
        """The study day at the instant ``at``. None if the collection has no offset, or outside the calendar."""
        if self.offset is None:
            return None
        try:
            return (at + self.offset - timedelta(hours=self.rollover)).date()
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Schema:
    note_types: dict[int, NoteType]
    decks: dict[int, AnkiDeck]
    clock: Clock


def read_schema(database: Database) -> Schema:
    """The collection's schema. Raises FormatError if it has neither of the two."""
    if not {"col", "notes", "cards"} <= database.tables:
        raise FormatError("It is not an Anki collection.", where=database.where)
    try:
        if "notetypes" in database.tables:
            return new_schema(database)
        return old_schema(database)
    except protobuf.DamagedMessageError as error:
        raise FormatError("Its note types or decks are damaged.", where=database.where) from error


def instant(seconds: float) -> datetime | None:
    """The time of seconds since 1970. None if it is outside the calendar."""
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def clock(created: Any, config: Mapping[str, Any]) -> Clock:
    """Anki counts days between calendar dates, the first in the time zone of creation (timing.rs of its rslib).

    The offsets are in minutes west of UTC. A package has only that of the creation; a whole collection also has
    that of the last use, and the hour at which a day begins.
    """
    creation, local = (east_of(config.get(name)) for name in ("creationOffset", "localOffset"))
    made = instant(created if isinstance(created, int) else 0) or EPOCH
    rollover = config.get("rollover")
    if not isinstance(rollover, int) or isinstance(rollover, bool) or not 0 <= rollover < 24:
        rollover = ROLLOVER
    return Clock(
        made.astimezone(timezone(creation or timedelta())).date(),
        creation if local is None else local,
        rollover,
    )


def east_of(minutes_west: Any) -> timedelta | None:
    """The offset of a zone. None for a value that no zone has."""
    is_offset = isinstance(minutes_west, int) and not isinstance(minutes_west, bool)
    return timedelta(minutes=-minutes_west) if is_offset and abs(minutes_west) < 24 * 60 else None


def share(value: Any) -> float | None:
    """A desired retention from 0 to 1. Anki stores some as percents. None for any other value."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    value = value / 100 if value > 1 else value
    return round(float(value), 4) if 0.5 <= value < 1 else None


def clean_name(value: Any) -> str:
    """A name without characters that a database cannot store, since choices are stored and found by it."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


# The old schema


def parsed(text: Any, where: str) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > MAX_JSON:
        raise FormatError("Its note types or decks are damaged.", where=where)
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise FormatError("Its note types or decks are damaged.", where=where) from error
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """The dictionaries in a list or among a dictionary's values."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict))


def old_schema(database: Database) -> Schema:
    row = database.row("SELECT crt, conf, models, decks, dconf FROM col")
    if len(row) != 5:
        raise FormatError("It is not an Anki collection.", where=database.where)
    conf, models, decks, options = (parsed(text, database.where) for text in row[1:])
    by_id = {str(option.get("id")): option for option in dicts(options)}
    return Schema(
        {note_type.id: note_type for note_type in map(old_note_type, dicts(models))},
        {number(deck.get("id")): old_deck(deck, by_id) for deck in dicts(decks)},
        clock(row[0], conf),
    )


def number(value: Any) -> int:
    """An id. Older files have it as text."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def old_note_type(model: dict[str, Any]) -> NoteType:
    def in_order(name: str) -> list[dict[str, Any]]:
        return sorted(dicts(model.get(name)), key=lambda item: number(item.get("ord")))

    templates = (
        Template(str(item.get("name")), str(item.get("qfmt", "")), str(item.get("afmt", "")))
        for item in in_order("tmpls")
    )
    return NoteType(
        number(model.get("id")),
        clean_name(model.get("name", "")),
        tuple(clean_name(item.get("name", "")) for item in in_order("flds")),
        tuple(templates),
        is_cloze=model.get("type") == 1,
        is_image_occlusion=model.get("originalStockKind") == IMAGE_OCCLUSION,
    )


def old_deck(deck: dict[str, Any], options: dict[str, dict[str, Any]]) -> AnkiDeck:
    option = options.get(str(deck.get("conf")), {})
    weights: Any = next(
        (option[name] for name in ("fsrsParams6", "fsrsParams5", "fsrsWeights") if option.get(name)), []
    )
    known = isinstance(weights, list) and all(isinstance(value, int | float) for value in weights)
    return AnkiDeck(
        tuple(clean_name(deck.get("name", "")).split("::")),
        str(deck.get("desc", "")),
        share(deck.get("desiredRetention")) or share(option.get("desiredRetention")),
        tuple(float(value) for value in weights[:50]) if known else (),
    )


# The new schema


def config_values(database: Database) -> dict[str, Any]:
    """The settings of the collection that are needed here, by name."""
    found: dict[str, Any] = {}
    if "config" not in database.tables:
        return found
    for name, value in database.rows("SELECT key, val FROM config"):
        if name in CONFIG and isinstance(value, bytes) and len(value) < MAX_NUMBER:
            with suppress(ValueError, RecursionError):
                found[name] = json.loads(value)
    return found


def message(value: Any) -> protobuf.Message:
    return protobuf.read(value) if isinstance(value, bytes) else {}


def new_schema(database: Database) -> Schema:
    if not {"fields", "templates", "decks"} <= database.tables:
        raise FormatError("It is not an Anki collection.", where=database.where)
    row = database.row("SELECT crt FROM col")
    return Schema(
        {note_type.id: note_type for note_type in new_note_types(database)},
        dict(new_decks(database)),
        clock(row[0] if row else 0, config_values(database)),
    )


def new_note_types(database: Database) -> Iterator[NoteType]:
    fields: dict[int, list[str]] = {}
    for note_type, name in database.rows("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
        fields.setdefault(note_type, []).append(clean_name(name))
    templates: dict[int, list[Template]] = {}
    for note_type, name, config in database.rows(
        "SELECT ntid, name, config FROM templates ORDER BY ntid, ord"
    ):
        texts = message(config)
        template = Template(str(name), protobuf.text(texts, QUESTION), protobuf.text(texts, ANSWER))
        templates.setdefault(note_type, []).append(template)
    for key, name, config in database.rows("SELECT id, name, config FROM notetypes"):
        settings = message(config)
        yield NoteType(
            number(key),
            clean_name(name),
            tuple(fields.get(key, ())),
            tuple(templates.get(key, ())),
            is_cloze=protobuf.number(settings, KIND) == 1,
            is_image_occlusion=protobuf.number(settings, STOCK_KIND) == IMAGE_OCCLUSION,
        )


def new_decks(database: Database) -> Iterator[tuple[int, AnkiDeck]]:
    options = {}
    if "deck_config" in database.tables:
        options = {
            key: message(config) for key, config in database.rows("SELECT id, config FROM deck_config")
        }
    for key, name, kind in database.rows("SELECT id, name, kind FROM decks"):
        normal = protobuf.nested(message(kind), NORMAL)
        option = options.get(protobuf.number(normal, CONFIG_ID), {})
        own, common = protobuf.floats(normal, DECK_RETENTION), protobuf.floats(option, RETENTION)
        yield (
            number(key),
            AnkiDeck(
                tuple(clean_name(name).split("\x1f")),
                protobuf.text(normal, DESCRIPTION),
                share((own or common or (None,))[-1]),
                next((found for field in WEIGHTS if (found := protobuf.floats(option, field))), ()),
            ),
        )
