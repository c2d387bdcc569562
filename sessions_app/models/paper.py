"""A test's paper: the questions that a session asks all at once, and its score."""

import secrets
from typing import Any

from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import NullIf

from sessions_app.models.session import StudySession

MAX_NAME = 60


def make_token() -> str:
    """A secret that cannot be guessed; everyone who knows it may take the paper."""
    return secrets.token_urlsafe(16)


class PaperQuerySet(models.QuerySet["Paper"]):
    def open(self) -> "PaperQuerySet":
        """Papers of unfinished sessions: being filled in, or waiting for the learner's own judgement."""
        return self.filter(session__finished_at=None)

    def unhanded(self) -> "PaperQuerySet":
        """Papers that are still being filled in."""
        return self.open().filter(handed_in_at=None)

    def scored(self) -> "PaperQuerySet":
        return self.exclude(graded=None)

    def best(self) -> models.QuerySet[Any]:
        """The best score in percent of each learner, as the one value ``best``."""
        percent = 100 * F("right") / NullIf(F("questions") - F("voided"), 0)
        return self.order_by().values("session__learner").annotate(best=Max(percent)).values("best")


class Paper(models.Model):
    """The questions of a session of Test and its score. Each pair of a matching block counts as a question.

    ``graded`` of the ``questions`` were right when the paper was graded. After the learner's corrections ``right``
    of them are, and ``voided`` ones do not count. Both scores are empty until the paper is graded.
    """

    session = models.OneToOneField(
        StudySession, on_delete=models.CASCADE, primary_key=True, related_name="paper"
    )
    questions = models.PositiveSmallIntegerField()
    short = models.JSONField(
        default=list, help_text="Kinds of question of which the deck could not give as many as were wanted."
    )
    deadline = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    graded = models.PositiveSmallIntegerField(null=True)
    right = models.PositiveSmallIntegerField(null=True)
    voided = models.PositiveSmallIntegerField(default=0)
    # The verdict on each card, by the position of its step; empty for a blank.
    verdicts = models.JSONField(default=dict)
    # Null if it is not shared, because the field is unique.
    token = models.CharField(  # noqa: DJ001
        max_length=32, null=True, unique=True, help_text="Who knows it may take the same paper."
    )
    source = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="copies",
        help_text="The paper of a friend that this is a copy of.",
    )
    shown_as = models.CharField(
        max_length=MAX_NAME, blank=True, help_text="The name under which that friend sees the score."
    )

    objects = PaperQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(graded=None, right=None)
                | Q(graded__lte=F("questions"), right__lte=F("questions") - F("voided")),
                name="paper_score_possible",
            ),
            models.CheckConstraint(
                condition=Q(graded=None) | Q(handed_in_at__isnull=False), name="paper_scored_when_handed_in"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.right}/{self.counted}"

    @property
    def counted(self) -> int:
        """The number of questions that are not voided."""
        return self.questions - self.voided

    @property
    def percent(self) -> int | None:
        """The current score, rounded down: 100 % means that all are right. None before there is a score."""
        return percent_of(self.right, self.counted)

    @property
    def graded_percent(self) -> int | None:
        """The score when the paper was graded."""
        return percent_of(self.graded, self.questions)


def percent_of(right: Any, questions: int) -> int | None:
    """A score in percent, rounded down; None if there is none."""
    return None if right is None or questions < 1 else 100 * int(right) // questions
