"""The end of an import: the hidden deck appears as a whole, or its cards go into the deck that they are for.

A deck that is there takes them up chunk by chunk: who studies it meanwhile finds those that have come. What is
left in the hidden deck is what is still to come, so that the next request goes on with it.
"""

import logging
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards import splitting
from cards.drafts import ImportDraft
from cards.file_history import FileHistory
from cards.formats.detect import TEXT
from cards.formats.types import FormatError
from cards.formats.types import TwinPair as ParsedTwins
from cards.importing import drop_hidden, write_cards
from cards.looking import know_sides
from cards.models import Deck, TwinPair
from cards.reading import steps as read_steps
from cards.readings import BusyError, Reading, opened
from cards.services import CHUNK, lock_decks, next_position, refresh_deck
from cards.signals import history_offered
from cards.slices import Slice, Steps
from cards.taking_over import keeps, merge

logger = logging.getLogger(__name__)

GOING = (*ImportDraft.WRITING, ImportDraft.Phase.HISTORY)


def finish_on(draft: ImportDraft, slice_: Slice) -> bool:
    """Let the cards of a whole hidden deck appear; whether they have, and twice changes nothing.

    What the file knows of its learner comes next. Raises FormatError, and FileNotFoundError where it has gone.
    """
    with opened(draft) as reading:
        is_done = slice_.take(finishing(draft, reading))
        reading.save()
    if draft.phase == ImportDraft.Phase.DONE:
        draft.forget_file()
    return is_done


def finishing(draft: ImportDraft, reading: Reading) -> Steps:
    """Put the cards into the decks that are there, pair their twins, and let the new decks appear."""
    if draft.phase not in ImportDraft.WRITING:
        return
    yield from read_steps(draft, reading)
    for number, home in enumerate(list(splitting.homes_of(draft).values())):
        if home.deck:
            yield from merging(draft, reading, number, home.staging, home.deck)
        yield from pairing(draft, reading, number, home.deck or home.staging)
    appear(draft, reading)


def appear(draft: ImportDraft, reading: Reading) -> None:
    """Let the new decks appear, all at once; those that were there have their cards already."""
    with transaction.atomic():
        if not lock_draft(draft):
            return
        parts = splitting.parts_of(draft) or [{}]
        for part, home in zip(parts, splitting.homes_of(draft).values(), strict=True):
            deck = home.deck or home.staging
            if home.deck is None:
                draft.added += deck.cards.count()
                Deck.objects.filter(pk=deck.pk).update(is_building=False)
                deck.is_building = False
                refresh_deck(deck=deck)
            else:
                drop_hidden([home.staging])
            part["deck"] = deck.pk
            # Of several the first stands for all.
            if part is parts[0]:
                draft.deck = deck
        has_history = reading.kind != TEXT and draft.options.get("history", True)
        draft.phase = ImportDraft.Phase.HISTORY if has_history else ImportDraft.Phase.DONE
        draft.staging, draft.done = None, 0
        changed = ["phase", "done", "deck", "staging", "options", "added", "updated", "unchanged"]
        draft.save(update_fields=changed)


def lock_draft(draft: ImportDraft) -> bool:
    """Whether the draft is still to be finished; nobody else does then until the transaction ends.

    What it has come to so far is as somebody else may have left it.
    """
    now = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase__in=ImportDraft.WRITING).first()
    if now is None:
        draft.refresh_from_db()
        return False
    draft.phase, draft.options = now.phase, now.options
    draft.added, draft.updated, draft.unchanged = now.added, now.updated, now.unchanged
    return True


# --- Into a deck that is there


def merging(draft: ImportDraft, reading: Reading, number: int, staging: Deck, deck: Deck) -> Steps:
    """Put the cards of a hidden deck, part ``number`` of the draft, into ``deck``, in short transactions."""
    merged = reading.state.setdefault("merged", {})
    state = merged.setdefault(str(number), {})
    if reading.kind == TEXT:
        yield from know_sides(deck, reading, state)
    while merge_on(draft, reading, number, staging, deck):
        state["is_counted"] = False
        yield
    if not state.get("is_counted"):
        refresh_deck(deck=deck)
        state["is_counted"] = True
        yield


def merge_on(draft: ImportDraft, reading: Reading, number: int, staging: Deck, deck: Deck) -> bool:
    """Put the next cards into ``deck`` in one transaction; whether there were any."""
    waiting = staging.cards.present().in_order()
    with transaction.atomic():
        if not lock_draft(draft) or not (chunk := list(waiting[:CHUNK])):
            return False
        lock_target(draft, deck)
        slice_ = Slice.of_a_transaction()
        position = first_position(draft, number, deck, chunk[0].position)
        came = 0
        while chunk:
            came += merge(draft, reading, chunk, deck, position)
            chunk = [] if slice_.is_over else list(waiting[:CHUNK])
        draft.phase = ImportDraft.Phase.MERGING
        draft.save(update_fields=["phase", "options", "added", "updated", "unchanged"])
        count_more(deck, came)
    return True


def lock_target(draft: ImportDraft, deck: Deck) -> None:
    """Lock a deck that the cards go into. Raises FormatError where its owner or its removal forbid that by now."""
    lock_decks([deck.pk])
    splitting.require_decks(draft.owner, [deck.pk])


def count_more(deck: Deck, came: int) -> None:
    """Count so many more cards; all that hangs on a deck's cards is counted at the end, by `refresh_deck`."""
    Deck.objects.filter(pk=deck.pk).update(
        card_count=F("card_count") + came, order_version=F("order_version") + 1, updated_at=timezone.now()
    )


def first_position(draft: ImportDraft, number: int, deck: Deck, next_place: int) -> int:
    """The position in ``deck`` of the hidden deck's first card, of which that in ``next_place`` comes next.

    What somebody has added meanwhile stays before what comes now.
    """
    firsts = draft.options.setdefault("positions", {})
    if str(number) in firsts:
        last = deck.cards.present().order_by("-position").values_list("position", flat=True).first() or 0
        firsts[str(number)] = max(firsts[str(number)], last + 1 - next_place)
    else:
        firsts[str(number)] = next_position(deck)
    return int(firsts[str(number)])


def pairing(draft: ImportDraft, reading: Reading, number: int, deck: Deck) -> Steps:
    """Note the author's word on pairs of cards; where the deck has one already, the file's is the later.

    Where the deck's cards are kept, so is its word.
    """
    paired = reading.state.setdefault("paired", {})
    while pairs := reading.twins(paired.get(str(number), 0), CHUNK):
        with transaction.atomic():
            if not lock_draft(draft):
                return
            if not deck.is_building:
                lock_target(draft, deck)
            _pair([pair for _, pair in pairs], deck, keep=keeps(draft))
        paired[str(number)] = pairs[-1][0]
        yield


def _pair(twins: Sequence[ParsedTwins], deck: Deck, *, keep: bool) -> None:
    keys = {key for pair in twins for key in (pair.first, pair.second)}
    by_key = dict(deck.cards.filter(key__in=keys).values_list("key", "pk"))
    rows: dict[tuple[int, int], TwinPair] = {}
    for pair in twins:
        first, second = sorted((by_key.get(pair.first, 0), by_key.get(pair.second, 0)))
        if 0 < first < second:
            rows[first, second] = TwinPair(first_id=first, second_id=second, are_twins=pair.are_twins)
    if keep:
        TwinPair.objects.bulk_create(rows.values(), ignore_conflicts=True)
        return
    TwinPair.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["are_twins"],
    )


# --- One slice of it


def go_on(
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
                _go_on(draft, slice_, tell)
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


def _go_on(draft: ImportDraft, slice_: Slice, tell: Callable[[], object] | None) -> None:
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


def go_on_all(*, seconds: float) -> int:
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
        if go_on(draft=draft):
            return True
    return False


# --- What the file knows of its learner


def write_history(*, draft: ImportDraft, slice_: Slice) -> None:
    """Hand what the file knows of its learner to whoever keeps histories (see `cards.signals`), deck by deck."""
    decks, number = splitting.decks_of(draft), draft.options.get("at", 0)
    if number >= len(decks):
        end_history(draft)
        return
    deck, start = decks[number], draft.options.get("history_at", 0)
    with opened(draft) as reading:
        is_whole = slice_.take(read_steps(draft, reading))
        reading.save()
        if not is_whole:
            return
        history = FileHistory(reading, deck, start)
        answers = history_offered.send(
            sender=Deck,
            deck=deck,
            learner=draft.owner,
            history=history,
            seconds=slice_.left,
            now=timezone.now(),
        )
        places: list[tuple[int, int]] = [place for _, place in answers if place]  # type: ignore[misc]
    if places:
        draft.options["history_at"], written = max(places)
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
