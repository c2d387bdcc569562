"""Whose decks a page may be about: fetching is authorising, and what somebody may not see or change is 404."""

from django.shortcuts import get_object_or_404

from cards.models import Card, Deck
from studysite.http.requests import SiteRequest


def deck_to_edit(request: SiteRequest, slug: str) -> Deck:
    return get_object_or_404(Deck.objects.editable_by(request.learner).select_related("owner"), slug=slug)


def deck_to_see(request: SiteRequest, slug: str) -> Deck:
    return get_object_or_404(Deck.objects.visible_to(request.learner).select_related("owner"), slug=slug)


def card_to_edit(request: SiteRequest, slug: str, pk: int) -> Card:
    """A card that the learner may change, be it present or removed.

    What somebody has typed for one that has been erased meanwhile can still be saved: it is theirs.
    """
    deck = deck_to_edit(request, slug)
    cards = deck.cards.with_seen_tags(request.learner, deck=deck)
    if request.method != "POST":
        cards = cards.unerased()
    card = get_object_or_404(cards, pk=pk)
    card.deck = deck
    return card


MAX_GUEST_FILE = 2 * 2**20
"""Bytes of a file of somebody without an account."""
