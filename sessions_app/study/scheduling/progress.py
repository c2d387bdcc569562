"""The fold: what a learner's outcomes on one side of one card add up to.

A derived value depends on that card's outcomes, in order, and on the desired retention, and on nothing else:
no clock, no other card, no chance. So the log can be replayed, and any answer taken back.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import reduce

from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.scheduling.types import Fold, Memory, Need, NextStep, Outcome, Progress, Tally
from sessions_app.study.types import Level, Rating, State

# Days with an unaided recall that make a card mastered, and other questions that keep two recalls apart.
MASTERED_DAYS = 3
RECALLS_APART = 3
LEECH_LAPSES = 8
# Below this predicted recall a mastered card is shown as fading.
FADING = 0.8


def gap_needed(deck_size: int) -> int:
    """How many other questions must lie between two recalls of one evening, in a deck of that many cards."""
    return max(0, min(RECALLS_APART, deck_size - 1))


def fold(progress: Progress, outcome: Outcome, retention: float) -> Progress:
    """The progress after ``outcome``. Outcomes come in order of time, all on one card and side."""
    after = replace(
        progress,
        memory=_next_memory(progress, outcome, retention),
        last_day=_later(progress.last_day, outcome.study_day),
    )
    if outcome.is_correct:
        return _right(progress, after, outcome)
    return _wrong(progress, after, outcome)


def replay(outcomes: Iterable[Outcome], retention: float, since: datetime | None = None) -> Fold:
    """Fold ``outcomes``, which come in order of time, from the beginning; a tally for each of them.

    Where an outcome's ``since`` is later than all before it, and once more at the end where ``since``, the one in
    force now, is, only what was answered at that moment or after it goes on counting.
    """
    outcomes = list(outcomes)
    progress = reduce(
        lambda known, outcome: fold(known, outcome, retention), counted(outcomes, since), Progress()
    )
    return Fold(progress, _tallies(outcomes))


def counted(outcomes: Sequence[Outcome], since: datetime | None = None) -> Sequence[Outcome]:
    """Those of ``outcomes`` that go on counting: the latest of ``since`` and all that they name is in force."""
    in_force = max((outcome.since for outcome in outcomes if outcome.since), default=since)
    if in_force is None:
        return outcomes
    in_force = max(in_force, since or in_force)
    return [outcome for outcome in outcomes if outcome.reviewed_at >= in_force]


def tally(progress: Progress, outcome: Outcome) -> Tally:
    """What ``outcome``, on a card with this ``progress`` before it, adds to its study day."""
    return _tally(outcome, had_memory=progress.memory is not None, last_day=progress.last_day)


def _tally(outcome: Outcome, *, had_memory: bool, last_day: date | None) -> Tally:
    is_first_of_day = last_day is None or outcome.study_day > last_day
    tests_memory = outcome.is_recall and had_memory and is_first_of_day
    return Tally(
        answers=1,
        introduced=int(outcome.is_recall and not had_memory),
        recalls=int(tests_memory),
        recalls_right=int(tests_memory and outcome.is_correct),
    )


def _tallies(outcomes: Sequence[Outcome]) -> list[Tally]:
    """A tally for each outcome, as seen when it was answered, when fewer had ceased to count.

    A tally asks of what counted before only whether it made a memory, and for its latest day. So those that count
    are a window whose start moves on, and nothing is folded again, however often something started anew.
    """
    tallies = []
    in_force: datetime | None = None
    start, feeding = 0, 0
    # Places of outcomes in the window, each on a later day than all after it: the first has the latest day.
    latest: deque[int] = deque()
    for place, outcome in enumerate(outcomes):
        in_force = max(filter(None, (in_force, outcome.since)), default=None)
        while in_force and start < place and outcomes[start].reviewed_at < in_force:
            feeding -= _feeds(outcomes[start])
            start += 1
        while latest and latest[0] < start:
            latest.popleft()
        last_day = outcomes[latest[0]].study_day if latest else None
        tallies.append(_tally(outcome, had_memory=feeding > 0, last_day=last_day))
        feeding += _feeds(outcome)
        while latest and outcomes[latest[-1]].study_day <= outcome.study_day:
            latest.pop()
        latest.append(place)
    return tallies


def _feeds(outcome: Outcome) -> bool:
    """Whether a card has a memory after the outcome, whatever was before."""
    return outcome.is_recall or outcome.memory is not None


def is_leech(progress: Progress) -> bool:
    """Whether the card keeps being forgotten: it wants rewriting rather than repeating."""
    return progress.lapses >= LEECH_LAPSES


def fades_at(progress: Progress) -> datetime | None:
    """When a card with this progress becomes fading; None unless it is mastered."""
    if progress.level is not Level.MASTERED or progress.memory is None:
        return None
    return fsrs_memory.falls_to(progress.memory, FADING)


def next_step(progress: Progress, today: date) -> NextStep | None:
    """What lifts a card to the next level, as seen on the study day ``today``; None at the highest."""
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


def _next_memory(progress: Progress, outcome: Outcome, retention: float) -> Memory | None:
    memory = progress.memory
    if outcome.memory is not None:
        return outcome.memory
    if not outcome.is_recall:
        if memory is None or outcome.is_correct:
            return memory
        # Recognition never changes a memory, but who misses the answer among four should see the card again.
        return replace(
            memory,
            due=min(memory.due, outcome.reviewed_at),
            due_day=min(memory.due_day, outcome.study_day),
        )
    if memory is not None and outcome.rating is None and not _may_feed(progress, memory, outcome):
        return memory
    rating = outcome.rating or (Rating.GOOD if outcome.is_correct else Rating.AGAIN)
    return fsrs_memory.review(memory, rating, outcome.reviewed_at, outcome.study_day, retention)


def _may_feed(progress: Progress, memory: Memory, outcome: Outcome) -> bool:
    """Whether a recall that the learner has not rated feeds the memory.

    Minutes after a question that showed the answer, it would triple a memory that was last fed on another day
    without proving anything. On a day on which the memory was fed, FSRS has a formula of its own for what follows.
    """
    return _first_of_day(progress, outcome) or outcome.study_day <= memory.day


def _right(before: Progress, after: Progress, outcome: Outcome) -> Progress:
    if not outcome.is_recall:
        lifts = before.level is Level.NEW and outcome.kind.raises_level
        return _at(after, Level.RECOGNISED) if lifts else after
    new_day = before.last_recall_day is None or outcome.study_day > before.last_recall_day
    after = replace(
        after,
        recalls=before.recalls + 1,
        recall_days=before.recall_days + new_day,
        last_recall_day=_later(before.last_recall_day, outcome.study_day),
    )
    return _at(after, _level_after_recall(before, after, outcome, new_day=new_day))


def _level_after_recall(before: Progress, after: Progress, outcome: Outcome, *, new_day: bool) -> Level:
    if before.level < Level.RECALLED:
        return Level.RECALLED
    if before.level is Level.RECALLED:
        won_back = before.peak >= Level.LEARNED
        apart = outcome.gap is not None and outcome.gap >= outcome.gap_needed
        return Level.LEARNED if won_back or new_day or apart else Level.RECALLED
    after_miss = before.last_miss_day is None or outcome.study_day > before.last_miss_day
    if new_day and after_miss and after.recall_days >= MASTERED_DAYS:
        return Level.MASTERED
    return before.level


def _wrong(before: Progress, after: Progress, outcome: Outcome) -> Progress:
    forgot = _state(before) is State.REVIEW and _state(after) is State.RELEARNING
    # Once a day: one bad sitting makes no leech.
    lapsed = forgot and (before.last_lapse_day is None or outcome.study_day > before.last_lapse_day)
    return replace(
        after,
        level=Level(max(before.level - 1, min(before.level, Level.RECOGNISED))),
        misses=before.misses + 1,
        lapses=before.lapses + lapsed,
        last_lapse_day=outcome.study_day if lapsed else before.last_lapse_day,
        last_miss_day=_later(before.last_miss_day, outcome.study_day),
    )


def _state(progress: Progress) -> State | None:
    return progress.memory.state if progress.memory else None


def _first_of_day(progress: Progress, outcome: Outcome) -> bool:
    return progress.last_day is None or outcome.study_day > progress.last_day


def _at(progress: Progress, level: Level) -> Progress:
    return replace(progress, level=level, peak=max(progress.peak, level))


def _later(known: date | None, day: date) -> date:
    """The later day: a learner who travels west lives an earlier study day again, and it is not a new one."""
    return day if known is None else max(known, day)
