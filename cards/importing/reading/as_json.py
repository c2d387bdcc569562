"""What was read of a file as a whole, and what its preview shows: out to JSON and in again."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.anki.sides import FieldChoice
from cards.formats.types import (
    FileCounts,
    FormatError,
    ImageRef,
    Notice,
    Parsed,
    ParsedCard,
    ParsedDeck,
    Report,
)

SAMPLES, SHOWN_TYPES = 10, 30
"""The first cards, and the note types with the most notes, that the preview shows."""

MAX_SHOWN = 2_000
"""Characters of a side, or of a deck's description, that the preview shows."""

MOST_DESCRIBED = 200
MAX_HEAD = 4 * 2**20
"""Characters of what is kept of a file as a whole, as JSON."""

TOO_MANY = "Its decks and note types are too many to be shown, or their names too long."

Samples = tuple[tuple[dict[str, str], ParsedCard], ...]

IN_PREVIEW = ("cards", "one_sided", "duplicates", "both_sides", "images", "reviews", "scheduled", "suspended")
READ_AS = ("kind", "encoding", "separator", "row_separator", "is_markdown")
DECK_FIELDS = ("title", "language", "side_choice", "retention")


def head_to_json(parsed: Parsed) -> dict[str, Any]:
    """How a file is read, and what it says of its decks and note types. Raises FormatError for too much of it."""
    # More decks than these are none of ours: nobody sees what they are about.
    shown = MAX_SHOWN if len(parsed.decks) <= MOST_DESCRIBED else 0
    head = {
        "read_as": {name: getattr(parsed, name) for name in READ_AS},
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
        **kept["read_as"],
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


def preview_to_json(preview: FileCounts) -> dict[str, Any]:
    """The counts alone: without samples, report and tags."""
    counts = {name: getattr(preview, name) for name in IN_PREVIEW}
    return {"preview": counts, "in_decks": list(preview.decks.items())}


def preview_from_json(kept: dict[str, Any]) -> FileCounts:
    decks = Counter({tuple(path): count for path, count in kept["in_decks"]})
    return FileCounts(**kept["preview"], decks=decks)


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
