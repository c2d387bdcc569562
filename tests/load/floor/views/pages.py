"""Pages that are only read, and tagging."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Count, F, FilteredRelation, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from tests.load.floor.models import Card, Deck, Enrollment, Progress, Tag

PER_PAGE = 50


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The learner's decks, with how much is due."""
    due = Count("progress", filter=Q(progress__due__lte=timezone.now()))
    mine = Enrollment.objects.filter(learner=request.user).select_related("deck").annotate(due_count=due)
    return render(request, "floor/home.html", {"enrollments": mine})


@login_required
def deck_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The deck with what is due, its first card, and 50 of its terms; htmx asks only for the terms."""
    enrollment = get_object_or_404(
        Enrollment.objects.select_related("deck"), learner=request.user, deck__slug=slug
    )
    deck = enrollment.deck
    mine = FilteredRelation("progress", condition=Q(progress__enrollment=enrollment.pk))
    cards = deck.cards.annotate(mine=mine).annotate(level=F("mine__level"), due=F("mine__due"))
    context: dict[str, Any] = {"deck": deck, "page": page_of(request, cards.order_by("position"), deck)}
    if request.headers.get("HX-Target") == "terms":
        return render(request, "floor/_terms.html", context)
    return render(request, "floor/deck.html", context | standing(enrollment, timezone.now()))


def page_of(request: HttpRequest, cards: Any, deck: Deck) -> Page[Any]:
    paginator = Paginator(cards, PER_PAGE)
    paginator.count = deck.card_count
    return paginator.get_page(request.GET.get("page"))


def standing(enrollment: Enrollment, now: datetime) -> dict[str, Any]:
    """How many of the learner's cards are due and at each level, and the deck's first card."""
    mine = Progress.objects.filter(enrollment=enrollment)
    levels = mine.values("level").annotate(count=Count("pk")).order_by("level")
    due = mine.filter(due__lte=now).count()
    return {"due": due, "levels": levels, "card": enrollment.deck.cards.order_by("position").first()}


@login_required
def editor(request: HttpRequest, slug: str) -> HttpResponse:
    deck = get_object_or_404(Deck, slug=slug)
    cards = deck.cards.order_by("position").prefetch_related("tags")
    return render(request, "floor/editor.html", {"deck": deck, "page": page_of(request, cards, deck)})


@login_required
def tags(request: HttpRequest, slug: str) -> HttpResponse:
    """The cards with their tags; a POST tags or untags all of them."""
    deck = get_object_or_404(Deck, slug=slug)
    if request.method == "POST":
        change_tags(request, deck)
    cards = deck.cards.order_by("position").prefetch_related("tags")
    context = {"deck": deck, "page": page_of(request, cards, deck)}
    return render(request, "floor/tags.html", context)


@transaction.atomic
def change_tags(request: HttpRequest, deck: Deck) -> None:
    tag, _ = Tag.objects.get_or_create(owner=request.user, name=request.POST["name"])
    links, cards = Tag.cards.through, Card.objects.filter(deck=deck)
    if request.POST["do"] == "tag":
        rows = [links(tag=tag, card_id=key) for key in cards.values_list("pk", flat=True)]
        links.objects.bulk_create(rows, ignore_conflicts=True)
    else:
        links.objects.filter(tag=tag, card__in=cards).delete()
