"""Runs an import from its beginning to its end, or takes it back."""

import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from cards import hooks
from cards.formats.types import FormatError, ParsedDeck
from cards.importing import splitting
from cards.importing.drafts import drop_hidden, refresh_targets
from cards.importing.history import FileHistory
from cards.importing.merging import end_history, finish_on
from cards.importing.preview.comparing import Preview
from cards.importing.reading.reader import steps as read_steps
from cards.importing.reading.storage import BusyError, opened
from cards.importing.writing import write_cards
from cards.models import Deck, ImportDraft
from studysite.slices import Slice

WHAT_STAYS = {
    ImportDraft.Phase.MERGING: "Some of the cards are in the deck already; the others were not imported.",
    ImportDraft.Phase.HISTORY: "The cards are there, but not all of your answers.",
    ImportDraft.Phase.DONE: "The cards are there already.",
}


def what_stays(phase: str) -> str:
    """What an import leaves that ends in ``phase``, before its end or at it, in words."""
    return WHAT_STAYS.get(ImportDraft.Phase(phase), "Nothing was imported.")


def begin(*, draft: ImportDraft, look: Preview, title: str) -> None:
    """Make the hidden deck; a draft whose import has begun already is left as it is.

    A new deck is called ``title`` and is otherwise as the file says, but private whatever that says.
    Raises FormatError where there are no cards, or where a deck that they are for is not there any more, or is not
    for the draft's owner to change.
    """
    if not look.total:
        raise FormatError("There are no cards in it.")
    with transaction.atomic():
        waiting = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase=ImportDraft.Phase.PREVIEW)
        if not waiting.exists():
            draft.refresh_from_db()
            return
        is_split = splitting.is_split(draft)
        for_decks = {deck.pk for deck in look.targets.values()} if is_split else splitting.target_keys(draft)
        splitting.require_decks(draft.owner, for_decks)
        if is_split:
            draft.title = title
            staging = splitting.make_parts(draft, look.keys, look.targets, look.parsed.decks)
        else:
            staging = hidden_deck(draft, look.about, title)
        draft.options["history"] = look.has_history and draft.options.get("history", True)
        draft.staging, draft.total, draft.title = staging, look.total, title
        draft.phase, draft.done, draft.look = ImportDraft.Phase.CARDS, 0, {}
        draft.save(update_fields=["options", "staging", "total", "title", "phase", "done", "look"])


def hidden_deck(draft: ImportDraft, about: ParsedDeck | None, title: str) -> Deck:
    staging = Deck(owner=draft.deck.owner if draft.deck else draft.owner, title=title, is_building=True)
    if draft.deck:
        staging.language, staging.side_choice = draft.deck.language, draft.deck.side_choice
    elif about:
        splitting.describe(staging, about)
    staging.save()
    return staging


def roll_back(*, draft: ImportDraft, slice_: Slice | None = None) -> str:
    """Take back what a failed import has written, and let its learner look at the file again.

    Returns the phase that it was in.

    Cards that are whole stay: then only the history is given up. So do those that have come into a deck that was
    there before. A finished import is left as it is.
    """
    hidden: list[Deck] = []
    phase = draft.phase
    with transaction.atomic():
        now = (
            ImportDraft.objects.select_for_update(of=("self",))
            .select_related("staging")
            .filter(pk=draft.pk)
            .first()
        )
        if now:
            phase = now.phase
        if now and phase in ImportDraft.WRITING:
            refresh_targets(now)
            hidden = splitting.hidden_decks(now)
            for name in ("parts", "positions"):
                now.options.pop(name, None)
            now.staging, now.done, now.images, now.phase = None, 0, {}, ImportDraft.Phase.PREVIEW
            now.added, now.updated, now.unchanged = 0, 0, 0
            changed = ["options", "staging", "done", "images", "phase", "added", "updated", "unchanged"]
            now.save(update_fields=changed)
        elif now and phase == ImportDraft.Phase.HISTORY:
            ImportDraft.objects.filter(pk=now.pk).update(phase=ImportDraft.Phase.DONE)
    drop_hidden(hidden, slice_)
    draft.refresh_from_db()
    return phase


logger = logging.getLogger(__name__)

GOING = (*ImportDraft.WRITING, ImportDraft.Phase.HISTORY)


def run(
    *, draft: ImportDraft, seconds: float | None = None, tell: Callable[[], object] | None = None
) -> bool:
    """Go on with a begun import for about so long; whether it is done. False too while somebody else does.

    ``tell`` is called whenever cards are written.

    Raises FormatError where the file is damaged, or a deck is not there any more that it writes into,
    FileNotFoundError where the file has gone, and DoesNotExist where the draft has.
    """
    slice_ = Slice(seconds)
    with draft.claim() as mine:
        if mine:
            try:
                _run(draft, slice_, tell)
            except BusyError:
                return False
            except FileNotFoundError:
                draft.refresh_from_db()
                if draft.phase != ImportDraft.Phase.DONE:
                    raise
    if draft.phase == ImportDraft.Phase.DONE:
        # Of one that was killed at its very end, too.
        draft.forget_file()
    return draft.phase == ImportDraft.Phase.DONE


def _run(draft: ImportDraft, slice_: Slice, tell: Callable[[], object] | None) -> None:
    if draft.phase in GOING:
        # Asked in each slice: since the last one it may have been removed, or become somebody else's.
        splitting.targets_of(draft)
    if draft.phase == ImportDraft.Phase.CARDS and not write_cards(draft=draft, slice_=slice_, tell=tell):
        return
    if draft.phase in ImportDraft.WRITING and not finish_on(draft, slice_):
        return
    while draft.phase == ImportDraft.Phase.HISTORY:
        write_history(draft=draft, slice_=slice_)
        if slice_.is_over:
            return


def run_waiting(*, seconds: float) -> int:
    """Go on with imports that were begun and that nobody drives, for about so long; how many came to their end.

    For the daily command: who closed the page finds the deck. What can no longer be read is left to its learner;
    what fails otherwise is logged, and keeps no other import waiting.
    """
    drafts = ImportDraft.objects.filter(phase__in=GOING).select_related(
        "owner", "deck__owner", "staging__owner"
    )
    all_of_it, finished = Slice(seconds), 0
    for draft in drafts.defer("look").order_by("created_at", "pk"):
        try:
            finished += _drive(draft, all_of_it)
        except (FormatError, FileNotFoundError, ImportDraft.DoesNotExist):
            continue
        except Exception:
            logger.exception("The import %s cannot go on.", draft.pk)
    return finished


def _drive(draft: ImportDraft, all_of_it: Slice) -> bool:
    """Go on with one import until it is done, or somebody else has it, or the time is over; whether it is done.

    Raises what `go_on` does, and DoesNotExist where it was dropped.
    """
    while not all_of_it.is_over:
        # It may have been dropped, given up or finished by somebody since the last slice.
        draft.refresh_from_db()
        if draft.phase not in GOING or draft.is_claimed():
            break
        if run(draft=draft):
            return True
    return False


def write_history(*, draft: ImportDraft, slice_: Slice) -> None:
    """Write what the file says of its learner, deck by deck (see `cards.hooks`)."""
    decks, number = splitting.decks_of(draft), draft.options.get("at", 0)
    if number >= len(decks):
        end_history(draft)
        return
    deck, start = decks[number], draft.options.get("history_at", 0)
    with opened(draft) as reading:
        is_whole = slice_.run(read_steps(draft, reading))
        reading.save()
        if not is_whole:
            return
        stopped = hooks.study.write_history(
            deck=deck,
            learner=draft.owner,
            history=FileHistory(reading, deck, start),
            seconds=slice_.left,
            now=timezone.now(),
        )
    if stopped:
        draft.options["history_at"], written = stopped
        draft.done = min(draft.done + written, draft.total)
    else:
        draft.options |= {"at": number + 1, "history_at": 0}
        if number + 1 >= len(decks):
            end_history(draft)
            return
    draft.keep("done", "options")
