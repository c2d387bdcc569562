"""What the pages show of a learner's standing: her decks, what awaits her today, and the deck's table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Q, When

from cards.models import Deck, DeckQuerySet
from sessions_app.models import Enrollment, Paper
from sessions_app.questions.today import scheduled_for
from sessions_app.study.modes import MODES
from sessions_app.study.types import Level
from studysite.accounts.models import User

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
