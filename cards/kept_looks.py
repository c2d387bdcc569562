"""What a file comes to, kept on its draft: worked out once for each choice, whatever the size of the file."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from cards import looking, splitting
from cards.drafts import ImportDraft
from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.anki.sides import FieldChoice
from cards.formats.types import FormatError, ImageRef, Notice, Parsed, ParsedCard, ParsedDeck, Preview, Report
from cards.looking import Look

FORM = 1
"""Of what is kept; to be raised when it changes, so that what was kept before is worked out anew."""

SAMPLES, SHOWN_TYPES = 10, 30
"""The first cards, and the note types with the most notes, that the preview shows."""

MAX_SHOWN = 2_000
"""Characters of a side, or of a deck's description, that the preview shows."""

MAX_KEPT = 4 * 2**20
"""Characters of a look as JSON."""

LOOKED_FOR = 50
"""Cards by which a deck that has most of them already is found."""

# In JSON; PostgreSQL's has no place for it.
NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

Samples = tuple[tuple[dict[str, str], ParsedCard], ...]

COUNTS = ("new", "changed", "same", "doubled", "unfit", "named", "tags", "has_history")
IN_PREVIEW = ("cards", "one_sided", "duplicates", "both_sides", "images", "reviews", "scheduled", "suspended")
READ_AS = ("kind", "encoding", "separator", "row_separator", "is_markdown")
DECK_FIELDS = ("title", "language", "side_choice")


def look_at(draft: ImportDraft) -> Look:
    """`looking.look_at`, or what it came to before, as long as neither the choices nor the decks are others.

    Raises FormatError, which is kept too, and FileNotFoundError.
    """
    if not draft.path.exists():
        raise FileNotFoundError(draft.path)
    of = state_of(draft)
    if draft.look.get("of") != of:
        return look_anew(draft, of)
    if error := draft.look.get("error"):
        raise FormatError(error)
    return from_json(draft, draft.look["look"])


def look_anew(draft: ImportDraft, of: list[Any]) -> Look:
    try:
        look = looking.look_at(draft, samples=LOOKED_FOR)
        kept = storable({"of": of, "look": to_json(look)})
    except FormatError as error:
        keep(draft, {"of": of, "error": str(error)})
        raise
    keep(draft, kept)
    return look


def storable(kept: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from the database, without what that cannot hold. Raises FormatError for too much of it."""
    text = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace").decode()
    if len(text) > MAX_KEPT:
        raise FormatError("Its decks and note types are too many to be shown, or their names too long.")
    clean: dict[str, Any] = json.loads(NUL.sub(r"\1", text))
    return clean


def keep(draft: ImportDraft, kept: dict[str, Any]) -> None:
    """Only on the draft's row: what else of it has been changed is for its owner to save."""
    draft.look = kept
    ImportDraft.objects.filter(pk=draft.pk).update(look=kept)


def state_of(draft: ImportDraft) -> list[Any]:
    """What a look depends on, besides the file, which never changes: the choices, and the decks as they stand."""
    decks: list[Any] = []
    if splitting.is_split(draft):
        decks = splitting.state_of_decks(draft.owner)
    elif draft.deck:
        decks = [draft.deck.pk, draft.deck.updated_at.isoformat()]
    options = {name: value for name, value in draft.options.items() if name != "keep"}
    state: list[Any] = storable({"of": [FORM, options, decks]})["of"]
    return state


# --- Out and in


def to_json(look: Look) -> dict[str, Any]:
    parsed, preview = look.parsed, look.preview
    report = preview.report
    return {
        "counts": {name: getattr(look, name) for name in COUNTS},
        "preview": {name: getattr(preview, name) for name in IN_PREVIEW},
        "read_as": {name: getattr(parsed, name) for name in READ_AS},
        "samples": [sample_to_json(card) for card in preview.samples[:SAMPLES]],
        "in_decks": list(preview.decks.items()),
        # More are never split.
        "keys": list(look.keys.items()) if len(look.keys) <= splitting.MOST_DECKS else [],
        "decks": [
            {"path": deck.path, "description": deck.description[:MAX_SHOWN]}
            | {name: getattr(deck, name) for name in DECK_FIELDS}
            for deck in parsed.decks
        ],
        "note_types": [type_to_json(info) for info in parsed.note_types[:SHOWN_TYPES]],
        "skipped": dict(report.skipped),
        "notices": [[notice.where, notice.message] for notice in report.notices],
        "more_notices": report.more_notices,
    }


def from_json(draft: ImportDraft, kept: dict[str, Any]) -> Look:
    report = Report(
        [Notice(where, message) for where, message in kept["notices"]],
        Counter(kept["skipped"]),
        kept["more_notices"],
    )
    preview = Preview(
        **kept["preview"],
        samples=[sample_from_json(card) for card in kept["samples"]],
        decks=Counter({tuple(path): count for path, count in kept["in_decks"]}),
        report=report,
    )
    parsed = Parsed(
        make_cards=no_cards,
        decks=tuple(ParsedDeck(**{**deck, "path": tuple(deck["path"])}) for deck in kept["decks"]),
        note_types=tuple(map(type_from_json, kept["note_types"])),
        **kept["read_as"],
    )
    keys = {tuple(path): list(some) for path, some in kept["keys"]}
    look = Look(parsed.kind, parsed, preview, **kept["counts"], keys=keys)
    if splitting.is_split(draft):
        look.targets = splitting.targets(draft.owner, keys)
    return look


def no_cards(_report: Report) -> Iterator[ParsedCard]:
    return iter(())


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
