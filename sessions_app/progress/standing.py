"""A learner's standing in decks: the list of their decks, and the rows of a deck's table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, tzinfo
from typing import Any, Generic, Protocol, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Count, F, FilteredRelation, Q, Sum, When

from cards.models import Deck, DeckQuerySet, SideChoice
from cards.text.natural_order import natural_key
from sessions_app.models import Enrollment, EnrollmentQuerySet, Paper, predicted_recall
from sessions_app.questions.today import scheduled_for
from sessions_app.study.modes import MODES
from sessions_app.study.types import Level
from studysite.accounts.models import User

MOST_ROWS = 50

CARDS_WITH_RECALL = 1_000
"""So many cards are read for the predicted recall of a deck; in a larger one it is an estimate."""


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
    """A learner's tests of a deck: how many they are, and the best score in percent.

    ``last`` is the last paper, not read from the database but made of its score alone.
    """

    last: Paper
    best: int
    count: int

    @property
    def raised(self) -> int:
        """How many answers of the last test the learner has marked right, minus those marked wrong."""
        return (self.last.right or 0) - (self.last.graded or 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database knows of a learner's standing in a deck; each name is a column of `rows_of`.

    The columns are those of `Enrollment` and of `EnrollmentQuerySet.with_schedule`.
    """

    learner_id: int
    deck_id: int
    side_choice: str
    recognised: int
    recalled: int
    learned: int
    mastered: int
    scheduled: int
    suspended: int
    due_count: int
    next_due: date | None
    fading_count: int
    recalls: int
    recalls_right: int


@dataclass(frozen=True, slots=True)
class TableFigures(Figures):
    """The columns that only the deck's table shows; other ``with_`` methods of `EnrollmentQuerySet` add them."""

    learner_name: str
    last_studied_at: datetime
    shares_progress: bool
    retention: float
    recall_sum: float | None
    board_ms: int | None
    board_pairs: int | None
    has_mixups: bool
    open_round: int | None
    open_round_day: date | None
    test_right: int | None
    test_graded: int | None
    test_questions: int | None
    test_voided: int | None
    test_handed_in_at: datetime | None
    test_best: int | None
    test_count: int


AnyFigures = TypeVar("AnyFigures", bound=Figures)


@dataclass(frozen=True)
class Row(Generic[AnyFigures]):
    """One learner's standing in a deck.

    ``questions`` is the number of those that the learner has not suspended; ``has_siblings`` if some card has two.
    ``mastery`` is in percent. ``used`` names the modes that the learner has started.
    """

    enrollment: AnyFigures
    shares: tuple[Share, ...]
    questions: int
    has_siblings: bool
    mastery: int
    used: frozenset[str]

    @property
    def right_percent(self) -> int | None:
        """The percentage of right answers among the recalls that tested a memory; None if there are none."""
        recalls = self.enrollment.recalls
        return round(100 * self.enrollment.recalls_right / recalls) if recalls else None

    @property
    def learned(self) -> int:
        """How many questions are Learned or better."""
        return self.shares[Level.LEARNED].count + self.shares[Level.MASTERED].count


@dataclass(frozen=True)
class TableRow(Row[TableFigures]):
    """One learner's row in a deck's table."""

    @property
    def recall_percent(self) -> int | None:
        """The mean predicted recall of ``questions`` now, in percent; those that were never recalled count as 0.

        None for other learners than the viewer, and if there are no questions.
        """
        recall_sum = self.enrollment.recall_sum
        return None if recall_sum is None or not self.questions else round(100 * recall_sum / self.questions)

    @property
    def tests(self) -> Tests | None:
        """The learner's tests of the deck; None without a score."""
        figures = self.enrollment
        if not figures.test_count:
            return None
        names = ("right", "graded", "questions", "voided", "handed_in_at")
        last = Paper(**{name: getattr(figures, f"test_{name}") for name in names})
        return Tests(last, figures.test_best or 0, figures.test_count)

    @property
    def goal_percent(self) -> int:
        return round(100 * self.enrollment.retention)


AnyRow = TypeVar("AnyRow", bound=Row[Any])


class LevelCounts(Protocol):
    """How many questions are at each level above New."""

    @property
    def recognised(self) -> int: ...
    @property
    def recalled(self) -> int: ...
    @property
    def learned(self) -> int: ...
    @property
    def mastered(self) -> int: ...


def mastery_percent(counts: LevelCounts, question_count: int) -> int:
    """The mean level of the questions divided by 4, in percent; one that was never answered is at level 0.

    Rounded down: 100 % means that every question is mastered.
    """
    levels = counts.recognised + 2 * counts.recalled + 3 * counts.learned + 4 * counts.mastered
    return min(100, 100 * levels // (4 * question_count)) if question_count else 0


def level_shares(counts: LevelCounts, question_count: int) -> tuple[Share, ...]:
    """The level bar's five segments, New to Mastered."""
    numbers = [counts.recognised, counts.recalled, counts.learned, counts.mastered]
    numbers.insert(0, max(0, question_count - sum(numbers)))
    whole = max(1, sum(numbers))
    shares, x = [], 0.0
    for level, count in zip(Level, numbers, strict=True):
        width = 100 * count / whole
        shares.append(Share(level, count, round(x, 3), round(width, 3)))
        x += width
    return tuple(shares)


def table_rows(deck: Deck, viewer: User | AnonymousUser, *, now: datetime) -> list[TableRow]:
    """The rows of the deck's table that ``viewer`` may see, their own first.

    The deck's owner also sees the rows of learners who share their progress.
    """
    if not viewer.is_authenticated:
        return []
    visible = Q(learner=viewer)
    if deck.owner_id == viewer.pk:
        visible |= Q(shares_progress=True, learner__is_guest=False)
    order = (Case(When(learner=viewer, then=0), default=1), "-last_studied_at", "pk")
    enrollments = deck.enrollments.studied().filter(visible).order_by(*order)
    # The rows are chosen first: SQLite would calculate all columns of each learner before it sorts them.
    enrollments = deck.enrollments.filter(pk__in=enrollments.values("pk")[:MOST_ROWS]).order_by(*order)
    is_large = deck.card_count > CARDS_WITH_RECALL
    enrollments = enrollments.without_recall() if is_large else enrollments.with_recall_of(viewer, now=now)
    enrollments = (
        scheduled_for(enrollments, viewer, now)
        .with_tests()
        .with_mixups()
        .with_open_round()
        .with_best_board()
        .annotate(learner_name=F("learner__name"))
    )
    rows = rows_of(enrollments, TableRow, TableFigures, {deck.pk: deck})
    if is_large and rows and rows[0].enrollment.learner_id == viewer.pk:
        own = rows[0].enrollment
        recall = estimated_recall(deck, viewer, own.side_choice, now=now)
        rows[0] = replace(rows[0], enrollment=replace(own, recall_sum=recall))
    return rows


def estimated_recall(deck: Deck, learner: User, side_choice: str, *, now: datetime) -> float:
    """About the sum of predicted recall at ``now`` over all the learner's counted cards of a large ``deck``.

    It is estimated from CARDS_WITH_RECALL cards, evenly spread over the deck.
    """
    places = range(0, deck.card_count, -(-deck.card_count // CARDS_WITH_RECALL))
    # From the cards to their progress: a filter on progress would let SQLite read all of the learner's.
    cards = deck.cards.present().filter(position__in=places).order_by()
    mine = FilteredRelation("progress", condition=Q(progress__learner=learner))
    is_counted = Q(mine__suspended=False, mine__due__isnull=False)
    if side_choice == SideChoice.AUTO:
        is_counted &= Q(studied_side=F("mine__side")) | Q(studied_side=SideChoice.BOTH)
    elif side_choice != SideChoice.BOTH:
        is_counted &= Q(mine__side=side_choice)
    found = cards.annotate(mine=mine).aggregate(
        read=Count("pk", distinct=True), recall=Sum(predicted_recall(now, of="mine__"), filter=is_counted)
    )
    return (found["recall"] or 0.0) * deck.card_count / max(1, found["read"])


def rows_of(
    enrollments: EnrollmentQuerySet,
    row: type[AnyRow],
    figures: type[Figures],
    decks: Mapping[int, Deck],
) -> list[AnyRow]:
    """The enrollments as rows, each built from one row of the database.

    ``enrollments`` have the annotations that ``figures`` names. ``decks`` are their decks by primary key.
    """
    used = {mode: f"used_{mode}" for mode in MODES}
    names = [field.name for field in fields(figures)]
    rows = []
    for values in enrollments.with_used_modes().values(*names, *used.values()):
        modes = frozenset(mode for mode, name in used.items() if values.pop(name))
        known = figures(**values)
        rows.append(make_row(row, known, decks[known.deck_id], modes))
    return rows


def make_row(row: type[AnyRow], known: Figures, deck: Deck, used: frozenset[str]) -> AnyRow:
    """A row of the learner's ``known`` figures in ``deck``."""
    count = deck.question_count(known.side_choice)
    questions = max(0, count - known.suspended)
    shares, mastery = level_shares(known, questions), mastery_percent(known, questions)
    return row(known, shares, questions, count > deck.card_count, mastery, used)


def decks_of(learner: User) -> DeckQuerySet:
    """The decks that the learner owns or has studied, and may still open."""
    studied = learner.enrollments.studied().values("deck")
    return Deck.objects.visible_to(learner).filter(Q(owner=learner) | Q(pk__in=studied))


def my_decks(
    decks: Iterable[Deck], enrollments: Iterable[Enrollment], *, zone: tzinfo
) -> list[tuple[Deck, Row[Figures] | None]]:
    """A learner's decks with their standing in each: the one studied last first, then titles in natural order.

    ``enrollments`` are the learner's, annotated as by `scheduled_for`; a deck may have none. No row names modes.
    A deck that they have not studied counts as studied at the beginning of the day in ``zone`` on which it was
    made: a new one stays near the top, and those of one import keep the order of their titles.
    """
    of = {enrollment.deck_id: enrollment for enrollment in enrollments}
    pairs = [(deck, row_of(of[deck.pk], deck) if deck.pk in of else None) for deck in decks]

    def last_use(deck: Deck) -> datetime:
        enrollment = of.get(deck.pk)
        if enrollment and enrollment.last_studied_at:
            return enrollment.last_studied_at
        return deck.created_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)

    return sorted(
        pairs,
        key=lambda pair: (-last_use(pair[0]).timestamp(), natural_key(pair[0].title), pair[0].pk),
    )


def row_of(enrollment: Enrollment, deck: Deck) -> Row[Figures]:
    """The learner's standing in ``deck``, without the modes that they have used."""
    known = Figures(**{field.name: getattr(enrollment, field.name) for field in fields(Figures)})
    return make_row(Row[Figures], known, deck, frozenset())
