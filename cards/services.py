"""Writes on decks and cards that touch more than one row; each in one transaction, ending with the deck right.

What depends on a deck's cards outside this app (learners' roll-ups) listens to `cards.signals.cards_changed`.
"""

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from cards.models import Card, Deck
from cards.signals import cards_changed

CHUNK = 500
"""Cards that are written in one statement."""


def next_position(deck: Deck) -> int:
    """The position that puts a card at the deck's end; removed cards keep theirs."""
    last = deck.cards.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@transaction.atomic
def refresh_deck(*, deck: Deck) -> None:
    """Bring ``deck`` up to date after its cards were added, removed, moved or edited."""
    Deck.objects.filter(pk=deck.pk).update(
        card_count=deck.cards.present().count(),
        order_version=F("order_version") + 1,
        updated_at=timezone.now(),
    )
    deck.refresh_from_db(fields=["card_count", "order_version", "updated_at"])
    cards_changed.send(sender=Deck, deck=deck)


@transaction.atomic
def save_card(*, card: Card) -> None:
    """Save a new or an edited card, and refresh its deck. A card never changes its deck: histories hang on it."""
    card.save()
    refresh_deck(deck=card.deck)


@transaction.atomic
def remove_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Mark those of ``cards`` removed that are in ``deck``, and return how many.

    They leave every page and keep their positions, while learners' histories stay.
    """
    now = timezone.now()
    count = in_deck(deck, cards).filter(removed_at=None).update(removed_at=now, updated_at=now)
    refresh_deck(deck=deck)
    return count


@transaction.atomic
def restore_cards(*, deck: Deck, cards: QuerySet[Card]) -> int:
    """Bring removed ``cards`` of ``deck`` back to where they were, and return how many."""
    removed = in_deck(deck, cards).exclude(removed_at=None)
    count = removed.update(removed_at=None, updated_at=timezone.now())
    refresh_deck(deck=deck)
    return count


def in_deck(deck: Deck, cards: QuerySet[Card]) -> QuerySet[Card]:
    # By key in a subquery: ``cards`` may be ordered or joined in ways that an UPDATE cannot be.
    return Card.objects.filter(deck=deck, pk__in=cards.order_by().values("pk"))


def remove_decks(*, decks: QuerySet[Deck]) -> int:
    """Mark ``decks`` removed and return how many; their cards stay as they are, to come back with them."""
    present = Deck.objects.filter(pk__in=decks.order_by().values("pk"), removed_at=None)
    return present.update(removed_at=timezone.now())


def restore_decks(*, decks: QuerySet[Deck]) -> int:
    """Bring removed ``decks`` back, with the cards that they had, and return how many."""
    removed = Deck.objects.filter(pk__in=decks.order_by().values("pk")).exclude(removed_at=None)
    return removed.update(removed_at=None)


@transaction.atomic
def resettle_sides(*, deck: Deck) -> None:
    """Settle anew which side each card asks for, after the deck's studied side or language changed."""
    cards = list(deck.cards.select_for_update().defer("term_html", "definition_html"))
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
    cards = Card.objects.filter(pk__gt=after).select_related("deck").select_for_update(of=["self"])
    changed = []
    card = None
    for card in cards.order_by("pk")[:CHUNK]:
        before = (card.term_html, card.definition_html, card.studied_side)
        card.prepare()
        if (card.term_html, card.definition_html, card.studied_side) != before:
            changed.append(card)
    Card.objects.bulk_update(changed, ["term_html", "definition_html", "studied_side"])
    return len(changed), card.pk if card else None
