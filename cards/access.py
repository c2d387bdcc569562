"""Fetches decks and cards for a page. A deck or card that the learner may not see or change is 404."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from cards.models import Card, Deck
from studysite.accounts.models import User
from studysite.http.requests import SiteRequest
from studysite.queries.compiled import compiled


def deck_to_edit(request: SiteRequest, slug: str) -> Deck:
    """The deck, with its owner, if the learner may change it; else Http404."""
    return get_object_or_404(Deck.objects.editable_by(request.learner).select_related("owner"), slug=slug)


def deck_to_see(request: SiteRequest, slug: str) -> Deck:
    """The deck, with its owner, if the learner may open it; else Http404."""
    deck = _visible.first(slug=slug, user=request.learner.pk)
    if deck is None:
        raise Http404("no such deck")
    return deck


@compiled
def _visible(*, slug: str, user: int | None) -> QuerySet[Deck]:
    visible = Deck.objects.visible_to(AnonymousUser() if user is None else User(pk=user))
    return visible.filter(slug=slug).select_related("owner")


def card_to_edit(request: SiteRequest, slug: str, pk: int) -> Card:
    """A card that the learner may change, present or removed; else Http404.

    A POST also gets an erased card: what the author has typed in the meantime can still be saved.
    """
    deck = deck_to_edit(request, slug)
    cards = deck.cards.with_seen_tags(request.learner, deck=deck)
    if request.method != "POST":
        cards = cards.unerased()
    card = get_object_or_404(cards, pk=pk)
    card.deck = deck
    return card


MAX_GUEST_FILE = 2 * 2**20
"""Bytes of the largest file that a guest may upload."""
