"""Tests: starting one, saving one answer, handing in."""

from collections.abc import Iterable
from random import sample, shuffle

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tests.load.floor.models import Card, Enrollment, Paper, PaperQuestion, Progress, Review
from tests.load.floor.views.studying import OPTIONS, remember


class StartForm(forms.Form):
    questions = forms.IntegerField(min_value=1, max_value=200)


@login_required
def test_page(request: HttpRequest, slug: str) -> HttpResponse:
    enrollment = get_object_or_404(
        Enrollment.objects.select_related("deck"), learner=request.user, deck__slug=slug
    )
    if request.method == "POST":
        form = StartForm(request.POST)
        if form.is_valid():
            start(enrollment, form.cleaned_data["questions"])
            return redirect(request.path)
    paper = Paper.objects.filter(enrollment=enrollment, right=None).last()
    items = [] if paper is None else items_of(paper)
    context = {"deck": enrollment.deck, "paper": paper, "items": items}
    return render(request, "floor/test.html", context)


@transaction.atomic
def start(enrollment: Enrollment, count: int) -> None:
    """A paper about cards that the learner has seen, each with three other cards as wrong options."""
    seen = Progress.objects.filter(enrollment=enrollment).values_list("card", flat=True)[:200]
    others = list(enrollment.deck.cards.values_list("pk", flat=True)[:200])
    paper = Paper.objects.create(enrollment=enrollment)
    questions = []
    for position, card in enumerate(sample(list(seen), count)):
        options = [*[other for other in sample(others, OPTIONS) if other != card][: OPTIONS - 1], card]
        shuffle(options)
        questions.append(PaperQuestion(paper=paper, position=position, card_id=card, options=options))
    PaperQuestion.objects.bulk_create(questions)


def items_of(paper: Paper) -> list[tuple[PaperQuestion, list[Card]]]:
    """The questions with the cards of their options."""
    questions = list(paper.questions.select_related("card").order_by("position"))
    cards = Card.objects.in_bulk({key for question in questions for key in question.options})
    return [(question, [cards[key] for key in question.options]) for question in questions]


@login_required
@require_POST
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the answers in the form, each unless a later one was saved."""
    with transaction.atomic():
        papers = Paper.objects.select_for_update(of=("self",)).filter(
            enrollment__learner=request.user, enrollment__deck__slug=slug, right=None
        )
        paper = get_object_or_404(papers, pk=request.POST.get("paper"))
        saved = {}
        for position, option, revision in chosen_in(request):
            questions = paper.questions.filter(position=position, revision__lt=revision)
            if questions.update(chosen=option, revision=revision):
                saved[position] = revision
        count = paper.questions.exclude(chosen=None).count()
    response = render(request, "floor/_bar.html", {"paper": paper, "answered": count})
    response["Paper-Revision"] = str(max(saved.values(), default=0))
    return response


def chosen_in(request: HttpRequest) -> list[tuple[int, int, int]]:
    """Position, option and revision of each question in the form."""
    found = []
    for name, value in request.POST.items():
        if name.endswith("-option"):
            position = int(name.removeprefix("q").removesuffix("-option"))
            found.append((position, int(value), int(request.POST.get(f"q{position}-revision", 0))))
    return found


@login_required
@require_POST
def hand_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Grade the paper with the answers of the form, log them, and update the progress of its cards."""
    now = timezone.now()
    with transaction.atomic():
        enrollment = get_object_or_404(
            Enrollment.objects.select_for_update(), learner=request.user, deck__slug=slug
        )
        paper = get_object_or_404(Paper, enrollment=enrollment, right=None, pk=request.POST.get("paper"))
        questions = {question.position: question for question in paper.questions.order_by("position")}
        for position, option, revision in chosen_in(request):
            questions[position].chosen, questions[position].revision = option, revision
        overwrite(PaperQuestion, questions.values(), ["chosen", "revision"])
        rows = Progress.objects.filter(enrollment=enrollment)
        rows = rows.filter(card__in=[question.card_id for question in questions.values()])
        progress = {row.card_id: row for row in rows}
        lines, paper.right = [], 0
        for question in questions.values():
            is_right = question.chosen is not None and question.options[question.chosen] == question.card_id
            paper.right += is_right
            row, rating = progress[question.card_id], 3 if is_right else 1
            remember(row, rating, now)
            lines.append(Review(progress=row, rating=rating, mode="test", reviewed_at=now))
        Review.objects.bulk_create(lines)
        written = ["reviews", "level", "stability", "difficulty", "state", "step", "due", "last_reviewed_at"]
        overwrite(Progress, progress.values(), written)
        paper.save()
    return redirect("..")


def overwrite(model: type[Model], rows: Iterable[Model], fields: list[str]) -> None:
    """Write the fields of existing rows in one statement; `bulk_update` takes several times as long."""
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=fields
    )
