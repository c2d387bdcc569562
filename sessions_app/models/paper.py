"""A test's paper: the questions that a session asks all at once, and what came of them."""

import secrets
from typing import Any

from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import NullIf

from sessions_app.models.session import StudySession

MAX_NAME = 60


def make_token() -> str:
    """What nobody can guess: who knows it may take the paper."""
    return secrets.token_urlsafe(16)


class PaperQuerySet(models.QuerySet["Paper"]):
    def open(self) -> "PaperQuerySet":
        """Papers of sessions that are not finished: being filled in, or judged by their learners."""
        return self.filter(session__finished_at=None)

    def unhanded(self) -> "PaperQuerySet":
        """Papers that are being filled in."""
        return self.open().filter(handed_in_at=None)

    def scored(self) -> "PaperQuerySet":
        return self.exclude(graded=None)

    def best(self) -> models.QuerySet[Any]:
        """The best score in percent of each learner, as the one value ``best``."""
        percent = 100 * F("right") / NullIf(F("questions") - F("voided"), 0)
        return self.order_by().values("session__learner").annotate(best=Max(percent)).values("best")


class Paper(models.Model):
    """What a session of Test asks, all at once, and what came of it; a matching block's pairs count one by one.

    ``graded`` of ``questions`` were right as they were graded. As things stand now, after the learner has judged
    some otherwise, ``right`` of those that are not ``voided`` are. All are empty until the paper has a score.
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
    # By the position of a step, what each of its cards was graded as; empty for a blank.
    verdicts = models.JSONField(default=dict)
    # Null where there is none: many papers have none, and none may have another's.
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
        """How many questions count: all that are not voided."""
        return self.questions - self.voided

    @property
    def percent(self) -> int | None:
        """The score as it stands, rounded down: 100 % means that all are right. None before there is one."""
        return percent_of(self.right, self.counted)

    @property
    def graded_percent(self) -> int | None:
        """The score as it was graded."""
        return percent_of(self.graded, self.questions)


def percent_of(right: Any, questions: int) -> int | None:
    """A score in percent, rounded down; None where there is none."""
    return None if right is None or questions < 1 else 100 * int(right) // questions
