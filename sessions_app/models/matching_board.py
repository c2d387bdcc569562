"""Boards of Matching."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cards.models import Deck
from sessions_app.models.session import StudySession
from sessions_app.study.modes import matching

LEFT_OPEN = timedelta(minutes=2)
"""After so long without a try a board counts as left open."""


class MatchingBoardQuerySet(models.QuerySet["MatchingBoard"]):
    def open(self) -> "MatchingBoardQuerySet":
        """Boards that are being played: neither finished nor given up."""
        # A subquery, so that an update that had to wait for another one checks the row again.
        return self.filter(
            Exists(StudySession.objects.open().filter(pk=OuterRef("session"))), finished_at=None
        )

    def finished(self) -> "MatchingBoardQuerySet":
        return self.exclude(finished_at=None)

    def ranked(self) -> "MatchingBoardQuerySet":
        """Finished boards that are ranked: played with a clock, in at most ten minutes."""
        return self.filter(milliseconds__lte=matching.RANKED_MS)


class MatchingBoard(models.Model):
    """The board of a session of Matching: its tiles and the learner's progress on it.

    ``board`` is frozen when it is drawn (`study.modes.matching.Board`). ``found`` holds the pairs found so far, as
    numbers of a term and a definition. ``revision`` rises with each try, so that no try counts twice.
    ``milliseconds`` is the time from the start to the last pair without pauses, and with the penalties for wrong
    pairs; None before the end, and without a clock. ``paused_at`` is when the present pause began, ``paused_ms``
    how long the earlier ones were. ``tried_at`` is the last sign of the learner: a try, or the end of a pause.
    """

    session = models.OneToOneField(StudySession, on_delete=models.CASCADE, related_name="matching_board")
    # Copied from the session, for the index.
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="matching_boards", db_index=False
    )
    deck = models.ForeignKey(Deck, on_delete=models.PROTECT, related_name="+", db_index=False)
    board = models.JSONField()
    pairs = models.PositiveSmallIntegerField()
    has_clock = models.BooleanField(default=True)
    found = models.JSONField(default=list)
    misses = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_ms = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveBigIntegerField(null=True)

    objects = MatchingBoardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(milliseconds=None) | Q(has_clock=True, finished_at__isnull=False),
                name="board_time_when_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["learner", "deck", "-pairs", "milliseconds"],
                condition=Q(milliseconds__isnull=False),
                name="board_by_time",
            ),
            models.Index(fields=["learner", "deck", "-started_at"], name="board_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.pairs} pairs, {self.started_at:%d %b %Y %H:%M}"

    @property
    def left(self) -> int:
        """The number of pairs that are not found yet."""
        return self.pairs - len(self.found)

    @property
    def is_ranked(self) -> bool:
        return self.milliseconds is not None and self.milliseconds <= matching.RANKED_MS

    def is_left_open(self, now: datetime) -> bool:
        """Whether the learner has been away for so long, without a pause, that the time says nothing any more."""
        is_running = self.has_clock and self.paused_at is None
        return is_running and now - (self.tried_at or self.started_at) > LEFT_OPEN

    def frozen(self) -> matching.Board:
        """The board as the engine's value."""
        return matching.Board.from_json(self.board)
