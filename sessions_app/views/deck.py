"""A deck's page: the viewer, the modes, tags, the table, and the list of terms."""

from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST, require_safe

from cards.models import Card, Deck, Tag, Visibility
from cards.reporting.services import to_look_at_in
from cards.tagging.filter import TagChoice
from sessions_app import overview, services, terms
from sessions_app.forms import SharingForm
from sessions_app.study.modes import MODES
from sessions_app.study.shuffle import shuffled_place
from sessions_app.study.types import Side
from studysite.accounts.guests import to_login
from studysite.htmx import render_page, wanted_part
from studysite.requests import LearnerRequest, SiteRequest, whole_number
from studysite.robots import for_robots

TERMS_PER_PAGE = 50
MAX_SEED = 10**6


@dataclass(frozen=True)
class Viewer:
    """Which card the viewer shows: the address alone decides, so that reloading and sharing work.

    ``place`` counts from 1, in the deck's order or in the shuffled order of ``seed``.
    """

    deck: Deck
    place: int
    seed: int | None
    first: Side

    @classmethod
    def from_request(cls, request: SiteRequest, deck: Deck) -> "Viewer":
        """Read the address; what is missing, out of range or no number falls back to what is nearest."""
        place = number(request.GET.get("card"), least=1, most=deck.card_count) or 1
        seed = number(request.GET.get("shuffle"), least=1, most=MAX_SEED)
        first = Side.DEFINITION if request.GET.get("first") == Side.DEFINITION else Side.TERM
        return cls(deck, place, seed, first)

    @cached_property
    def card(self) -> Card | None:
        """The card at this place; None in an empty deck."""
        index = self.place - 1
        if self.seed is not None and self.deck.card_count:
            index = shuffled_place(index, self.deck.card_count, self.seed)
        return self.deck.cards.present().in_order()[index : index + 1].first()

    @property
    def previous(self) -> int:
        """The place before, from the first round to the last."""
        return self.place - 1 or self.deck.card_count

    @property
    def next(self) -> int:
        return self.place % self.deck.card_count + 1 if self.deck.card_count else 1

    @property
    def other_first(self) -> Side:
        return self.first.other

    @property
    def new_seed(self) -> int:
        return SystemRandom().randint(1, MAX_SEED)


def number(text: str | None, *, least: int, most: int) -> int | None:
    """A whole number from an address, moved into the range; None if it is none."""
    value = whole_number(text or "")
    return None if value is None else max(least, min(value, most))


def terms_page(request: SiteRequest, deck: Deck, level: str, choice: TagChoice) -> Page[Any]:
    """The page of the list of terms that the address names; ``level`` is empty or one of `terms.STANDINGS`."""
    learner, now = request.learner, timezone.now()
    cards = choice.narrow(deck.cards.present().in_order())
    if learner.is_authenticated:
        cards = terms.with_standing(cards, deck, learner, now=now)
        cards = terms.narrowed(cards, level, deck, learner, now=now) if level else cards
    paginator = Paginator(cards.with_seen_tags(learner, deck=deck), TERMS_PER_PAGE)
    if not level and not choice.keys:
        paginator.count = deck.card_count
    return paginator.get_page(request.GET.get("page"))


@require_safe
def deck_page(request: SiteRequest, slug: str) -> HttpResponse:
    """The whole page, or the part that htmx swaps: the viewer's card, the tags, or the list of terms."""
    deck = get_object_or_404(Deck.objects.visible_to(request.learner).select_related("owner"), slug=slug)
    parts = {"card-viewer": viewer_context, "tags": tags_part, "terms": terms_part}
    part = wanted_part(request, parts)
    context = parts[part](request, deck) if part else page_context(request, deck)
    response = render_page(request, "sessions_app/deck.html", {"deck": deck, **context}, parts=parts)
    # One page of each deck is enough: the viewer's places and the narrowed lists are addresses without end.
    is_for_all = deck.visibility == Visibility.PUBLIC and not request.GET
    return for_robots(response) if is_for_all else response


def viewer_context(request: SiteRequest, deck: Deck) -> dict[str, object]:
    viewer, learner = Viewer.from_request(request, deck), request.learner
    starred = learner.is_authenticated and terms.is_starred(viewer.card, deck, learner)
    return {"viewer": viewer, "starred": starred}


def terms_part(request: SiteRequest, deck: Deck) -> dict[str, object]:
    return terms_context(request, deck, studied=overview.has_studied(request.learner, deck))


def tags_part(request: SiteRequest, deck: Deck) -> dict[str, object]:
    return {"choice": tag_choice(request, deck)}


def tag_choice(request: SiteRequest, deck: Deck) -> TagChoice:
    """The tags on the deck's cards, and which of them the address names."""
    return TagChoice.from_address(request.GET, Tag.objects.seen_by(request.learner, deck=deck).on(deck))


def terms_context(request: SiteRequest, deck: Deck, *, studied: bool) -> dict[str, object]:
    level = request.GET.get("level", "")
    level = level if request.learner.is_authenticated and level in terms.STANDINGS else ""
    choice = tag_choice(request, deck)
    page = terms_page(request, deck, level, choice)
    address = f"{deck.get_absolute_url()}?{request.GET.urlencode()}#terms"
    return {"page": page, "level": level, "studied": studied, "choice": choice, "terms_address": address}


def page_context(request: SiteRequest, deck: Deck) -> dict[str, object]:
    rows = overview.table_rows(deck, request.learner, now=timezone.now())
    may_edit = deck.is_editable_by(request.learner)
    mine = rows[0] if rows and rows[0].enrollment.learner_id == request.learner.pk else None
    return {
        **viewer_context(request, deck),
        **terms_context(request, deck, studied=mine is not None),
        "may_edit": may_edit,
        "look": to_look_at_in(deck) if may_edit else None,
        "rows": rows,
        "mine": mine,
        "modes": MODES.values(),
    }


@require_POST
def sharing(request: LearnerRequest, slug: str) -> HttpResponse:
    """The learner's consent to be seen by the deck's owner; she can take it back at any time. Not for guests."""
    if not request.user.is_authenticated:
        return to_login(request)
    deck = get_object_or_404(Deck.objects.visible_to(request.learner), slug=slug)
    form = SharingForm(request.POST)
    if form.is_valid():
        services.enrollment_set(learner=request.learner, deck=deck, **form.cleaned_data)
    return redirect("deck", slug=slug)
