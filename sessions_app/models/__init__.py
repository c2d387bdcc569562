"""Studying: enrollments, sessions and their steps, the append-only log, and what it adds up to."""

from sessions_app.models.board import MatchingBoard
from sessions_app.models.enrollment import Enrollment, EnrollmentQuerySet
from sessions_app.models.override import OverriddenAnswer, OverriddenAnswerQuerySet
from sessions_app.models.paper import Paper
from sessions_app.models.progress import CardProgress, CardProgressQuerySet, DayTotal
from sessions_app.models.review import Review
from sessions_app.models.session import Step, StudySession

__all__ = [
    "CardProgress",
    "CardProgressQuerySet",
    "DayTotal",
    "Enrollment",
    "EnrollmentQuerySet",
    "MatchingBoard",
    "OverriddenAnswer",
    "OverriddenAnswerQuerySet",
    "Paper",
    "Review",
    "Step",
    "StudySession",
]
