"""Test's pages: the form that starts a test, and the paper: saving, handing in, judging one's own answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.access import deck_to_see
from cards.models import Deck
from cards.text.cleaning import clean_text
from sessions_app.access import enrollment_of, session_required
from sessions_app.models import Enrollment, Paper
from sessions_app.practice_test import handing_in, saving, starting
from sessions_app.practice_test.access import open_paper, posted_paper
from sessions_app.practice_test.forms import PaperStartForm
from sessions_app.practice_test.history import history_of
from sessions_app.practice_test.items import items_of, names_sides, sections_of
from sessions_app.practice_test.saving import Filled, Saved
from sessions_app.questions.kind_pages import KIND_PAGES
from sessions_app.sessions import marks
from sessions_app.sessions.marks import Mark
from sessions_app.sessions.mode_pages import HELPED
from sessions_app.study.modes import TEST, test
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import paper_answers
from studysite.accounts.guests import admit
from studysite.http.htmx import go_to, render_page
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.numbers import whole_number
from studysite.queries.counting import has_fewer

NOTHING = "None of these cards can be asked in these kinds of question. Choose more kinds, or other cards."
ALMOST_OVER = timedelta(seconds=3)
"""So near the end of its time a test is handed in without a question: the page does it by itself."""

CLOSED = "The test was already handed in, or its time is up. Nothing was changed."
SAVED = "Saved."


@never_cache
@require_http_methods(READ_AND_POST)
def test_page(request: LearnerRequest, slug: str) -> HttpResponse:
    """The open paper, its answers that are left to judge, or the form that starts a test; a POST starts one."""
    deck = deck_to_see(request, slug)
    if request.method == "POST":
        return start(request, deck)
    paper = open_paper(request, deck)
    return show_paper(request, paper) if paper else show_start(request, deck)


def start(request: LearnerRequest, deck: Deck) -> HttpResponse:
    enrollment = enrollment_of(request, deck)
    form = PaperStartForm(request.POST, instance=enrollment, learner=request.learner)
    if not form.is_valid():
        return show_start(request, deck, form)
    if instead := admit(request):
        return instead
    Enrollment.objects.set_for(request.learner, deck, **form.kept_settings())
    settings, now = form.session_settings(), timezone.now()
    started = starting.start(learner=request.learner, deck=deck, settings=settings, now=now)
    if started is None and form.is_preset:
        # Too few cards for these kinds: a button that starts at once asks what can be asked.
        settings = replace(settings, kinds=test.KINDS)
        started = starting.start(learner=request.learner, deck=deck, settings=settings, now=now)
    if started is None:
        form.add_error(None, NOTHING)
        return show_start(request, deck, form)
    return redirect("study", slug=deck.slug, mode=TEST.name)


@never_cache
@session_required(TEST.name)
@require_POST
def save(request: LearnerRequest, slug: str) -> HttpResponse:
    """Save one question as it changes, or the whole form."""
    filled, paper = filled_in(request), whole_number(request.POST.get("paper", ""))
    try:
        saved = saving.save(
            paper=paper or 0,
            learner=request.learner.pk,
            slug=slug,
            filled=filled,
            now=timezone.now(),
            is_judgement=request.POST.get("stage") == "judge",
        )
    except Paper.DoesNotExist:
        raise Http404("no such paper") from None
    if saved.is_late:
        return to(request, address_of(saved.paper), CLOSED)
    if request.htmx:
        return show_bar(request, saved)
    if saved.errors:
        return show_paper(request, saved.paper, saved, filled)
    return to(request, address_of(saved.paper), SAVED)


@never_cache
@session_required(TEST.name)
@require_POST
def hand_in(request: LearnerRequest, slug: str) -> HttpResponse:
    """Hand the paper in with the answers of the form, once.

    If some are blank, it first says how many: only a post that says ``confirm``, or one at the end of the time,
    hands them in as they are.
    """
    if instead := too_often(request, "hand_in"):
        return instead
    if "confirm" not in request.POST and (instead := blanks_first(request, slug)):
        return instead
    return submit(request, slug, handing_in.hand_in)


def blanks_first(request: LearnerRequest, slug: str) -> HttpResponse | None:
    """The paper with a warning that answers are blank, after saving the others; None if it can be handed in."""
    paper, now = get_object_or_404(posted_paper(request, slug)), timezone.now()
    if paper.handed_in_at or (paper.deadline and now > paper.deadline - ALMOST_OVER):
        return None
    filled = filled_in(request)
    saved = saving.save(paper=paper.pk, learner=request.learner.pk, slug=slug, filled=filled, now=now)
    if saved.is_late or (not saved.errors and saving.answered(saved.paper) >= saved.paper.questions):
        return None
    return show_paper(request, saved.paper, saved, filled, warns=not saved.errors)


@never_cache
@session_required(TEST.name)
@require_POST
def judge(request: LearnerRequest, slug: str) -> HttpResponse:
    """Save the learner's judgement of their own answers, and score the paper."""
    return too_often(request, "hand_in") or submit(request, slug, handing_in.judge)


def submit(request: LearnerRequest, slug: str, action: Callable[..., Saved]) -> HttpResponse:
    """Call ``action``, `handing_in.hand_in` or `handing_in.judge`, with the form's paper and answers."""
    paper = get_object_or_404(posted_paper(request, slug).select_related("session__deck"))
    filled = filled_in(request)
    saved = action(learner=request.learner, paper=paper, filled=filled, now=timezone.now())
    if saved.errors:
        return show_paper(request, saved.paper, saved, filled)
    return to(request, address_of(saved.paper), CLOSED if saved.is_late else "")


@never_cache
@session_required(TEST.name)
@require_POST
def discard(request: LearnerRequest, slug: str) -> HttpResponse:
    """Give up the test: no score, no evidence."""
    paper = get_object_or_404(posted_paper(request, slug).select_related("session__deck"))
    handing_in.discard(learner=request.learner, paper=paper, now=timezone.now())
    return go_to(request, reverse("study", args=[slug, TEST.name]))


def to(request: LearnerRequest, address: str, message: str = "") -> HttpResponse:
    if message:
        messages.info(request, message)
    return go_to(request, address)


def address_of(paper: Paper) -> str:
    """The page of the paper: of its results, if it has a score."""
    slug = paper.session.deck.slug
    if paper.graded is None:
        return reverse("study", args=[slug, TEST.name])
    return reverse("test_results", args=[slug, paper.pk])


def filled_in(request: LearnerRequest) -> Filled:
    """The fields of the form by the position of their question."""
    sent = {name: clean_text(value) for name, value in request.POST.items() if isinstance(value, str)}
    return paper_answers.by_position(sent)


def show_bar(request: LearnerRequest, saved: Saved) -> HttpResponse:
    """The bar above the paper, after one question was saved; a header has the revision that the site stores."""
    response = render_page(
        request, "sessions_app/test/page.html", bar_context(saved.paper), parts=("paper-bar",)
    )
    if saved.revisions:
        response["Paper-Revision"] = str(max(saved.revisions.values()))
    return response


def bar_context(paper: Paper) -> dict[str, Any]:
    now = timezone.now()
    context: dict[str, Any] = {
        "deck": paper.session.deck,
        "paper": paper,
        "stage": "judge" if paper.handed_in_at else "paper",
    }
    if not paper.handed_in_at:
        context["answered"] = saving.answered(paper)
        if paper.deadline:
            context["seconds_left"] = max(0, round((paper.deadline - now).total_seconds()))
    return context


def show_paper(
    request: LearnerRequest,
    paper: Paper,
    saved: Saved | None = None,
    filled: Filled | None = None,
    *,
    warns: bool = False,
) -> HttpResponse:
    """The paper to fill in; after it was handed in, the answers that its learner has to judge.

    ``warns`` that some answers are blank, before it is handed in.
    """
    context = {**bar_context(paper), "mode": TEST, "names_sides": names_sides(paper)}
    if not paper.handed_in_at and saving.is_over(paper, timezone.now()):
        context["stage"] = "over"
        return render_page(request, "sessions_app/test/page.html", context, parts=("paper",))
    items = items_of(paper, saved.errors if saved else {}, filled or {})
    if paper.handed_in_at:
        context["items"] = [
            item for item in items if paper_answers.needs_judgement(item.question, item.step.saved)
        ]
    else:
        context["sections"] = sections_of(items)
        scored = Paper.objects.scored().filter(session__learner=request.learner)
        context["needs_help"] = has_fewer(scored, HELPED)
        context["in_order"] = [item for section in context["sections"] for item in section.items]
        if warns:
            context["blanks"] = paper.questions - context["answered"]
            context["first_blank"] = next(item for item in context["in_order"] if not item.is_filled)
        wanted = SessionSettings.from_json(paper.session.settings).questions
        context["is_fewer"] = paper.questions < wanted
        context["short"] = [
            page.heading.rstrip("?") for kind, page in KIND_PAGES.items() if kind in paper.short
        ]
    context["errors"] = [item for item in items if item.error]
    return render_page(request, "sessions_app/test/page.html", context, parts=("paper",))


def show_start(request: LearnerRequest, deck: Deck, form: PaperStartForm | None = None) -> HttpResponse:
    """The form that starts a test, and the scores of earlier tests."""
    learner = request.learner
    enrollment = enrollment_of(request, deck)
    history = history_of(learner, deck)
    context = {
        "deck": deck,
        "mode": TEST,
        "stage": "start",
        "form": form or PaperStartForm(instance=enrollment, learner=learner, last=history.last_settings),
        "history": history,
        "has_starred": enrollment.pk
        and marks.marked_cards(enrollment, timezone.now(), Mark.STARRED).exists(),
    }
    return render_page(request, "sessions_app/test/page.html", context)
