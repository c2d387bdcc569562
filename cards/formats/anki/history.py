"""How a learner stands with Anki's cards: schedule, FSRS memory, and the log of answers. Pure."""

import json
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cards.formats.anki.database import Database
from cards.formats.anki.schema import AnkiDeck, Clock, instant, share
from cards.formats.types import MAX_REVIEWS, PastReview, Report, Schedule

MAX_CARDS_OF_NOTE = 1_000
SECONDS_PER_DAY = 86_400

STATES = {0: "new", 1: "learning", 2: "review", 3: "relearning"}
SUSPENDED, BURIED = -1, (-2, -3)
KINDS = {0: "learn", 1: "review", 2: "relearn", 3: "extra"}
MANUAL = 4
FIRST_SECOND = 1_000_000_000
"""A ``due`` from here on is an instant in seconds; below, the number of a day or the place among new cards."""


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
    data: str


CARD_QUERY = "SELECT id, nid, did, odid, ord, type, queue, due, odue, ivl, reps, lapses, data FROM cards"


def card_row(row: Sequence[Any]) -> CardRow:
    """A row of `CARD_QUERY`. Of a card in a filtered deck, the deck and the due day that it comes back to."""
    *values, data = row
    (card, note, deck, home, ord_, type_, queue, due, home_due, interval, reps, lapses) = (
        value if isinstance(value, int) else 0 for value in values
    )
    return CardRow(
        *(card, note, home or deck, ord_, type_, queue, home_due if home and home_due else due),
        *(interval, reps, lapses, data if isinstance(data, str) else ""),
    )


def positive(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e6 else None


def schedule(row: CardRow, side: str, clock: Clock, deck: AnkiDeck | None) -> Schedule:
    """The schedule of a card for the side that it asks for."""
    try:
        memory = json.loads(row.data) if row.data[:1] == "{" else {}
    except (ValueError, RecursionError):
        memory = {}
    memory = memory if isinstance(memory, dict) else {}
    state = STATES.get(row.type, "new")
    is_instant = row.due >= FIRST_SECOND
    last = positive_seconds(memory.get("lrt"))
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
        last_review=instant(last) if last else None,
        suspended=row.queue == SUSPENDED,
        buried=row.queue in BURIED,
    )


def positive_seconds(value: Any) -> float | None:
    return value if isinstance(value, int) and value > 0 else None


class Log:
    """The answers of a collection by card, kept in arrays: two million take fifty megabytes."""

    def __init__(self, database: Database, report: Report, *, most: int = MAX_REVIEWS) -> None:
        self.times, self.elapsed = array("q"), array("i")
        self.intervals, self.ratings, self.kinds = array("i"), array("b"), array("b")
        # Where the answers of each card lie in the arrays.
        self.places: dict[int, tuple[int, int]] = {}
        if "revlog" in database.tables:
            self.read(database, report, most)

    def read(self, database: Database, report: Report, most: int) -> None:
        database.count("revlog", MAX_REVIEWS, "answers")
        # Those of cards that are gone stay in a collection, and are never looked at.
        database.count("revlog WHERE cid IN (SELECT id FROM cards)", most, "answers")
        query = "SELECT cid, id, ease, ivl, time, type FROM revlog ORDER BY cid, id"
        current, start = None, 0
        for row in database.rows(query):
            if not all(isinstance(value, int) for value in row):
                report.skip("answers that are damaged")
                continue
            card, time, rating, interval, elapsed, kind = row
            if card != current:
                self.close_card(current, start)
                current, start = card, len(self.times)
            if kind == MANUAL and not rating and not interval:
                self.forget(start, report)
            elif rating in (1, 2, 3, 4) and kind in KINDS:
                self.times.append(max(min(time, 2**62), 0))
                self.elapsed.append(max(min(elapsed, 2**31 - 1), 0))
                self.intervals.append(max(min(interval, 2**31 - 1), -(2**31)))
                self.ratings.append(rating)
                self.kinds.append(kind)
            else:
                report.skip("changes of a schedule that were no answers")
        self.close_card(current, start)

    def close_card(self, card: int | None, start: int) -> None:
        if card is not None and len(self.times) > start:
            self.places[card] = (start, len(self.times))

    def forget(self, start: int, report: Report) -> None:
        """A card was made new again: no answer before counts, in Anki neither."""
        if dropped := len(self.times) - start:
            report.skipped["answers from before a card was made new again"] += dropped
        for kept in (self.times, self.elapsed, self.intervals, self.ratings, self.kinds):
            del kept[start:]

    def of(self, card: int, side: str) -> Iterator[PastReview]:
        """The answers of one card, oldest first, as answers for ``side``."""
        start, end = self.places.get(card, (0, 0))
        for index in range(start, end):
            interval = self.intervals[index]
            at = instant(self.times[index] / 1000)
            if at is not None:
                yield PastReview(
                    side,
                    at,
                    self.ratings[index],
                    self.elapsed[index],
                    KINDS[self.kinds[index]],
                    float(interval) if interval >= 0 else -interval / SECONDS_PER_DAY,
                )


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
