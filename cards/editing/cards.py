"""Writes on decks and cards that touch more than one row; each in one transaction, ending with the deck right.

What depends on cards outside this app (learners' progress) listens to `cards.signals`. Writes on one deck wait for
each other: each begins with the lock on its decks, in the order of their keys.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.editing.moving import in_deck, next_position
from cards.media.services import set_images
from cards.models import ALTERNATIVES, CHUNK, RENDERED, Card, Deck, TwinPair, make_card_key
from cards.text.images import StoredImage

logger = logging.getLogger(__name__)

AUTHORED = ("term", "definition", "side_choice", *ALTERNATIVES)
"""What the author of a card writes."""


@transaction.atomic
def save_card(*, card: Card) -> None:
    """Save a new or an edited card, and refresh its deck. Its deck stays: moving is `move_cards`."""
    Deck.objects.lock([card.deck_id])
    card.save()
    refresh_deck(deck=card.deck)


@transaction.atomic
def add_card(*, card: Card) -> Card:
    """Put a new card at its deck's end and return it.

    A form that is sent twice names the same key with the same texts: the card that is there comes back.
    """
    Deck.objects.lock([card.deck_id])
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
    Deck.objects.lock([card.deck_id])
    stands = Card.objects.select_related("deck").get(pk=card.pk)
    is_same = all(getattr(stands, name) == getattr(card, name) for name in AUTHORED)
    is_same &= images is None or images == stands.images_by_side()
    if is_same and stands.removed_at is None:
        return None
    if stands.updated_at != seen:
        logger.info("Edit conflict: card %s has changed since it was opened.", card.pk)
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
        Deck.objects.lock([deck.pk])
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
    if standing:
        logger.info("Edit conflict: %d cards of deck %s have changed since.", len(standing), deck.pk)
    return saved, standing


@transaction.atomic
def remove_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Mark those of ``cards`` removed that are in ``deck``, and return how many.

    They leave every page and keep their positions, while learners' histories stay.
    """
    Deck.objects.lock([deck.pk])
    now = timezone.now()
    count = in_deck(deck, cards).filter(removed_at=None).update(removed_at=now, updated_at=now)
    refresh_deck(deck=deck)
    return count


@transaction.atomic
def restore_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Bring removed ``cards`` of ``deck`` back to where they were, and return how many; erased ones stay away."""
    Deck.objects.lock([deck.pk])
    removed = in_deck(deck, cards).removed()
    count = removed.update(removed_at=None, updated_at=timezone.now())
    refresh_deck(deck=deck)
    return count


@transaction.atomic
def mark_twins(*, card: Card, other: Card, are_twins: bool | None) -> None:
    """Note the author's word on two cards of a deck; None forgets it, and the engine judges by the terms again."""
    first, second = sorted((card, other), key=lambda one: one.pk)
    Deck.objects.lock([card.deck_id])
    if are_twins is None:
        TwinPair.objects.filter(first=first, second=second).delete()
    else:
        TwinPair.objects.update_or_create(first=first, second=second, defaults={"are_twins": are_twins})
