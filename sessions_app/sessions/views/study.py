"""Studying in a mode: the page, and the answers. A GET only reads; every write is a POST."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.access import deck_to_see
from cards.models import Deck
from cards.text.cleaning import clean_text
from sessions_app.access import KEPT_ANSWER, named, session_required
from sessions_app.models import Step, StudySession
from sessions_app.sessions import summary
from sessions_app.sessions.access import step_or_404
from sessions_app.sessions.feedback import feedback_on
from sessions_app.sessions.marks import PutAside
from sessions_app.sessions.responses import (
    STALE,
    respond,
    show_feedback,
    show_next,
    show_question,
    show_round,
    show_start,
    show_state,
    start_from_post,
)
from sessions_app.sessions.services import step_answer, step_instead
from sessions_app.sessions.state import OpenState, SessionState, session_state
from sessions_app.study.modes import MODES
from sessions_app.study.questions.types import InvalidResponseError
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

OPEN_SESSION = "You have an open session here. Starting again ends it; its answers count."


@never_cache
@require_http_methods(READ_AND_POST)
def study(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """The open question, or the form that starts a session (also if the address asks for it); a POST starts one.

    If the address names an answered step or a finished round, the feedback on it.
    """
    deck = deck_to_see(request, slug)
    if request.method == "POST":
        return start_from_post(request, deck, mode)
    if not request.learner.is_authenticated:
        return show_start(request, deck, mode)
    state = session_state(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    if "options" in request.GET:
        return show_start(request, deck, mode, notice=OPEN_SESSION if state.step else "")
    if MODES[mode].tells and (response := after_answer(request, deck, mode, state)):
        return response
    return show_state(request, deck, mode, state, aside=PutAside.from_address(request.GET))


def after_answer(request: LearnerRequest, deck: Deck, mode: str, state: SessionState) -> HttpResponse | None:
    """The feedback on the answer or the round that the address names; None if it names none of the learner's."""
    sessions = StudySession.objects.filter(learner=request.learner, deck=deck, mode=mode)
    if answered := named(request, "answered"):
        steps = Step.objects.standing().exclude(answered_at=None).select_related("session", "card")
        step = steps.filter(session__in=sessions, pk=answered).first()
        if step is None:
            return None
        step.session.deck = deck
        return show_feedback(request, state, feedback_on(step, state, learner=request.learner))
    if number := named(request, "round"):
        session = sessions.order_by("-started_at").first()
        finished = session and summary.round_of(session, number)
        return show_round(request, deck, mode, state, finished) if finished else None
    return None


@never_cache
@session_required()
@require_POST
def answer(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Take the answer to a step, once; then its feedback in a mode that gives any, else what comes next."""
    step = step_or_404(request, slug, mode)
    deck, now = step.session.deck, timezone.now()
    response = {name: clean_text(value) for name, value in request.POST.items() if isinstance(value, str)}
    try:
        state = step_answer(learner=request.learner, step=step, response=response, now=now)
    except InvalidResponseError as error:
        state = session_state(learner=request.learner, deck=deck, mode=mode, now=now)
        if isinstance(state, OpenState) and state.step == step:
            return show_question(request, state, notice=str(error), typed=response.get("typed", ""))
        return show_state(request, deck, mode, state, notice=str(error))
    request.session.pop(KEPT_ANSWER, None)
    if state.is_stale:
        return respond(request, deck, mode, notice=STALE)
    if not (MODES[mode].tells and step.answered_at):
        return respond(request, deck, mode, state)
    feedback = feedback_on(step, state, learner=request.learner)
    if not feedback.stops:
        return show_next(request, feedback, state)
    return show_feedback(request, state, feedback) if request.htmx else redirect(feedback.url)


@never_cache
@session_required()
@require_POST
def ask_instead(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Replace the open question by one that lets the learner show that they know the card."""
    step = step_or_404(request, slug, mode)
    state = step_instead(learner=request.learner, step=step, now=timezone.now())
    if state.is_stale:
        return respond(request, step.session.deck, mode, notice=STALE)
    return respond(request, step.session.deck, mode, state)


@never_cache
@session_required()
@require_POST
def finish(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """End the session early; its answers stay."""
    deck = deck_to_see(request, slug)
    request.learner.study_sessions.filter(deck=deck, mode=mode).finish(timezone.now())
    return respond(request, deck, mode, SessionState())
