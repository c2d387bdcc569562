"""The results of a test: the score by kind, and each question with both answers and the ways to object."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cards.models import Visibility
from sessions_app.practice_test import starting
from sessions_app.practice_test.access import scored_paper_or_404
from sessions_app.practice_test.history import history_of
from sessions_app.practice_test.items import names_sides
from sessions_app.practice_test.results import answers_of, by_kind, friends_of, sentence_of
from sessions_app.questions.every_deck import next_deck
from sessions_app.sessions import gains
from sessions_app.study.modes import TEST
from sessions_app.study.types import CardSide
from studysite.accounts.guests import learner_required, may_sign_up
from studysite.http.requests import LearnerRequest

ALL_RIGHT = "You missed no card in that test."
NOT_THERE = "These cards can no longer be asked in these kinds of question."


@never_cache
@learner_required
@require_safe
def results(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The score by kind and by question, with links to go on."""
    paper = scored_paper_or_404(request, slug, pk)
    deck = paper.session.deck
    answers = answers_of(paper, is_owner=deck.owner_id == request.learner.pk)
    missed = [answer for answer in answers if answer.is_missed]
    kinds, history = by_kind(answers), history_of(request.learner, deck)
    keep_cards = may_sign_up(request.learner)
    leads_on = not missed and not keep_cards
    context: dict[str, Any] = {
        "deck": deck,
        "mode": TEST,
        "paper": paper,
        "kinds": kinds,
        "ring": None if paper.percent is None else gains.Ring(0, paper.percent),
        "sentence": sentence_of(paper, kinds, history.before(paper)),
        "missed_answers": missed,
        "other_answers": [answer for answer in answers if not answer.is_missed],
        "keep_cards": keep_cards,
        "next_deck": next_deck(request.learner, after=deck, now=timezone.now()) if leads_on else None,
        "blanks": sum(answer.result.is_blank for answer in answers),
        "missed": len(missed),
        "raised": (paper.right or 0) - (paper.graded or 0),
        "history": history,
        "here": request.path,
        "friends": friends_of(paper),
        "names_sides": names_sides(paper),
        "can_share": deck.visibility != Visibility.PRIVATE,
    }
    if paper.token:
        context["link"] = request.build_absolute_uri(reverse("test_beat", args=[slug, paper.token]))
    return render(request, "sessions_app/test/results.html", context)


@never_cache
@learner_required
@require_POST
def retake(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Start a test of only what was missed or left blank."""
    paper = scored_paper_or_404(request, slug, pk)
    missed = [
        CardSide(answer.card_id, answer.question.side)
        for answer in answers_of(paper, is_owner=False)
        if answer.is_missed
    ]
    chosen = starting.retake_settings(paper, [asks.card_id for asks in missed])
    now = timezone.now()
    session = missed and starting.start(
        learner=request.learner, deck=paper.session.deck, settings=chosen, now=now, missed=missed
    )
    if not session:
        messages.info(request, ALL_RIGHT if not missed else NOT_THERE)
        return redirect("test_results", slug=slug, pk=pk)
    if session.started_at != now:
        messages.info(request, starting.STILL_OPEN)
    return redirect("study", slug=slug, mode=TEST.name)
