"""A learner's schedules and answers -> rows of an Anki collection. Pure."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from cards.formats.anki.collection import EPOCH
from cards.formats.anki.history import BURIED, KINDS, SECONDS_PER_DAY, STATES, SUSPENDED
from cards.formats.types import ParsedCard, PastReview, Schedule

QUEUES = {"new": 0, "learning": 1, "review": 2, "relearning": 1}
IN_STEPS = ("learning", "relearning")
TYPES = {state: number for number, state in STATES.items()}
KIND_NUMBERS = {kind: abs(number) for number, kind in KINDS.items()}
WITHOUT_FACTOR = ("learn", "cram")
"""Answers that Anki stores without an ease factor. By that it tells a cram from an early review."""

ONE_STEP_LEFT = 1_001
EASE = 2_500
"""What Anki gives to every card at first. Only its older scheduler uses it."""

MOST_SHIFTED = 300
"""Milliseconds by which an answer may be moved: Anki identifies answers by their times."""

UPDATE = """
UPDATE cards SET type = ?, queue = ?, due = ?, ivl = ?, factor = ?, reps = ?, lapses = ?, left = ?, data = ?
WHERE id = ?
"""
ADD = "INSERT INTO revlog VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)"
TAKEN = "SELECT id FROM revlog WHERE id BETWEEN ? AND ? ORDER BY id"


def set_calendar(db: sqlite3.Connection, day_0: datetime) -> None:
    """Let the collection count its days from ``day_0``, in the time zone that this has."""
    (text,) = db.execute("SELECT conf FROM col").fetchone()
    offset = day_0.utcoffset()
    west = -int(offset.total_seconds() // 60) if offset else 0
    conf = json.loads(text) | {"schedVer": 2, "creationOffset": west}
    db.execute("UPDATE col SET crt = ?, conf = ?", (int(day_0.timestamp()), json.dumps(conf)))


def add_history(cursor: sqlite3.Cursor, ids: Mapping[str, int], card: ParsedCard, day_0: date) -> None:
    """Write the schedules and answers of ``card``. ``ids`` has Anki's card for each side that is asked for."""
    for schedule in card.schedules:
        if schedule.side in ids:
            cursor.execute(UPDATE, (*values_of(schedule, day_0), ids[schedule.side]))
    for side, answers in groupby(sorted(card.reviews, key=lambda one: one.side), key=lambda one: one.side):
        if side in ids:
            add_answers(cursor, ids[side], sorted(answers, key=lambda one: one.reviewed_at))


def values_of(schedule: Schedule, day_0: date) -> tuple[Any, ...]:
    """The values of a row of ``cards``, as `UPDATE` has them."""
    is_new, in_steps = schedule.state == "new", schedule.state in IN_STEPS
    due, queue = 0, QUEUES[schedule.state]
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
        *(schedule.reps, schedule.lapses, ONE_STEP_LEFT if in_steps else 0, memory_of(schedule)),
    )


def memory_of(schedule: Schedule) -> str:
    """The FSRS memory, with the time of its last update, as Anki stores it beside the card."""
    if schedule.stability is None or schedule.difficulty is None:
        return ""
    memory = {"s": round(schedule.stability, 4), "d": round(schedule.difficulty, 3)}
    if schedule.last_review:
        memory["lrt"] = int(schedule.last_review.timestamp())
    return json.dumps(memory, separators=(",", ":"))


def add_answers(cursor: sqlite3.Cursor, card: int, answers: Iterable[PastReview]) -> None:
    """Add answers to Anki's card, oldest first. One that finds no free time is left out."""
    last = 0
    for answer in answers:
        interval = interval_of(answer.interval_days)
        kind = KIND_NUMBERS[answer.kind]
        at = free_time(cursor, (answer.reviewed_at - EPOCH) // timedelta(milliseconds=1))
        if at is not None:
            ease = 0 if answer.kind in WITHOUT_FACTOR else EASE
            row = (at, card, answer.rating, interval, last, ease, answer.elapsed_ms, kind)
            cursor.execute(ADD, row)
        last = interval


def interval_of(days: float) -> int:
    """An interval as Anki stores it: days, or seconds as a negative number."""
    return int(days) if days >= 1 else -max(round(days * SECONDS_PER_DAY), 1)


def free_time(cursor: sqlite3.Cursor, at: int) -> int | None:
    """The first free time from ``at`` on, in milliseconds. A test's answers all have the same time."""
    taken = [row for (row,) in cursor.execute(TAKEN, (at, at + MOST_SHIFTED))]
    return next((at + shift for shift in range(MOST_SHIFTED) if not is_at(taken, shift, at + shift)), None)


def is_at(taken: Sequence[int], place: int, time: int) -> bool:
    return place < len(taken) and taken[place] == time


def with_star(card: ParsedCard) -> Iterator[str]:
    """The card's tags, and the one by which Anki knows a marked note."""
    yield from card.tags
    if card.starred:
        yield "marked"
