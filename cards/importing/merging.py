"""The end of an import: the hidden deck appears as a whole, or its cards go into the deck that they are for.

A deck that is there takes them up chunk by chunk: who studies it meanwhile finds those that have come. What is
left in the hidden deck is what is still to come, so that the next request goes on with it.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.editing.moving import next_position
from cards.formats.detect import TEXT
from cards.formats.types import TwinKeys as ParsedTwins
from cards.importing import splitting
from cards.importing.drafts import drop_hidden
from cards.importing.preview.comparing import know_sides
from cards.importing.reading.reader import steps as read_steps
from cards.importing.reading.storage import Reading, opened
from cards.importing.card_merging import keeps, merge
from cards.models import CHUNK, Deck, ImportDraft, TwinPair
from studysite.slices import Slice, Steps


def finish_on(draft: ImportDraft, slice_: Slice) -> bool:
    """Let the cards of a whole hidden deck appear; whether they have, and twice changes nothing.

    What the file knows of its learner comes next. Raises FormatError, and FileNotFoundError where it has gone.
    """
    with opened(draft) as reading:
        is_done = slice_.run(finishing(draft, reading))
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
    Deck.objects.lock([deck.pk])
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


# --- What the file knows of its learner


def end_history(draft: ImportDraft) -> None:
    draft.phase = ImportDraft.Phase.DONE
    draft.keep("phase", "options")
    draft.forget_file()
