"""Moving cards within a deck and to another deck."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from cards.editing.decks import refresh_deck
from cards.models import CHUNK, DERIVED, Card, CardQuerySet, CardReport, Deck, TwinPair, make_card_key
from cards.signals import cards_moved, cards_moving, cards_reasked


def next_position(deck: Deck) -> int:
    """The position after the deck's last card; removed cards count too, because they keep their positions."""
    # Two queries: each has an index, and all cards together have none.
    last_ones = (
        cards.order_by("-position").values_list("position", flat=True).first()
        for cards in (deck.cards.present(), deck.cards.gone())
    )
    return max((last + 1 for last in last_ones if last is not None), default=0)


@transaction.atomic
def reask_cards(*, deck: Deck, cards: QuerySet[Card], now: datetime) -> int:
    """Mark the ``cards`` that are in ``deck`` as new questions, and return how many.

    Every learner starts over with them. Earlier answers stay in their histories.
    """
    Deck.objects.lock([deck.pk])
    keys = list(in_deck(deck, cards).values_list("pk", flat=True))
    Card.objects.filter(pk__in=keys).update(asked_since=now, updated_at=now)
    cards_reasked.send(sender=Card, cards=keys, deck=deck, now=now)
    refresh_deck(deck=deck)
    return len(keys)


@transaction.atomic
def move_cards(*, cards: QuerySet[Card], to: Deck, now: datetime) -> int:
    """Move ``cards`` to the end of the deck ``to`` with every learner's progress, and return how many moved.

    A card keeps its key unless the deck already has this key. Pairs of twins in two decks are deleted.
    """
    chosen = Card.objects.filter(pk__in=cards.order_by().values("pk")).exclude(deck=to)
    decks = {deck.pk: deck for deck in Deck.objects.lock({to.pk, *chosen.values_list("deck", flat=True)})}
    cards_moving.send(sender=Card, decks=list(decks))
    moved = list(chosen.filter(deck__in=decks).order_by("deck", "position", "pk").defer(*DERIVED))
    _fit_into(moved, to, now)
    Card.objects.bulk_update(
        moved, ["deck", "position", "key", "studied_side", "updated_at"], batch_size=CHUNK
    )
    keys = [card.pk for card in moved]
    pairs = TwinPair.objects.filter(Q(first__in=keys) | Q(second__in=keys))
    pairs.exclude(first__deck=F("second__deck")).delete()
    CardReport.objects.filter(card__in=keys).update(deck=to)
    cards_moved.send(sender=Card, cards=keys, decks=list(decks), to=to, now=now)
    for deck in (decks | {to.pk: to}).values():
        refresh_deck(deck=deck)
    return len(moved)


def _fit_into(cards: Iterable[Card], deck: Deck, now: datetime) -> None:
    """Give ``cards`` positions, free keys and studied sides in ``deck``, without saving them."""
    taken = set(deck.cards.values_list("key", flat=True))
    for position, card in enumerate(cards, next_position(deck)):
        card.deck, card.position, card.updated_at = deck, position, now
        if card.key in taken:
            card.key = make_card_key()
        taken.add(card.key)
        card.studied_side = card.chosen_side()


@transaction.atomic
def reorder_cards(*, deck: Deck, keys_in_order: Sequence[str]) -> None:
    """Put the cards with these keys into this order.

    They exchange the positions that they have; all other cards, including removed and new ones, keep theirs. Keys
    of cards that are not in the deck are ignored.

    Raises:
        ValueError: a key is given twice.
    """
    named = set(keys_in_order)
    if len(named) != len(keys_in_order):
        raise ValueError("A card can have only one place.")
    Deck.objects.lock([deck.pk])
    cards = list(deck.cards.only("deck_id", "key", "position").in_order())
    by_key = {card.key: card for card in cards}
    following = iter([by_key[key] for key in keys_in_order if key in by_key])
    changed = []
    for position, card in enumerate(next(following) if card.key in named else card for card in cards):
        if card.position != position:
            card.position = position
            changed.append(card)
    Card.objects.bulk_update(changed, ["position"], batch_size=CHUNK)
    refresh_deck(deck=deck, affected=())


def place_of(card: Card) -> int:
    """The place of a card among the present cards of its deck, counted from 1."""
    before = Q(position__lt=card.position) | Q(position=card.position, pk__lt=card.pk)
    return card.deck.cards.present().filter(before).count() + 1


@transaction.atomic
def place_card(*, card: Card, place: int) -> int:
    """Move a present card to ``place`` in its deck, and return its new place.

    Places are counted from 1; a place after the end means the last. Only the cards in between are written.
    """
    deck = card.deck
    Deck.objects.lock([deck.pk])
    present = deck.cards.present().in_order().values_list("position", flat=True)
    place = max(1, min(place, present.count()))
    position, target = present.get(pk=card.pk), present[place - 1]
    if _share_positions(_between(deck, position, target)):
        reorder_cards(deck=deck, keys_in_order=[])
        position, target = present.get(pk=card.pk), present[place - 1]
    # Each of these positions has one card. Moving the cards in between by one keeps this true.
    for cards in _between(deck, position, target):
        cards.exclude(pk=card.pk).update(position=F("position") + (1 if target < position else -1))
    deck.cards.filter(pk=card.pk).update(position=target)
    if target != position:
        refresh_deck(deck=deck, affected=())
    return place


def _between(deck: Deck, position: int, target: int) -> list[CardQuerySet]:
    """The deck's cards at these two positions and in between: the present ones, and those that are not.

    Each of the two has an index by position, which all cards together have not.
    """
    cards = deck.cards.filter(position__range=sorted((position, target)))
    return [cards.present(), cards.gone()]


def _share_positions(parts: Iterable[CardQuerySet]) -> bool:
    """Whether two of these cards have the same position."""
    positions = [position for cards in parts for position in cards.values_list("position", flat=True)]
    return len(set(positions)) < len(positions)


def in_deck(deck: Deck, cards: QuerySet[Card]) -> CardQuerySet:
    # A subquery by key: an UPDATE cannot use the ordering and the joins that ``cards`` may have.
    return Card.objects.filter(deck=deck, pk__in=cards.order_by().values("pk"))
