"""Studying in a mode: the page, and the answers. A GET only reads; every write is a POST."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.models import Deck
from sessions_app import marks, overview, services, summary
from sessions_app.forms import START_FORMS, SpacedStartForm, StepForm
from sessions_app.marks import Mark
from sessions_app.models import Enrollment, Step
from sessions_app.services import Stand
from sessions_app.study import memory
from sessions_app.study.modes import MODES
from sessions_app.study.progress import is_leech
from sessions_app.study.types import InvalidResponseError, Question, Rating
from sessions_app.views.access import session_required
from sessions_app.views.deck import number
from studysite.accounts.guests import admit
from studysite.htmx import render_page
from studysite.requests import LearnerRequest

STALE = "That card was answered already; nothing was counted twice. This is where you are."
NOTHING = "There is nothing to study here just now."
TWO_BUTTONS = (Rating.AGAIN, Rating.GOOD)
MOST_CARDS = 10**9


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def study(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """The open question, or the form that starts a session; a POST starts one, for nobody as a guest."""
    deck = deck_or_404(request, slug)
    if request.method == "POST":
        return start(request, deck, mode)
    if not request.learner.is_authenticated:
        return show(request, deck, mode, Stand())
    stand = services.stand_of(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    return show(request, deck, mode, stand, aside=number(request.GET.get("aside"), least=0, most=MOST_CARDS))


def start(request: LearnerRequest, deck: Deck, mode: str) -> HttpResponse:
    now = timezone.now()
    enrollment = enrollment_of(request, deck)
    form = START_FORMS[mode](request.POST, instance=enrollment)
    if not form.is_valid():
        return show(request, deck, mode, Stand(), form=form)
    if instead := admit(request):
        return instead
    enrollment.learner = request.learner
    introduced = overview.introduced_today(enrollment, now)
    settings = form.session_settings(introduced_today=introduced)
    services.enrollment_set(learner=request.learner, deck=deck, new_per_day=form.cleaned_data["new_per_day"])
    session = services.session_start(
        learner=request.learner, deck=deck, mode=mode, settings=settings, now=now
    )
    if not request.htmx:
        if session is None:
            messages.info(request, NOTHING)
        return redirect("study", slug=deck.slug, mode=mode)
    stand = services.stand_of(learner=request.learner, deck=deck, mode=mode, now=now)
    return show(request, deck, mode, stand, notice="" if session else NOTHING)


@never_cache
@session_required
@require_POST
def answer(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Take the answer to one step, once; the response is the next question, or where the session stands."""
    step = step_or_404(request, slug, mode)
    deck = step.session.deck
    try:
        response = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        stand = services.step_answer(
            learner=request.learner, step=step, response=response, now=timezone.now()
        )
    except InvalidResponseError as error:
        stand = services.stand_of(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
        return show(request, deck, mode, stand, notice=str(error))
    if not request.htmx:
        if stand.is_stale:
            messages.info(request, STALE)
        return redirect("study", slug=slug, mode=mode)
    if stand.is_stale:
        stand = services.stand_of(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
        return show(request, deck, mode, stand, notice=STALE)
    return show(request, deck, mode, stand)


@never_cache
@session_required
@require_POST
def finish(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """End the session before its end; what is answered stays."""
    deck = deck_or_404(request, slug)
    services.session_finish(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
    if not request.htmx:
        return redirect("study", slug=slug, mode=mode)
    return show(request, deck, mode, Stand())


def show(
    request: LearnerRequest,
    deck: Deck,
    mode: str,
    stand: Stand,
    *,
    form: SpacedStartForm | None = None,
    notice: str = "",
    aside: int | None = None,
) -> HttpResponse:
    """The mode's page, or its stage alone: the question that is open, or the way to start.

    ``aside`` is the key of a card that was just put aside, and can be brought back.
    """
    context: dict[str, Any] = {"deck": deck, "mode": MODES[mode], "notice": notice}
    if aside:
        context["aside"] = marks.put_aside_card(request.learner, deck, aside, timezone.now())
    if stand.step and stand.enrollment:
        context |= question_context(stand.step, stand.enrollment, stand)
    else:
        context |= start_context(request, deck, mode, form)
    return render_page(request, f"sessions_app/{mode}.html", context, parts=("question",))


def question_context(step: Step, enrollment: Enrollment, stand: Stand) -> dict[str, Any]:
    question = Question.from_json(step.question)
    known = stand.progress.memory if stand.progress else None
    waits = memory.previews(known, timezone.now(), enrollment.retention)
    return {
        "step": step,
        "undoable": stand.undoable,
        "question": question,
        "progress": stand.progress,
        "is_leech": stand.progress and is_leech(stand.progress.as_progress()),
        "grades": [
            (rating.value, rating.name.capitalize(), waits[rating])
            for rating in (TWO_BUTTONS if enrollment.two_buttons else Rating)
        ],
        "due": stand.waiting.get("learning", 0) + stand.waiting.get("review", 0),
        "new": stand.waiting.get("unseen", 0),
    }


def start_context(
    request: LearnerRequest, deck: Deck, mode: str, form: SpacedStartForm | None
) -> dict[str, Any]:
    now = timezone.now()
    if not request.learner.is_authenticated:
        enrollment = enrollment_of(request, deck)
        return {
            "form": form or START_FORMS[mode](instance=enrollment),
            "today": overview.today(enrollment, deck, now=now),
        }
    enrollment = overview.scheduled_for(
        Enrollment.objects.filter(learner=request.learner, deck=deck), request.learner, now
    ).first() or Enrollment(learner=request.learner, deck=deck)
    return {
        "form": form or START_FORMS[mode](instance=enrollment),
        "today": overview.today(enrollment, deck, now=now),
        "summary": summary.last_session(request.learner, enrollment, mode, now=now),
        "has_starred": marks.marked(enrollment, now, Mark.STARRED).exists(),
        "undoable": services.undoable(learner=request.learner, enrollment=enrollment, mode=mode, now=now),
    }


def deck_or_404(request: LearnerRequest, slug: str) -> Deck:
    return get_object_or_404(Deck.objects.visible_to(request.learner).select_related("owner"), slug=slug)


def enrollment_of(request: LearnerRequest, deck: Deck) -> Enrollment:
    """The learner's enrollment; for nobody, and before the first session, one that is not saved."""
    if not request.learner.is_authenticated:
        return Enrollment(deck=deck)
    mine = Enrollment.objects.filter(learner=request.learner, deck=deck).first()
    return mine or Enrollment(learner=request.learner, deck=deck)


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
