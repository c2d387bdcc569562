"""Changes to whole decks."""

import hashlib
import json
import logging
from collections.abc import Collection

from django.db import transaction
from django.db.models import Case, Count, Exists, F, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from cards.models import CHUNK, DERIVED, Card, CardImage, Deck, SideChoice
from cards.signals import cards_changed

logger = logging.getLogger(__name__)

DESCRIBED = ("title", "description", "visibility", "language", "definition_language", "side_choice")
"""The details of a deck that its owner edits."""


@transaction.atomic(savepoint=False)
def refresh_deck(*, deck: Deck, affected: Collection[int] | None = None) -> None:
    """Bring ``deck`` up to date after its cards were added, removed, moved or edited.

    ``affected`` are the primary keys of the cards that have gone, are back, or ask for another side; None if it
    may be any. Only learners whom these concern are counted again, not a class of thousands for a corrected text.
    """
    images = CardImage.objects.filter(card__deck=deck).order_by()
    present = deck.cards.present().order_by().values("deck").annotate(count=Count("pk")).values("count")
    two_sided = present.filter(studied_side=SideChoice.BOTH)
    Deck.objects.filter(pk=deck.pk).update(
        card_count=Coalesce(Subquery(present), 0),
        two_sided_count=Coalesce(Subquery(two_sided), 0),
        has_images=Case(When(has_images=True, then=True), default=Exists(images)),
        order_version=F("order_version") + 1,
        updated_at=timezone.now(),
    )
    deck.refresh_from_db(
        fields=["card_count", "two_sided_count", "has_images", "order_version", "updated_at"]
    )
    cards_changed.send(sender=Deck, deck=deck, affected=affected)


def remove_decks(*, decks: QuerySet[Deck]) -> int:
    """Mark ``decks`` as removed and return how many; their cards can be restored with them."""
    present = Deck.objects.filter(pk__in=decks.order_by().values("pk"), removed_at=None)
    return present.update(removed_at=timezone.now())


def restore_decks(*, decks: QuerySet[Deck]) -> int:
    """Restore removed ``decks`` with their cards, and return how many; erased decks stay removed."""
    removed = Deck.objects.filter(pk__in=decks.order_by().values("pk"), erased_at=None)
    return removed.exclude(removed_at=None).update(removed_at=None)


def show_decks(*, decks: QuerySet[Deck], visibility: str) -> int:
    """Give ``decks`` this visibility, and return how many had a different one."""
    others = Deck.objects.filter(pk__in=decks.order_by().values("pk")).exclude(visibility=visibility)
    return others.update(visibility=visibility, updated_at=timezone.now())


def description_version(deck: Deck) -> str:
    """A hash of the deck's details: it changes when they change, and only then."""
    details = json.dumps([getattr(deck, name) for name in DESCRIBED])
    return hashlib.sha256(details.encode()).hexdigest()


@transaction.atomic
def describe_deck(*, deck: Deck, fields: Collection[str], seen: str = "") -> Deck | None:
    """Save these ``fields`` of a deck. After a new studied side or language, decide again what its cards ask for.

    ``seen`` is the `description_version` that the author saw; if it is empty, conflicts are not checked.

    Returns:
        None if the deck is saved. If someone else has saved other details since ``seen``, nothing is saved, and
        the current deck is returned.

    Raises:
        Deck.DoesNotExist: the deck was erased in the meantime.
    """
    current = Deck.objects.select_for_update(no_key=True).get(pk=deck.pk, erased_at=None)
    if seen and description_version(current) not in (seen, description_version(deck)):
        logger.info("Edit conflict: the details of deck %s have changed since.", deck.pk)
        return current
    deck.updated_at = timezone.now()
    deck.save(update_fields=[*fields, "updated_at"])
    if {"side_choice", "language"}.intersection(fields):
        update_studied_sides(deck=deck)
    return None


@transaction.atomic
def update_studied_sides(*, deck: Deck) -> None:
    """Decide again which side each card asks for, after the deck's studied side or language has changed."""
    Deck.objects.lock([deck.pk])
    cards = list(deck.cards.defer(*DERIVED))
    changed = []
    for card in cards:
        card.deck = deck
        side = card.chosen_side()
        if side != card.studied_side:
            card.studied_side = side
            changed.append(card)
    Card.objects.bulk_update(changed, ["studied_side"], batch_size=CHUNK)
    refresh_deck(deck=deck, affected=[card.pk for card in changed])


def render_cards() -> int:
    """Render all cards again, in one transaction for each chunk, and return how many have changed."""
    count = 0
    last: int | None = 0
    while last is not None:
        changed, last = _render_chunk(after=last)
        count += changed
    return count


@transaction.atomic
def _render_chunk(*, after: int) -> tuple[int, int | None]:
    """Render the next cards by primary key; return how many changed, and the last key (None: no card was left)."""
    keys = list(Card.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    cards = Card.objects.filter(pk__in=keys)
    decks = {deck.pk: deck for deck in Deck.objects.lock(cards.values_list("deck", flat=True))}
    changed, other_side = [], set()
    for card in cards.filter(deck__in=decks).select_for_update(no_key=True).prefetch_related("images"):
        card.deck = decks[card.deck_id]
        before, side = [getattr(card, name) for name in DERIVED], card.studied_side
        card.prepare()
        if card.studied_side != side:
            other_side.add(card.deck_id)
        if [getattr(card, name) for name in DERIVED] != before or card.studied_side != side:
            changed.append(card)
    Card.objects.bulk_update(changed, [*DERIVED, "studied_side"])
    for key in sorted(other_side):
        refresh_deck(deck=decks[key])
    return len(changed), keys[-1] if keys else None
