"""The append-only log: writing a line with what it changes, and replaying lines.

Every derived field is a function of the log, so each function here has to agree with ``rebuild``.
Callers hold the transaction and the enrollment's lock.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import F, Q

from cards.models import Card
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step
from sessions_app.study import progress
from sessions_app.study.types import Evidence, Fold, Graded, Level, Outcome, Progress, Question, Tally

LEVEL_FIELDS = {
    Level.RECOGNISED: "recognised",
    Level.RECALLED: "recalled",
    Level.LEARNED: "learned",
    Level.MASTERED: "mastered",
}
# Longer than this the learner was not at the page, and the time says nothing.
MAX_ELAPSED = timedelta(hours=1)


def write(
    *, enrollment: Enrollment, step: Step, question: Question, graded: Graded, now: datetime, today: date
) -> Counter[str]:
    """Log what ``graded`` says of its card and fold it in; return by how much the roll-up's counts change."""
    card = step.card
    if card is None:
        return Counter()
    key = {"learner_id": enrollment.learner_id, "card_id": card.pk, "side": question.side.value}
    row = CardProgress.objects.filter(**key).first() or CardProgress(**key, deck_id=card.deck_id)
    outcome = Outcome(
        side=question.side,
        kind=question.kind,
        evidence=graded.evidence,
        verdict=graded.verdict,
        rating=graded.rating,
        reviewed_at=next_instant(row.last_reviewed_at, now),
        study_day=today,
        gap=gap_before(row, today),
        gap_needed=progress.gap_needed(enrollment.deck.card_count),
    )
    _append(outcome, card=card, enrollment=enrollment, step=step, graded=graded, now=now)
    before = row.as_progress()
    after = progress.fold(before, outcome, enrollment.retention)
    row.take(after, last_reviewed_at=outcome.reviewed_at)
    row.save()
    add_to_day(enrollment, today, progress.tally(before, outcome))
    counts = card.removed_at is None and card.studied_side == question.side
    return level_changes(before, after) if counts else Counter()


def next_instant(last: datetime | None, now: datetime) -> datetime:
    """``now``, or just after ``last`` where a clock was put back: the log is in order of time."""
    return max(now, last + timedelta(microseconds=1)) if last else now


def gap_before(row: CardProgress, today: date) -> int | None:
    """The number of other questions since this card's last recall today, counted up to what can matter.

    None when there was no recall of it today.
    """
    if row.last_day != today:
        return None
    lines = Review.objects.standing().filter(learner=row.learner_id)
    recalls = lines.filter(card=row.card_id, side=row.side, study_day=today, evidence=Evidence.RECALL)
    last = recalls.order_by("-reviewed_at").values("reviewed_at")[:1]
    # The recall itself is among the lines, so that none at all means that there was none.
    since = lines.filter(reviewed_at__gte=last).filter(~Q(card=row.card_id) | Q(evidence=Evidence.RECALL))
    lines_since = since[: progress.GAP + 1].count()
    return lines_since - 1 if lines_since else None


def _append(
    outcome: Outcome, *, card: Card, enrollment: Enrollment, step: Step, graded: Graded, now: datetime
) -> None:
    Review.objects.create(
        learner_id=enrollment.learner_id,
        card=card,
        step=step,
        mode=step.session.mode,
        side=outcome.side,
        kind=outcome.kind,
        evidence=outcome.evidence,
        verdict=outcome.verdict,
        rating=outcome.rating,
        response=graded.response,
        elapsed_ms=_milliseconds(now - step.drawn_at),
        reviewed_at=outcome.reviewed_at,
        study_day=outcome.study_day,
        gap=outcome.gap,
        gap_needed=outcome.gap_needed,
    )


def _milliseconds(elapsed: timedelta) -> int:
    return int(min(max(elapsed, timedelta(0)), MAX_ELAPSED) / timedelta(milliseconds=1))


def roll_up(
    enrollment: Enrollment, changes: Mapping[str, int], *, unseen_from: int | None, now: datetime
) -> None:
    """Apply the changes of one answer to the roll-up that the table reads, and note where unseen cards begin."""
    fields: dict[str, object] = {name: F(name) + change for name, change in changes.items() if change}
    if unseen_from is not None:
        fields |= {"unseen_from": unseen_from, "unseen_version": enrollment.deck.order_version}
    Enrollment.objects.filter(pk=enrollment.pk).update(last_studied_at=now, **fields)


def add_to_day(enrollment: Enrollment, day: date, tally: Tally) -> None:
    """Add ``tally`` to the learner's total for ``day`` in the enrollment's deck."""
    totals = DayTotal.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id, study_day=day)
    changed = totals.update(
        answers=F("answers") + tally.answers,
        introduced=F("introduced") + tally.introduced,
        recalls=F("recalls") + tally.recalls,
        recalls_right=F("recalls_right") + tally.recalls_right,
    )
    if not changed:
        DayTotal.objects.create(
            learner_id=enrollment.learner_id, deck_id=enrollment.deck_id, study_day=day, **asdict(tally)
        )


def level_changes(before: Progress, after: Progress) -> Counter[str]:
    """By how much each of the roll-up's counts changes when a card goes from ``before`` to ``after``."""
    changes: Counter[str] = Counter()
    for value, sign in ((before, -1), (after, 1)):
        if value.level in LEVEL_FIELDS:
            changes[LEVEL_FIELDS[value.level]] += sign
        changes["scheduled"] += sign * (value.memory is not None)
    return changes


# --- Replaying


def rebuild(enrollment: Enrollment) -> int:
    """Replay all that the learner has answered in the enrollment's deck, and mend what differs.

    Returns how many rows of progress, of day totals and of roll-ups came out different.
    """
    mine = {"learner": enrollment.learner_id, "deck": enrollment.deck_id}
    rows = {(row.card_id, row.side): row for row in CardProgress.objects.filter(**mine)}
    totals: dict[date, Tally] = {}
    different = 0
    for (card_id, side), fold, last in _replays(enrollment):
        row = rows.pop((card_id, side), None)
        row = row or CardProgress(
            learner_id=enrollment.learner_id, deck_id=enrollment.deck_id, card_id=card_id, side=side
        )
        different += _mend(row, fold.progress, last)
        for day, tally in fold.tallies.items():
            totals[day] = totals.get(day, Tally()) + tally
    for row in rows.values():
        different += _mend(row, Progress(), None)
    return different + _mend_days(enrollment, totals) + _mend_roll_up(enrollment)


def _replays(enrollment: Enrollment) -> Iterator[tuple[tuple[int, str], Fold, datetime]]:
    lines = Review.objects.standing().filter(learner=enrollment.learner_id, card__deck=enrollment.deck_id)
    lines = lines.order_by("card_id", "side", "reviewed_at", "pk")
    for key, group in groupby(lines.iterator(), key=lambda line: (line.card_id, line.side)):
        outcomes = [line.outcome() for line in group]
        yield key, progress.replay(outcomes, enrollment.retention), outcomes[-1].reviewed_at


def _mend(row: CardProgress, value: Progress, last_reviewed_at: datetime | None) -> bool:
    if not row.take(value, last_reviewed_at=last_reviewed_at):
        return False
    row.save()
    return True


def _mend_days(enrollment: Enrollment, totals: Mapping[date, Tally]) -> int:
    rows = DayTotal.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    known = {row.study_day: row.as_tally() for row in rows}
    different = 0
    for day in known.keys() | totals.keys():
        difference = totals.get(day, Tally()) + -known.get(day, Tally())
        if difference != Tally():
            add_to_day(enrollment, day, difference)
            different += 1
    return different


def _mend_roll_up(enrollment: Enrollment) -> bool:
    before = enrollment.roll_up()
    Enrollment.objects.filter(pk=enrollment.pk).recount()
    enrollment.refresh_from_db()
    return enrollment.roll_up() != before
