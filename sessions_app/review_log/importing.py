"""Histories from files: a learner's answers elsewhere become lines of their log, from which progress is replayed.

Every chunk is one transaction, after which progress agrees with the log. A line that is in the log already, by its
card, side and time, is not written again. So a file may be imported twice, or continued where it stopped.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from math import isclose

from django.db import transaction

from cards.models import Card, Deck
from sessions_app.models import ANKI, CardProgress, Enrollment, Review
from sessions_app.models.enrollment import last_day_with_siblings
from sessions_app.models.review import MEMORY_FIELDS
from sessions_app.review_log import replaying, totals
from sessions_app.review_log.card_changes import note_buried
from sessions_app.review_log.imported_lines import ImportedLine, insert_lines
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.review_log.replaying import History, Replay
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Evidence
from studysite.accounts.models import User
from studysite.slices import Slice

CARDS_AT_ONCE, LINES_AT_ONCE = 500, 3_000

ONE_ANSWER = timedelta(seconds=1)
"""Two answers about one side are further apart. Anki stores whole milliseconds, so an answer that was exported to
it comes back with a slightly different time."""


@dataclass
class CardFlags:
    """What the learner has set on one side of a card.

    ``follows`` is for a program that the learner goes on using: what it had suspended comes back if it has not any
    more. What the learner suspended here stays so.
    """

    starred: bool = False
    suspended: bool = False
    buried_until: datetime | None = None
    reset_at: datetime | None = None
    follows: bool = False

    def may_change(self, row: CardProgress | None) -> bool:
        """Whether they can change ``row``, which is None if there is none yet."""
        return bool(
            self.starred
            or self.suspended
            or self.buried_until
            or self.reset_at
            or (self.follows and row and row.suspended_in_file)
        )

    def add_to(self, row: CardProgress) -> bool:
        """Add them to those of ``row``; whether that changes it."""
        before = [getattr(row, name) for name in FLAG_FIELDS]
        row.starred |= self.starred
        if self.suspended and not row.suspended:
            row.suspended, row.suspended_in_file = True, self.follows
        elif self.follows and not self.suspended and row.suspended_in_file:
            row.suspended = row.suspended_in_file = False
        row.buried_until = totals.later(row.buried_until, self.buried_until)
        row.reset_at = totals.later(row.reset_at, self.reset_at)
        return before != [getattr(row, name) for name in FLAG_FIELDS]


FLAG_FIELDS = ("starred", "suspended", "suspended_in_file", "buried_until", "reset_at")
Key = tuple[int, str]
"""The primary key of a card, and a side of it."""


@dataclass
class CardHistory:
    """The history of one card in a file: unsaved lines, and flags by side; ``place`` is the card's number.

    ``memories`` are what another program remembers of a side after its last recall in ``lines`` that counts; if it
    has none there, after that in ``stand_ins``.
    """

    card_id: int
    lines: list[ImportedLine] = field(default_factory=list)
    flags: dict[str, CardFlags] = field(default_factory=dict)
    place: int = 0
    memories: dict[str, Memory] = field(default_factory=dict)
    stand_ins: dict[str, ImportedLine] = field(default_factory=dict)

    def last_recall(self, side: str) -> ImportedLine | None:
        """The last recall of ``side`` in ``lines``, unless it was made new again after it."""
        recalls = (
            one for one in reversed(self.lines) if one.side == side and one.evidence == Evidence.RECALL
        )
        last, since = next(recalls, None), self.reset_at(side)
        return last if last is None or since is None or last.reviewed_at >= since else None

    def reset_at(self, side: str) -> datetime | None:
        return self.flags[side].reset_at if side in self.flags else None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.lines or self.flags or self.memories)


def write(
    *,
    deck: Deck,
    learner: User,
    histories: Iterable[CardHistory],
    read_settings: Callable[[Enrollment], None],
    start: int,
    seconds: float,
) -> tuple[int, int] | None:
    """Write ``histories``, which begin behind the place ``start``, for about this many seconds.

    ``read_settings`` is called once, at the beginning, if the learner has not studied the deck before; it sets
    fields of their enrollment.

    Returns:
        The place of the last history that is written, and the number written; None when all are written.
    """
    slice_, rest, written = Slice(seconds), iter(histories), 0
    chunk = next_chunk(rest)
    while chunk:
        with transaction.atomic():
            enrollment = lock_enrollment(learner, deck)
            if start == 0 and enrollment.last_studied_at is None:
                read_settings(enrollment)
                enrollment.save()
                # The settings may have changed the side that is asked.
                Enrollment.objects.filter(pk=enrollment.pk).recount()
            within = Slice.of_a_transaction()
            # The last day of other sides is looked for in all progress, so only where it can have changed.
            has_other_sides = start == 0
            while chunk:
                has_other_sides |= _write_chunk(enrollment, [each for each in chunk if each.is_needed])
                start, written = chunk[-1].place, written + len(chunk)
                chunk = [] if within.is_over or slice_.is_over else next_chunk(rest)
            Enrollment.objects.filter(pk=enrollment.pk).update(
                last_studied_at=enrollment.last_studied_at,
                unseen_from=0,
                unseen_version=0,
                **({"siblings_until": last_day_with_siblings()} if has_other_sides else {}),
            )
        # Read outside the transaction, so that others do not wait.
        if slice_.is_over:
            return (start, written) if next(rest, None) else None
        chunk = next_chunk(rest)
    return None


def next_chunk(histories: Iterator[CardHistory]) -> list[CardHistory]:
    """The next ``histories`` for one transaction: a number of cards, fewer if they have many answers."""
    chunk: list[CardHistory] = []
    lines = 0
    for each in histories:
        chunk.append(each)
        lines += len(each.lines)
        if len(chunk) == CARDS_AT_ONCE or lines >= LINES_AT_ONCE:
            break
    return chunk


def _write_chunk(enrollment: Enrollment, histories: Sequence[CardHistory]) -> bool:
    """Write a chunk. Returns whether it has changed progress on sides that their cards do not ask for."""
    learner = enrollment.learner_id
    cards = Card.objects.filter(pk__in=[each.card_id for each in histories], deck=enrollment.deck_id)
    cards = cards.defer(*totals.TEXTS)
    by_pk = {card.pk: card for card in cards}
    histories = [each for each in histories if each.card_id in by_pk]
    old = list(Review.objects.filter(learner=learner, card__in=by_pk))
    # An overridden line and its replacement have the same time; a file has both or neither.
    known = {(line.card_id, line.side, line.reviewed_at) for line in old}
    times = times_by_side(old)
    new = [
        line
        for each in histories
        for line in each.lines
        if (line.card_id, line.side, line.reviewed_at) not in known
        and not (line.mode == ANKI and is_near(line.reviewed_at, times.get((line.card_id, line.side), ())))
    ]
    rows = {
        (row.card_id, row.side): row for row in CardProgress.objects.filter(learner=learner, card__in=by_pk)
    }
    changed = place_memories(histories, new, old, rows)
    drop_older_memories(new, old)
    insert_lines(new)
    Review.objects.bulk_update(changed, MEMORY_FIELDS.values(), batch_size=totals.ROWS_AT_ONCE)
    flags = {
        (each.card_id, side): flag
        for each in histories
        for side, flag in each.flags.items()
        if flag.may_change(rows.get((each.card_id, side)))
    }
    touched = {(line.card_id, line.side) for line in new} | {(line.card_id, line.side) for line in changed}
    touched |= flags.keys()
    replays = list(_replays(enrollment, by_pk, rows, touched, [*old, *new]))
    _put_flags(enrollment, replays, flags)
    replaying.apply_replay(enrollment, replays)
    if any(flag.buried_until for flag in flags.values()):
        note_buried(enrollment.deck)
    last = max((line.reviewed_at for line in new), default=None)
    enrollment.last_studied_at = totals.later(enrollment.last_studied_at, last)
    return any(side not in enrollment.asked_sides(by_pk[card]) for card, side in touched)


def times_by_side(lines: Iterable[Review]) -> dict[Key, list[datetime]]:
    """When each side was answered, in order."""
    found: dict[Key, list[datetime]] = {}
    for line in lines:
        found.setdefault((line.card_id, line.side), []).append(line.reviewed_at)
    return {key: sorted(times) for key, times in found.items()}


def is_near(at: datetime, times: Sequence[datetime]) -> bool:
    """Whether one of the ``times``, which are in order, is so near that it is the same answer."""
    place = bisect_left(times, at)
    return any(abs(at - one) < ONE_ANSWER for one in times[max(place - 1, 0) : place + 1])


def place_memories(
    histories: Iterable[CardHistory],
    new: list[ImportedLine],
    old: Iterable[Review],
    rows: Mapping[Key, CardProgress],
) -> list[Review]:
    """Put each memory of a file on the line after which it is true. Returns the lines of the log that change.

    If that line is in the log already, only the schedule has changed since: the other program was given another
    due date, or has calculated its memories anew. Then the memory goes on this line, unless a later recall follows
    it here. A stand-in is added to ``new`` if the log has neither a recall of this side nor a stand-in. ``rows``
    are the progress before the import.
    """
    recalls: dict[Key, list[Review | ImportedLine]] = {}
    lines: list[Review | ImportedLine] = [*old, *new]
    for line in sorted(lines, key=in_time):
        is_recall = line.evidence == Evidence.RECALL or line.memory is not None
        if is_recall and line.voided_at is None:
            recalls.setdefault((line.card_id, line.side), []).append(line)
    own = {id(line) for line in new}
    changed: list[Review] = []
    for each in histories:
        for side, memory in each.memories.items():
            since = each.reset_at(side)
            there = recalls.get((each.card_id, side), [])
            if since is not None:
                there = [line for line in there if line.reviewed_at >= since]
            last = each.last_recall(side)
            if last is not None and id(last) in own:
                last.set_memory(memory)
            elif last is None and not there:
                each.stand_ins[side].set_memory(memory)
                new.append(each.stand_ins[side])
            elif there and isinstance(known := there[-1], Review):
                is_same = is_near(known.reviewed_at, [last.reviewed_at]) if last else known.mode == ANKI
                if is_same and is_news(memory, known, rows.get((each.card_id, side))):
                    known.set_memory(memory)
                    changed.append(known)
    return changed


def is_news(memory: Memory, line: Review, row: CardProgress | None) -> bool:
    """Whether another program's ``memory`` after ``line`` is not what is known here, by the line or its ``row``.

    An answer that was given here has left with a memory that was calculated here: it is news if the card is now
    due at another time. A line from the other program without its memory was corrected here, and stays so.
    """
    known = line.memory
    if known is None and row is not None and line.mode != ANKI:
        known = row.memory
    if known is None:
        return False
    # The other program rounds what it stores.
    is_close = isclose(known.stability, memory.stability, rel_tol=0.01)
    return (known.due_day, known.state) != (memory.due_day, memory.state) or (
        line.mode == ANKI and not is_close
    )


def drop_older_memories(new: Iterable[ImportedLine], old: Iterable[Review]) -> None:
    """Remove the memory of each new line that is older than the learner's last recall here before it.

    A memory's day never goes back. The other program does not know of recalls here, and its memory may be much
    older than the line, because a cram does not update it.
    """
    # By card and side: the times of recalls here, and the latest study day up to each.
    recalled: dict[tuple[int, str], tuple[list[datetime], list[date]]] = {}
    for line in sorted(old, key=lambda one: one.reviewed_at):
        if line.mode != ANKI and line.evidence == Evidence.RECALL and line.voided_at is None:
            times, days = recalled.setdefault((line.card_id, line.side), ([], []))
            times.append(line.reviewed_at)
            days.append(max(line.study_day, days[-1] if days else line.study_day))
    for one in new:
        times, days = recalled.get((one.card_id, one.side), ([], []))
        before = bisect_left(times, one.reviewed_at)
        if one.memory and before and one.memory.day < days[before - 1]:
            one.set_memory(None)


def _replays(
    enrollment: Enrollment,
    cards: Mapping[int, Card],
    rows: Mapping[Key, CardProgress],
    touched: Iterable[Key],
    lines: Iterable[Review | ImportedLine],
) -> Iterator[Replay]:
    """The replays of the ``touched`` sides of ``cards``. ``lines`` are all that the log says about the cards."""
    by_side: dict[Key, list[Review | ImportedLine]] = {}
    for line in sorted(lines, key=in_time):
        if line.voided_at is None:
            by_side.setdefault((line.card_id, line.side), []).append(line)
    for key in sorted(touched):
        card = cards[key[0]]
        row = rows.get(key) or totals.new_row(enrollment, card, key[1])
        after = History(by_side.get(key, []))
        before = History([line for line in after.lines if isinstance(line, Review)])
        yield Replay(row, card, before, after)


def _put_flags(enrollment: Enrollment, replays: Iterable[Replay], flags: Mapping[Key, CardFlags]) -> None:
    """Add ``flags`` to the rows of ``replays``; rows that are not saved yet are saved with them by the replay."""
    changed: list[CardProgress] = []
    changes: Counter[str] = Counter()
    for one in replays:
        if flag := flags.get((one.card.pk, one.row.side)):
            before = totals.counts_of(one.row, one.card, enrollment)
            if flag.add_to(one.row) and one.row.pk:
                changed.append(one.row)
            changes.update(totals.difference(before, totals.counts_of(one.row, one.card, enrollment)))
    CardProgress.objects.bulk_update(changed, FLAG_FIELDS, batch_size=totals.ROWS_AT_ONCE)
    if values := totals.increments(changes):
        Enrollment.objects.filter(pk=enrollment.pk).update(**values)


def in_time(line: Review | ImportedLine) -> tuple[datetime, int]:
    """The order of the log."""
    return line.reviewed_at, line.pk


def in_order(lines: Iterable[ImportedLine]) -> list[ImportedLine]:
    """Lines of one card by side and time; times of one side that are equal are moved apart."""
    ordered = sorted(lines, key=lambda line: (line.side, line.reviewed_at))
    for _, group in groupby(ordered, key=lambda line: line.side):
        last: datetime | None = None
        for line in group:
            if last and line.reviewed_at <= last:
                line.reviewed_at = last + timedelta(microseconds=1)
            last = line.reviewed_at
    return ordered
