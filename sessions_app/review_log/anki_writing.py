"""A learner's progress and log -> schedules and answers as Anki has them.

A recall that fed the memory is a review in Anki. Every other answer is a cram, which Anki's own replay of the log
ignores: choices, practice, and recalls minutes after the answer was shown. So Anki calculates the memory from the
log that the learner has here.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from django.db.models import Count

from cards.formats.types import PastReview, Preset, Schedule, Studied
from cards.models import Card, Deck, SideChoice
from sessions_app.models import ANKI, CardProgress, Enrollment, Line, Review
from sessions_app.models.review import LINE_FIELDS
from sessions_app.review_log import totals
from sessions_app.review_log.anki import CRAM, STATES
from sessions_app.study.scheduling import fsrs_memory, progress
from sessions_app.study.scheduling.types import Memory, Outcome, Progress
from sessions_app.study.types import Rating, State
from studysite.accounts.models import User

NAMES = {state: name for name, state in STATES.items()}
KINDS = {State.LEARNING: "learn", State.REVIEW: "review", State.RELEARNING: "relearn"}
SECONDS_PER_DAY = 86_400


class Answer(NamedTuple):
    """A line of the log, how long it took in milliseconds, and whether it was imported from Anki."""

    line: Line
    elapsed_ms: int
    is_ankis: bool

    @property
    def is_stand_in(self) -> bool:
        """Whether an import made it for a memory without answers. Every answer that is imported has a rating."""
        memory = self.line.value.memory
        is_known = memory is not None and memory.state is not State.LEARNING
        return is_known and self.is_ankis and self.line.value.rating is None


def preset_of(deck: Deck, learner: User) -> Preset:
    """How the learner's memory of ``deck`` is calculated."""
    return Preset(enrollment_of(deck, learner).retention, fsrs_memory.weights())


def enrollment_of(deck: Deck, learner: User) -> Enrollment:
    found = Enrollment.objects.filter(deck=deck, learner=learner).first()
    return found or Enrollment(deck=deck, learner=learner)


def answer_counts(learner: User, cards: Sequence[int]) -> Mapping[int, int]:
    """How many standing answers of the learner each of these ``cards`` has (primary keys)."""
    lines = Review.objects.standing().filter(learner=learner, card__in=cards).order_by()
    return Counter(dict(lines.values_list("card_id").annotate(Count("pk"))))


def studied_by(deck: Deck, learner: User, cards: Sequence[int], *, now: datetime) -> dict[int, Studied]:
    """What the learner has done with each of these ``cards`` (primary keys) of ``deck``.

    Only on the sides that a card asks them for: Anki would ask for any other side too.
    """
    enrollment = enrollment_of(deck, learner)
    found = Card.objects.filter(pk__in=cards, deck=deck).defer(*totals.TEXTS)
    rows = {
        (row.card_id, row.side): row for row in CardProgress.objects.filter(learner=learner, card__in=cards)
    }
    log = Review.objects.standing().filter(learner=learner, card__in=cards)
    names = ("elapsed_ms", "scheduler", *LINE_FIELDS)
    answers: dict[tuple[int, str], list[Answer]] = {}
    for elapsed, by, *row in log.order_by("card_id", "side", "reviewed_at", "pk").values_list(*names):
        line = Line.of(row)
        answers.setdefault((line.card_id, line.side), []).append(Answer(line, elapsed or 0, by == ANKI))
    return {card.pk: studied(card, enrollment, rows, answers, now) for card in found}


def studied(
    card: Card,
    enrollment: Enrollment,
    rows: Mapping[tuple[int, str], CardProgress],
    answers: Mapping[tuple[int, str], Sequence[Answer]],
    now: datetime,
) -> Studied:
    sides = enrollment.asked_sides(card)
    known = [row for side in sides if (row := rows.get((card.pk, side)))]
    schedules: list[Schedule] = []
    reviews: list[PastReview] = []
    for row in known:
        lines = answers.get((card.pk, row.side), ())
        since = totals.counted_since(row, card)
        past = list(reviews_of(lines, enrollment.retention, since))
        reps = sum(one.kind != CRAM and (since is None or one.reviewed_at >= since) for one in past)
        schedules.append(schedule_of(row, reps, since, stand_in(lines, since), now))
        reviews += past
    return Studied(
        SideChoice.BOTH if len(sides) > 1 else sides[0],
        tuple(schedules),
        tuple(reviews),
        starred=any(row.starred for row in known),
    )


def schedule_of(
    row: CardProgress, reps: int, since: datetime | None, first: Memory | None, now: datetime
) -> Schedule:
    """The schedule of one side. Without a memory it is a new card, which may be put aside."""
    buried = row.buried_until is not None and row.buried_until > now
    memory = row.memory
    if memory is None:
        return Schedule(row.side, "new", reset_at=since, suspended=row.suspended, buried=buried)
    in_days = memory.state is State.REVIEW
    return Schedule(
        row.side,
        NAMES[memory.state],
        due_day=memory.due_day if in_days else None,
        due_at=None if in_days else memory.due,
        interval_days=max((memory.due_day - memory.day).days, 1) if in_days else 0,
        reps=reps,
        lapses=row.lapses,
        # A new card that was only given a due date: Anki has no memory of it.
        stability=memory.stability if reps else None,
        difficulty=memory.difficulty if reps else None,
        last_review=memory.last_review if reps else None,
        reset_at=since,
        suspended=row.suspended,
        buried=buried,
        first_difficulty=first.difficulty if first else None,
    )


def stand_in(answers: Sequence[Answer], since: datetime | None) -> Memory | None:
    """The memory of the first recall that counts, if it stands for answers that are not known."""
    counted = (one for one in answers if since is None or one.line.reviewed_at >= since)
    first = next((one for one in counted if one.line.value.is_recall), None)
    return first.line.value.memory if first and first.is_stand_in else None


def reviews_of(answers: Sequence[Answer], retention: float, since: datetime | None) -> Iterator[PastReview]:
    """The answers about one side, in order, as Anki's log has them. Those before ``since`` no longer count."""
    starts = {one.line.value.since for one in answers} | {since}
    resets = sorted(start for start in starts if start)
    for era, group in groupby(answers, key=lambda one: bisect_right(resets, one.line.reviewed_at)):
        yield from of_era(list(group), retention, resets[era - 1] if era else None)


def of_era(answers: Sequence[Answer], retention: float, since: datetime | None) -> Iterator[PastReview]:
    """The answers between two new starts. Each is a review if it has fed the memory, and a cram if not."""
    known = Progress()
    outcomes = [one.line.value for one in answers]
    # Up to here another program has calculated the memory: intervals are those after which answers followed.
    with_memory = (place for place, one in enumerate(outcomes) if one.memory and not one.is_practice)
    imported = max(with_memory, default=-1)
    followed = days_until_next(outcomes[: imported + 1])
    days = 0.0
    for place, (answer, outcome) in enumerate(zip(answers, outcomes, strict=True)):
        before = known.memory
        review = fsrs_memory.review_roughly if place < imported else fsrs_memory.review
        known = progress.fold(known, outcome, retention, review=review)
        if not outcome.is_answer:
            continue
        # A cram leaves the interval as it is.
        kind, after = CRAM, known.memory
        if outcome.is_recall and after and after is not before:
            kind = KINDS[before.state if before else State.LEARNING]
            days = followed[place] if place < imported else interval_of(after, outcome)
            if before is None and answer.is_stand_in:
                kind, days = KINDS[State.REVIEW], max(after.stability, 1.0)
        rating = outcome.rating or (Rating.GOOD if outcome.is_correct else Rating.AGAIN)
        yield PastReview(
            *(outcome.side, outcome.reviewed_at, rating, answer.elapsed_ms, kind, days),
            counted_since=since,
        )


def interval_of(memory: Memory, outcome: Outcome) -> float:
    """The interval in days to which ``outcome`` has led."""
    if memory.state is State.REVIEW:
        return float(max((memory.due_day - memory.day).days, 1))
    return max((memory.due - outcome.reviewed_at).total_seconds(), 0) / SECONDS_PER_DAY


def days_until_next(outcomes: Sequence[Outcome]) -> dict[int, float]:
    """For the place of each recall, the days until the next one: study days, or less on the same day."""
    places = [place for place, one in enumerate(outcomes) if one.is_recall]
    found = dict.fromkeys(places, 0.0)
    for place, next_place in pairwise(places):
        before, after = outcomes[place], outcomes[next_place]
        days = max((after.study_day - before.study_day).days, 0)
        found[place] = days or (after.reviewed_at - before.reviewed_at).total_seconds() / SECONDS_PER_DAY
    return found
