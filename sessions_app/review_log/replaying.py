"""Undoing and overriding lines of the log, and replaying it to progress."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Least

from cards.models import Card
from sessions_app.models import CardProgress, DayTotal, Enrollment, Line, Review
from sessions_app.models.enrollment import ROLL_UP_FIELDS, roll_up_counts
from sessions_app.models.review import LINE_FIELDS, ReviewQuerySet
from sessions_app.review_log import overridden_answers
from sessions_app.review_log.imported_lines import ImportedLine
from sessions_app.review_log.totals import (
    ROWS_AT_ONCE,
    TALLY_FIELDS,
    DeckDay,
    add_to_days,
    counted_since,
    counts_of,
    difference,
    increments,
    later,
    progress_row,
    save_rows,
)
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.fsrs_memory import VERSION
from sessions_app.study.scheduling.types import Fold, Progress, Tally
from sessions_app.study.types import JudgedBy, Rating, Verdict
from studysite.queries.chunks import chunked
from studysite.queries.compiled import Changes, compiled, compiled_update

Values = QuerySet[Any, tuple[Any, ...]]


@dataclass(frozen=True)
class History:
    """One learner's lines about one side of a card, in order."""

    lines: Sequence[Review | Line | ImportedLine]

    @classmethod
    def around(cls, line: Review) -> "History":
        """The standing lines about the card and side of ``line``."""
        lines = Review.objects.standing().filter(learner=line.learner_id, card=line.card_id, side=line.side)
        return cls(list(lines.in_order()))

    def plus(self, line: Review) -> "History":
        """The same with ``line`` inserted."""
        return History(sorted([*self.lines, line], key=lambda one: (one.reviewed_at, one.pk)))

    @property
    def last_reviewed_at(self) -> datetime | None:
        return self.lines[-1].reviewed_at if self.lines else None

    def replay(self, retention: float, since: datetime | None) -> Fold:
        return progress.replay([line.outcome() for line in self.lines], retention, since)

    def days(self, fold: Fold) -> dict[DeckDay, Tally]:
        """What these lines add to the total of each deck and study day."""
        days: dict[DeckDay, Tally] = {}
        for line, tally in zip(self.lines, fold.tallies, strict=True):
            key = (line.deck_id, line.study_day)
            days[key] = days[key] + tally if key in days else tally
        return days


@dataclass(frozen=True)
class Replay:
    """One side of a card whose lines of the log have changed: what they were ``before``, and are ``after``."""

    row: CardProgress
    card: Card
    before: History
    after: History

    @classmethod
    def about(cls, enrollment: Enrollment, line: Review, *, before: History, after: History) -> "Replay":
        """The replay of the card and side of ``line``."""
        return cls(progress_row(enrollment, line.card, line.side), line.card, before, after)


def take_back(enrollment: Enrollment, lines: Sequence[Review], now: datetime) -> None:
    """Void ``lines``, as if these answers had not been given, and replay their cards."""
    Review.objects.filter(pk__in=[line.pk for line in lines]).update(voided_at=now)
    histories = [(line, History.around(line)) for line in lines]
    apply_replay(
        enrollment,
        [Replay.about(enrollment, line, before=after.plus(line), after=after) for line, after in histories],
    )


def override(enrollment: Enrollment, line: Review, verdict: Verdict, now: datetime) -> bool:
    """Void ``line`` and write one with another verdict in its place; False if it is void already.

    A rating becomes the one that the learner gave with this verdict before, else Good or Again.
    """
    if line.verdict == verdict:
        return Review.objects.standing().filter(pk=line.pk).exists()
    if not Review.objects.standing().filter(pk=line.pk).update(voided_at=now):
        return False
    others, new = History.around(line), copy(line)
    if line.rating is not None:
        new.rating = _rating_before(line, verdict)
    new.pk, new.verdict, new.overridden = None, verdict, None
    new.judged_by = JudgedBy.LEARNER
    if verdict is Verdict.CORRECT:
        new.mistaken_for_id = None
        overridden_answers.set_overridden([(new, overridden_answers.question_of(new))], now=now)
    # Another program computed the memory for the old verdict.
    new.set_memory(None)
    new.save(force_insert=True)
    replay = Replay.about(enrollment, new, before=others.plus(line), after=others.plus(new))
    apply_replay(enrollment, [replay])
    return True


def _rating_before(line: Review, verdict: Verdict) -> int:
    """The rating of an earlier line of this step with ``verdict``, so that two overrides restore it."""
    earlier = Review.objects.filter(
        step=line.step_id, card=line.card_id, verdict=verdict, rating__isnull=False
    )
    rating = earlier.order_by("-pk").values_list("rating", flat=True).first() if line.step_id else None
    return rating or (Rating.GOOD if verdict is Verdict.CORRECT else Rating.AGAIN)


def apply_replay(enrollment: Enrollment, replays: Sequence[Replay]) -> None:
    """Update progress, day totals and the roll-up after lines of the log have changed.

    There is at most one of ``replays`` for each row. The number of statements does not grow with theirs.
    """
    changed: list[CardProgress] = []
    changes: Counter[str] = Counter()
    days: dict[DeckDay, Tally] = {}
    unseen: list[int] = []
    for one in replays:
        row, since = one.row, counted_since(one.row, one.card)
        counts_before = counts_of(row, one.card, enrollment)
        fold = one.after.replay(enrollment.retention, since)
        if row.update_from(fold.progress, last_reviewed_at=one.after.last_reviewed_at) or row.pk is None:
            changed.append(row)
        change = difference(counts_before, counts_of(row, one.card, enrollment))
        changes.update(change)
        if change["scheduled"] < 0:
            unseen.append(one.card.position)
        for key, tally in one.after.days(fold).items():
            days[key] = days.get(key, Tally()) + tally
        for key, tally in one.before.days(one.before.replay(enrollment.retention, since)).items():
            days[key] = days.get(key, Tally()) + -tally
    save_rows(changed)
    add_to_days(enrollment.learner_id, days)
    values = increments(changes)
    if unseen:
        values["unseen_from"] = Least(F("unseen_from"), Value(min(unseen)))
    if values:
        Enrollment.objects.filter(pk=enrollment.pk).update(**values)


def rebuild(enrollment: Enrollment) -> int:
    """Replay all answers of the learner about the deck's cards or in the deck, and correct what differs.

    The enrollment is locked, and was read under the lock. Rows are compared as values: nearly always they are
    right, and to make objects of them would take as long as to replay them.

    Returns:
        The number of rows of progress, day totals and roll-ups that were different.
    """
    mine = {"learner": enrollment.learner_id, "deck": enrollment.deck_id}
    known = {(card, side): Known(pk, reset, row) for pk, card, side, reset, *row in _rows.iterate(**mine)}
    totals: dict[date, Tally] = {}
    changed: list[Changed] = []
    for card, side, history in _histories(**mine):
        row = known.pop((card.pk, side), NO_ROW)
        fold = history.replay(enrollment.retention, later(row.reset_at, card.asked_since))
        for line, tally in zip(history.lines, fold.tallies, strict=True):
            if line.deck_id == enrollment.deck_id:
                day = line.study_day
                totals[day] = totals[day] + tally if day in totals else tally
        if card.deck_id == enrollment.deck_id and not row.has(fold.progress, history.last_reviewed_at):
            changed.append(Changed(row.pk, card.pk, side, fold.progress, history.last_reviewed_at))
    nothing = Progress()
    changed += [
        Changed(row.pk, card_id, side, nothing, None)
        for (card_id, side), row in known.items()
        if not row.has(nothing, None)
    ]
    for some in chunked(changed, ROWS_AT_ONCE):
        _correct_rows(enrollment, some)
    if enrollment.replayed_with != VERSION:
        enrollment.replayed_with = VERSION
        enrollment.save(update_fields=["replayed_with"])
    return len(changed) + _correct_days(enrollment, totals) + _correct_roll_up(enrollment)


class Known(NamedTuple):
    """What a replay compares of a row of progress. ``derived`` are the values of ``CardProgress.DERIVED``."""

    pk: int | None
    reset_at: datetime | None
    derived: Sequence[Any] | None

    def has(self, progress: Progress, last_reviewed_at: datetime | None) -> bool:
        """Whether the row has exactly what follows from the log."""
        return self.derived == [*CardProgress.derived(progress, last_reviewed_at=last_reviewed_at)]


NO_ROW = Known(None, None, None)


class Changed(NamedTuple):
    """What a row of progress should be; ``pk`` is None if there is none."""

    pk: int | None
    card_id: int
    side: str
    progress: Progress
    last_reviewed_at: datetime | None


class AnsweredCard(NamedTuple):
    """What a replay needs of a card."""

    pk: int
    deck_id: int
    asked_since: datetime | None


def _histories(*, learner: int, deck: int) -> Iterator[tuple[AnsweredCard, str, History]]:
    cards = {row[0]: AnsweredCard(*row) for row in _answered_cards(learner=learner, deck=deck)}
    rows = _lines.iterate(learner=learner, deck=deck)
    for (card_id, side), group in groupby(rows, key=itemgetter(0, 1)):
        yield cards[card_id], side, History([Line.of(row[1:]) for row in group])


def _correct_rows(enrollment: Enrollment, changed: Sequence[Changed]) -> None:
    rows = CardProgress.objects.in_bulk([one.pk for one in changed if one.pk])
    corrected = []
    for one in changed:
        row = rows[one.pk] if one.pk else _new_row(enrollment, one)
        row.update_from(one.progress, last_reviewed_at=one.last_reviewed_at)
        corrected.append(row)
    save_rows(corrected)


def _new_row(enrollment: Enrollment, one: Changed) -> CardProgress:
    return CardProgress(
        learner_id=enrollment.learner_id, deck_id=enrollment.deck_id, card_id=one.card_id, side=one.side
    )


def _correct_days(enrollment: Enrollment, totals: Mapping[date, Tally]) -> int:
    days = _days(learner=enrollment.learner_id, deck=enrollment.deck_id)
    known = {day: Tally(*amounts) for day, *amounts in days}
    differences = {
        (enrollment.deck_id, day): totals.get(day, Tally()) + -known.get(day, Tally())
        for day in known.keys() | totals.keys()
        if totals.get(day) != known.get(day)
    }
    add_to_days(enrollment.learner_id, differences)
    return sum(tally != Tally() for tally in differences.values())


def _correct_roll_up(enrollment: Enrollment) -> bool:
    before = enrollment.roll_up()
    _recount(enrollment=enrollment.pk)
    ((*counts,),) = _roll_ups(enrollment=enrollment.pk)
    for name, count in zip(ROLL_UP_FIELDS, counts, strict=True):
        setattr(enrollment, name, count)
    return enrollment.roll_up() != before


# --- Statements that each enrollment needs


@compiled
def _rows(*, learner: int, deck: int) -> Values:
    rows = CardProgress.objects.filter(learner=learner, card__deck=deck)
    return rows.values_list("pk", "card_id", "side", "reset_at", *CardProgress.DERIVED)


def _answers(learner: int, deck: int) -> ReviewQuerySet:
    return Review.objects.standing().filter(Q(card__deck=deck) | Q(deck=deck), learner=learner)


@compiled
def _answered_cards(*, learner: int, deck: int) -> Values:
    cards = Card.objects.filter(pk__in=_answers(learner, deck).values("card"))
    return cards.values_list("pk", "deck_id", "asked_since")


@compiled
def _lines(*, learner: int, deck: int) -> Values:
    # A card that was moved has lines in other decks, too, and a replay needs all of them. The cards are not
    # joined: for the first rows of a cursor, PostgreSQL would look through all lines again for each card.
    lines = Review.objects.standing().filter(learner=learner, card__in=_answers(learner, deck).values("card"))
    lines = lines.order_by("card_id", "side", "reviewed_at", "pk")
    return lines.values_list("card_id", *LINE_FIELDS)


@compiled
def _days(*, learner: int, deck: int) -> Values:
    totals = DayTotal.objects.filter(learner=learner, deck=deck)
    return totals.values_list("study_day", *TALLY_FIELDS)


@compiled_update
def _recount(*, enrollment: int) -> Changes:
    return Enrollment.objects.filter(pk=enrollment), roll_up_counts()


@compiled
def _roll_ups(*, enrollment: int) -> Values:
    return Enrollment.objects.filter(pk=enrollment).values_list(*ROLL_UP_FIELDS)
