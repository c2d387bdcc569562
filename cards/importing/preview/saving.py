"""A draft's preview, stored on the draft: made once for each choice of options, in slices."""

import json
import re
from typing import Any

from cards.editing.deck_forms import LANGUAGES
from cards.formats.types import FormatError
from cards.importing import splitting
from cards.importing.preview import comparing
from cards.importing.preview.comparing import Preview
from cards.importing.reading import problems
from cards.importing.reading.as_json import (
    MAX_HEAD,
    SAMPLES,
    TOO_MANY,
    counts_from_json,
    counts_to_json,
    head_from_json,
    head_to_json,
    report_from_json,
    report_to_json,
    sample_from_json,
    sample_to_json,
)
from cards.importing.reading.content import BusyError, open_content
from cards.models import Deck, ImportDraft
from studysite.slices import Slice

VERSION = 7
"""Version of what is stored. Increase it with every change, so that previews are made again."""

MAX_STORED = MAX_HEAD
"""Characters of a preview as JSON."""

MATCHED_CARDS = 50
"""How many of the file's first cards are looked up to find the deck that has most of them."""

# In JSON. PostgreSQL's JSON cannot hold it.
NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

COUNTS = (
    *("new", "changed", "same", "duplicates", "unstorable", "image_only", "dismissed"),
    *("problem_count", "known", "tags", "has_history"),
)


def prepare(draft: ImportDraft, slice_: Slice) -> Preview | None:
    """The stored preview, or a new one. None while the file is not read to its end.

    The first preview chooses the deck that has most of the file's cards, so that importing a file again creates no
    second deck. Raises FormatError, which is stored too, and FileNotFoundError.
    """
    if not draft.path.exists():
        raise FileNotFoundError(draft.path)
    if preview := load(draft):
        return preview
    with draft.claim() as mine:
        if not mine:
            return None
        before = draft.look.get("before")
        try:
            preview = read_on(draft, slice_)
            if preview and not draft.look and choose_deck(draft, preview):
                preview = read_on(draft, slice_)
            if preview:
                save(draft, as_stored({"inputs": inputs_of(draft), "preview": to_json(preview)}))
                # As later requests see it, without characters that cannot be stored.
                preview = from_json(draft, draft.look["preview"])
        except FormatError as error:
            if before:
                restore_options(draft, before)
            else:
                save(draft, {"inputs": inputs_of(draft), "error": str(error)})
            raise
    return preview


def load(draft: ImportDraft) -> Preview | None:
    """The stored preview. None if the options or the decks have changed. Raises the stored FormatError."""
    if draft.look.get("inputs") != inputs_of(draft):
        return None
    if error := draft.look.get("error"):
        raise FormatError(error)
    return from_json(draft, draft.look["preview"])


def read_on(draft: ImportDraft, slice_: Slice) -> Preview | None:
    """Read for one slice. Returns the preview at the end of the file. Raises FormatError and FileNotFoundError."""
    try:
        with open_content(draft) as content:
            is_whole = slice_.run(comparing.preview_steps(draft, content))
            content.save()
            if is_whole:
                return comparing.make_preview(draft, content, samples=MATCHED_CARDS)
            draft.done = content.count
            draft.keep_until_begun("done")
    except BusyError:
        pass
    return None


def choose_deck(draft: ImportDraft, preview: Preview) -> bool:
    """Choose the deck, or the decks, that have most of the cards. Returns whether there are any."""
    # Only the first preview chooses.
    draft.look = {"inputs": None}
    if draft.deck is not None or splitting.is_split(draft):
        return False
    if preview.kind.has_decks and len(splitting.find_targets(draft.owner, preview.keys)) > 1:
        draft.options["subdecks"] = splitting.DECKS
    else:
        draft.deck = comparing.likely_deck(owner=draft.owner, cards=preview.file_counts.samples)
    draft.keep_until_begun("deck", "options", "look")
    return draft.deck is not None or splitting.is_split(draft)


def as_stored(value: dict[str, Any]) -> dict[str, Any]:
    """The value as the database will return it. Raises FormatError if it is too long."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    if len(text) > MAX_STORED:
        raise FormatError(TOO_MANY)
    stored: dict[str, Any] = json.loads(NUL.sub(r"\1", text))
    return stored


def save(draft: ImportDraft, value: dict[str, Any]) -> None:
    """Save the preview only: other changes of the draft are for the caller to save."""
    draft.look = value
    ImportDraft.objects.filter(pk=draft.pk).update(look=value)


# --- Changed options


def change_options(draft: ImportDraft, options: dict[str, Any], deck: Deck | None) -> None:
    """Read the file with other options. If that fails, the old ones are restored. The draft is not saved."""
    draft.look = {"inputs": None, "before": [draft.options, draft.deck and draft.deck.pk]}
    draft.options, draft.deck = options, deck


def restore_options(draft: ImportDraft, before: list[Any]) -> None:
    """Go back to the options before, after the file could not be read with the new ones."""
    draft.options, deck = before
    draft.deck, draft.look = Deck.objects.filter(pk=deck).first(), {"inputs": None}
    draft.keep_until_begun("options", "deck", "look")


def inputs_of(draft: ImportDraft) -> list[Any]:
    """What a preview depends on besides the file, which never changes: the options, and the state of the decks."""
    # These change nothing in a preview.
    options = {name: value for name, value in draft.options.items() if name not in ("keep", *LANGUAGES)}
    stored = as_stored({"inputs": [VERSION, options, comparing.deck_states(draft)]})
    inputs: list[Any] = stored["inputs"]
    return inputs


# --- As JSON


def to_json(preview: Preview) -> dict[str, Any]:
    file_counts = preview.file_counts
    return {
        **head_to_json(preview.parsed),
        **counts_to_json(file_counts),
        **report_to_json(file_counts.report),
        "counts": {name: getattr(preview, name) for name in COUNTS},
        "guesses": list(preview.guesses.items()) if len(preview.guesses) <= splitting.MOST_DECKS + 1 else [],
        "problems": [problems.to_json(problem) for problem in preview.problems],
        "samples": [sample_to_json(card) for card in file_counts.samples[:SAMPLES]],
        # A file with more decks cannot be split.
        "keys": list(preview.keys.items()) if len(preview.keys) <= splitting.MOST_DECKS else [],
    }


def from_json(draft: ImportDraft, stored: dict[str, Any]) -> Preview:
    file_counts = counts_from_json(stored)
    file_counts.samples = [sample_from_json(card) for card in stored["samples"]]
    file_counts.report = report_from_json(stored)
    keys = {tuple(path): list(first) for path, first in stored["keys"]}
    preview = Preview(head_from_json(stored), file_counts, **stored["counts"], keys=keys)
    preview.guesses = {tuple(path): (terms, definitions) for path, (terms, definitions) in stored["guesses"]}
    preview.problems = [problems.from_json(problem) for problem in stored["problems"]]
    if splitting.is_split(draft):
        preview.targets = splitting.find_targets(draft.owner, keys)
    return preview
