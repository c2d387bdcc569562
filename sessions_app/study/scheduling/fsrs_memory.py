"""FSRS: the memory after a rating (`review`), and the probability of recall at an instant (`retrievability`).

The numbers are those of the `fsrs` package (py-fsrs, FSRS-6) without fuzz: intervals must depend on the log alone.
Formulas: https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm

FSRS was fitted to whole study days between answers, 0 on the same day; Anki and fsrs-rs count in the same way.
The package takes instants and counts periods of 24 hours: a learner who studies five minutes earlier every
evening would stay on the same day for ever. So this module gives it instants that are whole study days apart.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

import fsrs

from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Rating, State

VERSION = "fsrs-6-days"
"""The version of the rules that turn a log into progress. Raise it when the same lines give other progress."""

DEFAULT_RETENTION = 0.9
MIN_RETENTION, MAX_RETENTION = 0.70, 0.99
SAME_DAY_STEP = timedelta(minutes=10)
SECONDS_PER_DAY = 86_400
# Any day will do: the package only uses differences.
DAY_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=64)
def scheduler(retention: float) -> fsrs.Scheduler:
    """The scheduler for a desired retention: one same-day step, no fuzz, the published weights."""
    return fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=(SAME_DAY_STEP,),
        relearning_steps=(SAME_DAY_STEP,),
        enable_fuzzing=False,
    )


def weights() -> tuple[float, ...]:
    """The parameters of FSRS-6 with which every memory here is calculated."""
    return tuple(scheduler(DEFAULT_RETENTION).parameters)


class CardForOneReview(fsrs.Card):
    """A card that is made for one review: the library may change it, and need not copy it first."""

    def __copy__(self) -> "CardForOneReview":
        return self


def review(
    memory: Memory | None, rating: Rating, now: datetime, day: date, retention: float = DEFAULT_RETENTION
) -> Memory:
    """The memory after a recall rated ``rating`` at ``now``, in the learner's study day ``day``.

    ``memory`` is None at a card's first recall. ``retention`` is the probability of recall, 0.70 to 0.99, at which
    the card becomes due again. Elapsed time is counted in study days; a day before the memory's (the learner flew
    west, or the clock was set back) counts as the same day.
    """
    # Without an id the library takes one from the clock and sleeps a millisecond for it.
    before, at = CardForOneReview(card_id=1, due=DAY_ZERO), DAY_ZERO
    if memory is not None:
        before = CardForOneReview(
            card_id=1,
            state=fsrs.State(memory.state),
            step=memory.step,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=DAY_ZERO,
            last_review=DAY_ZERO,
        )
        at += timedelta(days=max(0, (day - memory.day).days))
    after, _ = scheduler(retention).review_card(before, fsrs.Rating(rating), at)
    if after.stability is None or after.difficulty is None:  # pragma: no cover - the library always sets them
        raise AssertionError("FSRS left a reviewed card without a memory")
    wait, state, now = after.due - at, State(after.state), now.astimezone(UTC)
    return Memory(
        stability=after.stability,
        difficulty=after.difficulty,
        state=state,
        step=after.step,
        due=now + wait,
        due_day=day + wait if state is State.REVIEW else day,
        last_review=now,
        day=max(day, memory.day) if memory else day,
    )


def review_roughly(
    memory: Memory | None, rating: Rating, now: datetime, day: date, retention: float = DEFAULT_RETENTION
) -> Memory:
    """The same, but only the state, the step and the day are right. It takes a tenth of the time."""
    known = State.LEARNING if memory is None else memory.state
    if rating >= Rating.GOOD:
        state = State.REVIEW
    elif rating is Rating.AGAIN and known is State.REVIEW:
        state = State.RELEARNING
    else:
        state = known
    step = None if state is State.REVIEW else 0
    return Memory(1.0, 5.0, state, step, now, day, now, max(day, memory.day) if memory else day)


def previews(
    memory: Memory | None, now: datetime, day: date, retention: float = DEFAULT_RETENTION
) -> dict[Rating, timedelta]:
    """For each rating, the time until the card would be due again: minutes, or whole study days."""
    return {rating: review(memory, rating, now, day, retention).due - now for rating in Rating}


class Fed(Protocol):
    """A memory, or what of it predicted recall depends on: days, and when it was last fed."""

    @property
    def stability(self) -> float: ...

    @property
    def last_review(self) -> datetime: ...


def retrievability(memory: Fed, now: datetime) -> float:
    """The predicted probability of recall at ``now``, 0 to 1.

    Calculated in fractional days: the library counts whole days, and would return 1 until the next day.
    """
    elapsed = max(0.0, (now - memory.last_review).total_seconds() / SECONDS_PER_DAY)
    decay, factor = forgetting_curve()
    return float((1 + factor * elapsed / memory.stability) ** decay)


def falls_to(memory: Memory, recall: float) -> datetime:
    """The instant at which predicted recall falls to ``recall`` (0 to 1)."""
    decay, factor = forgetting_curve()
    days = memory.stability / factor * (recall ** (1 / decay) - 1)
    # A hundred years is the library's own longest interval, and keeps the result in the range of datetime.
    return memory.last_review + timedelta(days=min(days, 36_500))


@lru_cache(maxsize=1)
def forgetting_curve() -> tuple[float, float]:
    """FSRS-6's power curve R = (1 + factor * t / S) ** decay, with R = 0.9 at t = S."""
    decay = -weights()[20]
    return decay, 0.9 ** (1 / decay) - 1
