"""Histories from files: what a learner has answered elsewhere becomes lines of their log, replayed to their
progress.

Every chunk is a transaction of its own and leaves the law of the log holding. A line that is there already, by its
card, side and time, is not written again, so a file may come twice, or go on where it stopped.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F

from cards.models import Card, Deck
from sessions_app.models import ANKI, CardProgress, DayTotal, Enrollment, Review
from sessions_app.review_log import replaying, totals
from sessions_app.review_log.card_changes import note_buried
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.study.scheduling.types import Tally
from sessions_app.study.types import Evidence, Level
from studysite.accounts.models import User
from studysite.slices import Slice

CARDS_AT_ONCE, LINES_AT_ONCE = 250, 600


@dataclass
class CardFlags:
    """The learner's own words about one side of a card."""

    starred: bool = False
    suspended: bool = False
    buried_until: datetime | None = None
    reset_at: datetime | None = None

    def put_on(self, row: CardProgress) -> bool:
        """Add them to what ``row`` has; whether that changes it."""
        before = (row.starred, row.suspended, row.buried_until, row.reset_at)
        row.starred |= self.starred
        row.suspended |= self.suspended
        row.buried_until = totals.later(row.buried_until, self.buried_until)
        row.reset_at = totals.later(row.reset_at, self.reset_at)
        return before != (row.starred, row.suspended, row.buried_until, row.reset_at)


@dataclass
class CardHistory:
    """What a file says of one card: unsaved lines of the log, and marks by side; ``place`` is its number there."""

    card_id: int
    lines: list[Review] = field(default_factory=list)
    marks: dict[str, CardFlags] = field(default_factory=dict)
    place: int = 0


def write(
    *,
    deck: Deck,
    learner: User,
    histories: Iterable[CardHistory],
    read_settings: Callable[[Enrollment], None],
    start: int,
    seconds: float,
) -> tuple[int, int] | None:
    """Write ``histories``, which lie behind the place ``start``, for about so long.

    ``read_settings`` is called once, at the beginning, if the learner has not studied the deck before; it sets
    fields of their enrollment.

    Returns:
        The place of the last that is written, and how many were; None when all are.
    """
    slice_, rest, written = Slice(seconds), iter(histories), 0
    chunk = next_chunk(rest)
    while chunk:
        with transaction.atomic():
            enrollment = lock_enrollment(learner, deck)
            if start == 0 and enrollment.last_studied_at is None:
                read_settings(enrollment)
                enrollment.save()
                # By the side that is asked for now.
                Enrollment.objects.filter(pk=enrollment.pk).recount()
            within = Slice.of_a_transaction()
            while chunk:
                _write_chunk(enrollment, [each for each in chunk if each.lines or each.marks])
                start, written = chunk[-1].place, written + len(chunk)
                if within.is_over or slice_.is_over:
                    break
                chunk = next_chunk(rest)
            Enrollment.objects.filter(pk=enrollment.pk).update(
                last_studied_at=enrollment.last_studied_at, unseen_from=0, unseen_version=0
            )
        # Read while nobody waits for the transaction.
        chunk = chunk and next_chunk(rest)
        if slice_.is_over and chunk:
            return start, written
    return None


def next_chunk(histories: Iterator[CardHistory]) -> list[CardHistory]:
    """As many of ``histories`` as one transaction writes: some cards, fewer where they have many answers."""
    chunk: list[CardHistory] = []
    lines = 0
    for each in histories:
        chunk.append(each)
        lines += len(each.lines)
        if len(chunk) == CARDS_AT_ONCE or lines >= LINES_AT_ONCE:
            break
    return chunk


def _write_chunk(enrollment: Enrollment, histories: Sequence[CardHistory]) -> None:
    learner, deck = enrollment.learner_id, enrollment.deck_id
    cards = Card.objects.filter(pk__in=[each.card_id for each in histories], deck=deck).defer(*totals.TEXTS)
    by_pk = {card.pk: card for card in cards}
    histories = [each for each in histories if each.card_id in by_pk]
    old = list(Review.objects.filter(learner=learner, card__in=by_pk))
    # A line that was judged anew lies with the one that it stands for at one time; both came, or neither did.
    have = {(line.card_id, line.side, line.reviewed_at) for line in old}
    new = [
        line
        for each in histories
        for line in each.lines
        if (line.card_id, line.side, line.reviewed_at) not in have
    ]
    drop_older_memories(new, old)
    Review.objects.bulk_create(new, batch_size=totals.ROWS_AT_ONCE)
    touched = {(line.card_id, line.side) for line in new}
    touched |= {(each.card_id, side) for each in histories for side in each.marks}
    rows = {
        (row.card_id, row.side): row for row in CardProgress.objects.filter(learner=learner, card__in=by_pk)
    }
    marks = {(each.card_id, side): mark for each in histories for side, mark in each.marks.items()}
    lines = sorted(
        (line for line in [*old, *new] if line.voided_at is None), key=lambda one: (one.reviewed_at, one.pk)
    )
    _settle(enrollment, by_pk, touched, rows, marks, lines, {line.pk for line in new})
    last = max((line.reviewed_at for line in new), default=None)
    enrollment.last_studied_at = totals.later(enrollment.last_studied_at, last)


def drop_older_memories(new: Iterable[Review], old: Iterable[Review]) -> None:
    """Let no new line carry a memory that is older than what the learner had recalled here by then.

    A memory's day never goes back. What was recalled here is news to the other program, which may have fed its
    memory long before the line: a cram feeds none.
    """
    # By card and side: when something was recalled here, and the latest study day until then.
    recalled: dict[tuple[int, str], tuple[list[datetime], list[date]]] = {}
    for line in sorted(old, key=lambda one: one.reviewed_at):
        if line.mode != ANKI and line.evidence == Evidence.RECALL and line.voided_at is None:
            times, days = recalled.setdefault((line.card_id, line.side), ([], []))
            times.append(line.reviewed_at)
            days.append(max(line.study_day, days[-1] if days else line.study_day))
    for line in new:
        times, days = recalled.get((line.card_id, line.side), ([], []))
        before = bisect_left(times, line.reviewed_at)
        if line.memory_day and before and line.memory_day < days[before - 1]:
            line.carry(None)


def _settle(
    enrollment: Enrollment,
    cards: Mapping[int, Card],
    touched: Iterable[tuple[int, str]],
    rows: dict[tuple[int, str], CardProgress],
    marks: Mapping[tuple[int, str], CardFlags],
    lines: Sequence[Review],
    new: set[int],
) -> None:
    """Replay the sides that were touched, and bring progress, marks and days to what the log says now."""
    by_side: dict[tuple[int, str], list[Review]] = {}
    for line in lines:
        by_side.setdefault((line.card_id, line.side), []).append(line)
    days: dict[tuple[int, Any], Tally] = {}
    changed, marked = [], []
    counts: Counter[str] = Counter()
    for key in sorted(touched):
        card = cards[key[0]]
        row = rows.get(key) or totals.new_row(enrollment, card, key[1])
        counts.subtract(_counted(enrollment, card, row))
        if key in marks and marks[key].put_on(row):
            marked.append(row)
        since = totals.counted_since(row, card)
        after = replaying.History(by_side.get(key, []))
        before = replaying.History([line for line in after.lines if line.pk not in new])
        fold = after.replay(enrollment.retention, since)
        if row.take(fold.progress, last_reviewed_at=after.last_reviewed_at) or row.pk is None:
            changed.append(row)
        counts.update(_counted(enrollment, card, row))
        for day, tally in after.days(fold).items():
            days[day] = days.get(day, Tally()) + tally
        if before.lines:
            for day, tally in before.days(before.replay(enrollment.retention, since)).items():
                days[day] = days.get(day, Tally()) + -tally
    totals.save_rows(changed)
    CardProgress.objects.bulk_update(
        marked, ["starred", "suspended", "buried_until", "reset_at"], batch_size=totals.ROWS_AT_ONCE
    )
    _add_days(enrollment.learner_id, days)
    mine = Enrollment.objects.filter(pk=enrollment.pk)
    mine.update(**{name: F(name) + change for name, change in counts.items() if change})
    if any(mark.buried_until for mark in marks.values()):
        note_buried(enrollment.deck)


def _counted(enrollment: Enrollment, card: Card, row: CardProgress) -> dict[str, int]:
    """What ``row`` adds to the roll-up of its enrollment, as `EnrollmentQuerySet.recount` counts it."""
    if card.removed_at is not None or row.side != enrollment.asked_side(card):
        return {}
    if row.suspended:
        return {"suspended": 1}
    level = totals.LEVEL_FIELDS.get(Level(row.level))
    return {"scheduled": int(row.due is not None), **({level: 1} if level else {})}


def _add_days(learner: int, days: Mapping[tuple[int, Any], Tally]) -> None:
    """`log.add_to_day` for many days at once."""
    rows = DayTotal.objects.filter(learner=learner, deck__in={deck for deck, _ in days})
    known = {(row.deck_id, row.study_day): row for row in rows}
    changed = []
    for (deck, day), tally in days.items():
        if tally == Tally():
            continue
        row = known.get((deck, day)) or DayTotal(learner_id=learner, deck_id=deck, study_day=day)
        total = row.as_tally() + tally
        row.answers, row.introduced = total.answers, total.introduced
        row.recalls, row.recalls_right = total.recalls, total.recalls_right
        changed.append(row)
    DayTotal.objects.bulk_create(
        changed,
        batch_size=totals.ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["learner", "deck", "study_day"],
        update_fields=["answers", "introduced", "recalls", "recalls_right"],
    )


def in_order(lines: Iterable[Review]) -> list[Review]:
    """Lines of one card by side and time, no two of a side at one instant."""
    ordered = sorted(lines, key=lambda line: (line.side, line.reviewed_at))
    for _, group in groupby(ordered, key=lambda line: line.side):
        last: datetime | None = None
        for line in group:
            if last and line.reviewed_at <= last:
                line.reviewed_at = last + timedelta(microseconds=1)
            last = line.reviewed_at
    return ordered
