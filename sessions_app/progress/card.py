"""One card's progress for a learner: its level and memory, its history, and when it is due."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from cards.models import Card, Deck
from sessions_app.models import CardProgress, Enrollment, Review, ReviewQuerySet
from sessions_app.progress import charts
from sessions_app.review_log import totals
from sessions_app.study.days import study_day
from sessions_app.study.scheduling import forgetting_curve, fsrs_memory, progress
from sessions_app.study.scheduling.types import Memory, NextStep, Progress
from sessions_app.study.types import State
from studysite.accounts.models import User

# The curve is calculated from at most this many lines; with more, it only shows the last recall.
MOST_REPLAYED = 1_000


@dataclass(frozen=True)
class CardStanding:
    """The learner's progress at ``now`` on the side that ``card`` asks them for."""

    enrollment: Enrollment
    card: Card
    row: CardProgress
    now: datetime

    @property
    def lines(self) -> ReviewQuerySet:
        """The learner's answers about both sides of the card, newest first, without those that were taken back."""
        lines = Review.objects.standing().filter(learner=self.enrollment.learner_id, card=self.card)
        return lines.order_by("-reviewed_at", "-pk")

    @cached_property
    def since(self) -> datetime | None:
        """The moment of the last new start: earlier answers do not count. None if all count."""
        return totals.counted_since(self.row, self.card)

    @cached_property
    def progress(self) -> Progress:
        return self.row.as_progress()

    @cached_property
    def today(self) -> date:
        """The learner's study day at ``now``."""
        return study_day(self.now, self.enrollment.learner.zone)

    @property
    def next_step(self) -> NextStep | None:
        return progress.next_step(self.progress, self.today)

    @property
    def is_leech(self) -> bool:
        return progress.is_leech(self.progress)

    @property
    def is_fading(self) -> bool:
        return bool(self.row.fades_at and self.row.fades_at <= self.now)

    @property
    def due(self) -> date | datetime | None:
        """The instant at which a same-day step is due, else the study day; None before the first recall."""
        held = self.progress.memory
        if held is None:
            return None
        return held.due_day if held.state is State.REVIEW else held.due

    @property
    def is_due(self) -> bool:
        """Whether the card can be asked now."""
        due = self.due
        if isinstance(due, datetime):
            return due <= self.now
        return due is not None and due <= self.today

    @property
    def goal_percent(self) -> int:
        return round(100 * self.enrollment.retention)

    @property
    def recall_percent(self) -> int | None:
        """Predicted recall now, in percent; None before the first recall."""
        held = self.progress.memory
        return round(100 * fsrs_memory.retrievability(held, self.now)) if held else None

    @cached_property
    def falls_at(self) -> datetime | None:
        """When predicted recall falls, or fell, to the desired retention; None before the first recall."""
        held = self.progress.memory
        return fsrs_memory.falls_to(held, self.enrollment.retention) if held else None

    @property
    def has_fallen(self) -> bool:
        return bool(self.falls_at and self.falls_at <= self.now)

    @cached_property
    def chart(self) -> charts.RecallChart | None:
        """The curve of the past and the future; None before the first recall."""
        if not self._recalls or self.falls_at is None:
            return None
        goal = self.enrollment.retention
        return charts.recall_chart(self._recalls, goal=goal, falls_at=self.falls_at, now=self.now)

    @cached_property
    def _recalls(self) -> list[Memory]:
        if self.progress.memory is None:
            return []
        counted = self.lines.filter(side=self.row.side)
        if self.since:
            counted = counted.filter(reviewed_at__gte=self.since)
        lines = list(counted[: MOST_REPLAYED + 1])[::-1]
        if len(lines) > MOST_REPLAYED:
            return [self.progress.memory]
        return forgetting_curve.memories([line.outcome() for line in lines], self.enrollment.retention)


def card_standing(card: Card, deck: Deck, learner: User, *, now: datetime) -> CardStanding | None:
    """The learner's progress on the card; None if the learner has no enrollment in the deck."""
    enrollment = learner.enrollments.filter(deck=deck).select_related("learner").first()
    if enrollment is None:
        return None
    row = totals.progress_row(enrollment, card, enrollment.asked_sides(card)[0])
    return CardStanding(enrollment, card, row, now)
