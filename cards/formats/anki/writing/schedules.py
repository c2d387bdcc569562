"""A learner's schedules and answers -> rows of an Anki collection. Pure."""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from cards.formats.anki.collection import EPOCH
from cards.formats.anki.history import BURIED, CRAM, KINDS, MANUAL, SECONDS_PER_DAY, STATES, SUSPENDED
from cards.formats.types import ParsedCard, PastReview, Preset, Schedule

QUEUES = {"new": 0, "learning": 1, "review": 2, "relearning": 1}
IN_STEPS = ("learning", "relearning")
TYPES = {state: number for number, state in STATES.items()}
ROW_TYPES = {kind: abs(number) for number, kind in KINDS.items()}
"""The type of a row of the log by the kind of the answer."""

ONE_STEP_LEFT = 1_001
EASE = 2_500
"""What Anki gives to every card at first. Only its older scheduler uses it."""

LEAST_EASE, MOST_EASE = 1_300, 9_000
DECAY = 20
"""The place of the decay among the parameters of FSRS-6."""

OLD_RETENTION = 0.9
"""What Anki takes for the retention of cards that were scheduled without FSRS."""

MOST_SHIFTED = 1_000
"""Milliseconds by which an answer may be moved: Anki identifies answers by their times."""

Values = tuple[Any, ...]
NEW_CARD: Values = (0, 0, 0, 0, 0, 0, 0, 0, "{}")

ADD = "INSERT INTO revlog VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)"
TAKEN = "SELECT id FROM revlog WHERE id BETWEEN ? AND ? ORDER BY id"


def values_of(schedule: Schedule | None, position: int, day_0: date, preset: Preset | None) -> Values:
    """Type, queue, due, interval, ease, reps, lapses, steps left and memory, as a row of ``cards`` has them.

    ``position`` is the place of a new card. Due days are counted from ``day_0``.
    """
    if schedule is None:
        return (0, 0, position, *NEW_CARD[3:])
    is_new, in_steps = schedule.state == "new", schedule.state in IN_STEPS
    due, queue = position if is_new else 0, QUEUES[schedule.state]
    if in_steps and schedule.due_at:
        due = int(schedule.due_at.timestamp())
    elif schedule.due_day:
        due = (schedule.due_day - day_0).days
    if schedule.suspended:
        queue = SUSPENDED
    elif schedule.buried:
        queue = BURIED[0]
    return (
        *(TYPES[schedule.state], queue, due, schedule.interval_days, 0 if is_new else EASE),
        *(schedule.reps, schedule.lapses, ONE_STEP_LEFT if in_steps else 0, memory_of(schedule, preset)),
    )


def memory_of(schedule: Schedule, preset: Preset | None) -> str:
    """The FSRS memory, with the time of its last update, as Anki stores it beside the card.

    With it is what Anki calculates the predicted recall with: without a decay it would take that of FSRS-5.
    """
    if schedule.stability is None or schedule.difficulty is None:
        return "{}"
    memory: dict[str, float] = {"s": round(schedule.stability, 4), "d": round(schedule.difficulty, 3)}
    if preset:
        memory |= {"dr": round(preset.retention, 2), "decay": round(preset.weights[DECAY], 3)}
    if schedule.last_review:
        memory["lrt"] = int(schedule.last_review.timestamp())
    return json.dumps(memory, separators=(",", ":"))


def add_log(cursor: sqlite3.Cursor, ids: Mapping[str, int], card: ParsedCard, preset: Preset | None) -> None:
    """Write the answers to ``card``. ``ids`` has Anki's card for each side that is asked for."""
    schedules = {schedule.side: schedule for schedule in card.schedules}
    by_side = sorted(card.reviews, key=lambda one: (one.side, one.reviewed_at))
    for side, answers in groupby(by_side, key=lambda one: one.side):
        if side in ids:
            add_answers(cursor, ids[side], list(answers), schedules.get(side), preset)


def add_answers(
    cursor: sqlite3.Cursor,
    card: int,
    answers: Sequence[PastReview],
    schedule: Schedule | None,
    preset: Preset | None,
) -> None:
    """Add answers to Anki's card, oldest first, and when it was made new again between them or after them.

    One that finds no free time is left out.
    """
    reset_at = schedule.reset_at if schedule else None
    counted = (one for one in answers if one.kind != KINDS[CRAM] and one.counted_since == reset_at)
    first = next(counted, None)
    last, before, in_force = 0, 0, None
    for answer in answers:
        if answer.counted_since and answer.counted_since != in_force and before:
            add_reset(cursor, card, answer.counted_since, before, last)
            last = 0
        in_force = answer.counted_since or in_force
        interval = interval_of(answer.interval_days)
        at = free_time(cursor, milliseconds(answer.reviewed_at))
        if at is not None:
            ease = ease_of(
                answer, schedule.first_difficulty if schedule and answer is first else None, preset
            )
            row = (at, card, answer.rating, interval, last, ease, answer.elapsed_ms, ROW_TYPES[answer.kind])
            cursor.execute(ADD, row)
            before = at
        last = interval
    if reset_at and before and (in_force is None or in_force < reset_at):
        add_reset(cursor, card, reset_at, before, last)


def add_reset(cursor: sqlite3.Cursor, card: int, reset_at: datetime, after: int, last: int) -> None:
    """Write that the card was made new again: Anki's own replay begins behind this row.

    A whole deck is reset at one instant. A card that finds no free time there is reset after its own last answer.
    """
    at = free_time(cursor, max(milliseconds(reset_at), after + 1)) or free_time(cursor, after + 1)
    if at is not None:
        cursor.execute(ADD, (at, card, 0, 0, last, 0, 0, MANUAL))


def ease_of(answer: PastReview, difficulty: float | None, preset: Preset | None) -> int:
    """The ease factor of a row. A cram is known by having none.

    From the first row of an incomplete log, Anki calculates the memory with the interval and the ease
    (``memory_state_from_sm2`` of fsrs-rs). So the row that stands for unknown answers has the ease that gives the
    ``difficulty`` after them.
    """
    if answer.kind in (KINDS[CRAM], "learn"):
        return 0
    if difficulty is None or preset is None:
        return EASE
    weights, stability = preset.weights, max(answer.interval_days, 1.0)
    growth = math.exp(weights[8]) * stability ** -weights[9] * math.expm1((1 - OLD_RETENTION) * weights[10])
    ease = round(1000 * (1 + (11 - difficulty) * growth))
    return min(max(ease, LEAST_EASE), MOST_EASE)


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def interval_of(days: float) -> int:
    """An interval as Anki stores it: days, or seconds as a negative number."""
    return int(days) if days >= 1 or not days else -max(round(days * SECONDS_PER_DAY), 1)


def free_time(cursor: sqlite3.Cursor, at: int) -> int | None:
    """The first free time from ``at`` on, in milliseconds. A test's answers all have the same time."""
    taken = [row for (row,) in cursor.execute(TAKEN, (at, at + MOST_SHIFTED))]
    return next((at + shift for shift in range(MOST_SHIFTED) if not is_at(taken, shift, at + shift)), None)


def is_at(taken: Sequence[int], place: int, time: int) -> bool:
    return place < len(taken) and taken[place] == time
