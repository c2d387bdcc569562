"""Adding, editing, removing and restoring cards; each function is one transaction and leaves the deck up to date.

Other apps that depend on cards (learners' progress) listen to `cards.signals`. Each write begins with the lock on
its decks, in the order of their keys, so writes on one deck wait for each other.
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
from cards.models import ALTERNATIVES, CHUNK, DERIVED, Card, Deck, TwinPair, make_card_key
from cards.text.images import StoredImage

logger = logging.getLogger(__name__)

AUTHORED = ("term", "definition", "side_choice", *ALTERNATIVES)
"""The fields that the author of a card edits."""


@transaction.atomic
def save_card(*, card: Card) -> None:
    """Save a new or an edited card, and refresh its deck. To change the deck use `move_cards`."""
    Deck.objects.lock([card.deck_id])
    card.save()
    refresh_deck(deck=card.deck)


@transaction.atomic
def add_card(*, card: Card) -> Card:
    """Add a new card at the end of its deck and return it.

    A form that is sent twice has the same key and the same texts: then the existing card is returned.
    """
    Deck.objects.lock([card.deck_id])
    same_key = card.deck.cards.filter(key=card.key).first()
    if same_key and (same_key.term, same_key.definition) == (card.term, card.definition):
        return same_key
    if same_key:
        card.key = make_card_key()
    card.position = next_position(card.deck)
    card.save()
    refresh_deck(deck=card.deck, affected=())
    return card


@transaction.atomic
def edit_card(
    *, card: Card, seen: datetime | None, images: Mapping[str, Sequence[StoredImage]] | None = None
) -> Card | None:
    """Save an author's changes to ``card``, unless it was changed after ``seen``, the `updated_at` that they saw.

    ``images`` are the new images of each side; None keeps the current ones.

    Returns:
        None if the card is saved. If someone else has saved other texts in the meantime, nothing is saved, and the
        current version is returned: once the author has seen it, they can save again. That also restores a removed
        card.
    """
    Deck.objects.lock([card.deck_id])
    current = Card.objects.select_related("deck").get(pk=card.pk)
    is_same = all(getattr(current, name) == getattr(card, name) for name in AUTHORED)
    is_same &= images is None or images == current.images_by_side()
    if is_same and current.removed_at is None:
        return None
    if current.updated_at != seen:
        logger.info("Edit conflict: card %s has changed since it was opened.", card.pk)
        return current
    card.removed_at = card.erased_at = None
    if images is not None:
        set_images(card=card, images=images)
    card.save(update_fields=[*AUTHORED, "removed_at", "erased_at"])
    refresh_deck(deck=card.deck, affected=() if asks_same(current, card) else (card.pk,))
    return None


def asks_same(before: Card, after: Card) -> bool:
    """Whether an edited card was there before and asks for the same side as before."""
    return before.removed_at is None and before.studied_side == after.studied_side


def edit_cards(*, deck: Deck, edits: Iterable[tuple[Card, datetime | None]]) -> tuple[list[Card], list[Card]]:
    """Save both sides of several cards of ``deck`` in a few statements, each by the rules of `edit_card`.

    ``edits`` are the new cards, each with the `updated_at` that its author saw.

    Returns:
        The saved cards, and the current version of those that someone else has changed in the meantime, which are
        not saved. Cards that are no longer in the deck are in neither list.
    """
    seen = dict(edits)
    prefetch_related_objects(list(seen), "images")
    for card in seen:
        card.deck = deck
        card.removed_at = card.erased_at = None
        # Before the lock, because rendering takes a while.
        card.prepare()
    saved, changed = [], []
    with transaction.atomic():
        Deck.objects.lock([deck.pk])
        there = deck.cards.in_bulk([card.pk for card in seen])
        for card in seen:
            current = there.get(card.pk)
            if current is None:
                continue
            is_same = (current.term, current.definition) == (card.term, card.definition)
            if current.updated_at != seen[card] and not (is_same and current.removed_at is None):
                changed.append(current)
            elif not is_same or current.removed_at is not None:
                card.updated_at = timezone.now()
                saved.append(card)
        if saved:
            fields = ["term", "definition", *DERIVED, "studied_side"]
            fields += ["updated_at", "removed_at", "erased_at"]
            Card.objects.bulk_update(saved, fields, batch_size=CHUNK)
            affected = [card.pk for card in saved if not asks_same(there[card.pk], card)]
            refresh_deck(deck=deck, affected=affected)
    if changed:
        logger.info("Edit conflict: %d cards of deck %s have changed since.", len(changed), deck.pk)
    return saved, changed


@transaction.atomic
def remove_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Mark the ``cards`` that are in ``deck`` as removed, and return how many.

    No page shows them any more. They keep their positions, and learners keep their histories.
    """
    Deck.objects.lock([deck.pk])
    now = timezone.now()
    chosen = in_deck(deck, cards).present()
    affected = list(chosen.values_list("pk", flat=True))
    count = chosen.update(removed_at=now, updated_at=now)
    refresh_deck(deck=deck, affected=affected)
    return count


@transaction.atomic
def restore_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Restore removed ``cards`` of ``deck`` to their old places, and return how many; erased cards stay away."""
    Deck.objects.lock([deck.pk])
    removed = in_deck(deck, cards).removed()
    affected = list(removed.values_list("pk", flat=True))
    count = removed.update(removed_at=None, updated_at=timezone.now())
    refresh_deck(deck=deck, affected=affected)
    return count


@transaction.atomic
def mark_twins(*, card: Card, other: Card, are_twins: bool | None) -> None:
    """Save the author's decision on two cards of a deck; None deletes it: the engine compares the terms again."""
    first, second = sorted((card, other), key=lambda one: one.pk)
    Deck.objects.lock([card.deck_id])
    if are_twins is None:
        TwinPair.objects.filter(first=first, second=second).delete()
    else:
        TwinPair.objects.update_or_create(first=first, second=second, defaults={"are_twins": are_twins})
