"""Answers graded wrong that learners marked as right: the page on which a deck's owner decides."""

import logging

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cards.access import deck_to_edit
from cards.reporting.services import pending_feedback_in
from sessions_app.models import OverriddenAnswer
from sessions_app.review_log import overridden_answers
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.numbers import whole_number

logger = logging.getLogger(__name__)

ANSWERS_PER_PAGE = 50
DECISIONS = ("accept", "not_right")

ACCEPTED = "That answer counts from now on."
NOT_RIGHT = "That answer stays wrong. It is not shown here again."
NOT_ACCEPTED = (
    "That answer was not added: it is too long, or its card already has the maximum number of accepted answers. "
    "Edit the card to make room."
)
DECIDED = "That answer was already decided, or its learner has undone it."
UNSAID = "Choose whether the answer is right."


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_overridden(request: LearnerRequest, slug: str) -> HttpResponse:
    """The answers without a decision, the most frequent first; a POST decides on one."""
    deck = deck_to_edit(request, slug)
    if request.method == "POST":
        key = whole_number(request.POST.get("answer", ""))
        answers = OverriddenAnswer.objects.filter(deck=deck, card__removed_at=None)
        return decide(request, get_object_or_404(answers, pk=key))
    page = Paginator(overridden_answers.waiting_in(deck), ANSWERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "deck": deck,
        "page": page,
        "answers": overridden_answers.with_texts(page.object_list),
        "pending": pending_feedback_in(deck),
    }
    return render_page(request, "sessions_app/corrections/overridden_answers.html", context)


def decide(request: LearnerRequest, answer: OverriddenAnswer) -> HttpResponse:
    """Accept or reject the answer. An earlier decision stays."""
    decision = request.POST.get("word", "")
    if decision not in DECISIONS:
        messages.error(request, UNSAID)
    elif not overridden_answers.is_waiting(answer):
        logger.info(
            "Overridden answer %s is decided or taken back; a decision on it changed nothing.", answer.pk
        )
        messages.info(request, DECIDED)
    elif decision == "not_right":
        overridden_answers.decide(answer, OverriddenAnswer.Decision.NOT_RIGHT)
        messages.success(request, NOT_RIGHT)
    elif overridden_answers.accept(answer):
        messages.success(request, ACCEPTED)
    else:
        messages.error(request, NOT_ACCEPTED)
    return redirect(request.get_full_path())
