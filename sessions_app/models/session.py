"""Sessions and their steps."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from cards.models import Card, Deck
from sessions_app.models.choices import LEVELS, MAX_RESPONSE, MODE_CHOICES, VERDICTS
from sessions_app.study.types import Level


class StudySessionQuerySet(models.QuerySet["StudySession"]):
    def open(self) -> "StudySessionQuerySet":
        return self.filter(finished_at=None)

    def answered(self) -> "StudySessionQuerySet":
        """Sessions with at least one answer that was not undone."""
        steps = Step.objects.standing().filter(session=OuterRef("pk")).exclude(answered_at=None)
        return self.filter(Exists(steps))

    @transaction.atomic
    def finish(self, now: datetime) -> None:
        """End those of these sessions that are open; all answers stay, open questions are retired unanswered."""
        _end(list(self.open().values_list("pk", flat=True)), now)


class StudySession(models.Model):
    """A session in one mode; at most one is open for each learner, deck and mode."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_sessions", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="study_sessions")
    mode = models.CharField(max_length=10, choices=MODE_CHOICES)
    settings = models.JSONField(default=dict)
    seed = models.PositiveIntegerField()
    study_day = models.DateField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StudySessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "deck", "mode"], condition=Q(finished_at=None), name="session_one_open"
            ),
        ]
        indexes = [models.Index(fields=["learner", "deck", "mode", "-started_at"], name="session_latest")]

    def __str__(self) -> str:
        return f"{self.learner}, {self.get_mode_display()}, {self.started_at:%d %b %Y %H:%M}"

    def end(self, now: datetime) -> None:
        """End the session if it is open; its open question is retired unanswered. Call it in a transaction."""
        _end([self.pk], now)


class StepQuerySet(models.QuerySet["Step"]):
    def standing(self) -> "StepQuerySet":
        """Steps that were not retired."""
        return self.filter(retired_at=None)

    def unanswered(self) -> "StepQuerySet":
        """Open questions that are asked one at a time; questions on a paper are not among them."""
        return self.standing().filter(answered_at=None, on_paper=False)

    def on_paper(self) -> "StepQuerySet":
        return self.filter(on_paper=True).order_by("position")


def from_question(name: str, field: Any) -> models.GeneratedField:
    """A column with a value of the question: reading the JSON of all steps takes ten times as long."""
    value: Any = KT(f"question__{name}")
    if isinstance(field, models.IntegerField):
        value = Coalesce(Cast(value, field), 0)
    return models.GeneratedField(expression=value, output_field=field, db_persist=True)


class Step(models.Model):
    """One question drawn in a session. The question is frozen: editing the card does not change it.

    On a paper many steps are open at once. Until the paper is handed in, ``saved`` may change, each time with a
    higher ``revision``. It holds names and values of `study.questions.paper_answers`; ``filled`` counts the points
    that have an answer.
    """

    session = models.ForeignKey(StudySession, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveIntegerField()
    card = models.ForeignKey(Card, on_delete=models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=10)
    question = models.JSONField()
    # Of the question, what every answer reads of all earlier steps; the database keeps them.
    side = from_question("side", models.CharField(max_length=10, null=True))
    kind = from_question("kind", models.CharField(max_length=10, null=True))
    round = from_question("round", models.PositiveIntegerField())
    level = models.PositiveSmallIntegerField(
        choices=LEVELS, default=Level.NEW, help_text="The card's level when it was drawn."
    )
    response = models.CharField(max_length=MAX_RESPONSE, blank=True)
    verdict = models.CharField(max_length=7, choices=VERDICTS, blank=True)
    drawn_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    on_paper = models.BooleanField(default=False)
    saved = models.JSONField(default=dict)
    filled = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)

    objects = StepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="step_position_unique"),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(answered_at=None, retired_at=None, on_paper=False),
                name="step_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.position}"


def _end(sessions: Collection[int], now: datetime) -> None:
    """End those of the sessions with these keys that are open; their open questions are retired unanswered."""
    Step.objects.unanswered().filter(session__in=sessions).update(retired_at=now)
    StudySession.objects.open().filter(pk__in=sessions).update(finished_at=now)
