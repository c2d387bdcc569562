"""Answers in Spaced and Learn: one lock, one row in the log, one update, and the next card."""

from dataclasses import dataclass
from datetime import datetime
from random import sample

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from fsrs import Card as Memory
from fsrs import Rating, Scheduler, State

from tests.load.floor.models import Card, Enrollment, Progress, Review

OPTIONS = 4
SCHEDULER = Scheduler(enable_fuzzing=False)


class AnswerForm(forms.Form):
    """An answer to the card of a row of progress that had this many reviews; ``unknown`` is a wrong one."""

    step = forms.IntegerField(min_value=1)
    reviews = forms.IntegerField(min_value=0)
    rating = forms.IntegerField(min_value=1, max_value=4, required=False)
    unknown = forms.BooleanField(required=False)


@dataclass
class Due:
    """The next card of a learner, the wrong options beside it, and how many cards are due."""

    progress: Progress
    options: list[Card]
    count: int


@never_cache
@login_required
def study(request: HttpRequest, slug: str, mode: str) -> HttpResponse:
    enrollment = get_object_or_404(
        Enrollment.objects.select_related("deck"), learner=request.user, deck__slug=slug
    )
    context = {"deck": enrollment.deck, "mode": mode, "due": next_due(enrollment, mode, timezone.now())}
    return render(request, "floor/study.html", context)


@never_cache
@login_required
@require_POST
def answer(request: HttpRequest, slug: str, mode: str) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Not an answer.", status=400)
    now, sent = timezone.now(), form.cleaned_data
    with transaction.atomic():
        enrollments = Enrollment.objects.select_for_update(of=("self",)).select_related("deck")
        enrollment = get_object_or_404(enrollments, learner=request.user, deck__slug=slug)
        mine = Progress.objects.select_related("card").filter(enrollment=enrollment)
        progress = get_object_or_404(mine, pk=sent["step"])
        if is_stale := progress.reviews != sent["reviews"]:
            answered = None
        else:
            rating = 1 if sent["unknown"] else sent["rating"] or 3
            answered = write(progress, rating, mode, now)
        due = next_due(enrollment, mode, now)
    context = {"deck": enrollment.deck, "mode": mode, "due": due, "answered": answered, "is_stale": is_stale}
    return render(request, "floor/_question.html", context)


def write(progress: Progress, rating: int, mode: str, now: datetime) -> Progress:
    """Log the answer and update the progress. The caller holds the lock."""
    remember(progress, rating, now)
    Review.objects.create(progress=progress, rating=rating, mode=mode, reviewed_at=now)
    progress.save()
    return progress


def remember(progress: Progress, rating: int, now: datetime) -> None:
    """Set the progress as it is after an answer."""
    memory = Memory(
        card_id=progress.card_id,
        state=State(progress.state),
        step=progress.step,
        stability=progress.stability,
        difficulty=progress.difficulty,
        due=progress.due,
        last_review=progress.last_reviewed_at,
    )
    after, _ = SCHEDULER.review_card(memory, Rating(rating), now)
    progress.state, progress.step, progress.due = after.state, after.step, after.due
    progress.stability, progress.difficulty = after.stability, after.difficulty
    progress.last_reviewed_at = now
    progress.level = max(1, progress.level) if rating > 1 else 1
    progress.reviews += 1


def next_due(enrollment: Enrollment, mode: str, now: datetime) -> Due:
    """The card that is due first; the one that is due soonest if none is."""
    mine = Progress.objects.filter(enrollment=enrollment)
    count = mine.filter(due__lte=now).count()
    progress = mine.select_related("card").order_by("due").first()
    assert progress
    options = wrong_options(progress.card, enrollment.deck.card_count) if mode == "learn" else []
    return Due(progress, options, count)


def wrong_options(card: Card, card_count: int) -> list[Card]:
    """Three other cards of the deck and this one, in the order of the deck."""
    places = [place for place in sample(range(card_count), OPTIONS) if place != card.position]
    places = [*places[: OPTIONS - 1], card.position]
    return list(Card.objects.filter(deck=card.deck_id, position__in=places).order_by("position"))
