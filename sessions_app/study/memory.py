"""FSRS behind two functions: what a rating does to a memory, and how likely recall is at an instant.

The numbers are those of the `fsrs` package (py-fsrs, FSRS-6) without fuzz: intervals must be a function of the
log alone. Formulas: https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import fsrs

from sessions_app.study.types import Memory, Rating, State

VERSION = "fsrs-6"
DEFAULT_RETENTION = 0.9
MIN_RETENTION, MAX_RETENTION = 0.70, 0.99
SAME_DAY_STEP = timedelta(minutes=10)
SECONDS_PER_DAY = 86_400


@lru_cache(maxsize=64)
def scheduler(retention: float) -> fsrs.Scheduler:
    """The scheduler for a desired retention: one same-day step, no fuzz, the published weights."""
    return fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=(SAME_DAY_STEP,),
        relearning_steps=(SAME_DAY_STEP,),
        enable_fuzzing=False,
    )


def review(
    memory: Memory | None, rating: Rating, now: datetime, retention: float = DEFAULT_RETENTION
) -> Memory:
    """The memory after a recall rated ``rating`` at ``now``; ``memory`` is None at a card's first recall.

    ``retention`` is the probability of recall, 0.70 to 0.99, at which the card becomes due again.
    """
    now = now.astimezone(UTC)
    # An id is given because the library otherwise takes one from the clock and sleeps a millisecond for it.
    before = fsrs.Card(card_id=1, due=now)
    if memory is not None:
        before = fsrs.Card(
            card_id=1,
            state=fsrs.State(memory.state),
            step=memory.step,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=memory.due,
            last_review=memory.last_review,
        )
    after, _ = scheduler(retention).review_card(before, fsrs.Rating(rating), now)
    if after.stability is None or after.difficulty is None:  # pragma: no cover - the library always sets them
        raise AssertionError("FSRS left a reviewed card without a memory")
    return Memory(after.stability, after.difficulty, State(after.state), after.step, after.due, now)


def previews(
    memory: Memory | None, now: datetime, retention: float = DEFAULT_RETENTION
) -> dict[Rating, timedelta]:
    """For each rating, the time until the card would be due again."""
    return {rating: review(memory, rating, now, retention).due - now for rating in Rating}


def retrievability(memory: Memory, now: datetime) -> float:
    """The predicted probability of recall at ``now``, 0 to 1.

    In fractional days: the library counts whole ones, and would call a card certain until the next morning.
    """
    elapsed = max(0.0, (now - memory.last_review).total_seconds() / SECONDS_PER_DAY)
    decay, factor = forgetting_curve()
    return float((1 + factor * elapsed / memory.stability) ** decay)


def falls_to(memory: Memory, recall: float) -> datetime:
    """The instant at which predicted recall falls to ``recall`` (0 to 1)."""
    decay, factor = forgetting_curve()
    days = memory.stability / factor * (recall ** (1 / decay) - 1)
    # A hundred years is the library's own longest interval, and keeps the sum inside a date's range.
    return memory.last_review + timedelta(days=min(days, 36_500))


@lru_cache(maxsize=1)
def forgetting_curve() -> tuple[float, float]:
    """FSRS-6's power curve R = (1 + factor * t / S) ** decay, with R = 0.9 at t = S."""
    decay = -scheduler(DEFAULT_RETENTION).parameters[20]
    return decay, 0.9 ** (1 / decay) - 1
