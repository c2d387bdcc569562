"""Undoing the last answer, and typing a missed one again."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseLocation

from cards.text.cleaning import clean_text
from sessions_app.access import session_required
from sessions_app.sessions.access import step_or_404
from sessions_app.sessions.feedback import feedback_on
from sessions_app.sessions.responses import respond, show_feedback
from sessions_app.sessions.state import session_state
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.questions import grading
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Verdict
from studysite.http.requests import LearnerRequest

UNDONE = "Undone."
NOT_UNDONE = "Can’t undo: it was already undone, isn’t your last answer, or is from another day."
NOT_YET = "Not quite: compare it with the answer."


@never_cache
@session_required()
@require_POST
def undo(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Undo the answer to the step that the form names, which must be the session's last."""
    step = step_or_404(request, slug, mode)
    state = answer_undo(learner=request.learner, step=step, now=timezone.now())
    if state.is_stale:
        return respond(request, step.session.deck, mode, notice=NOT_UNDONE)
    return respond(request, step.session.deck, mode, state, notice=UNDONE)


@never_cache
@session_required()
@require_POST
def retype(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Compare what the learner typed again after a miss: the right answer leads on. Nothing is counted."""
    step = step_or_404(request, slug, mode)
    question = Question.from_json(step.question)
    if step.answered_at is None or not KINDS[question.kind].is_typed:
        raise Http404("nothing to type again")
    typed, learner = clean_text(request.POST.get("typed", "")), request.learner
    state = session_state(learner=learner, deck=step.session.deck, mode=mode, now=timezone.now())
    feedback = feedback_on(step, state, learner=learner)
    if grading.judged(question, typed).verdict is not Verdict.CORRECT:
        return show_feedback(request, state, feedback, notice=NOT_YET, retyped=typed)
    if request.htmx:
        return HttpResponseLocation(feedback.next_url, target="#question")
    return redirect(feedback.next_url)
