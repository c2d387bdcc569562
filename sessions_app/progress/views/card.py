"""A card's page: its two sides, the learner's progress on it, and its history."""

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from cards.access import deck_to_see
from cards.models import Tag, Visibility
from sessions_app.access import enrollment_of
from sessions_app.progress.card import card_standings
from studysite.http.htmx import render_page
from studysite.http.requests import SiteRequest
from studysite.http.robots import for_robots

LINES_PER_PAGE = 25


@require_safe
def card_page(request: SiteRequest, slug: str, pk: int) -> HttpResponse:
    """The whole page, or the history alone, which htmx swaps."""
    learner = request.learner
    deck = deck_to_see(request, slug)
    tags = Prefetch("tags", Tag.objects.seen_by(learner, deck=deck), to_attr="seen_tags")
    card = get_object_or_404(deck.cards.present().prefetch_related(tags), pk=pk)
    context: dict[str, object] = {"deck": deck, "card": card}
    if learner.is_authenticated:
        enrollment = enrollment_of(request, deck)
        enrollment.learner = learner
        standings = card_standings(card, enrollment, now=timezone.now())
        page = Paginator(standings.lines, LINES_PER_PAGE).get_page(request.GET.get("page"))
        lines = [(line, standings.note(line)) for line in page]
        context |= {"standings": standings, "page": page, "lines": lines}
    response = render_page(request, "sessions_app/card/page.html", context, parts={"history"})
    return for_robots(response) if deck.visibility == Visibility.PUBLIC else response
