"""The progress that a learner's outcomes on one side of one card add up to.

It depends only on that card's outcomes, in order, and on the desired retention: on no clock, no other card and no
randomness. So the log can be replayed, and any answer can be taken back.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.scheduling.types import Fold, Memory, Need, NextStep, Outcome, Progress, Tally
from sessions_app.study.types import Level, Rating, State

# Days with a recall that make a card mastered; and other questions that have to be between two recalls of one day.
MASTERED_DAYS = 3
RECALLS_APART = 3
LEECH_LAPSES = 8
# Below this predicted recall a mastered card is shown as fading.
FADING = 0.8

MemoryRule = Callable[[Memory | None, Rating, datetime, date, float], Memory]
"""What gives the memory after a rating: `fsrs_memory.review`."""


def gap_needed(deck_size: int) -> int:
    """How many other questions must be between two recalls on one day, in a deck of ``deck_size`` cards."""
    return max(0, min(RECALLS_APART, deck_size - 1))


def fold(
    progress: Progress, outcome: Outcome, retention: float, *, review: MemoryRule = fsrs_memory.review
) -> Progress:
    """The progress after ``outcome``. Outcomes are in order of time, all on one card and side."""
    if outcome.is_practice:
        return progress
    memory = _next_memory(progress, outcome, retention, review)
    return _right(progress, outcome, memory) if outcome.is_correct else _wrong(progress, outcome, memory)


def replay(outcomes: Iterable[Outcome], retention: float, since: datetime | None = None) -> Fold:
    """The progress after all ``outcomes``, which are in order of time, and a tally for each of them.

    An outcome's ``since``, and at the end ``since`` itself, is the moment of a new start: answers before it no
    longer count for the progress.
    """
    outcomes = list(outcomes)
    in_force = counted(outcomes, since)
    progress = Progress()
    # A memory of another program replaces the one before it, of which only the state and the day are needed.
    imported = max(
        (place for place, one in enumerate(in_force) if one.memory and not one.is_practice), default=-1
    )
    for place, outcome in enumerate(in_force):
        review = fsrs_memory.review_roughly if place < imported else fsrs_memory.review
        progress = fold(progress, outcome, retention, review=review)
    return Fold(progress, _tallies(outcomes))


def counted(outcomes: Sequence[Outcome], since: datetime | None = None) -> Sequence[Outcome]:
    """The ``outcomes`` after the last new start: the latest of ``since`` and of the outcomes' own ``since``."""
    in_force = max((outcome.since for outcome in outcomes if outcome.since), default=since)
    if in_force is None:
        return outcomes
    in_force = max(in_force, since or in_force)
    return [outcome for outcome in outcomes if outcome.reviewed_at >= in_force]


def tally(progress: Progress, outcome: Outcome) -> Tally:
    """What ``outcome`` adds to its study day; ``progress`` is the card's progress before it."""
    return _tally(outcome, had_memory=progress.memory is not None, last_day=progress.last_day)


def _tally(outcome: Outcome, *, had_memory: bool, last_day: date | None) -> Tally:
    if not outcome.is_recall:
        return _tally_of() if outcome.is_answer else Tally()
    is_first_of_day = last_day is None or outcome.study_day > last_day
    tests_memory = had_memory and is_first_of_day
    return _tally_of(not had_memory, tests_memory, tests_memory and outcome.is_correct)


@lru_cache
def _tally_of(introduced: bool = False, recalls: bool = False, recalls_right: bool = False) -> Tally:
    """The tally of one answer: one of a few, which a replay needs for each line of the log."""
    return Tally(1, int(introduced), int(recalls), int(recalls_right))


def _tallies(outcomes: Sequence[Outcome]) -> list[Tally]:
    """A tally for each outcome, as it was when the outcome was answered: later new starts do not change it.

    A tally only needs to know whether the card had a memory, and the latest day of the outcomes that counted. So
    those outcomes are a window whose start moves forward, and nothing is calculated twice for any number of
    starts.
    """
    tallies = []
    in_force: datetime | None = None
    start, made = 0, 0
    # Places of outcomes in the window, each on a later day than all that follow: the first has the latest day.
    latest: deque[int] = deque()
    for place, outcome in enumerate(outcomes):
        if outcome.since and (in_force is None or outcome.since > in_force):
            in_force = outcome.since
        while in_force and start < place and outcomes[start].reviewed_at < in_force:
            made -= _makes_memory(outcomes[start])
            start += 1
        while latest and latest[0] < start:
            latest.popleft()
        last_day = outcomes[latest[0]].study_day if latest else None
        tallies.append(_tally(outcome, had_memory=made > 0, last_day=last_day))
        made += _makes_memory(outcome)
        if outcome.is_practice:
            continue
        while latest and outcomes[latest[-1]].study_day <= outcome.study_day:
            latest.pop()
        latest.append(place)
    return tallies


def _makes_memory(outcome: Outcome) -> bool:
    """Whether a card has a memory after the outcome in any case."""
    return not outcome.is_practice and (outcome.is_recall or outcome.memory is not None)


def is_leech(progress: Progress) -> bool:
    """Whether the card is forgotten so often that it should be rewritten."""
    return progress.lapses >= LEECH_LAPSES


def fades_at(progress: Progress) -> datetime | None:
    """When a card with this progress starts to be fading; None unless it is mastered."""
    if progress.level is not Level.MASTERED or progress.memory is None:
        return None
    return fsrs_memory.falls_to(progress.memory, FADING)


def next_step(progress: Progress, today: date) -> NextStep | None:
    """What raises a card to the next level, as of the study day ``today``; None at the highest level."""
    is_new_day = progress.last_recall_day is None or today > progress.last_recall_day
    if progress.level is Level.MASTERED:
        return None
    if progress.level is Level.LEARNED:
        is_after_miss = progress.last_miss_day is None or today > progress.last_miss_day
        need = Need.RECALL if is_new_day and is_after_miss else Need.LATER_DAY
        return NextStep(Level.MASTERED, need, max(1, MASTERED_DAYS - progress.recall_days))
    if progress.level is Level.RECALLED:
        won_back = progress.peak >= Level.LEARNED
        return NextStep(Level.LEARNED, Need.RECALL if won_back or is_new_day else Need.APART)
    return NextStep(Level.RECALLED, Need.RECALL)


def _next_memory(progress: Progress, outcome: Outcome, retention: float, review: MemoryRule) -> Memory | None:
    memory = progress.memory
    if outcome.memory is not None:
        return outcome.memory
    if not outcome.is_recall:
        if memory is None or outcome.is_correct:
            return memory
        # Recognition never changes a memory, but after a wrong choice the learner should see the card again.
        return replace(
            memory,
            due=min(memory.due, outcome.reviewed_at),
            due_day=min(memory.due_day, outcome.study_day),
        )
    if memory is not None and outcome.rating is None and not _may_update_memory(progress, memory, outcome):
        return memory
    rating = outcome.rating or (Rating.GOOD if outcome.is_correct else Rating.AGAIN)
    return review(memory, rating, outcome.reviewed_at, outcome.study_day, retention)


def _may_update_memory(progress: Progress, memory: Memory, outcome: Outcome) -> bool:
    """Whether a recall that the learner has not rated updates the memory.

    Minutes after a question that showed the answer, it would triple the stability of a memory that was last
    updated on another day, and prove nothing. On a day on which the memory was updated, FSRS has a formula for
    the same day.
    """
    return _first_of_day(progress, outcome) or outcome.study_day <= memory.day


def _right(before: Progress, outcome: Outcome, memory: Memory | None) -> Progress:
    level, recalls, recall_days = before.level, before.recalls, before.recall_days
    last_recall_day = before.last_recall_day
    if outcome.is_recall:
        new_day = last_recall_day is None or outcome.study_day > last_recall_day
        recalls, recall_days = recalls + 1, recall_days + new_day
        last_recall_day = _later(last_recall_day, outcome.study_day)
        level = _level_after_recall(before, outcome, recall_days, new_day=new_day)
    elif level is Level.NEW and outcome.kind.raises_level:
        level = Level.RECOGNISED
    return Progress(
        level=level,
        peak=max(before.peak, level),
        recalls=recalls,
        misses=before.misses,
        lapses=before.lapses,
        recall_days=recall_days,
        last_recall_day=last_recall_day,
        last_miss_day=before.last_miss_day,
        last_lapse_day=before.last_lapse_day,
        last_day=_later(before.last_day, outcome.study_day),
        memory=memory,
    )


def _level_after_recall(before: Progress, outcome: Outcome, recall_days: int, *, new_day: bool) -> Level:
    if before.level < Level.RECALLED:
        return Level.RECALLED
    if before.level is Level.RECALLED:
        won_back = before.peak >= Level.LEARNED
        apart = outcome.gap is not None and outcome.gap >= outcome.gap_needed
        return Level.LEARNED if won_back or new_day or apart else Level.RECALLED
    after_miss = before.last_miss_day is None or outcome.study_day > before.last_miss_day
    if new_day and after_miss and recall_days >= MASTERED_DAYS:
        return Level.MASTERED
    return before.level


def _wrong(before: Progress, outcome: Outcome, memory: Memory | None) -> Progress:
    was_known = before.memory is not None and before.memory.state is State.REVIEW
    forgot = was_known and memory is not None and memory.state is State.RELEARNING
    # At most one lapse a day, so that one bad session makes no leech.
    lapsed = forgot and (before.last_lapse_day is None or outcome.study_day > before.last_lapse_day)
    return Progress(
        level=Level(max(before.level - 1, min(before.level, Level.RECOGNISED))),
        peak=before.peak,
        recalls=before.recalls,
        misses=before.misses + 1,
        lapses=before.lapses + lapsed,
        recall_days=before.recall_days,
        last_recall_day=before.last_recall_day,
        last_miss_day=_later(before.last_miss_day, outcome.study_day),
        last_lapse_day=outcome.study_day if lapsed else before.last_lapse_day,
        last_day=_later(before.last_day, outcome.study_day),
        memory=memory,
    )


def _first_of_day(progress: Progress, outcome: Outcome) -> bool:
    return progress.last_day is None or outcome.study_day > progress.last_day


def _later(known: date | None, day: date) -> date:
    """The later day: if a learner flies west and has a study day twice, the second is not a new day."""
    return day if known is None else max(known, day)
