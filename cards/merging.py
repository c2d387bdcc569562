"""The end of an import: the hidden deck appears, or its cards go into the deck that they are for, all at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards import splitting
from cards.drafts import ImportDraft
from cards.formats.detect import ARCHIVE, TEXT
from cards.formats.types import TwinPair as ParsedTwins
from cards.illustrating import move_images
from cards.images import images_in
from cards.importing import ALTERNATIVES, DECK, SECONDS, TagLink, drop_hidden, write_cards
from cards.models import Card, Deck, SideChoice, TwinPair
from cards.reading import open_draft
from cards.services import CHUNK, RENDERED, lock_decks, next_position, refresh_deck
from cards.sides import SIDES
from cards.signals import history_offered

MERGED = (
    *("term", "definition", *RENDERED, "side_choice", "studied_side"),
    *ALTERNATIVES,
    *("updated_at", "removed_at", "erased_at"),
)


def finish(*, draft: ImportDraft) -> Deck:
    """Let the cards of a whole hidden deck appear, and return the deck in which they are; twice changes nothing.

    What the file knows of its learner comes next. Raises FormatError.
    """
    try:
        with open_draft(draft) as parsed:
            kind, twins = parsed.kind, parsed.twins
    except FileNotFoundError:
        # Gone with the import that somebody else has finished.
        draft.refresh_from_db()
        if draft.phase != ImportDraft.Phase.DONE or draft.deck is None:
            raise
        return draft.deck
    with transaction.atomic():
        mine = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase=ImportDraft.Phase.CARDS)
        if not mine.exists():
            draft.refresh_from_db()
        else:
            _appear(draft, kind, twins)
            has_history = kind != TEXT and draft.options.get("history", True)
            draft.phase = ImportDraft.Phase.HISTORY if has_history else ImportDraft.Phase.DONE
            draft.done = 0
            changed = ["phase", "done", "deck", "staging", "options", "added", "updated", "unchanged"]
            draft.save(update_fields=changed)
    if draft.phase == ImportDraft.Phase.DONE:
        draft.forget_file()
    assert draft.deck is not None  # noqa: S101
    return draft.deck


def _appear(draft: ImportDraft, kind: str, twins: Sequence[ParsedTwins]) -> None:
    parts = splitting.parts_of(draft) or [{}]
    for part, home in zip(parts, splitting.homes_of(draft).values(), strict=True):
        deck = _appear_one(draft, home.staging, home.deck, kind)
        part["deck"] = deck.pk
        # Of several the first stands for all.
        if part is parts[0]:
            draft.deck = deck
        _pair_twins(deck, twins, keep=keeps(draft))
        refresh_deck(deck=deck)
    draft.staging = None


def _appear_one(draft: ImportDraft, staging: Deck, deck: Deck | None, kind: str) -> Deck:
    """Let a hidden deck appear, or put its cards into ``deck``; the deck in which they are then."""
    if deck is None:
        draft.added += staging.cards.count()
        Deck.objects.filter(pk=staging.pk).update(is_building=False)
        staging.is_building = False
        return staging
    _merge(draft, staging, deck, kind)
    drop_hidden(staging)
    return deck


def _merge(draft: ImportDraft, staging: Deck, deck: Deck, kind: str) -> None:
    lock_decks([deck.pk])
    position = next_position(deck)
    # By their keys, since cards leave the hidden deck while it is read.
    keys = iter(list(staging.cards.in_order().values_list("pk", flat=True)))
    while pks := list(islice(keys, CHUNK)):
        chunk = list(staging.cards.filter(pk__in=pks).in_order())
        known = _counterparts(chunk, deck, by_sides=kind == TEXT)
        if keeps(draft):
            # A removed card comes back as the file has it: the deck has nothing to keep of it.
            kept = {card for card, there in known.items() if there.removed_at is None}
            draft.unchanged += len(kept)
            known = {card: there for card, there in known.items() if card not in kept}
            chunk = [card for card in chunk if card.pk not in kept]
        new = [card.pk for card in chunk if card.pk not in known]
        Card.objects.filter(pk__in=new).update(deck=deck, position=F("position") + position)
        changed: list[Card] = []
        moves: list[tuple[int, int, str]] = []
        for card in chunk:
            if there := known.get(card.pk):
                moves += _images_taken(there, card, kind)
                changed += [there] * _take_over(there, card, kind)
        Card.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["pk"], update_fields=list(MERGED)
        )
        move_images(moves)
        _move_tags({card: there.pk for card, there in known.items()})
        draft.added += len(new)
        draft.updated += len(changed)
        draft.unchanged += len(known) - len(changed)


def keeps(draft: ImportDraft) -> bool:
    """Whether cards that the deck has stay as they are, where the file has them otherwise."""
    return bool(draft.options.get("keep") == DECK)


def _counterparts(cards: Sequence[Card], deck: Deck, *, by_sides: bool) -> dict[int, Card]:
    """The deck's card for each of ``cards`` that it has already: that of the same key, else of the same sides."""
    by_key = {card.key: card for card in deck.cards.filter(key__in=[card.key for card in cards])}
    found = {card.pk: by_key[card.key] for card in cards if card.key in by_key}
    if by_sides:
        terms = [card.term for card in cards]
        same_term = deck.cards.present().filter(term__in=terms).in_order()
        sides = {(card.term, card.definition): card for card in same_term}
        for card in cards:
            # What has the same sides is the same card, although another one may have its key.
            if there := sides.get((card.term, card.definition)):
                found[card.pk] = there
    return found


def _images_taken(there: Card, card: Card, kind: str) -> list[tuple[int, int, str]]:
    """The sides whose images are replaced by the file's, as `move_images` takes them.

    A side for which the file has none keeps its own, unless the file is an archive; ``card`` shows them then too.
    """
    moves = []
    for name, side in zip(RENDERED, SIDES, strict=True):
        own, files = images_in(getattr(there, name)), images_in(getattr(card, name))
        if kind != ARCHIVE and not files:
            setattr(card, name, getattr(card, name) + own)
        elif own != files:
            moves.append((there.pk, card.pk, side))
    return moves


def _take_over(there: Card, card: Card, kind: str) -> bool:
    """Bring what the file says onto the card that is there; whether that changes it. A removed card comes back."""
    names = ["term", "definition", *RENDERED]
    is_whole = kind == ARCHIVE or there.erased_at is not None
    names += [name for name in ALTERNATIVES if is_whole or getattr(card, name)]
    if is_whole or card.side_choice != SideChoice.AUTO:
        names.append("side_choice")
    differs = [name for name in names if getattr(there, name) != getattr(card, name)]
    if not differs and there.removed_at is None:
        return False
    for name in differs:
        setattr(there, name, getattr(card, name))
    there.studied_side = there.settled_side()
    there.removed_at = there.erased_at = None
    there.updated_at = timezone.now()
    return True


def _move_tags(counterparts: dict[int, int]) -> None:
    """Put the tags of hidden cards onto the cards that they stand for."""
    links = TagLink.objects.filter(card__in=counterparts).values_list("card_id", "tag_id")
    pairs = {(counterparts[card], tag) for card, tag in links}
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)],
        batch_size=CHUNK,
        ignore_conflicts=True,
    )


def _pair_twins(deck: Deck, twins: Sequence[ParsedTwins], *, keep: bool) -> None:
    """Note the author's word on pairs of cards; where the deck has one already, the file's is the later.

    With ``keep`` the deck's stays.
    """
    rows: dict[tuple[int, int], TwinPair] = {}
    for chunk in _chunks(twins):
        keys = {key for pair in chunk for key in (pair.first, pair.second)}
        by_key = dict(deck.cards.filter(key__in=keys).values_list("key", "pk"))
        for pair in chunk:
            first, second = sorted((by_key.get(pair.first, 0), by_key.get(pair.second, 0)))
            if 0 < first < second:
                rows[first, second] = TwinPair(first_id=first, second_id=second, are_twins=pair.are_twins)
    if keep:
        TwinPair.objects.bulk_create(rows.values(), batch_size=CHUNK, ignore_conflicts=True)
        return
    TwinPair.objects.bulk_create(
        rows.values(),
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["are_twins"],
    )


def _chunks(twins: Sequence[ParsedTwins]) -> Iterator[Sequence[ParsedTwins]]:
    for start in range(0, len(twins), CHUNK):
        yield twins[start : start + CHUNK]


def go_on(*, draft: ImportDraft, seconds: float = SECONDS, tell: Callable[[], object] | None = None) -> bool:
    """Go on with a begun import for about so long; whether it is done.

    ``tell`` is called whenever cards are written.

    Raises FormatError where the file is damaged, FileNotFoundError where it has gone.
    """
    try:
        _go_on(draft, seconds, tell)
    except FileNotFoundError:
        draft.refresh_from_db()
        if draft.phase != ImportDraft.Phase.DONE:
            raise
    return draft.phase == ImportDraft.Phase.DONE


def _go_on(draft: ImportDraft, seconds: float, tell: Callable[[], object] | None) -> None:
    if draft.phase == ImportDraft.Phase.CARDS and write_cards(draft=draft, seconds=seconds, tell=tell):
        finish(draft=draft)
    deadline = time.monotonic() + seconds
    while draft.phase == ImportDraft.Phase.HISTORY:
        write_history(draft=draft, seconds=seconds)
        if time.monotonic() > deadline:
            return


def write_history(*, draft: ImportDraft, seconds: float) -> None:
    """Hand what the file knows of its learner to whoever keeps histories (see `cards.signals`), deck by deck."""
    decks, number = splitting.decks_of(draft), draft.options.get("at", 0)
    if number >= len(decks):
        draft.phase = ImportDraft.Phase.DONE
        draft.save(update_fields=["phase"])
        draft.forget_file()
        return
    deck = decks[number]
    keys = dict(deck.cards.present().values_list("key", "pk"))
    with open_draft(draft, history=True) as parsed:
        answers = history_offered.send(
            sender=Deck,
            deck=deck,
            learner=draft.owner,
            parsed=parsed,
            keys=keys,
            start=draft.done,
            seconds=seconds,
            now=timezone.now(),
        )
        places = [int(place) for _, place in answers if place is not None]
    if places:
        draft.done = min(max(places), draft.total)
    else:
        draft.options["at"], draft.done = number + 1, 0
        if number + 1 >= len(decks):
            draft.phase = ImportDraft.Phase.DONE
    draft.save(update_fields=["done", "phase", "options"])
    if draft.phase == ImportDraft.Phase.DONE:
        draft.forget_file()
