"""What the views of Learn and Spaced respond with.

A page shows one of four things: the open question, the feedback on an answer, a finished round, or the form that
starts a session. With htmx it is the part `question` of the page alone.
"""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import replace_url

from cards.models import Deck
from sessions_app.access import enrollment_of, kept_answer
from sessions_app.models import CardProgress, Enrollment
from sessions_app.questions import today
from sessions_app.questions.every_deck import EveryDeck, every_deck
from sessions_app.questions.images import illustrated
from sessions_app.questions.mixups import has_mixups
from sessions_app.sessions import gains, marks, summary, undo
from sessions_app.sessions.addresses import addresses
from sessions_app.sessions.feedback import Feedback
from sessions_app.sessions.forms import StartForm
from sessions_app.sessions.marks import Mark, PutAside
from sessions_app.sessions.mode_pages import PAGES, learned, needs_help, reached
from sessions_app.sessions.services import session_start
from sessions_app.sessions.state import OpenState, SessionState, session_state
from sessions_app.sessions.summary import Round
from sessions_app.study.modes import MODES
from sessions_app.study.questions.types import Question
from sessions_app.study.scheduling.progress import is_leech
from studysite.accounts.guests import admit, may_sign_up
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest

STALE = "You already answered that card, or its session has ended. Nothing was counted twice."
NEW_DAY = (
    "A new study day has begun, so that session has ended. Its answers count; its open card comes again."
)
NOTHING = "There is nothing to study here right now."


def start_from_post(request: LearnerRequest, deck: Deck, mode: str) -> HttpResponse:
    """Start a session as the posted form says; a visitor becomes a guest. Show the form again if it has errors."""
    now = timezone.now()
    enrollment = enrollment_of(request, deck)
    form = PAGES[mode].form(request.POST, instance=enrollment, learner=request.learner)
    if not form.is_valid():
        return show_start(request, deck, mode, form=form)
    if instead := admit(request):
        return instead
    enrollment.learner = request.learner
    chosen = form.session_settings(introduced_today=today.introduced_today(enrollment, now))
    Enrollment.objects.set_for(request.learner, deck, **form.kept_settings())
    session = session_start(
        learner=request.learner,
        deck=deck,
        mode=mode,
        settings=chosen,
        now=now,
        is_chosen=form.cleaned_data["has_settings"],
    )
    return respond(request, deck, mode, notice="" if session else NOTHING)


def respond(
    request: LearnerRequest,
    deck: Deck,
    mode: str,
    state: SessionState | None = None,
    *,
    notice: str = "",
    aside: PutAside | None = None,
) -> HttpResponse:
    """Respond to a post in a session: with htmx by what the page shows now, else by a redirect to the page.

    ``state`` is the session's after the post; without one it is read when it is shown. ``notice`` is a sentence
    about the post. ``aside`` is what it suspended or buried.
    """
    if request.htmx:
        if state is None:
            state = session_state(learner=request.learner, deck=deck, mode=mode, now=timezone.now())
        response = show_state(request, deck, mode, state, notice=notice, aside=aside)
        name_address(request, response, addresses(deck.slug, mode).page)
        return response
    if state and state.is_new_day:
        notice = NEW_DAY
    if notice:
        messages.info(request, notice)
    page = reverse("study", args=[deck.slug, mode])
    return redirect(page if aside is None else f"{page}?{aside.query}")


def show_state(
    request: LearnerRequest,
    deck: Deck,
    mode: str,
    state: SessionState,
    *,
    notice: str = "",
    aside: PutAside | None = None,
) -> HttpResponse:
    """Show the open question, or the form that starts a session if there is none.

    ``aside`` was just suspended or buried: the page offers to undo that.
    """
    row = marks.put_aside_row(request.learner, deck, aside, timezone.now()) if aside else None
    if isinstance(state, OpenState):
        typed = "" if request.htmx else kept_answer(request, state.step.pk)
        return show_question(request, state, notice=notice, aside=row, typed=typed)
    return show_start(request, deck, mode, notice=NEW_DAY if state.is_new_day else notice, aside=row)


def show_question(
    request: LearnerRequest,
    state: OpenState,
    *,
    notice: str = "",
    aside: CardProgress | None = None,
    typed: str = "",
) -> HttpResponse:
    """Show the open question, with ``typed`` in its field."""
    step, session = state.step, state.step.session
    (question,) = illustrated([Question.from_json(step.question)], session.deck)
    context = {
        "has_siblings": state.enrollment.has_siblings,
        "starred": marks.is_starred(state),
        "notice": notice,
        "aside": aside,
        "typed": typed,
        "step": step,
        "undoable": state.undoable,
        "question": question,
        "progress": state.progress,
        "needs_help": needs_help(step, request.learner),
        "is_leech": state.progress and is_leech(state.progress.as_progress()),
        **PAGES[session.mode].question(question, state),
    }
    return render_mode(request, session.deck, session.mode, context)


def show_feedback(
    request: LearnerRequest, state: SessionState, feedback: Feedback, *, notice: str = "", retyped: str = ""
) -> HttpResponse:
    """Show the feedback on an answer; ``state`` is the session's after it, ``retyped`` what was typed again."""
    session = feedback.step.session
    enrollment = state.enrollment or enrollment_of(request, session.deck)
    context = {
        "has_siblings": enrollment.has_siblings,
        "notice": notice,
        "undoable": state.undoable,
        "feedback": feedback,
        "step": feedback.step,
        "question": feedback.question,
        "needs_help": needs_help(feedback.step, request.learner, is_answered=True),
        "learned": learned(enrollment),
        "retyped": retyped,
    }
    response = render_mode(request, session.deck, session.mode, context)
    if request.htmx:
        # The way on from a miss adds an address, so that Back leads to the correction.
        name_address(request, response, feedback.url)
    return response


def show_next(request: LearnerRequest, feedback: Feedback, state: SessionState) -> HttpResponse:
    """Respond to an answer without showing ``feedback`` on it: by the next question, or by the finished round."""
    if not request.htmx:
        return redirect(feedback.next_url)
    session = feedback.step.session
    if feedback.ends_round and (finished := summary.round_of(session, feedback.question.round)):
        response = show_round(request, session.deck, session.mode, state, finished)
        name_address(request, response, feedback.next_url)
        return response
    return respond(request, session.deck, session.mode, state)


def name_address(request: LearnerRequest, response: HttpResponse, address: str) -> None:
    """Let the browser show ``address`` for what htmx swaps in, so that reloading shows the same."""
    if request.htmx.current_url_abs_path != address:
        replace_url(response, address)


def show_round(
    request: LearnerRequest, deck: Deck, mode: str, state: SessionState, finished: Round
) -> HttpResponse:
    """Show a finished round card by card."""
    enrollment = state.enrollment or enrollment_of(request, deck)
    what = "question" if enrollment.has_siblings else "card"
    context = {
        "round": finished,
        "gained": gains.reached_sentence(reached(enrollment), what),
        "ring": ring_of(enrollment, finished.thirds),
        "undoable": state.undoable,
        "has_siblings": enrollment.has_siblings,
    }
    return render_mode(request, deck, mode, context)


def ring_of(enrollment: Enrollment, gained: int) -> gains.Ring | None:
    """The ring of the deck after ``gained`` thirds of its questions."""
    done = learned(enrollment)
    return gains.ring(done.thirds, done.all_thirds, gained)


def end_of(
    request: LearnerRequest, enrollment: Enrollment, gained: int, *, is_complete: bool
) -> dict[str, Any]:
    """What the end of a session shows; what comes next over all decks if this one ``is_complete`` for today."""
    learner = request.learner
    keep_cards = may_sign_up(learner)
    plan = every_deck(learner, now=timezone.now()) if is_complete and not keep_cards else EveryDeck()
    others = [each for each in plan.decks if each.deck.pk != enrollment.deck_id]
    return {
        "ring": ring_of(enrollment, gained),
        "met": reached(enrollment).met,
        "keep_cards": keep_cards,
        "is_complete": is_complete,
        "next_deck": others[0] if others else None,
        "coming": None if plan.decks else plan.next_deck,
    }


def show_start(
    request: LearnerRequest,
    deck: Deck,
    mode: str,
    *,
    form: StartForm | None = None,
    notice: str = "",
    aside: CardProgress | None = None,
) -> HttpResponse:
    """Show the form that starts a session, below the summary of today's last one."""
    now, learner = timezone.now(), request.learner
    context: dict[str, Any] = {"notice": notice, "aside": aside}
    if learner.is_authenticated:
        mine = Enrollment.objects.filter(learner=learner, deck=deck)
        enrollment = today.scheduled_for(mine, learner, now).first() or Enrollment(learner=learner)
        enrollment.deck, enrollment.learner = deck, learner
        context |= {
            "summary": summary.last_session(learner, enrollment, mode, now=now),
            # A function, since only some templates need it.
            "has_mixups": partial(has_mixups, enrollment),
            "has_starred": marks.marked_cards(enrollment, now, Mark.STARRED).exists(),
            "undoable": undo.undoable(learner=learner, enrollment=enrollment, mode=mode, now=now),
        }
    else:
        enrollment = enrollment_of(request, deck)
    context |= {
        "form": form or PAGES[mode].form(instance=enrollment, learner=learner),
        "today": today.today(enrollment, deck, now=now),
        "learned": learned(enrollment),
        "has_siblings": enrollment.has_siblings,
    }
    if finished := context.get("summary"):
        day, all_learned = context["today"], context["learned"].learned == context["learned"].questions
        is_complete = all_learned if mode == "learn" else not (day.due or day.new)
        context |= end_of(request, enrollment, finished.thirds, is_complete=is_complete)
    return render_mode(request, deck, mode, context)


def render_mode(request: LearnerRequest, deck: Deck, mode: str, context: dict[str, Any]) -> HttpResponse:
    """The page of the mode, or the part of it that htmx asks for."""
    context = {"deck": deck, "mode": MODES[mode], "addresses": addresses(deck.slug, mode), **context}
    return render_page(request, PAGES[mode].template, context, parts=("question",))
