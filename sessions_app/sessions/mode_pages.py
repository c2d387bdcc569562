"""The page of each mode: its template, the form that starts a session, and what its question needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from sessions_app.models import Enrollment
from sessions_app.sessions.forms import LearnStartForm, SpacedStartForm, StartForm
from sessions_app.sessions.state import OpenState
from sessions_app.study.days import study_day
from sessions_app.study.modes.learn import RECOGNITIONS
from sessions_app.study.questions import grading
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import Question
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Kind, Rating, Verdict

TWO_BUTTONS = (Rating.AGAIN, Rating.GOOD)


@dataclass(frozen=True)
class StudyPage:
    """The page of one mode; ``question`` returns what only this mode's template of a question needs."""

    template: str
    form: type[StartForm]
    question: Callable[[Question, OpenState], dict[str, Any]]


def learn_question(question: Question, state: OpenState) -> dict[str, Any]:
    """The parts of the question by its kind, the deck's Learned cards, and whether it is the learner's first."""
    step, enrollment = state.step, state.enrollment
    context: dict[str, Any] = {"kind": question.kind.value, "learned": learned(enrollment)}
    if question.kind in RECOGNITIONS:
        context["is_first"] = step.position == 0 and not enrollment.learner.reviews.exists()
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
        "grades": [(str(rating.value), rating.name.capitalize(), waits[rating]) for rating in ratings],
        "due": state.waiting.get("learning", 0) + state.waiting.get("review", 0),
        "new": state.waiting.get("unseen", 0),
        "is_typed": KINDS[question.kind].is_typed,
    }
    if state.step.verdict == Verdict.ASK:
        context["held"] = held(question, state)
    return context


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


def learned(enrollment: Enrollment) -> tuple[int, int]:
    """How many of the deck's questions are Learned or better, and how many there are that are not suspended."""
    questions = max(0, enrollment.question_count - enrollment.suspended)
    return enrollment.learned + enrollment.mastered, questions


PAGES: Mapping[str, StudyPage] = {
    "learn": StudyPage("sessions_app/learn/page.html", LearnStartForm, learn_question),
    "spaced": StudyPage("sessions_app/spaced/page.html", SpacedStartForm, spaced_question),
}
