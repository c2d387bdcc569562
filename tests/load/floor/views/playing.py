"""Matching: a board, and the pairs that are tried on it."""

from random import sample

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tests.load.floor.models import Board, Enrollment

PAIRS = 6


class TryForm(forms.Form):
    board = forms.IntegerField(min_value=1)
    revision = forms.IntegerField(min_value=0)
    term = forms.IntegerField(min_value=0)
    definition = forms.IntegerField(min_value=0)


@login_required
def matching(request: HttpRequest, slug: str) -> HttpResponse:
    enrollment = get_object_or_404(
        Enrollment.objects.select_related("deck"), learner=request.user, deck__slug=slug
    )
    if request.method == "POST":
        cards = sample(list(enrollment.deck.cards.all()[:200]), PAIRS)
        texts = [[card.term, card.definition] for card in cards]
        Board.objects.create(enrollment=enrollment, texts=texts)
        return redirect(request.path)
    board = Board.objects.filter(enrollment=enrollment, finished_at=None).last()
    return render(request, "floor/matching.html", context_of(board, enrollment))


@login_required
@require_POST
def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """Judge a pair, once."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Not a pair.", status=400)
    sent = form.cleaned_data
    boards = Board.objects.select_related("enrollment__deck").filter(
        enrollment__learner=request.user, enrollment__deck__slug=slug
    )
    board = get_object_or_404(boards, pk=sent["board"])
    if sent["term"] == sent["definition"]:
        board.found.append(sent["term"])
    board.revision += 1
    if len(board.found) == len(board.texts):
        board.finished_at = timezone.now()
    same = Board.objects.filter(pk=board.pk, revision=sent["revision"])
    same.update(found=board.found, revision=board.revision, finished_at=board.finished_at)
    return render(request, "floor/_board.html", context_of(board, board.enrollment))


def context_of(board: Board | None, enrollment: Enrollment) -> dict[str, object]:
    tiles = []
    if board:
        tiles = [(number, *texts, number in board.found) for number, texts in enumerate(board.texts)]
    return {"deck": enrollment.deck, "board": board, "tiles": tiles}
