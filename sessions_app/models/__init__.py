"""The tables of studying."""

from sessions_app.models.choices import ANKI, MAX_RESPONSE
from sessions_app.models.enrollment import Enrollment, EnrollmentQuerySet
from sessions_app.models.folder import MAX_FOLDER_NAME, MAX_FOLDERS, Folder, FolderDeck, FolderQuerySet
from sessions_app.models.learner_settings import MAX_GOAL, LearnerSettings
from sessions_app.models.matching_board import MatchingBoard
from sessions_app.models.overridden_answer import OverriddenAnswer, OverriddenAnswerQuerySet
from sessions_app.models.paper import MAX_NAME, Paper, PaperQuerySet, make_token
from sessions_app.models.predicted_recall import predicted_recall
from sessions_app.models.progress import CardProgress, CardProgressQuerySet, DayTotal
from sessions_app.models.review import OUTCOME_FIELDS, Line, Review, ReviewQuerySet
from sessions_app.models.session import Step, StudySession

__all__ = [
    "ANKI",
    "MAX_FOLDERS",
    "MAX_FOLDER_NAME",
    "MAX_GOAL",
    "MAX_NAME",
    "MAX_RESPONSE",
    "OUTCOME_FIELDS",
    "CardProgress",
    "CardProgressQuerySet",
    "DayTotal",
    "Enrollment",
    "EnrollmentQuerySet",
    "Folder",
    "FolderDeck",
    "FolderQuerySet",
    "LearnerSettings",
    "Line",
    "MatchingBoard",
    "OverriddenAnswer",
    "OverriddenAnswerQuerySet",
    "Paper",
    "PaperQuerySet",
    "Review",
    "ReviewQuerySet",
    "Step",
    "StudySession",
    "make_token",
    "predicted_recall",
]
