"""Studying in a mode: the page, and the answers. A GET only reads; every write is a POST."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.models import Deck
from cards.text.cleaning import clean_text
from sessions_app import models as sessions_app
from sessions_app.access import deck_or_404, enrollment_of, named, session_required
from sessions_app.models import Enrollment, Step, StudySession
from sessions_app.questions import today
from sessions_app.questions.images import illustrated
from sessions_app.questions.mixups import has_mixups
from sessions_app.sessions import marks, summary, undo
from sessions_app.sessions.feedback import feedback_context
from sessions_app.sessions.forms import StartForm, StepForm
from sessions_app.sessions.marks import Mark
from sessions_app.sessions.mode_pages import PAGES, learned
from sessions_app.sessions.services import (
    SessionState,
    session_finish,
    session_start,
    session_state,
    step_answer,
    step_instead,
)
from sessions_app.study.modes import MODES
from sessions_app.study.questions.types import InvalidResponseError, Question
from sessions_app.study.scheduling.progress import is_leech
from studysite.accounts.guests import admit
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest

STALE = "That card was answered already; nothing was counted twice. This is where you are."
NEW_DAY = (
    "A new study day has begun, so that session has ended. Its answers count; its open card comes again."
)
NOTHING = "There is nothing to study here just now."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def study(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """The open question, or the form that starts a session; a POST starts one, for nobody as a guest.

    Where the address names an answered step or a round, what is told after it.
    """
    deck = deck_or_404(request, slug)
    if request.method == "POST":
        return start(request, deck, mode)
    if not request.learner.is_authenticated:
        return show(request, deck, mode, SessionState())
    state = session_state(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    if MODES[mode].tells and (told := tell(request, deck, mode, state)):
        return told
    return show(request, deck, mode, state, aside=named(request, "aside"))


def start(request: LearnerRequest, deck: Deck, mode: str) -> HttpResponse:
    now = timezone.now()
    enrollment = enrollment_of(request, deck)
    form = PAGES[mode].form(request.POST, instance=enrollment, learner=request.learner)
    if not form.is_valid():
        return show(request, deck, mode, SessionState(), form=form)
    if instead := admit(request):
        return instead
    enrollment.learner = request.learner
    introduced = today.introduced_today(enrollment, now)
    settings = form.session_settings(introduced_today=introduced)
    sessions_app.enrollment_set(learner=request.learner, deck=deck, **form.kept_settings())
    session = session_start(learner=request.learner, deck=deck, mode=mode, settings=settings, now=now)
    if not request.htmx:
        if session is None:
            messages.info(request, NOTHING)
        return redirect("study", slug=deck.slug, mode=mode)
    state = session_state(learner=request.learner, deck=deck, mode=mode, now=now)
    return show(request, deck, mode, state, notice="" if session else NOTHING)


@never_cache
@session_required
@require_POST
def answer(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Take the answer to one step, once; the response is what it came to, the next question, or the stand."""
    step = step_or_404(request, slug, mode)
    deck = step.session.deck
    response = {name: clean_text(value) for name, value in request.POST.items() if isinstance(value, str)}
    try:
        state = step_answer(learner=request.learner, step=step, response=response, now=timezone.now())
    except InvalidResponseError as error:
        state = session_state(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
        typed = response.get("typed", "") if state.step == step else ""
        return show(request, deck, mode, state, notice=str(error), typed=typed)
    if state.is_stale:
        return where_it_stands(request, deck, mode)
    tells = MODES[mode].tells and step.answered_at
    if not request.htmx:
        if state.is_new_day:
            messages.info(request, NEW_DAY)
        page = reverse("study", args=[slug, mode])
        return redirect(f"{page}?answered={step.pk}" if tells else page)
    if tells:
        context = feedback_context(request.learner, step, next(iter(state.lines), None), state)
        return show(request, deck, mode, state, told=context)
    return show(request, deck, mode, state)


@never_cache
@session_required
@require_POST
def ask_instead(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Ask the open card so that the learner can show that she knows it."""
    step = step_or_404(request, slug, mode)
    deck, now = step.session.deck, timezone.now()
    state = step_instead(learner=request.learner, step=step, now=now)
    if state.is_stale:
        return where_it_stands(request, deck, mode)
    if request.htmx:
        return show(request, deck, mode, state)
    if state.is_new_day:
        messages.info(request, NEW_DAY)
    return redirect("study", slug=slug, mode=mode)


@never_cache
@session_required
@require_POST
def finish(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """End the session before its end; what is answered stays."""
    deck = deck_or_404(request, slug)
    session_finish(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    if not request.htmx:
        return redirect("study", slug=slug, mode=mode)
    return show(request, deck, mode, SessionState())


def where_it_stands(request: LearnerRequest, deck: Deck, mode: str) -> HttpResponse:
    """The answer to a stale post."""
    if not request.htmx:
        messages.info(request, STALE)
        return redirect("study", slug=deck.slug, mode=mode)
    state = session_state(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    return show(request, deck, mode, state, notice=STALE)


def tell(request: LearnerRequest, deck: Deck, mode: str, state: SessionState) -> HttpResponse | None:
    """What is told after the step or the round that the address names; None where it names none."""
    if answered := named(request, "answered"):
        steps = Step.objects.standing().exclude(answered_at=None).select_related("session", "card")
        step = steps.filter(
            session__learner=request.learner, session__deck=deck, session__mode=mode, pk=answered
        ).first()
        if step is None:
            return None
        line = step.reviews.standing().first()
        return show(request, deck, mode, state, told=feedback_context(request.learner, step, line, state))
    if finished := named(request, "round"):
        sessions = StudySession.objects.filter(learner=request.learner, deck=deck, mode=mode)
        session = sessions.order_by("-started_at").first()
        told = session and summary.round_of(session, finished)
        return show(request, deck, mode, state, told={"round": told}) if told else None
    return None


def show(
    request: LearnerRequest,
    deck: Deck,
    mode: str,
    state: SessionState,
    *,
    form: StartForm | None = None,
    notice: str = "",
    aside: int | None = None,
    typed: str = "",
    told: dict[str, Any] | None = None,
) -> HttpResponse:
    """The mode's page, or its stage alone: what is told, the question that is open, or the way to start.

    ``aside`` is the key of a card that was just put aside, and can be brought back; ``typed`` stays in its field.
    """
    notice = NEW_DAY if state.is_new_day else notice
    context: dict[str, Any] = {"deck": deck, "mode": MODES[mode], "notice": notice, "typed": typed}
    if aside:
        context["aside"] = marks.put_aside_card(request.learner, deck, aside, timezone.now())
    if told:
        context |= {"told": told, "undoable": state.undoable, **told}
    elif state.step and state.enrollment:
        context |= question_context(state.step, state.enrollment, state)
    else:
        context |= start_context(request, deck, mode, form)
    return render_page(request, PAGES[mode].template, context, parts=("question",))


def question_context(step: Step, enrollment: Enrollment, state: SessionState) -> dict[str, Any]:
    (question,) = illustrated([Question.from_json(step.question)], step.session.deck)
    return {
        "step": step,
        "undoable": state.undoable,
        "question": question,
        "progress": state.progress,
        "is_leech": state.progress and is_leech(state.progress.as_progress()),
        **PAGES[step.session.mode].question(question, step, state, enrollment),
    }


def start_context(request: LearnerRequest, deck: Deck, mode: str, form: StartForm | None) -> dict[str, Any]:
    now, learner = timezone.now(), request.learner
    page = PAGES[mode]
    if not learner.is_authenticated:
        enrollment = enrollment_of(request, deck)
        return {
            "form": form or page.form(instance=enrollment, learner=learner),
            "today": today.today(enrollment, deck, now=now),
            "learned": learned(enrollment),
        }
    mine = Enrollment.objects.filter(learner=learner, deck=deck)
    enrollment = today.scheduled_for(mine, learner, now).first() or Enrollment(learner=learner)
    enrollment.deck, enrollment.learner = deck, learner
    return {
        "form": form or page.form(instance=enrollment, learner=learner),
        "today": today.today(enrollment, deck, now=now),
        "learned": learned(enrollment),
        "summary": summary.last_session(learner, enrollment, mode, now=now),
        # Asked only by the templates that offer a look at them.
        "has_mixups": partial(has_mixups, enrollment),
        "has_starred": marks.marked(enrollment, now, Mark.STARRED).exists(),
        "undoable": undo.undoable(learner=learner, enrollment=enrollment, mode=mode, now=now),
    }


def step_or_404(request: LearnerRequest, slug: str, mode: str) -> Step:
    """The step that the answer names, if it is the learner's own, in this deck and mode."""
    form = StepForm(request.POST)
    if not form.is_valid():
        raise Http404("no such step")
    steps = Step.objects.select_related("session__deck", "card").filter(
        session__learner=request.learner,
        session__mode=mode,
        session__deck__slug=slug,
        session__deck__in=Deck.objects.visible_to(request.learner),
    )
    return get_object_or_404(steps, pk=form.cleaned_data["step"])
