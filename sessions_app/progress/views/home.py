"""The home page: the learner's decks with the cards that are due; for visitors public decks and a sample card."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cards.models import Card, Deck
from cards.reporting.services import pending_feedback
from sessions_app.learners.guests import belongings
from sessions_app.progress import standing
from studysite.accounts.guests import guest_of
from studysite.http.htmx import render_page
from studysite.http.requests import SiteRequest
from studysite.http.robots import for_robots

DECKS_PER_PAGE = 24


@require_safe
def home(request: SiteRequest) -> HttpResponse:
    """The learner's decks, those with the most due cards first, then public decks that they have not studied."""
    public = Deck.objects.public()
    my_decks = []
    if request.learner.is_authenticated:
        mine = standing.decks_of(request.learner)
        public = public.exclude(pk__in=mine.values("pk"))
        my_decks = standing.my_decks(request.learner, mine.select_related("owner"), now=timezone.now())
        note_pending_feedback(request.learner.pk, [deck for deck, _ in my_decks])
    decks = public.select_related("owner").order_by("title", "pk")
    page = Paginator(decks, DECKS_PER_PAGE).get_page(request.GET.get("page"))
    guest = guest_of(request) if request.user.is_authenticated else None
    context = {
        "my_decks": my_decks,
        "guest_belongings": belongings(guest) if guest else "",
        "page": page,
        "sample": None if my_decks else sample_card(page.object_list),
    }
    return for_robots(render_page(request, "sessions_app/home/page.html", context))


def note_pending_feedback(owner: int, decks: Iterable[Any]) -> None:
    """Set ``pending`` on the owner's decks: what learners have reported and the owner has not dealt with."""
    own = {deck.pk: deck for deck in decks if deck.owner_id == owner}
    for pk, pending in pending_feedback(own).items():
        own[pk].pending = pending


def sample_card(decks: Iterable[Deck]) -> Card | None:
    """The first card of the first deck that has cards, for visitors to try."""
    deck = next((deck for deck in decks if deck.card_count), None)
    card = deck.cards.present().in_order().first() if deck else None
    if card and deck:
        card.deck = deck
    return card
