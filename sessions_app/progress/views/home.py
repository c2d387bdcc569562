"""The home page: the learner's day and their decks; for visitors public decks and a sample card."""

from collections.abc import Iterable

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cards.models import Card, Deck
from sessions_app.learners.guests import belongings
from sessions_app.models import Folder
from sessions_app.progress.home_decks import HomeDecks, home_decks, note_due
from sessions_app.progress.standing import decks_of
from sessions_app.today.panel import panel_of
from studysite.accounts.guests import guest_of
from studysite.http.htmx import render_page
from studysite.http.requests import SiteRequest
from studysite.http.robots import for_robots
from studysite.queries.paging import OneQueryPaginator

DECKS_PER_PAGE = 24


@require_safe
def home(request: SiteRequest) -> HttpResponse:
    """What is due today, the learner's decks, then public decks that they have not studied; ``?q=`` searches."""
    if "q" in request.GET:
        return redirect(f"{reverse('search')}?{urlencode({'q': request.GET['q']})}")
    now, learner = timezone.now(), request.learner
    public = Deck.objects.public()
    mine, panel = HomeDecks(), None
    if learner.is_authenticated:
        try:
            mine = home_decks(learner, now=now, choice=request.GET.get("folder", ""))
        except Folder.DoesNotExist:
            raise Http404 from None
        if mine.has_decks:
            panel = panel_of(learner, mine.planned, now=now)
            note_due(panel.plan)
        public = public.exclude(pk__in=decks_of(learner).values("pk"))
    decks = public.select_related("owner").defer("words").order_by("title", "pk")
    page = OneQueryPaginator(decks, DECKS_PER_PAGE).get_page(request.GET.get("page"))
    guest = guest_of(request) if request.user.is_authenticated else None
    # Somebody who has signed up has seen the poster.
    is_new = request.user.is_authenticated and not mine.has_decks
    context = {
        "is_new": is_new,
        "mine": mine,
        "panel": panel,
        "guest_belongings": belongings(guest) if guest else "",
        "page": page,
        "sample": None if mine.has_decks or is_new else sample_card(page.object_list),
    }
    return for_robots(render_page(request, "sessions_app/home/page.html", context))


def sample_card(decks: Iterable[Deck]) -> Card | None:
    """The first card of the first deck that has cards, for visitors to try."""
    deck = next((deck for deck in decks if deck.card_count), None)
    card = deck.cards.present().in_order().first() if deck else None
    if card and deck:
        card.deck = deck
    return card
