"""One card's progress for a learner: its level and memory, its history, and when it is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, Review, ReviewQuerySet
from sessions_app.progress import charts
from sessions_app.review_log import totals
from sessions_app.sessions.marks import Mark, marks_on
from sessions_app.study.days import study_day
from sessions_app.study.scheduling import forgetting_curve, fsrs_memory, progress
from sessions_app.study.scheduling.types import Memory, NextStep, Progress
from sessions_app.study.types import Evidence, State

# The curve is calculated from at most this many lines; with more, it only shows the last recall.
MOST_REPLAYED = 1_000


@dataclass(frozen=True)
class CardStanding:
    """The learner's progress at ``now`` on one question of ``card``: the side in ``row``."""

    enrollment: Enrollment
    card: Card
    row: CardProgress
    now: datetime

    @property
    def side(self) -> str:
        return self.row.side

    @property
    def marks(self) -> dict[Mark, bool]:
        """Which marks that put the question aside are set on it."""
        return {mark: on for mark, on in marks_on(self.row, self.now).items() if mark.puts_aside}

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
        counted = answers_about(self.card, self.enrollment).filter(side=self.row.side)
        if self.since:
            counted = counted.filter(reviewed_at__gte=self.since)
        lines = list(counted[: MOST_REPLAYED + 1])[::-1]
        if len(lines) > MOST_REPLAYED:
            return [self.progress.memory]
        return forgetting_curve.memories([line.outcome() for line in lines], self.enrollment.retention)


@dataclass(frozen=True)
class CardStandings:
    """The learner's standing on each question of ``card``, in the order in which they are introduced.

    ``starred`` says whether the card has a star, on either side.
    """

    enrollment: Enrollment
    card: Card
    questions: Sequence[CardStanding]
    starred: bool

    @property
    def has_siblings(self) -> bool:
        return len(self.questions) > 1

    @property
    def first(self) -> CardStanding:
        """The standing on the only question, or on the first of two."""
        return self.questions[0]

    @property
    def lines(self) -> ReviewQuerySet:
        return answers_about(self.card, self.enrollment)

    def note(self, line: Review) -> str:
        """What the history says of an answer: what was asked, and why it does not count."""
        asked = next((one for one in self.questions if one.side == line.side), None)
        if asked is None:
            return f"asked for the {line.side}: not counted here"
        notes = [f"asked for the {line.side}"] if self.has_siblings else []
        if not line.outcome().is_answer:
            notes.append("no answer: it only had a due day there")
        if line.evidence == Evidence.PRACTICE:
            notes.append("practice: changes no level and no due day")
        if asked.since and line.reviewed_at < asked.since:
            notes.append("before you started over: not counted")
        return ", ".join(notes)


def answers_about(card: Card, enrollment: Enrollment) -> ReviewQuerySet:
    """The learner's answers about both sides of the card, newest first, without those that were taken back."""
    lines = Review.objects.standing().filter(learner=enrollment.learner_id, card=card)
    return lines.order_by("-reviewed_at", "-pk")


def card_standings(card: Card, enrollment: Enrollment, *, now: datetime) -> CardStandings:
    """The learner's standing on the card; for a card of two questions, in as many queries as for one."""
    rows = {row.side: row for row in CardProgress.objects.filter(learner=enrollment.learner_id, card=card)}
    sides = enrollment.asked_sides(card)
    questions = [
        CardStanding(enrollment, card, rows.get(side) or totals.new_row(enrollment, card, side), now)
        for side in sides
    ]
    return CardStandings(enrollment, card, questions, starred=any(row.starred for row in rows.values()))
