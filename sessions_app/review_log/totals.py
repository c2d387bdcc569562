"""Progress rows, day totals and the summary on the enrollment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from django.db.models import F

from cards.models import Card
from sessions_app.models import CardProgress, DayTotal, Enrollment
from sessions_app.study.scheduling.types import Progress, Tally
from sessions_app.study.types import Level

LEVEL_FIELDS = {
    Level.RECOGNISED: "recognised",
    Level.RECALLED: "recalled",
    Level.LEARNED: "learned",
    Level.MASTERED: "mastered",
}


# What is read of a card only to be shown.
TEXTS = ("term", "definition", "term_html", "definition_html")

ROWS_AT_ONCE = 500


def progress_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """The learner's progress on this side of the card, or a row not saved yet."""
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, card=card, side=side)
    return rows.first() or new_row(enrollment, card, side)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two moments, either of which there may not be."""
    return max(filter(None, (one, other)), default=None)


def counted_since(row: CardProgress, card: Card) -> datetime | None:
    """The moment before which nothing counts: the learner started over, or the card became a new question."""
    return max(filter(None, (row.reset_at, card.asked_since)), default=None)


def is_counted(row: CardProgress, card: Card, enrollment: Enrollment) -> bool:
    """Whether the row is among those that the roll-up of the enrollment counts."""
    present = card.removed_at is None and card.deck_id == enrollment.deck_id
    return present and not row.suspended and row.side == enrollment.asked_side(card)


def roll_up(
    enrollment: Enrollment, changes: Mapping[str, int], *, now: datetime, unseen_from: int | None = None
) -> None:
    """Apply the changes of one answer to the roll-up that the table reads, and note where unseen cards begin."""
    fields: dict[str, object] = {name: F(name) + change for name, change in changes.items() if change}
    if unseen_from is not None:
        fields |= {"unseen_from": unseen_from, "unseen_version": enrollment.deck.order_version}
    Enrollment.objects.filter(pk=enrollment.pk).update(last_studied_at=now, **fields)


def add_to_day(learner_id: int, deck_id: int, day: date, tally: Tally) -> None:
    """Add ``tally`` to what the learner did in the deck on the study day ``day``."""
    if tally == Tally():
        return
    key = {"learner_id": learner_id, "deck_id": deck_id, "study_day": day}
    changes = {name: F(name) + number for name, number in asdict(tally).items()}
    if not DayTotal.objects.filter(**key).update(**changes):
        DayTotal.objects.create(**key, **asdict(tally))


def level_changes(before: Progress, after: Progress) -> Counter[str]:
    """By how much each of the roll-up's counts changes when a card goes from ``before`` to ``after``."""
    changes: Counter[str] = Counter()
    for value, sign in ((before, -1), (after, 1)):
        if value.level in LEVEL_FIELDS:
            changes[LEVEL_FIELDS[value.level]] += sign
        changes["scheduled"] += sign * (value.memory is not None)
    return changes


def new_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """Progress of who has not answered anything, not saved yet."""
    return CardProgress(
        learner_id=enrollment.learner_id, deck_id=card.deck_id, card_id=card.pk, side=str(side)
    )


def save_rows(rows: Sequence[CardProgress]) -> None:
    """Write derived fields in a few statements, whatever the number of rows."""
    CardProgress.objects.bulk_create([row for row in rows if row.pk is None], batch_size=ROWS_AT_ONCE)
    old = [row for row in rows if row.pk is not None]
    # An upsert, since bulk_update builds a CASE for each field and row, and takes ten times as long.
    CardProgress.objects.bulk_create(
        old,
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=CardProgress.DERIVED,
    )
