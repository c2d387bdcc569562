"""The histories that `tests.load.large_data` copies: answers, and the progress that follows from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cards.models import Card
from sessions_app.models import ANKI, CardProgress, Review
from sessions_app.study.days import study_day
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.fsrs_memory import DEFAULT_RETENTION
from sessions_app.study.scheduling.types import Memory, Tally
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, State, Verdict

SHAPES, AGES = 32, 64
HISTORIES = SHAPES * AGES
"""Different histories: of each shape, one whose last answer was so many days ago."""

WITH_MARKS_ONLY = 5
"""Shapes without an answer; all shapes together have as many answers as they are."""


@dataclass(frozen=True)
class Written:
    """A learner's unsaved answers about a card, the progress that follows, and what each adds to its study day."""

    number: int
    row: CardProgress
    lines: Sequence[Review]
    days: Sequence[tuple[date, Tally]]


def histories(learner: int, cards: Sequence[Card], now: datetime) -> Iterator[Written]:
    """A history on each of the ``cards``, up to HISTORIES; neighbours were answered on the same days."""
    for number, card in enumerate(cards):
        next_card = cards[number + 1].pk if number + 1 < len(cards) else None
        shape, age = number % SHAPES, 1 + number // SHAPES
        row = CardProgress(learner_id=learner, deck_id=card.deck_id, card=card, side=card.studied_side)
        lines = list(lines_of(row, shape, age, now, next_card))
        replayed = progress.replay([line.outcome() for line in lines], DEFAULT_RETENTION)
        row.update_from(replayed.progress, last_reviewed_at=lines[-1].reviewed_at if lines else None)
        if not lines:
            mark(row, shape, now)
        yield Written(
            number, row, lines, list(zip([line.study_day for line in lines], replayed.tallies, strict=True))
        )


def mark(row: CardProgress, shape: int, now: datetime) -> None:
    """Starred, suspended, or buried until yesterday."""
    row.starred, row.suspended = shape > 1, shape == 0
    row.buried_until = now - timedelta(days=1) if shape == 1 else None


def lines_of(
    row: CardProgress, shape: int, age: int, now: datetime, next_card: int | None
) -> Iterator[Review]:
    """The answers of a shape, the last of them ``age`` days ago.

    The shapes without an answer come first, so that no number of histories has more answers than histories.
    """
    if shape < WITH_MARKS_ONLY:
        return
    if shape == 5:
        yield recall(row, age, Rating.AGAIN, now)
    elif shape == 6:
        yield choice(row, age, now, mistaken_for=next_card)
    elif shape < 10:
        yield choice(row, age, now)
    elif shape < 16:
        yield recall(row, age, Rating.EASY if shape == 10 else Rating.GOOD, now)
    elif shape < 30:
        yield imported(row, age, now, stability=3.0 * (shape - 15) ** 2)
    elif shape == 30:
        for later, rating in ((9, Rating.AGAIN), (8, Rating.GOOD), (0, Rating.GOOD)):
            yield recall(row, age + later, rating, now)
    else:
        for later in (30, 20, 10, 0):
            yield recall(row, age + later, Rating.GOOD, now)


def line(row: CardProgress, age: int, now: datetime, **fields: object) -> Review:
    """An answer at noon, a second later for each card, so many study days before ``now``."""
    day = study_day(now, UTC) - timedelta(days=age)
    at = datetime.combine(day, time(12), UTC) + timedelta(seconds=row.card.position)
    return Review(
        learner_id=row.learner_id,
        card=row.card,
        deck_id=row.deck_id,
        side=row.side,
        reviewed_at=at,
        study_day=day,
        gap_needed=progress.gap_needed(1_000),
        elapsed_ms=4_000,
        **fields,
    )


def recall(row: CardProgress, age: int, rating: Rating, now: datetime) -> Review:
    verdict = Verdict.WRONG if rating is Rating.AGAIN else Verdict.CORRECT
    rated = {"rating": rating, "verdict": verdict, "judged_by": JudgedBy.LEARNER}
    return line(row, age, now, mode="spaced", kind=Kind.FLIP, evidence=Evidence.RECALL, **rated)


def choice(row: CardProgress, age: int, now: datetime, *, mistaken_for: int | None = None) -> Review:
    verdict = Verdict.WRONG if mistaken_for else Verdict.CORRECT
    chosen = {"verdict": verdict, "judged_by": JudgedBy.CHOICE, "mistaken_for_id": mistaken_for}
    return line(row, age, now, mode="learn", kind=Kind.CHOICE, evidence=Evidence.RECOGNITION, **chosen)


def imported(row: CardProgress, age: int, now: datetime, *, stability: float) -> Review:
    """An answer from Anki, with a memory that makes the card due after as many days as the stability."""
    rated = {"rating": Rating.GOOD, "verdict": Verdict.CORRECT, "judged_by": JudgedBy.LEARNER}
    made = line(row, age, now, mode=ANKI, kind=Kind.FLIP, evidence=Evidence.RECALL, **rated)
    interval = timedelta(days=round(stability))
    at, day = made.reviewed_at, made.study_day
    made.set_memory(Memory(stability, 5.0, State.REVIEW, None, at + interval, day + interval, at, day))
    return made
