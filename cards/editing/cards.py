"""Writes on decks and cards that touch more than one row; each in one transaction, ending with the deck right.

What depends on cards outside this app (learners' progress) listens to `cards.signals`. Writes on one deck wait for
each other: each begins with the lock on its decks, in the order of their keys.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    Q,
    QuerySet,
    Subquery,
    When,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from cards.illustrating import set_images
from cards.images import CardImage, StoredImage
from cards.models import Card, CardQuerySet, Deck, TwinPair, make_card_key
from cards.signals import cards_changed, cards_moved, cards_moving, cards_reasked

CHUNK = 500
"""Cards that are written in one statement."""

RENDERED = ("term_html", "definition_html")
ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")
DESCRIBED = ("title", "description", "visibility", "language", "side_choice")
"""What a deck's owner says of it as a whole."""

AUTHORED = ("term", "definition", "side_choice", *ALTERNATIVES)
"""What the author of a card writes."""


def next_position(deck: Deck) -> int:
    """The position that puts a card at the deck's end; removed cards keep theirs."""
    last = deck.cards.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@transaction.atomic(savepoint=False)
def refresh_deck(*, deck: Deck) -> None:
    """Bring ``deck`` up to date after its cards were added, removed, moved or edited."""
    images = CardImage.objects.filter(card__deck=deck).order_by()
    present = deck.cards.present().order_by().values("deck").annotate(count=Count("pk")).values("count")
    Deck.objects.filter(pk=deck.pk).update(
        card_count=Coalesce(Subquery(present), 0),
        has_images=Case(When(has_images=True, then=True), default=Exists(images)),
        order_version=F("order_version") + 1,
        updated_at=timezone.now(),
    )
    deck.refresh_from_db(fields=["card_count", "has_images", "order_version", "updated_at"])
    cards_changed.send(sender=Deck, deck=deck)


@transaction.atomic
def save_card(*, card: Card) -> None:
    """Save a new or an edited card, and refresh its deck. Its deck stays: moving is `move_cards`."""
    lock_decks([card.deck_id])
    card.save()
    refresh_deck(deck=card.deck)


@transaction.atomic
def add_card(*, card: Card) -> Card:
    """Put a new card at its deck's end and return it.

    A form that is sent twice names the same key with the same texts: the card that is there comes back.
    """
    lock_decks([card.deck_id])
    same_key = card.deck.cards.filter(key=card.key).first()
    if same_key and (same_key.term, same_key.definition) == (card.term, card.definition):
        return same_key
    if same_key:
        card.key = make_card_key()
    card.position = next_position(card.deck)
    card.save()
    refresh_deck(deck=card.deck)
    return card


@transaction.atomic
def edit_card(
    *, card: Card, seen: datetime | None, images: Mapping[str, Sequence[StoredImage]] | None = None
) -> Card | None:
    """Save what an author has written on ``card``, unless it changed since ``seen``, its `updated_at` then.

    ``images`` are those of each side from now on; None leaves them as they are.

    Returns:
        The card as it stands now, with nothing saved, where somebody has written something else in the meantime
        (they can save again, having seen it; that brings a removed card back too). None where all is well.
    """
    lock_decks([card.deck_id])
    stands = Card.objects.select_related("deck").get(pk=card.pk)
    is_same = all(getattr(stands, name) == getattr(card, name) for name in AUTHORED)
    is_same &= images is None or images == stands.images_by_side()
    if is_same and stands.removed_at is None:
        return None
    if stands.updated_at != seen:
        return stands
    card.removed_at = card.erased_at = None
    if images is not None:
        set_images(card=card, images=images)
    card.save(update_fields=[*AUTHORED, "removed_at", "erased_at"])
    refresh_deck(deck=card.deck)
    return None


def edit_cards(*, deck: Deck, edits: Iterable[tuple[Card, datetime | None]]) -> tuple[list[Card], list[Card]]:
    """Save both sides of several cards of ``deck`` in a few statements; each is judged as `edit_card` does it.

    ``edits`` are the cards as they shall be, each with its `updated_at` as its author has seen it.

    Returns:
        The cards that are saved, and those that have been written on in the meantime: as they stand now, with
        nothing saved. Cards that are not in the deck any more are in neither.
    """
    seen = dict(edits)
    prefetch_related_objects(list(seen), "images")
    for card in seen:
        card.deck = deck
        # Before the lock, since it takes a while.
        card.prepare()
    saved, standing = [], []
    with transaction.atomic():
        lock_decks([deck.pk])
        there = deck.cards.in_bulk([card.pk for card in seen])
        for card in seen:
            stands = there.get(card.pk)
            if stands is None:
                continue
            is_same = (stands.term, stands.definition) == (card.term, card.definition)
            if stands.updated_at != seen[card] and not (is_same and stands.removed_at is None):
                standing.append(stands)
            elif not is_same or stands.removed_at is not None:
                card.removed_at = card.erased_at = None
                card.updated_at = timezone.now()
                saved.append(card)
        if saved:
            fields = ["term", "definition", *RENDERED, "studied_side"]
            fields += ["updated_at", "removed_at", "erased_at"]
            Card.objects.bulk_update(saved, fields, batch_size=CHUNK)
            refresh_deck(deck=deck)
    return saved, standing


@transaction.atomic
def remove_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Mark those of ``cards`` removed that are in ``deck``, and return how many.

    They leave every page and keep their positions, while learners' histories stay.
    """
    lock_decks([deck.pk])
    now = timezone.now()
    count = in_deck(deck, cards).filter(removed_at=None).update(removed_at=now, updated_at=now)
    refresh_deck(deck=deck)
    return count


@transaction.atomic
def restore_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Bring removed ``cards`` of ``deck`` back to where they were, and return how many; erased ones stay away."""
    lock_decks([deck.pk])
    removed = in_deck(deck, cards).removed()
    count = removed.update(removed_at=None, updated_at=timezone.now())
    refresh_deck(deck=deck)
    return count


@transaction.atomic
def reask_cards(*, deck: Deck, cards: QuerySet[Card], now: datetime) -> int:
    """Make those of ``cards`` that are in ``deck`` new questions, and return how many.

    Every learner starts anew with them, while what they have answered stays in their history.
    """
    lock_decks([deck.pk])
    keys = list(in_deck(deck, cards).values_list("pk", flat=True))
    Card.objects.filter(pk__in=keys).update(asked_since=now, updated_at=now)
    cards_reasked.send(sender=Card, cards=keys, deck=deck, now=now)
    refresh_deck(deck=deck)
    return len(keys)


@transaction.atomic
def move_cards(*, cards: QuerySet[Card], to: Deck, now: datetime) -> int:
    """Move ``cards`` to the end of the deck ``to`` with every learner's progress, and return how many moved.

    A card keeps its key unless the deck has one of that name. Pairs of twins that this parts are forgotten.
    """
    chosen = Card.objects.filter(pk__in=cards.order_by().values("pk")).exclude(deck=to)
    decks = {deck.pk: deck for deck in lock_decks({to.pk, *chosen.values_list("deck", flat=True)})}
    cards_moving.send(sender=Card, decks=list(decks))
    moved = list(chosen.filter(deck__in=decks).order_by("deck", "position", "pk").defer(*RENDERED))
    _settle_in(moved, to, now)
    Card.objects.bulk_update(
        moved, ["deck", "position", "key", "studied_side", "updated_at"], batch_size=CHUNK
    )
    keys = [card.pk for card in moved]
    pairs = TwinPair.objects.filter(Q(first__in=keys) | Q(second__in=keys))
    pairs.exclude(first__deck=F("second__deck")).delete()
    cards_moved.send(sender=Card, cards=keys, decks=list(decks), to=to, now=now)
    for deck in (decks | {to.pk: to}).values():
        refresh_deck(deck=deck)
    return len(moved)


def _settle_in(cards: Iterable[Card], deck: Deck, now: datetime) -> None:
    """Give ``cards`` a place, a free key and a studied side in ``deck``; nothing is saved."""
    taken = set(deck.cards.values_list("key", flat=True))
    for position, card in enumerate(cards, next_position(deck)):
        card.deck, card.position, card.updated_at = deck, position, now
        if card.key in taken:
            card.key = make_card_key()
        taken.add(card.key)
        card.studied_side = card.settled_side()


@transaction.atomic
def reorder_cards(*, deck: Deck, keys_in_order: Sequence[str]) -> None:
    """Put the cards with these keys into this order.

    They share out the places that they hold; all others, added in the meantime or removed, stay at theirs. Keys of
    no card of the deck are passed over.

    Raises:
        ValueError: a key comes twice.
    """
    named = set(keys_in_order)
    if len(named) != len(keys_in_order):
        raise ValueError("A card can have one place only.")
    lock_decks([deck.pk])
    cards = list(deck.cards.only("deck_id", "key", "position").in_order())
    by_key = {card.key: card for card in cards}
    following = iter([by_key[key] for key in keys_in_order if key in by_key])
    changed = []
    for position, card in enumerate(next(following) if card.key in named else card for card in cards):
        if card.position != position:
            card.position = position
            changed.append(card)
    Card.objects.bulk_update(changed, ["position"], batch_size=CHUNK)
    refresh_deck(deck=deck)


def place_of(card: Card) -> int:
    """The place of a card among the present ones of its deck, counted from 1."""
    before = Q(position__lt=card.position) | Q(position=card.position, pk__lt=card.pk)
    return card.deck.cards.present().filter(before).count() + 1


@transaction.atomic
def place_card(*, card: Card, place: int) -> int:
    """Move a present card to ``place`` in its deck, and return the place that it has now.

    Places count from 1; one beyond the end is the last. Only the cards between the two places are written.
    """
    deck = card.deck
    lock_decks([deck.pk])
    if deck.cards.values("position").annotate(cards=Count("pk")).filter(cards__gt=1).exists():
        reorder_cards(deck=deck, keys_in_order=[])
    present = deck.cards.present().in_order()
    position = present.values_list("position", flat=True).get(pk=card.pk)
    place = max(1, min(place, present.count()))
    # Each position is held by one card, so that moving those between by one leaves it so.
    target = present.values_list("position", flat=True)[place - 1]
    between = deck.cards.filter(position__range=sorted((position, target))).exclude(pk=card.pk)
    between.update(position=F("position") + (1 if target < position else -1))
    deck.cards.filter(pk=card.pk).update(position=target)
    if target != position:
        refresh_deck(deck=deck)
    return place


def lock_decks(keys: Iterable[int]) -> list[Deck]:
    """The decks with these primary keys, locked against other writes on their cards until the transaction ends."""
    # Answers refer to the deck's row and shall not wait, hence not for its key.
    return list(Deck.objects.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk"))


def in_deck(deck: Deck, cards: QuerySet[Card]) -> CardQuerySet:
    # By key in a subquery: ``cards`` may be ordered or joined in ways that an UPDATE cannot be.
    return Card.objects.filter(deck=deck, pk__in=cards.order_by().values("pk"))


def remove_decks(*, decks: QuerySet[Deck]) -> int:
    """Mark ``decks`` removed and return how many; their cards stay as they are, to come back with them."""
    present = Deck.objects.filter(pk__in=decks.order_by().values("pk"), removed_at=None)
    return present.update(removed_at=timezone.now())


def restore_decks(*, decks: QuerySet[Deck]) -> int:
    """Bring removed ``decks`` back, with the cards that they had, and return how many; erased ones stay away."""
    removed = Deck.objects.filter(pk__in=decks.order_by().values("pk"), erased_at=None)
    return removed.exclude(removed_at=None).update(removed_at=None)


def show_decks(*, decks: QuerySet[Deck], visibility: str) -> int:
    """Give ``decks`` this visibility, and return how many had another one."""
    others = Deck.objects.filter(pk__in=decks.order_by().values("pk")).exclude(visibility=visibility)
    return others.update(visibility=visibility, updated_at=timezone.now())


def description_version(deck: Deck) -> str:
    """What changes whenever somebody describes ``deck`` otherwise, and at nothing else."""
    told = json.dumps([getattr(deck, name) for name in DESCRIBED])
    return hashlib.sha256(told.encode()).hexdigest()


@transaction.atomic
def describe_deck(*, deck: Deck, fields: Collection[str], seen: str = "") -> Deck | None:
    """Save these ``fields`` of a deck; a new studied side or language settles anew what its cards ask for.

    Returns:
        The deck as it stands now, with nothing saved, where somebody has described it otherwise since ``seen``,
        its `description_version` then, and otherwise than here. None where all is well, or ``seen`` is empty.

    Raises:
        Deck.DoesNotExist: it has been erased meanwhile.
    """
    stands = Deck.objects.select_for_update(no_key=True).get(pk=deck.pk, erased_at=None)
    if seen and description_version(stands) not in (seen, description_version(deck)):
        return stands
    deck.updated_at = timezone.now()
    deck.save(update_fields=[*fields, "updated_at"])
    if {"side_choice", "language"}.intersection(fields):
        resettle_sides(deck=deck)
    return None


@transaction.atomic
def mark_twins(*, card: Card, other: Card, are_twins: bool | None) -> None:
    """Note the author's word on two cards of a deck; None forgets it, and the engine judges by the terms again."""
    first, second = sorted((card, other), key=lambda one: one.pk)
    lock_decks([card.deck_id])
    if are_twins is None:
        TwinPair.objects.filter(first=first, second=second).delete()
    else:
        TwinPair.objects.update_or_create(first=first, second=second, defaults={"are_twins": are_twins})


@transaction.atomic
def resettle_sides(*, deck: Deck) -> None:
    """Settle anew which side each card asks for, after the deck's studied side or language changed."""
    lock_decks([deck.pk])
    cards = list(deck.cards.defer(*RENDERED))
    changed = []
    for card in cards:
        card.deck = deck
        side = card.settled_side()
        if side != card.studied_side:
            card.studied_side = side
            changed.append(card)
    Card.objects.bulk_update(changed, ["studied_side"], batch_size=CHUNK)
    refresh_deck(deck=deck)


def render_cards() -> int:
    """Render every card anew, one transaction for each chunk, and return how many came out differently."""
    count = 0
    last: int | None = 0
    while last is not None:
        changed, last = _render_chunk(after=last)
        count += changed
    return count


@transaction.atomic
def _render_chunk(*, after: int) -> tuple[int, int | None]:
    """Render the next cards by primary key; how many changed, and the last key, None when there was no card."""
    keys = list(Card.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    cards = Card.objects.filter(pk__in=keys)
    decks = {deck.pk: deck for deck in lock_decks(cards.values_list("deck", flat=True))}
    changed, other_side = [], set()
    for card in cards.filter(deck__in=decks).select_for_update(no_key=True).prefetch_related("images"):
        card.deck = decks[card.deck_id]
        html, side = (card.term_html, card.definition_html), card.studied_side
        card.prepare()
        if card.studied_side != side:
            other_side.add(card.deck_id)
        if (card.term_html, card.definition_html) != html or card.studied_side != side:
            changed.append(card)
    Card.objects.bulk_update(changed, [*RENDERED, "studied_side"])
    for key in sorted(other_side):
        refresh_deck(deck=decks[key])
    return len(changed), keys[-1] if keys else None
