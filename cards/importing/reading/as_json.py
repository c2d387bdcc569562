"""What was read of a file -> JSON and back: single cards, and what the preview shows of the file."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.anki.sides import FieldChoice
from cards.formats.types import (
    Column,
    FileCounts,
    FormatError,
    ImageRef,
    Notice,
    Parsed,
    ParsedCard,
    ParsedDeck,
    PastReview,
    Report,
    Schedule,
)
from cards.models import ALTERNATIVES

SAMPLES, SHOWN_TYPES = 10, 30
"""How many cards, and how many note types (those with the most notes), the preview shows."""

MAX_SHOWN = 2_000
"""Characters of a side, or of a deck's description, that the preview shows."""

MOST_DESCRIBED = 200
"""Decks of a file whose descriptions are kept: a file with more of them is not split."""

MAX_HEAD = 4 * 2**20
"""Characters of the JSON with a file's decks and note types."""

TOO_MANY = "It has too many decks and note types to show, or their names are too long."

Samples = tuple[tuple[dict[str, str], ParsedCard], ...]

COUNTS = ("cards", "one_sided", "both_sides", "images", "reviews", "scheduled", "suspended")
LAYOUT = (
    *("kind", "encoding", "separator", "row_separator", "is_markdown", "is_html", "joins", "sheet", "sheets"),
)
DECK_FIELDS = ("title", "language", "definition_language", "side_choice", "retention")

TUPLES = (*ALTERNATIVES, "tags", "deck")
MOMENTS = ("asked_since", "created_at")
IMAGES = ("term_images", "definition_images")
"""Fields of a card, by their type."""

SCHEDULE_FIELDS = tuple(one.name for one in fields(Schedule))


# --- One card


def card_to_json(card: ParsedCard) -> str:
    kept: dict[str, Any] = {"term": card.term, "definition": card.definition}
    kept |= {name: value for name in TUPLES if (value := getattr(card, name))}
    kept |= {name: value.isoformat() for name in MOMENTS if (value := getattr(card, name))}
    kept |= {name: [[ref.name, ref.alt] for ref in refs] for name in IMAGES if (refs := getattr(card, name))}
    if card.side_choice != "auto":
        kept["side_choice"] = card.side_choice
    return json.dumps(kept)


def card_from_json(key: str, text: str) -> ParsedCard:
    kept = json.loads(text)
    for name in TUPLES:
        kept[name] = tuple(kept.get(name, ()))
    for name in MOMENTS:
        kept[name] = datetime.fromisoformat(kept[name]) if name in kept else None
    for name in IMAGES:
        kept[name] = tuple(ImageRef(*ref) for ref in kept.get(name, ()))
    return ParsedCard(**kept, key=key)


def history_to_json(card: ParsedCard) -> str:
    """The answers and the schedules of a card in Anki."""
    schedules = [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name in SCHEDULE_FIELDS
            if (value := getattr(one, name)) is not None
        }
        for one in card.schedules
    ]
    reviews = [
        (side, at.isoformat(), *plain, day and day.isoformat(), since and since.isoformat())
        for side, at, *plain, day, since in card.reviews
    ]
    return json.dumps({"starred": card.starred, "schedules": schedules, "reviews": reviews})


def history_from_json(key: str, text: str) -> ParsedCard:
    kept = json.loads(text)
    for one in kept["schedules"]:
        for name in {"due_at", "last_review", "reset_at"} & set(one):
            one[name] = datetime.fromisoformat(one[name])
        for name in {"due_day", "last_day"} & set(one):
            one[name] = date.fromisoformat(one[name])
    reviews = tuple(
        PastReview(
            side,
            datetime.fromisoformat(at),
            *(rating, elapsed_ms, kind, interval_days),
            day and date.fromisoformat(day),
            since and datetime.fromisoformat(since),
        )
        for side, at, rating, elapsed_ms, kind, interval_days, day, since in kept["reviews"]
    )
    schedules = tuple(Schedule(**one) for one in kept["schedules"])
    return ParsedCard("", "", key=key, starred=kept["starred"], schedules=schedules, reviews=reviews)


# --- The whole file


def head_to_json(parsed: Parsed) -> dict[str, Any]:
    """How a file is read, and its decks and note types. Raises FormatError if that is too much."""
    shown = MAX_SHOWN if len(parsed.decks) <= MOST_DESCRIBED else 0
    head = {
        "layout": {name: getattr(parsed, name) for name in LAYOUT},
        "columns": [[column.name, column.kind, column.cells] for column in parsed.columns],
        "decks": [
            {"path": deck.path, "description": deck.description[:shown]}
            | {name: getattr(deck, name) for name in DECK_FIELDS}
            for deck in parsed.decks
        ],
        "note_types": [type_to_json(info) for info in parsed.note_types[:SHOWN_TYPES]],
    }
    if len(json.dumps(head)) > MAX_HEAD:
        raise FormatError(TOO_MANY)
    return head


def head_from_json(kept: dict[str, Any]) -> Parsed:
    """A file without its cards."""
    return Parsed(
        make_cards=no_cards,
        decks=tuple(ParsedDeck(**{**deck, "path": tuple(deck["path"])}) for deck in kept["decks"]),
        note_types=tuple(map(type_from_json, kept["note_types"])),
        columns=tuple(Column(name, kind, tuple(cells)) for name, kind, cells in kept["columns"]),
        **kept["layout"],
    )


def no_cards(_report: Report) -> Iterator[ParsedCard]:
    return iter(())


def report_to_json(report: Report) -> dict[str, Any]:
    return {
        "skipped": dict(report.skipped),
        "notices": [[notice.where, notice.message] for notice in report.notices],
        "more_notices": report.more_notices,
    }


def report_from_json(kept: dict[str, Any]) -> Report:
    notices = [Notice(where, message) for where, message in kept["notices"]]
    return Report(notices, Counter(kept["skipped"]), kept["more_notices"])


def counts_to_json(counts: FileCounts) -> dict[str, Any]:
    """The counts without samples, report and tags."""
    return {
        "file": {name: getattr(counts, name) for name in COUNTS},
        "in_decks": list(counts.decks.items()),
    }


def counts_from_json(kept: dict[str, Any]) -> FileCounts:
    decks = Counter({tuple(path): count for path, count in kept["in_decks"]})
    return FileCounts(**kept["file"], decks=decks)


def sample_to_json(card: ParsedCard) -> dict[str, Any]:
    return {
        "term": card.term[:MAX_SHOWN],
        "definition": card.definition[:MAX_SHOWN],
        "tags": card.tags[:SAMPLES],
        "images": len(card.images),
    }


def sample_from_json(kept: dict[str, Any]) -> ParsedCard:
    images = tuple(ImageRef(str(number)) for number in range(kept["images"]))
    return ParsedCard(kept["term"], kept["definition"], tags=tuple(kept["tags"]), term_images=images)


def type_to_json(info: NoteTypeInfo) -> dict[str, Any]:
    plain = asdict(replace(info, samples=()))
    return plain | {"samples": [sample_to_json(card) for _, card in info.samples]}


def type_from_json(kept: dict[str, Any]) -> NoteTypeInfo:
    samples: Samples = tuple(({}, sample_from_json(card)) for card in kept["samples"])
    chosen = FieldChoice(*(tuple(side) for side in kept["chosen"].values()))
    return NoteTypeInfo(**{**kept, "fields": tuple(kept["fields"]), "chosen": chosen, "samples": samples})
