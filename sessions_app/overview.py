"""What the pages show of a learner's standing: her decks, what awaits her today, and the deck's table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Count, Min, Q, When
from django.db.models.functions import Greatest, TruncDate

from cards.models import Deck, DeckQuerySet
from sessions_app.models import (
    CardProgress,
    CardProgressQuerySet,
    DayTotal,
    Enrollment,
    EnrollmentQuerySet,
    Paper,
)
from sessions_app.services import study_day_of
from sessions_app.study.modes import MODES
from sessions_app.study.types import Level, State
from studysite.accounts.models import User

# The table's "91 % right" looks back so many study days.
RECALL_DAYS = 30
MOST_ROWS = 50


@dataclass(frozen=True)
class Share:
    """One segment of the level bar: ``x`` and ``width`` in percent of it."""

    level: Level
    count: int
    x: float
    width: float

    @property
    def name(self) -> str:
        return self.level.name.lower()


@dataclass(frozen=True)
class Tests:
    """A learner's tests of a deck: the last score and the best in percent, and how many.

    ``last`` is the last paper, with what came of it alone.
    """

    last: Paper
    best: int
    count: int

    @property
    def raised(self) -> int:
        """How many answers of the last one the learner has marked right, less those that she has marked wrong."""
        return (self.last.right or 0) - (self.last.graded or 0)


@dataclass(frozen=True)
class Row:
    """One learner's row in a deck's table; ``used`` names the modes that she has started.

    ``enrollment`` carries the annotations of `EnrollmentQuerySet.with_schedule`; ``cards`` are those that count.
    """

    enrollment: Any
    shares: tuple[Share, ...]
    cards: int
    mastery: int
    used: frozenset[str]

    @property
    def right_percent(self) -> int | None:
        """Of the recalls that tested a memory, the percentage that was right; None without any."""
        recalls = self.enrollment.recalls
        return round(100 * self.enrollment.recalls_right / recalls) if recalls else None

    @property
    def recall_percent(self) -> int | None:
        """Predicted recall now: the mean over the cards that count, those never recalled as 0, in percent.

        None where it was not asked for (`EnrollmentQuerySet.with_recall_of`), or nothing counts.
        """
        recall_sum = getattr(self.enrollment, "recall_sum", None)
        return None if recall_sum is None or not self.cards else round(100 * recall_sum / self.cards)

    @property
    def learned(self) -> int:
        """How many cards are Learned or better."""
        return self.shares[Level.LEARNED].count + self.shares[Level.MASTERED].count

    @property
    def tests(self) -> Tests | None:
        """Her tests of the deck; None without a score, or where they were not asked for (`with_tests`)."""
        if not getattr(self.enrollment, "test_count", 0):
            return None
        names = ("right", "graded", "questions", "voided", "handed_in_at")
        last = Paper(**{name: getattr(self.enrollment, f"test_{name}") for name in names})
        return Tests(last, self.enrollment.test_best or 0, self.enrollment.test_count)

    @property
    def goal_percent(self) -> int:
        return round(100 * self.enrollment.retention)


@dataclass(frozen=True)
class Today:
    """What Spaced has for a learner in a deck today; ``new`` are the day's new cards that are left.

    ``due`` can be asked now; ``unseen`` and ``scheduled`` leave out what is suspended or buried.
    """

    due: int
    new: int
    unseen: int
    scheduled: int
    next_due: date | datetime | None


def mastery_percent(enrollment: Enrollment, card_count: int) -> int:
    """Mean level over 4, in percent of the deck's cards; a card never answered is at level 0.

    Rounded down: 100 % means that every card is mastered.
    """
    levels = (
        enrollment.recognised + 2 * enrollment.recalled + 3 * enrollment.learned + 4 * enrollment.mastered
    )
    return min(100, 100 * levels // (4 * card_count)) if card_count else 0


def level_shares(enrollment: Enrollment, card_count: int) -> tuple[Share, ...]:
    """The level bar's five segments, New to Mastered."""
    counts = [enrollment.recognised, enrollment.recalled, enrollment.learned, enrollment.mastered]
    counts.insert(0, max(0, card_count - sum(counts)))
    whole = max(1, sum(counts))
    shares, x = [], 0.0
    for level, count in zip(Level, counts, strict=True):
        width = 100 * count / whole
        shares.append(Share(level, count, round(x, 3), round(width, 3)))
        x += width
    return tuple(shares)


def scheduled_for(enrollments: EnrollmentQuerySet, learner: User, now: datetime) -> EnrollmentQuerySet:
    """``enrollments`` with their schedules as they stand in the learner's study day."""
    today = study_day_of(learner, now)
    return enrollments.with_schedule(now=now, today=today, recalls_after=today - timedelta(days=RECALL_DAYS))


def table_rows(deck: Deck, viewer: User | AnonymousUser, *, now: datetime) -> list[Row]:
    """The rows of the deck's table that ``viewer`` may see: her own first, and for the deck's owner those of
    learners who share their progress."""
    if not viewer.is_authenticated:
        return []
    visible = Q(learner=viewer)
    if deck.owner_id == viewer.pk:
        visible |= Q(shares_progress=True, learner__is_guest=False)
    enrollments = deck.enrollments.filter(visible, last_studied_at__isnull=False).select_related("learner")
    enrollments = (
        scheduled_for(enrollments, viewer, now)
        .with_used_modes()
        .with_tests()
        .with_mixups()
        .with_best_board()
        .with_recall_of(viewer, now=now)
    )
    own_first = Case(When(learner=viewer, then=0), default=1)
    enrollments = enrollments.order_by(own_first, "-last_studied_at")[:MOST_ROWS]
    return [row_of(enrollment, deck.card_count) for enrollment in enrollments]


def has_studied(learner: User | AnonymousUser, deck: Deck) -> bool:
    """Whether the learner has a row in the deck's table."""
    if not learner.is_authenticated:
        return False
    return learner.enrollments.filter(deck=deck, last_studied_at__isnull=False).exists()


def row_of(enrollment: Enrollment, card_count: int) -> Row:
    """The standing in a deck of ``card_count`` cards; suspended ones do not count."""
    cards = max(0, card_count - enrollment.suspended)
    return Row(
        enrollment=enrollment,
        shares=level_shares(enrollment, cards),
        cards=cards,
        mastery=mastery_percent(enrollment, cards),
        used=frozenset(mode for mode in MODES if getattr(enrollment, f"used_{mode}")),
    )


def today(enrollment: Any, deck: Deck, *, now: datetime) -> Today:
    """What awaits the learner today; ``enrollment`` carries its schedule, or is one not saved yet."""
    if enrollment.pk is None:
        return Today(0, min(deck.card_count, enrollment.new_per_day), deck.card_count, 0, None)
    buried, waiting = buried_cards(enrollment, now), waiting_steps(enrollment, now)
    unseen = max(0, deck.card_count - enrollment.suspended - enrollment.scheduled - buried.unseen)
    left_today = max(0, enrollment.new_per_day - introduced_today(enrollment, now))
    # A step that waits is due today, before whatever is due on a coming day.
    next_due = waiting.first_at or min(filter(None, (enrollment.next_due, buried.first_day)), default=None)
    return Today(
        due=max(0, enrollment.due_count - waiting.scheduled),
        new=min(unseen, left_today),
        unseen=unseen,
        scheduled=max(0, enrollment.scheduled - buried.scheduled),
        next_due=next_due,
    )


@dataclass(frozen=True)
class Buried:
    """Cards that are buried just now; the first of the ``scheduled`` ones can be asked on ``first_day``."""

    unseen: int = 0
    scheduled: int = 0
    first_day: date | None = None


@dataclass(frozen=True)
class Waiting:
    """Cards that are due today in a same-day step that cannot be asked yet, the first of them at ``first_at``."""

    scheduled: int = 0
    first_at: datetime | None = None


def askable_progress(enrollment: Enrollment) -> CardProgressQuerySet:
    """The learner's progress on the cards of the deck that are not suspended, on the side that each asks for."""
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    return mine.asked(enrollment.side_choice).active()


def buried_cards(enrollment: Enrollment, now: datetime) -> Buried:
    """The cards that are buried at ``now``."""
    if enrollment.buried_until is None or enrollment.buried_until <= now:
        return Buried()
    has_memory = Q(due_day__isnull=False)
    # A card is buried until a study day begins, so it comes back on the date of that instant.
    back_on = TruncDate("buried_until", tzinfo=ZoneInfo(enrollment.learner.time_zone))
    found = (
        askable_progress(enrollment)
        .filter(buried_until__gt=now)
        .aggregate(
            unseen=Count("pk", filter=~has_memory),
            scheduled=Count("pk", filter=has_memory),
            first_day=Min(Greatest("due_day", back_on), filter=has_memory),
        )
    )
    return Buried(**found)


def waiting_steps(enrollment: Any, now: datetime) -> Waiting:
    """The cards counted as due today whose same-day step is still too far ahead to be asked."""
    if not enrollment.due_count:
        return Waiting()
    soon = now + timedelta(minutes=enrollment.learn_ahead)
    steps = askable_progress(enrollment).unburied(now).exclude(state=State.REVIEW)
    steps = steps.filter(due__gt=soon, due_day__lte=study_day_of(enrollment.learner, now))
    return Waiting(**steps.aggregate(scheduled=Count("pk"), first_at=Min("due")))


def introduced_today(enrollment: Enrollment, now: datetime) -> int:
    """How many cards got a memory in the learner's study day."""
    day = study_day_of(enrollment.learner, now)
    totals = DayTotal.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id, study_day=day)
    return totals.values_list("introduced", flat=True).first() or 0


def decks_of(learner: User) -> DeckQuerySet:
    """The decks that the learner owns or has studied, and may still open."""
    studied = learner.enrollments.filter(last_studied_at__isnull=False).values("deck")
    return Deck.objects.visible_to(learner).filter(Q(owner=learner) | Q(pk__in=studied))


def my_decks(learner: User, decks: Iterable[Deck], *, now: datetime) -> list[tuple[Deck, Row | None]]:
    """The learner's decks with her standing in each, what is due most first."""
    by_pk = {deck.pk: deck for deck in decks}
    enrollments = learner.enrollments.filter(deck__in=by_pk)
    rows = {
        enrollment.deck_id: row_of(enrollment, by_pk[enrollment.deck_id].card_count)
        for enrollment in scheduled_for(enrollments, learner, now).with_used_modes()
    }
    pairs = [(deck, rows.get(pk)) for pk, deck in by_pk.items()]
    return sorted(pairs, key=lambda pair: (-(pair[1].enrollment.due_count if pair[1] else 0), pair[0].title))
