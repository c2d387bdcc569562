"""What a file comes to, kept on its draft: worked out once for each choice, in slices, however large it is."""

import json
import re
from typing import Any

from cards.formats.detect import ANKI
from cards.formats.types import FormatError
from cards.importing import splitting
from cards.importing.preview import comparing
from cards.importing.preview.comparing import Preview
from cards.importing.reading.as_json import (
    MAX_HEAD,
    SAMPLES,
    TOO_MANY,
    head_from_json,
    head_to_json,
    preview_from_json,
    preview_to_json,
    report_from_json,
    report_to_json,
    sample_from_json,
    sample_to_json,
)
from cards.importing.reading.storage import BusyError, opened
from cards.models import Deck, ImportDraft
from studysite.slices import Slice

FORM = 2
"""Of what is kept; to be raised when it changes, so that what was kept before is worked out anew."""

MAX_KEPT = MAX_HEAD
"""Characters of a look as JSON."""

LOOKED_FOR = 50
"""Cards by which a deck that has most of them already is found."""

# In JSON; PostgreSQL's has no place for it.
NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

COUNTS = ("new", "changed", "same", "doubled", "unfit", "named", "tags", "has_history")


def preview_file(draft: ImportDraft) -> Preview:
    """What the file comes to, however long that takes; raises what `go_on` does."""
    while True:
        if look := go_on(draft, Slice()):
            return look


def go_on(draft: ImportDraft, slice_: Slice) -> Preview | None:
    """What the file comes to, as it was kept or as it is now; None while it is not read to its end.

    At the first look a deck is chosen that has most of its cards already: who imports again wants none twice.
    Raises FormatError, which is kept too, and FileNotFoundError.
    """
    if not draft.path.exists():
        raise FileNotFoundError(draft.path)
    if look := kept(draft):
        return look
    with draft.claim() as mine:
        if not mine:
            return None
        before = draft.look.get("before")
        try:
            look = look_on(draft, slice_)
            if look and not draft.look and suggest_deck(draft, look):
                # As it comes to with that.
                look = look_on(draft, slice_)
            if look:
                keep(draft, storable({"of": state_of(draft), "look": to_json(look)}))
                # As every later page shows it, without what no page can hold.
                look = from_json(draft, draft.look["look"])
        except FormatError as error:
            if before:
                take_back(draft, before)
            else:
                keep(draft, {"of": state_of(draft), "error": str(error)})
            raise
    return look


def kept(draft: ImportDraft) -> Preview | None:
    """What was kept, as long as neither the choices nor the decks are others. Raises the FormatError that was."""
    if draft.look.get("of") != state_of(draft):
        return None
    if error := draft.look.get("error"):
        raise FormatError(error)
    return from_json(draft, draft.look["look"])


def look_on(draft: ImportDraft, slice_: Slice) -> Preview | None:
    """Go on reading; the look where that has come to its end. Raises FormatError and FileNotFoundError."""
    try:
        with opened(draft) as reading:
            is_whole = slice_.run(comparing.steps(draft, reading))
            reading.save()
            if is_whole:
                return comparing.look_of(draft, reading, samples=LOOKED_FOR)
            draft.done = reading.count
            draft.keep_until_begun("done")
    except BusyError:
        pass
    return None


def suggest_deck(draft: ImportDraft, look: Preview) -> bool:
    """Choose the deck that has most of the cards already, or the several; whether there was one to choose."""
    # A second look is none that chooses.
    draft.look = {"of": None}
    if draft.deck is not None or splitting.is_split(draft):
        return False
    if look.kind == ANKI and len(splitting.targets(draft.owner, look.keys)) > 1:
        draft.options["subdecks"] = splitting.DECKS
    else:
        draft.deck = comparing.likely_deck(owner=draft.owner, cards=look.preview.samples)
    draft.keep_until_begun("deck", "options", "look")
    return draft.deck is not None or splitting.is_split(draft)


def storable(kept: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from the database, without what that cannot hold. Raises FormatError for too much of it."""
    text = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace").decode()
    if len(text) > MAX_KEPT:
        raise FormatError(TOO_MANY)
    clean: dict[str, Any] = json.loads(NUL.sub(r"\1", text))
    return clean


def keep(draft: ImportDraft, kept: dict[str, Any]) -> None:
    """Only on the draft's row: what else of it has been changed is for its owner to save."""
    draft.look = kept
    ImportDraft.objects.filter(pk=draft.pk).update(look=kept)


# --- Other choices


def choose(draft: ImportDraft, options: dict[str, Any], deck: Deck | None) -> None:
    """Read the file otherwise from now on, as before where it cannot be read so. Nothing is saved yet."""
    draft.look = {"of": None, "before": [draft.options, draft.deck and draft.deck.pk]}
    draft.options, draft.deck = options, deck


def take_back(draft: ImportDraft, before: list[Any]) -> None:
    """Read the file as before its learner chose what it cannot be read as."""
    draft.options, deck = before
    draft.deck, draft.look = Deck.objects.filter(pk=deck).first(), {"of": None}
    draft.keep_until_begun("options", "deck", "look")


def state_of(draft: ImportDraft) -> list[Any]:
    """What a look depends on, besides the file, which never changes: the choices, and the decks as they stand."""
    options = {name: value for name, value in draft.options.items() if name != "keep"}
    state: list[Any] = storable({"of": [FORM, options, comparing.state_of(draft)]})["of"]
    return state


# --- Out and in


def to_json(look: Preview) -> dict[str, Any]:
    preview = look.preview
    return {
        **head_to_json(look.parsed),
        **preview_to_json(preview),
        **report_to_json(preview.report),
        "counts": {name: getattr(look, name) for name in COUNTS},
        "samples": [sample_to_json(card) for card in preview.samples[:SAMPLES]],
        # More are never split.
        "keys": list(look.keys.items()) if len(look.keys) <= splitting.MOST_DECKS else [],
    }


def from_json(draft: ImportDraft, kept: dict[str, Any]) -> Preview:
    parsed, preview = head_from_json(kept), preview_from_json(kept)
    preview.samples, preview.report = (
        [sample_from_json(card) for card in kept["samples"]],
        report_from_json(kept),
    )
    keys = {tuple(path): list(some) for path, some in kept["keys"]}
    look = Preview(parsed.kind, parsed, preview, **kept["counts"], keys=keys)
    if splitting.is_split(draft):
        look.targets = splitting.targets(draft.owner, keys)
    return look
