"""The end of an import: the hidden deck becomes visible, or its cards are merged into an existing deck.

Cards are merged in chunks, so learners of the deck may see some of them before the others. What is left in the
hidden deck is still to be merged, so that the next request continues with it.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.editing.moving import next_position
from cards.formats.kinds import FileKind
from cards.formats.types import TwinKeys
from cards.importing import splitting
from cards.importing.card_merging import keeps_existing, merge_cards
from cards.importing.drafts import drop_hidden
from cards.importing.preview.comparing import load_deck_sides
from cards.importing.reading.content import FileContent, open_content
from cards.importing.reading.reader import read_steps
from cards.models import CHUNK, Deck, ImportDraft, TwinPair
from studysite.slices import Slice, Steps


def finish(draft: ImportDraft, slice_: Slice) -> bool:
    """Show the cards of a completely written hidden deck. Returns whether that is done.

    The learner's history comes next. Raises FormatError, and FileNotFoundError if the file does not exist.
    """
    with open_content(draft) as content:
        is_done = slice_.run(finish_steps(draft, content))
        content.save()
    if draft.phase == ImportDraft.Phase.DONE:
        draft.forget_file()
    return is_done


def finish_steps(draft: ImportDraft, content: FileContent) -> Steps:
    """Merge cards into existing decks, save twins, and show the new decks."""
    if draft.phase not in ImportDraft.WRITING:
        return
    yield from read_steps(draft, content)
    kind = content.kind
    if kind is None:
        raise ValueError("The file was not read.")
    for number, destination in enumerate(list(splitting.destinations_of(draft).values())):
        staging, deck = destination.staging, destination.deck
        if deck:
            yield from merge_steps(draft, content, kind, number, staging, deck)
        yield from twin_steps(draft, content, number, deck or staging)
    show_decks(draft, kind)


def show_decks(draft: ImportDraft, kind: FileKind) -> None:
    """Show all new decks at the same time. Existing decks have their cards already."""
    with transaction.atomic():
        if not lock_draft(draft):
            return
        parts = splitting.parts_of(draft) or [{}]
        for part, destination in zip(parts, splitting.destinations_of(draft).values(), strict=True):
            deck = destination.deck or destination.staging
            if destination.deck is None:
                draft.added += deck.cards.count()
                Deck.objects.filter(pk=deck.pk).update(is_building=False)
                deck.is_building = False
                refresh_deck(deck=deck)
            else:
                drop_hidden([destination.staging])
            part["deck"] = deck.pk
            # The draft refers to the first of several decks.
            if part is parts[0]:
                draft.deck = deck
        has_history = kind.has_history and draft.options.get("history", True)
        draft.phase = ImportDraft.Phase.HISTORY if has_history else ImportDraft.Phase.DONE
        draft.staging, draft.done = None, 0
        changed = ["phase", "done", "deck", "staging", "options", "added", "updated", "unchanged"]
        draft.save(update_fields=changed)


def lock_draft(draft: ImportDraft) -> bool:
    """Lock the draft until the transaction ends, and reload what another process may have changed.

    Returns whether it still has to be finished.
    """
    now = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase__in=ImportDraft.WRITING).first()
    if now is None:
        draft.refresh_from_db()
        return False
    draft.phase, draft.options = now.phase, now.options
    draft.added, draft.updated, draft.unchanged = now.added, now.updated, now.unchanged
    return True


# --- Into an existing deck


def merge_steps(
    draft: ImportDraft, content: FileContent, kind: FileKind, number: int, staging: Deck, deck: Deck
) -> Steps:
    """Merge the cards of a hidden deck, part ``number`` of the draft, into ``deck``, in short transactions."""
    merged = content.state.setdefault("merged", {})
    state = merged.setdefault(str(number), {})
    if not kind.has_keys:
        yield from load_deck_sides(deck, content, state)
    while merge_next(draft, content, kind, number, staging, deck):
        state["is_counted"] = False
        yield
    if not state.get("is_counted"):
        refresh_deck(deck=deck)
        state["is_counted"] = True
        yield


def merge_next(
    draft: ImportDraft, content: FileContent, kind: FileKind, number: int, staging: Deck, deck: Deck
) -> bool:
    """Merge the next cards into ``deck`` in one transaction. Returns whether there were any."""
    waiting = staging.cards.present().in_order()
    with transaction.atomic():
        if not lock_draft(draft) or not (chunk := list(waiting[:CHUNK])):
            return False
        lock_target(draft, deck)
        slice_ = Slice.of_a_transaction()
        position = first_position(draft, number, deck, chunk[0].position)
        growth, two_sided = 0, 0
        while chunk:
            more = merge_cards(draft, content, kind, chunk, deck, position)
            growth, two_sided = growth + more[0], two_sided + more[1]
            chunk = [] if slice_.is_over else list(waiting[:CHUNK])
        draft.phase = ImportDraft.Phase.MERGING
        draft.save(update_fields=["phase", "options", "added", "updated", "unchanged"])
        add_to_counts(deck, growth, two_sided)
    return True


def lock_target(draft: ImportDraft, deck: Deck) -> None:
    """Lock a deck that cards go into. Raises FormatError if it was removed, or may no longer be changed."""
    Deck.objects.lock([deck.pk])
    splitting.require_decks(draft.owner, [deck.pk])


def add_to_counts(deck: Deck, growth: int, two_sided: int) -> None:
    """Add to the deck's counts of cards. `refresh_deck` updates everything else at the end."""
    Deck.objects.filter(pk=deck.pk).update(
        card_count=F("card_count") + growth,
        two_sided_count=F("two_sided_count") + two_sided,
        order_version=F("order_version") + 1,
        updated_at=timezone.now(),
    )


def first_position(draft: ImportDraft, number: int, deck: Deck, next_place: int) -> int:
    """The position in ``deck`` of the hidden deck's first card. ``next_place`` is the place of its next card.

    Cards that were added to the deck in the meantime stay before the next card.
    """
    firsts = draft.options.setdefault("positions", {})
    if str(number) in firsts:
        last = deck.cards.present().order_by("-position").values_list("position", flat=True).first() or 0
        firsts[str(number)] = max(firsts[str(number)], last + 1 - next_place)
    else:
        firsts[str(number)] = next_position(deck)
    return int(firsts[str(number)])


# --- Twins


def twin_steps(draft: ImportDraft, content: FileContent, number: int, deck: Deck) -> Steps:
    """Save which cards the author called twins. This replaces the deck's choices, unless they are to be kept."""
    saved = content.state.setdefault("paired", {})
    while pairs := content.twins(saved.get(str(number), 0), CHUNK):
        with transaction.atomic():
            if not lock_draft(draft):
                return
            if not deck.is_building:
                lock_target(draft, deck)
            save_twins([pair for _, pair in pairs], deck, keep=keeps_existing(draft))
        saved[str(number)] = pairs[-1][0]
        yield


def save_twins(twins: Sequence[TwinKeys], deck: Deck, *, keep: bool) -> None:
    """Save pairs of cards that are in ``deck``. With ``keep``, pairs that it has already stay unchanged."""
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
