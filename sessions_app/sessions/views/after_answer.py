"""Taking an answer back, and judging it otherwise."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseLocation

from cards.text.cleaning import clean_text
from sessions_app.access import session_required
from sessions_app.sessions import services as sessions
from sessions_app.sessions.feedback import feedback_context
from sessions_app.sessions.undo import answer_undo
from sessions_app.sessions.views.study import show, step_or_404
from sessions_app.study.questions import grading
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Verdict
from studysite.http.requests import LearnerRequest

UNDONE = "Taken back."
NOT_UNDONE = (
    "That answer stays: it was taken back already, others have followed it, or its study day is over. "
    "This is where you are."
)


@never_cache
@session_required
@require_POST
def undo(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Take back the answer to the step that the form names: the session's last."""
    step = step_or_404(request, slug, mode)
    now = timezone.now()
    state = answer_undo(learner=request.learner, step=step, now=now)
    notice = NOT_UNDONE if state.is_stale else UNDONE
    if not request.htmx:
        messages.info(request, notice)
        return redirect("study", slug=slug, mode=mode)
    deck = step.session.deck
    if state.is_stale:
        state = sessions.session_state(learner=request.learner, deck=deck, mode=mode, now=now)
    return show(request, deck, mode, state, notice=notice)


NOT_YET = "Not quite: compare it with the answer."


@never_cache
@session_required
@require_POST
def retype(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Compare what the learner typed once more after a miss: the right answer leads on. Nothing is counted."""
    step = step_or_404(request, slug, mode)
    question = Question.from_json(step.question)
    if step.answered_at is None or question.kind is not Kind.TYPED:
        raise Http404("nothing to type again")
    typed = clean_text(request.POST.get("typed", ""))
    state = sessions.session_state(
        learner=request.learner, deck=step.session.deck, mode=mode, now=timezone.now()
    )
    told = feedback_context(request.learner, step, step.reviews.standing().first(), state)
    if grading.judged(question, typed).verdict is Verdict.CORRECT:
        target = told["feedback"].next_url
        return HttpResponseLocation(target, target="#question") if request.htmx else redirect(target)
    context = {**told, "retyped": typed}
    return show(request, step.session.deck, mode, state, notice=NOT_YET, told=context)
