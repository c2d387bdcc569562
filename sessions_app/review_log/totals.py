"""Progress rows, day totals and the summary on the enrollment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from operator import attrgetter

from django.db.models import F

from cards.models import DERIVED, Card
from sessions_app.models import CardProgress, DayTotal, Enrollment
from sessions_app.study.scheduling.types import Tally
from sessions_app.study.types import Level
from studysite.queries.compiled import Changes, compiled_update, insert, insert_rows

LEVEL_FIELDS = {
    Level.RECOGNISED: "recognised",
    Level.RECALLED: "recalled",
    Level.LEARNED: "learned",
    Level.MASTERED: "mastered",
}

DeckDay = tuple[int, date]
"""The primary key of a deck, and a study day in it."""

# Fields of a card that only pages need.
TEXTS = ("term", "definition", *DERIVED)

ROWS_AT_ONCE = 500
COLUMNS = tuple(field.attname for field in CardProgress._meta.concrete_fields if not field.primary_key)
columns_of = attrgetter(*COLUMNS)
TALLY_FIELDS = [each.name for each in fields(Tally)]


def progress_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """The learner's progress on this side of the card, or a row not saved yet."""
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, card=card, side=side)
    return rows.first() or new_row(enrollment, card, side)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two instants, each of which may be None."""
    return max(filter(None, (one, other)), default=None)


def counted_since(row: CardProgress, card: Card) -> datetime | None:
    """The instant before which answers do not count: a start over, or the card became a new question."""
    return max(filter(None, (row.reset_at, card.asked_since)), default=None)


def counts_of(row: CardProgress, card: Card, enrollment: Enrollment) -> Counter[str]:
    """What the row adds to the roll-up of ``enrollment``, as `EnrollmentQuerySet.recount` counts it."""
    is_present = card.removed_at is None and card.deck_id == enrollment.deck_id
    if not is_present or row.side not in enrollment.asked_sides(card):
        return Counter()
    if row.suspended:
        return Counter(suspended=1)
    counts: Counter[str] = Counter(scheduled=int(row.due is not None))
    if row.level in LEVEL_FIELDS:
        counts[LEVEL_FIELDS[Level(row.level)]] = 1
    return counts


def difference(before: Counter[str], after: Counter[str]) -> Counter[str]:
    """By how much each count changes, also where it falls."""
    changes = Counter(after)
    changes.subtract(before)
    return changes


def increments(changes: Mapping[str, int]) -> dict[str, object]:
    """``changes`` of the roll-up as values for an update of the enrollment."""
    return {name: F(name) + change for name, change in changes.items() if change}


def roll_up(
    enrollment: Enrollment, changes: Mapping[str, int], *, now: datetime, unseen_from: int | None = None
) -> None:
    """Add the changes of one answer to the roll-up, and save where unseen cards begin."""
    changed = {name: change for name, change in changes.items() if change}
    version = None if unseen_from is None else enrollment.deck.order_version
    _roll_up(
        tuple(changed),
        enrollment=enrollment.pk,
        now=now,
        amounts=tuple(changed.values()),
        unseen_from=unseen_from,
        unseen_version=version,
    )


@compiled_update
def _roll_up(
    names: tuple[str, ...],
    /,
    *,
    enrollment: int,
    now: datetime,
    amounts: tuple[int, ...],
    unseen_from: int | None,
    unseen_version: int | None,
) -> Changes:
    values = increments(dict(zip(names, amounts, strict=True))) | {"last_studied_at": now}
    if unseen_from is not None:
        values |= {"unseen_from": unseen_from, "unseen_version": unseen_version}
    return Enrollment.objects.filter(pk=enrollment), values


def add_to_day(learner_id: int, deck_id: int, day: date, tally: Tally) -> None:
    """Add ``tally`` to the learner's total for the deck and study day.

    Usually a single statement: every answer runs it. For many days at once there is `add_to_days`.
    """
    if tally == Tally():
        return
    changed = {name: amount for name, amount in asdict(tally).items() if amount}
    amounts = tuple(changed.values())
    if not _add_to_day(tuple(changed), learner=learner_id, deck=deck_id, day=day, amounts=amounts):
        insert(DayTotal(learner_id=learner_id, deck_id=deck_id, study_day=day, **changed))


@compiled_update
def _add_to_day(
    names: tuple[str, ...], /, *, learner: int, deck: int, day: date, amounts: tuple[int, ...]
) -> Changes:
    totals = DayTotal.objects.filter(learner=learner, deck=deck, study_day=day)
    return totals, increments(dict(zip(names, amounts, strict=True)))


def add_to_days(learner_id: int, tallies: Mapping[DeckDay, Tally]) -> None:
    """Add to the learner's totals of several days, in two statements for any number of them."""
    tallies = {key: tally for key, tally in tallies.items() if tally != Tally()}
    if len(tallies) < 2:
        for (deck, day), tally in tallies.items():
            add_to_day(learner_id, deck, day, tally)
        return
    decks, days = {deck for deck, _ in tallies}, {day for _, day in tallies}
    # An answer in another deck is not serialised by this deck's lock.
    found = DayTotal.objects.select_for_update().filter(learner=learner_id, deck__in=decks).order_by("pk")
    rows = {(row.deck_id, row.study_day): row for row in found if row.study_day in days}
    changed = []
    for (deck, day), tally in tallies.items():
        row = rows.get((deck, day)) or DayTotal(learner_id=learner_id, deck_id=deck, study_day=day)
        for name, number in asdict(row.as_tally() + tally).items():
            setattr(row, name, number)
        changed.append(row)
    DayTotal.objects.bulk_create(
        changed,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["learner", "deck", "study_day"],
        update_fields=TALLY_FIELDS,
    )


def new_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """An unsaved progress row for a card that was never answered."""
    return CardProgress(
        learner_id=enrollment.learner_id, deck_id=card.deck_id, card_id=card.pk, side=str(side)
    )


def save_rows(rows: Sequence[CardProgress]) -> None:
    """Write new rows, and the derived fields of the others, in a few statements. New ones get no primary key."""
    insert_rows(CardProgress, COLUMNS, (columns_of(row) for row in rows if row.pk is None))
    old = [row for row in rows if row.pk is not None]
    # An upsert, since bulk_update builds a CASE for each field and row, and takes ten times as long.
    CardProgress.objects.bulk_create(
        old,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=CardProgress.DERIVED,
    )
