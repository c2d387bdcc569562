"""A learner's history in Anki: schedules, FSRS memory, and the log of answers. Pure."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cards.formats.anki.collection import AnkiDeck, Clock, instant, share
from cards.formats.anki.container.database import Database
from cards.formats.types import MAX_REVIEWS, FormatError, PastReview, Report, Schedule
from cards.formats.work import Work

MAX_CARDS_OF_NOTE = 1_000
SECONDS_PER_DAY = 86_400

STATES = {0: "new", 1: "learning", 2: "review", 3: "relearning"}
SUSPENDED, BURIED = -1, (-2, -3)
FILTERED, MANUAL, RESCHEDULED = 3, 4, 5
"""Types of Anki's log. The last two are no answers: a due date was set, options were changed, a card was reset."""

CRAM, RESET = -FILTERED, -MANUAL
"""How the same types are stored here if the row has no ease factor (see `kind_of_row`)."""

KINDS = {0: "learn", 1: "review", 2: "relearn", FILTERED: "early", CRAM: "cram"}
FLAGS = ("", "red", "orange", "green", "blue", "pink", "turquoise", "purple")
FIRST_SECOND = 1_000_000_000
"""A ``due`` from here on is a time in seconds. A smaller one is a day's number, or a position among new cards."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """A row of Anki's ``cards``: one template's card of a note."""

    id: int
    note: int
    deck: int
    ord: int
    type: int
    queue: int
    due: int
    interval: int
    reps: int
    lapses: int
    flags: int
    data: str

    @property
    def flag(self) -> str:
        """The name of its coloured flag, which the lowest three bits have. Empty without one."""
        return FLAGS[self.flags & 7]


CARD_QUERY = (
    "SELECT id, nid, did, odid, ord, type, queue, due, odue, ivl, reps, lapses, flags, data FROM cards"
)


def card_row(row: Sequence[Any]) -> CardRow:
    """A row of `CARD_QUERY`. For a card in a filtered deck, its home deck and its due day there."""
    *values, data = row
    (card, note, deck, home, ord_, type_, queue, due, home_due, interval, reps, lapses, flags) = (
        value if isinstance(value, int) else 0 for value in values
    )
    return CardRow(
        *(card, note, home or deck, ord_, type_, queue, home_due if home and home_due else due),
        *(interval, reps, lapses, flags, data if isinstance(data, str) else ""),
    )


def positive(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e6 else None


def schedule(
    row: CardRow, side: str, clock: Clock, deck: AnkiDeck | None, reset_at: datetime | None
) -> Schedule:
    """The schedule of a card for the side that it asks for. It was last reset at ``reset_at``."""
    try:
        memory = json.loads(row.data) if row.data[:1] == "{" else {}
    except (ValueError, RecursionError):
        memory = {}
    memory = memory if isinstance(memory, dict) else {}
    state = STATES.get(row.type, "new")
    is_instant = row.due >= FIRST_SECOND
    seconds = positive_seconds(memory.get("lrt"))
    last = instant(seconds) if seconds else None
    return Schedule(
        side,
        state,
        due_day=clock.day(row.due) if state != "new" and not is_instant else None,
        due_at=instant(row.due) if state != "new" and is_instant else None,
        interval_days=max(row.interval, 0),
        reps=row.reps,
        lapses=row.lapses,
        stability=positive(memory.get("s")),
        difficulty=positive(memory.get("d")),
        retention=share(memory.get("dr")) or (deck.retention if deck else None),
        last_review=last,
        last_day=clock.study_day(last) if last else None,
        reset_at=reset_at,
        suspended=row.queue == SUSPENDED,
        buried=row.queue in BURIED,
    )


def positive_seconds(value: Any) -> float | None:
    return value if isinstance(value, int) and value > 0 else None


COPIED = 20_000
"""Answers that are copied in one step."""

LOG_QUERY = """
SELECT rowid, cid IN (SELECT id FROM cards), cid, id, ease, ivl, time, type, factor FROM revlog
WHERE rowid >= {} ORDER BY rowid LIMIT {}
"""
IN_LOG = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)"
RATINGS, NO_ANSWERS = (1, 2, 3, 4), (RESET, MANUAL, RESCHEDULED)
OF_CARD = "SELECT time, rating, interval, elapsed, kind FROM answers WHERE card = ? ORDER BY time, number"


class Log:
    """The answers of a collection by card, copied to our database: a collection may lack an index for that."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def read(self, database: Database, report: Report, most: int, last: int | None) -> Iterator[int]:
        """Take the answers over that lie behind the row ``last``, step by step; gives the last row of each.

        Those of cards that are gone stay in a collection, and are never looked at. Raises FormatError for more
        than ``most``.
        """
        if "revlog" not in database.tables:
            return
        if last is None:
            self.work.db.execute("DELETE FROM answers")
            database.count("revlog", MAX_REVIEWS, "answers")
            database.count("revlog WHERE cid IN (SELECT id FROM cards)", most, "answers")
        while rows := list(database.rows(LOG_QUERY.format(-(2**63) if last is None else last + 1, COPIED))):
            last = rows[-1][0]
            if not isinstance(last, int):
                # A column of this name, where SQLite numbers the rows itself.
                raise FormatError("The collection is damaged.", where=database.where)
            self.work.db.executemany(IN_LOG, self.whole(rows, report))
            yield last

    def whole(self, rows: Sequence[tuple[Any, ...]], report: Report) -> Iterator[tuple[int, ...]]:
        """The rows whose cards exist, as they are stored."""
        for number, is_there, *values, factor in rows:
            if not is_there:
                continue
            if not all(isinstance(value, int) for value in values):
                report.skip("answers that are damaged")
                continue
            card, time, rating, interval, elapsed, kind = values
            yield card, time, number, rating, interval, elapsed, kind_of_row(kind, factor)

    def of(
        self, card: int, side: str, clock: Clock, report: Report
    ) -> tuple[list[PastReview], datetime | None]:
        """The answers to one card, oldest first, as answers for ``side``; and when it was last made new again."""
        found: list[PastReview] = []
        reset_at: datetime | None = None
        for time, rating, interval, elapsed, kind in self.work.db.execute(OF_CARD, (card,)):
            at = instant(max(min(time, 2**62), 0) / 1000)
            if at and kind == RESET:
                reset_at = at
            elif at and rating in RATINGS and kind in KINDS:
                days = days_of(interval)
                took = max(min(elapsed, 2**31 - 1), 0)
                day = clock.study_day(at)
                found.append(PastReview(side, at, rating, took, KINDS[kind], days, day, reset_at))
            elif kind not in NO_ANSWERS:
                report.skip("answers that are damaged")
        return found, reset_at


def kind_of_row(kind: int, factor: Any) -> int:
    """The type of a row of Anki's log, with those without an ease factor told apart.

    A row of a filtered deck has none if the deck does not reschedule its cards, and one that was written by hand
    has none if the card was made new again and not only given another due date (revlog/mod.rs of Anki's rslib).
    """
    return -kind if kind in (FILTERED, MANUAL) and not factor else kind


def days_of(interval: int) -> float:
    """An interval in days. Anki stores one in seconds as a negative number."""
    interval = max(min(interval, 2**31 - 1), -(2**31))
    return float(interval) if interval >= 0 else -interval / SECONDS_PER_DAY


def by_note(database: Database, where: str = "") -> Iterator[tuple[int, list[CardRow]]]:
    """Each note's cards, by the note's id, in the order of their templates."""
    rows: defaultdict[int, list[CardRow]] = defaultdict(list)
    current: int | None = None
    for raw in database.rows(f"{CARD_QUERY} {where} ORDER BY nid, ord"):
        row = card_row(raw)
        if current is not None and row.note != current:
            yield current, rows.pop(current)
        current = row.note
        if len(rows[current]) < MAX_CARDS_OF_NOTE:
            rows[current].append(row)
    if current is not None:
        yield current, rows.pop(current)
