"""A learner's progress and log -> schedules and answers as Anki has them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from cards.formats.types import PastReview, Schedule, Studied
from cards.models import Card, Deck, SideChoice
from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.review_log import totals
from sessions_app.review_log.anki import STATES
from sessions_app.study.types import Evidence, Rating, State, Verdict
from studysite.accounts.models import User

NAMES = {state: name for name, state in STATES.items()}
SECONDS_PER_DAY = 86_400


def studied_by(deck: Deck, learner: User, cards: Sequence[int], *, now: datetime) -> dict[int, Studied]:
    """What the learner has done with each of these ``cards`` (primary keys) of ``deck``.

    Only on the sides that a card asks them for: Anki would ask for any other side too.
    """
    enrollment = Enrollment.objects.filter(deck=deck, learner=learner).first()
    enrollment = enrollment or Enrollment(deck=deck, learner=learner)
    found = Card.objects.filter(pk__in=cards, deck=deck).defer(*totals.TEXTS)
    rows = {
        (row.card_id, row.side): row for row in CardProgress.objects.filter(learner=learner, card__in=cards)
    }
    lines: dict[tuple[int, str], list[Review]] = {}
    log = Review.objects.standing().filter(learner=learner, card__in=cards, evidence=Evidence.RECALL)
    for line in log.in_order():
        lines.setdefault((line.card_id, line.side), []).append(line)
    return {card.pk: studied(card, enrollment, rows, lines, now) for card in found}


def studied(
    card: Card,
    enrollment: Enrollment,
    rows: Mapping[tuple[int, str], CardProgress],
    lines: Mapping[tuple[int, str], Sequence[Review]],
    now: datetime,
) -> Studied:
    sides = enrollment.asked_sides(card)
    known = [row for side in sides if (row := rows.get((card.pk, side)))]
    schedules: list[Schedule] = []
    reviews: list[PastReview] = []
    for row in known:
        since = totals.counted_since(row, card)
        counted = [
            line for line in lines.get((card.pk, row.side), ()) if since is None or line.reviewed_at >= since
        ]
        schedule = schedule_of(row, len(counted), now)
        schedules.append(schedule)
        reviews += answers_of(counted, schedule.interval_days)
    return Studied(
        SideChoice.BOTH if len(sides) > 1 else sides[0],
        tuple(schedules),
        tuple(reviews),
        starred=any(row.starred for row in known),
    )


def schedule_of(row: CardProgress, reps: int, now: datetime) -> Schedule:
    """The schedule of one side. Without a memory it is a new card, which may be put aside."""
    buried = row.buried_until is not None and row.buried_until > now
    memory = row.memory
    if memory is None:
        return Schedule(row.side, "new", suspended=row.suspended, buried=buried)
    in_days = memory.state is State.REVIEW
    return Schedule(
        row.side,
        NAMES[memory.state],
        due_day=memory.due_day if in_days else None,
        due_at=None if in_days else memory.due,
        interval_days=max((memory.due_day - memory.day).days, 1) if in_days else 0,
        reps=reps,
        lapses=row.lapses,
        stability=memory.stability,
        difficulty=memory.difficulty,
        last_review=memory.last_review,
        suspended=row.suspended,
        buried=buried,
    )


def answers_of(lines: Sequence[Review], interval_days: int) -> Iterable[PastReview]:
    """The recalls of one side. The last led to an interval of ``interval_days``, the others to the next recall."""
    days = [
        float((after.study_day - before.study_day).days)
        or (after.reviewed_at - before.reviewed_at).total_seconds() / SECONDS_PER_DAY
        for before, after in pairwise(lines)
    ]
    last = None
    for line, interval in zip(lines, [*days, float(interval_days)], strict=False):
        rating = line.rating or (Rating.GOOD if line.verdict == Verdict.CORRECT else Rating.AGAIN)
        if last is None or lines[0].study_day == line.study_day:
            kind = "learn"
        else:
            kind = "relearn" if last.study_day == line.study_day else "review"
        yield PastReview(line.side, line.reviewed_at, rating, line.elapsed_ms or 0, kind, max(interval, 0.0))
        last = line
