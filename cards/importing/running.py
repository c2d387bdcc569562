"""Runs an import from its start to its end, in slices, or rolls it back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from cards import hooks
from cards.formats.checking import nothing_in
from cards.formats.types import FormatError
from cards.importing import splitting
from cards.importing.drafts import drop_hidden, refresh_targets
from cards.importing.history import FileHistory
from cards.importing.merging import finish
from cards.importing.preview.comparing import Preview
from cards.importing.preview.languages import languages_of
from cards.importing.reading.content import BusyError, open_content
from cards.importing.reading.reader import read_steps
from cards.importing.writing import write_cards
from cards.models import Deck, ImportDraft
from studysite.slices import Slice

logger = logging.getLogger(__name__)

RUNNING = (*ImportDraft.WRITING, ImportDraft.Phase.HISTORY)

GONE = "The file has waited for too long. Choose it again."

WHAT_STAYS = {
    ImportDraft.Phase.MERGING: "Some of the cards are in the deck already; the others were not imported.",
    ImportDraft.Phase.HISTORY: "The cards are there, but not all of your answers.",
    ImportDraft.Phase.DONE: "The cards are there already.",
}


def what_stays(phase: str) -> str:
    """A message about what an import leaves behind that is ended in ``phase``."""
    return WHAT_STAYS.get(ImportDraft.Phase(phase), "Nothing was imported.")


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one slice: whether the import is done, or the message why it was rolled back."""

    is_done: bool
    error: str = ""


def start(*, draft: ImportDraft, preview: Preview, title: str) -> Result:
    """Start an import and run its first slice. Raises FormatError if it cannot be started (see `begin`)."""
    begin(draft=draft, preview=preview, title=title)
    return run_or_roll_back(draft=draft)


def run_or_roll_back(*, draft: ImportDraft) -> Result:
    """Run the next slice of a started import, and roll it back if it cannot continue.

    Raises DoesNotExist if the draft was deleted.
    """
    try:
        return Result(run(draft=draft))
    except (FormatError, FileNotFoundError) as error:
        why = str(error) if isinstance(error, FormatError) else GONE
    phase = roll_back(draft=draft, slice_=Slice())
    return Result(draft.phase == ImportDraft.Phase.DONE, f"{what_stays(phase)} {why}")


def begin(*, draft: ImportDraft, preview: Preview, title: str) -> None:
    """Create the hidden deck. Does nothing if the import was started before.

    A new deck gets the ``title``, the chosen side and languages, and is otherwise as the file says, but always
    private. Raises FormatError if there are no cards, or if a deck that they go into was removed or may no
    longer be changed by the owner.
    """
    if not preview.total:
        raise nothing_in(preview.file_counts.report)
    with transaction.atomic():
        waiting = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase=ImportDraft.Phase.PREVIEW)
        if not waiting.exists():
            draft.refresh_from_db()
            return
        is_split = splitting.is_split(draft)
        targets = {deck.pk for deck in preview.targets.values()} if is_split else splitting.target_keys(draft)
        splitting.require_decks(draft.owner, targets)
        if is_split:
            draft.title = title
            languages = {path: languages_of(draft, preview, path) for path in preview.keys}
            staging = splitting.make_parts(draft, languages, preview.targets, preview.parsed.decks)
        else:
            staging = hidden_deck(draft, preview, title)
        draft.options["history"] = preview.has_history and draft.options.get("history", True)
        draft.staging, draft.total, draft.title = staging, preview.total, title
        draft.phase, draft.done, draft.look = ImportDraft.Phase.CARDS, 0, {}
        draft.save(update_fields=["options", "staging", "total", "title", "phase", "done", "look"])


def hidden_deck(draft: ImportDraft, preview: Preview, title: str) -> Deck:
    """Create the hidden deck that the cards are written into."""
    staging = Deck(owner=draft.deck.owner if draft.deck else draft.owner, title=title, is_building=True)
    if draft.deck:
        splitting.take_after(staging, draft.deck)
    elif preview.about:
        splitting.describe(staging, preview.about)
    if draft.deck is None:
        staging.side_choice = splitting.asked_sides(draft) or staging.side_choice
        staging.language, staging.definition_language = languages_of(draft, preview)
    staging.save()
    return staging


def roll_back(*, draft: ImportDraft, slice_: Slice | None = None) -> str:
    """Delete what a failed import has written, and go back to the preview. Returns the phase that it was in.

    Cards that are completely written stay if only the history failed. So do cards that were already merged into an
    existing deck. A finished import does not change.
    """
    hidden: list[Deck] = []
    phase, done = draft.phase, draft.done
    with transaction.atomic():
        now = (
            ImportDraft.objects.select_for_update(of=("self",))
            .select_related("staging")
            .filter(pk=draft.pk)
            .first()
        )
        if now:
            phase, done = now.phase, now.done
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
    if phase in RUNNING:
        logger.warning(
            "Import %s of user %s rolled back in phase %s at %s of %s cards.",
            *(draft.pk, draft.owner_id, phase, done, draft.total),
        )
    drop_hidden(hidden, slice_)
    draft.refresh_from_db()
    return phase


def run(
    *, draft: ImportDraft, seconds: float | None = None, on_progress: Callable[[], object] | None = None
) -> bool:
    """Run a started import for about this long. Returns whether it is done, False too if another process runs it.

    ``on_progress`` is called after each chunk of cards. Raises FormatError if the file is damaged or a deck that
    it goes into was removed, FileNotFoundError if the file does not exist, and DoesNotExist if the draft was
    deleted.
    """
    slice_ = Slice(seconds)
    with draft.claim() as mine:
        if mine:
            try:
                _run(draft, slice_, on_progress)
            except BusyError:
                return False
            except FileNotFoundError:
                draft.refresh_from_db()
                if draft.phase != ImportDraft.Phase.DONE:
                    raise
    if draft.phase == ImportDraft.Phase.DONE:
        # Also if the server was killed just before it deleted the file.
        draft.forget_file()
    return draft.phase == ImportDraft.Phase.DONE


def _run(draft: ImportDraft, slice_: Slice, on_progress: Callable[[], object] | None) -> None:
    if draft.phase in RUNNING:
        # Checked in each slice: a deck may have been removed or given to another owner since the last one.
        splitting.targets_of(draft)
    if draft.phase == ImportDraft.Phase.CARDS and not write_cards(
        draft=draft, slice_=slice_, on_progress=on_progress
    ):
        return
    if draft.phase in ImportDraft.WRITING and not finish(draft, slice_):
        return
    while draft.phase == ImportDraft.Phase.HISTORY:
        write_history(draft=draft, slice_=slice_)
        if slice_.is_over:
            return


def run_waiting(*, seconds: float) -> int:
    """Continue started imports that nobody runs, for about this long. Returns how many were finished.

    The daily command calls it for learners who closed the page. Files that cannot be read wait for their learner.
    Other errors are logged, and the next import is run.
    """
    drafts = ImportDraft.objects.filter(phase__in=RUNNING).select_related(
        "owner", "deck__owner", "staging__owner"
    )
    whole, finished = Slice(seconds), 0
    for draft in drafts.defer("look").order_by("created_at", "pk"):
        try:
            finished += _run_to_end(draft, whole)
        except ImportDraft.DoesNotExist:
            continue
        except (FormatError, FileNotFoundError) as error:
            # Their messages may quote the file.
            logger.warning("Import %s cannot continue: %s.", draft.pk, type(error).__name__)
        except Exception:
            logger.exception("Import %s has failed.", draft.pk)
    return finished


def _run_to_end(draft: ImportDraft, whole: Slice) -> bool:
    """Run slices of one import until it is done, another process runs it, or the time is over.

    Returns whether it is done. Raises what `run` raises, and DoesNotExist if the draft was deleted.
    """
    while not whole.is_over:
        # It may have been deleted, rolled back or finished since the last slice.
        draft.refresh_from_db()
        if draft.phase not in RUNNING or draft.is_claimed():
            break
        if run(draft=draft):
            return True
    return False


def write_history(*, draft: ImportDraft, slice_: Slice) -> None:
    """Write what the file knows about its learner, deck by deck (see `cards.hooks`)."""
    decks, number = splitting.decks_of(draft), draft.options.get("at", 0)
    if number >= len(decks):
        end_history(draft)
        return
    deck, start_at = decks[number], draft.options.get("history_at", 0)
    with open_content(draft) as content:
        is_whole = slice_.run(read_steps(draft, content))
        content.save()
        if not is_whole:
            return
        stopped = hooks.study.write_history(
            deck=deck,
            learner=draft.owner,
            history=FileHistory(content, deck, start_at, splitting.path_into(draft, deck)),
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


def end_history(draft: ImportDraft) -> None:
    draft.phase = ImportDraft.Phase.DONE
    draft.keep("phase", "options")
    draft.forget_file()
