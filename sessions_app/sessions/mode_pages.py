"""The page of each mode: its template, the form that starts a session, and what its question needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from sessions_app.models import Enrollment, Step
from sessions_app.sessions.forms import LearnStartForm, SpacedStartForm, StartForm
from sessions_app.sessions.gains import Reached
from sessions_app.sessions.state import OpenState
from sessions_app.study.days import study_day
from sessions_app.study.questions import grading
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import Question
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Kind, Rating, Verdict
from studysite.accounts.models import User
from studysite.queries.counting import has_fewer

TWO_BUTTONS = (Rating.AGAIN, Rating.GOOD)


@dataclass(frozen=True)
class StudyPage:
    """The page of one mode; ``question`` returns what only this mode's template of a question needs."""

    template: str
    form: type[StartForm]
    question: Callable[[Question, OpenState], dict[str, Any]]


HELPED = 3
"""Until a learner has so many answers, tests or boards, a line above the questions of the mode says what to do."""


def needs_help(step: Step, learner: User, *, is_answered: bool = False) -> bool:
    """Whether the line of help stands above the question of ``step``.

    Only the first questions of a session take a query: who has asked for more has read it.
    """
    if step.position >= HELPED:
        return False
    answered = Step.objects.standing().exclude(answered_at=None)
    return has_fewer(
        answered.filter(session__learner=learner, session__mode=step.session.mode), HELPED + is_answered
    )


def learn_question(question: Question, state: OpenState) -> dict[str, Any]:
    """The parts of the question by its kind, and the deck's Learned cards."""
    step, enrollment = state.step, state.enrollment
    context: dict[str, Any] = {"kind": question.kind.value, "learned": learned(enrollment)}
    if question.kind is Kind.FLIP:
        context["lines"] = grading.lines_of(question.answer)
    if step.verdict == Verdict.ASK:
        context["held"] = held(question, state)
    return context


def spaced_question(question: Question, state: OpenState) -> dict[str, Any]:
    """The ratings with their intervals, how many cards wait, and the typed response."""
    enrollment = state.enrollment
    known = state.progress.memory if state.progress else None
    now = timezone.now()
    waits = fsrs_memory.previews(known, now, study_day(now, enrollment.learner.zone), enrollment.retention)
    ratings = TWO_BUTTONS if enrollment.two_buttons else Rating
    # Texts, since a template takes longer for numbers: it asks for their format in the language.
    context: dict[str, Any] = {
        "grades": [
            (str(rating.value), rating.name.capitalize(), waits[rating], is_like_good(waits, rating))
            for rating in ratings
        ],
        "due": state.waiting.get("learning", 0) + state.waiting.get("review", 0),
        "new": state.waiting.get("unseen", 0),
        "done": state.step.position,
        "whole": state.step.position + sum(state.waiting.values()),
        "is_typed": KINDS[question.kind].is_typed,
    }
    if state.step.verdict == Verdict.ASK:
        context["held"] = held(question, state)
    return context


def is_like_good(waits: Mapping[Rating, timedelta], rating: Rating) -> bool:
    """Whether Hard or Easy would bring the card back just when Good does."""
    return rating in (Rating.HARD, Rating.EASY) and waits[rating] == waits[Rating.GOOD]


def held(question: Question, state: OpenState) -> dict[str, Any]:
    """The typed response that the learner has yet to judge, beside the answer."""
    response = state.step.response
    judgement = state.judgement or grading.judged(question, response)
    is_right = judgement.verdict is Verdict.CORRECT
    is_wrong = judgement.verdict is Verdict.WRONG
    suggested = Rating.GOOD if is_right else Rating.AGAIN if is_wrong else None
    return {
        "judgement": judgement,
        "response": response,
        "shown": judgement.matched or question.answer,
        "is_right": is_right,
        "is_wrong": is_wrong,
        "suggested": str(suggested.value) if suggested else "",
    }


class Learned(NamedTuple):
    """How many of the deck's ``questions``, without suspended ones, are ``learned``: Learned or better.

    ``thirds`` counts the way there: a question that was met has gone one third of it, one that was recalled two.
    """

    learned: int
    questions: int
    thirds: int

    @property
    def all_thirds(self) -> int:
        return 3 * self.questions


def learned(enrollment: Enrollment) -> Learned:
    done = enrollment.learned_count
    thirds = enrollment.recognised + 2 * enrollment.recalled + 3 * done
    return Learned(done, enrollment.active_count, thirds)


def reached(enrollment: Enrollment) -> Reached:
    """How far the deck's questions are; suspended ones may be among the levels, but not among the questions."""
    done = learned(enrollment)
    recalled = done.learned + enrollment.recalled
    return Reached(done.questions, recalled + enrollment.recognised, recalled, done.learned)


PAGES: Mapping[str, StudyPage] = {
    "learn": StudyPage("sessions_app/learn/page.html", LearnStartForm, learn_question),
    "spaced": StudyPage("sessions_app/spaced/page.html", SpacedStartForm, spaced_question),
}
