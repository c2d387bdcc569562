"""The first page: what is due today and my decks; for strangers the public decks."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cards.models import Deck
from sessions_app import overview
from studysite.htmx import render_page
from studysite.requests import SiteRequest

DECKS_PER_PAGE = 24


@require_safe
def home(request: SiteRequest) -> HttpResponse:
    """My decks, with those due first, above the public ones that I have not studied."""
    public = Deck.objects.public()
    context: dict[str, object] = {}
    if request.user.is_authenticated:
        mine = overview.decks_of(request.user)
        public = public.exclude(pk__in=mine.values("pk"))
        context["my_decks"] = overview.my_decks(
            request.user, mine.select_related("owner"), now=timezone.now()
        )
    decks = public.select_related("owner").order_by("title", "pk")
    context["page"] = Paginator(decks, DECKS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "sessions_app/home.html", context)
