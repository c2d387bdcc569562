"""The append-only log: writing a line with what it changes, taking lines back, and replaying them.

Every derived field is a function of the log, so each function here has to agree with `rebuild`.
Callers hold the transaction and the enrollment's lock.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import F, FilteredRelation, Q, Value
from django.db.models.functions import Least

from cards.models import Card
from sessions_app import overrides
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step
from sessions_app.study import progress
from sessions_app.study.memory import VERSION
from sessions_app.study.types import (
    Evidence,
    Fold,
    Graded,
    JudgedBy,
    Level,
    Outcome,
    Progress,
    Question,
    Rating,
    Tally,
    Verdict,
)

LEVEL_FIELDS = {
    Level.RECOGNISED: "recognised",
    Level.RECALLED: "recalled",
    Level.LEARNED: "learned",
    Level.MASTERED: "mastered",
}
# What is read of a card only to be shown.
TEXTS = ("term", "definition", "term_html", "definition_html")
# Longer than this the learner was not at the page, and the time says nothing.
MAX_ELAPSED = timedelta(hours=1)
ROWS_AT_ONCE = 500


def write(
    *,
    enrollment: Enrollment,
    step: Step,
    question: Question,
    graded: Graded,
    now: datetime,
    today: date,
    is_own_word: bool = False,
) -> tuple[Review | None, Counter[str]]:
    """Log what ``graded`` says of its card and fold it in; ``is_own_word`` says that the learner has judged it.

    Returns the line, None where the card is in the deck no more, and by how much the roll-up's counts change.
    """
    card, known = _card_now(enrollment, step, question.side)
    if card is None:
        return None, Counter()
    row = known or new_row(enrollment, card, question.side)
    outcome = outcome_of(
        enrollment, row, card, question, graded, now=now, today=today, gap=gap_before(row, today)
    )
    line = line_of(outcome, card=card, step=step, graded=graded, elapsed=now - step.drawn_at)
    if is_own_word and graded.verdict is Verdict.CORRECT:
        overrides.note([(line, question)], now=now)
    line.save(force_insert=True)
    before = row.as_progress()
    after = progress.fold(before, outcome, enrollment.retention)
    row.take(after, last_reviewed_at=outcome.reviewed_at)
    row.save()
    add_to_day(enrollment.learner_id, step.session.deck_id, today, progress.tally(before, outcome))
    return line, level_changes(before, after) if is_counted(row, card, enrollment) else Counter()


def outcome_of(
    enrollment: Enrollment,
    row: CardProgress,
    card: Card,
    question: Question,
    graded: Graded,
    *,
    now: datetime,
    today: date,
    gap: int | None,
) -> Outcome:
    """What ``graded`` says of ``card``, with all that has to be frozen on its line."""
    since = counted_since(row, card)
    return Outcome(
        side=question.side,
        kind=question.kind,
        evidence=graded.evidence,
        verdict=graded.verdict,
        rating=graded.rating,
        reviewed_at=next_instant(now, last=row.last_reviewed_at, since=since),
        study_day=today,
        gap=gap,
        gap_needed=progress.gap_needed(enrollment.deck.card_count),
        since=since,
    )


def _card_now(enrollment: Enrollment, step: Step, side: str) -> tuple[Card | None, CardProgress | None]:
    """The card of ``step``, None where it is in the deck no more, and the learner's progress on this side of it.

    Asked for under the lock: it may have been removed, moved or made a new question since the step was read.
    """
    mine = Q(progress__learner=enrollment.learner_id, progress__side=side)
    cards = Card.objects.annotate(mine=FilteredRelation("progress", condition=mine)).defer(*TEXTS)
    with_mine = cards.select_related("mine")
    card = with_mine.filter(pk=step.card_id, deck=enrollment.deck_id).first()
    return card, getattr(card, "mine", None)


def progress_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """The learner's progress on this side of the card, or a row not saved yet."""
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, card=card, side=side)
    return rows.first() or new_row(enrollment, card, side)


def next_instant(now: datetime, *, last: datetime | None, since: datetime | None) -> datetime:
    """``now``, or where a clock was put back, just after ``last`` and no earlier than ``since``.

    The log is in order of time, and an answer after a start over counts.
    """
    after_last = last + timedelta(microseconds=1) if last else now
    return max(now, after_last, since or now)


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


def line_of(outcome: Outcome, *, card: Card, step: Step, graded: Graded, elapsed: timedelta | None) -> Review:
    """The line of the log, not saved yet; ``elapsed`` is the time that the answer took, None if unknown."""
    return Review(
        learner_id=step.session.learner_id,
        card=card,
        deck_id=step.session.deck_id,
        step=step,
        mode=step.session.mode,
        side=outcome.side,
        kind=outcome.kind,
        evidence=outcome.evidence,
        verdict=outcome.verdict,
        rating=outcome.rating,
        judged_by=graded.judged_by,
        response=graded.response,
        mistaken_for_id=graded.mistaken_for,
        elapsed_ms=None if elapsed is None else _milliseconds(elapsed),
        reviewed_at=outcome.reviewed_at,
        study_day=outcome.study_day,
        gap=outcome.gap,
        gap_needed=outcome.gap_needed,
        counted_since=outcome.since,
    )


def _milliseconds(elapsed: timedelta) -> int:
    return int(min(max(elapsed, timedelta(0)), MAX_ELAPSED) / timedelta(milliseconds=1))


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


# --- Replaying and taking back


@dataclass(frozen=True)
class History:
    """What the log says, in order, of one side of one card for one learner."""

    lines: Sequence[Review]

    @classmethod
    def around(cls, line: Review) -> "History":
        """The standing lines about the card and side of ``line``."""
        lines = Review.objects.standing().filter(learner=line.learner_id, card=line.card_id, side=line.side)
        return cls(list(lines.in_order()))

    def plus(self, line: Review) -> "History":
        """The same with ``line`` at its place."""
        return History(sorted([*self.lines, line], key=lambda one: (one.reviewed_at, one.pk)))

    @property
    def last_reviewed_at(self) -> datetime | None:
        return self.lines[-1].reviewed_at if self.lines else None

    def replay(self, retention: float, since: datetime | None) -> Fold:
        return progress.replay([line.outcome() for line in self.lines], retention, since)

    def days(self, fold: Fold) -> dict[tuple[int, date], Tally]:
        """What each study day, by deck, got from these lines."""
        days: dict[tuple[int, date], Tally] = {}
        for line, tally in zip(self.lines, fold.tallies, strict=True):
            key = (line.deck_id, line.study_day)
            days[key] = days.get(key, Tally()) + tally
        return days


def take_back(enrollment: Enrollment, lines: Sequence[Review], now: datetime) -> None:
    """Void ``lines``, as if they had not been answered, and replay their cards."""
    Review.objects.filter(pk__in=[line.pk for line in lines]).update(voided_at=now)
    for line in lines:
        after = History.around(line)
        _settle(enrollment, line, before=after.plus(line), after=after)


def overrule(enrollment: Enrollment, line: Review, verdict: Verdict, now: datetime) -> bool:
    """Void ``line`` and write one with another verdict at its place in the log; False if it is void already.

    What was rated becomes what the learner rated when she judged so before, else Good or Again.
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
        overrides.note([(new, overrides.question_of(new))], now=now)
    # What another program had made of the answer does not hold for another verdict.
    new.carry(None)
    new.save(force_insert=True)
    _settle(enrollment, new, before=others.plus(line), after=others.plus(new))
    return True


def _rating_before(line: Review, verdict: Verdict) -> int:
    """The rating of the line that ``line`` stands for, if that was judged so: two overrides bring it back."""
    earlier = Review.objects.filter(
        step=line.step_id, card=line.card_id, verdict=verdict, rating__isnull=False
    )
    rating = earlier.order_by("-pk").values_list("rating", flat=True).first() if line.step_id else None
    return rating or (Rating.GOOD if verdict is Verdict.CORRECT else Rating.AGAIN)


def _settle(enrollment: Enrollment, line: Review, *, before: History, after: History) -> None:
    """Bring progress, days and roll-up from what the log said ``before`` to what it says ``after``."""
    card = line.card
    row = progress_row(enrollment, card, line.side)
    since, old = counted_since(row, card), row.as_progress()
    fold = after.replay(enrollment.retention, since)
    row.take(fold.progress, last_reviewed_at=after.last_reviewed_at)
    row.save()
    days_before, days_after = before.days(before.replay(enrollment.retention, since)), after.days(fold)
    for deck_id, day in days_before.keys() | days_after.keys():
        gone, now_there = days_before.get((deck_id, day), Tally()), days_after.get((deck_id, day), Tally())
        add_to_day(line.learner_id, deck_id, day, now_there + -gone)
    if is_counted(row, card, enrollment):
        changes = level_changes(old, fold.progress)
        fields: dict[str, object] = {name: F(name) + change for name, change in changes.items() if change}
        if old.memory and not fold.progress.memory:
            fields["unseen_from"] = Least(F("unseen_from"), Value(card.position))
        if fields:
            Enrollment.objects.filter(pk=enrollment.pk).update(**fields)


def catch_up(enrollments: Iterable[Enrollment]) -> None:
    """Replay those of the locked ``enrollments`` whose progress an earlier version's rules have worked out.

    An answer folded into such progress would build on what the log no longer comes to.
    """
    for enrollment in enrollments:
        if enrollment.replayed_with != VERSION:
            rebuild(enrollment)


def rebuild(enrollment: Enrollment) -> int:
    """Replay all that the learner has answered about the deck's cards or in the deck, and mend what differs.

    Returns how many rows of progress, of day totals and of roll-ups came out different.
    """
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, card__deck=enrollment.deck_id)
    known = {(row.card_id, row.side): row for row in rows}
    totals: dict[date, Tally] = {}
    changed: list[CardProgress] = []
    for card, side, history in _histories(enrollment):
        row = known.pop((card.pk, side), None) or new_row(enrollment, card, side)
        fold = history.replay(enrollment.retention, counted_since(row, card))
        for (deck_id, day), tally in history.days(fold).items():
            if deck_id == enrollment.deck_id:
                totals[day] = totals.get(day, Tally()) + tally
        is_here = card.deck_id == enrollment.deck_id
        if is_here and row.take(fold.progress, last_reviewed_at=history.last_reviewed_at):
            changed.append(row)
    changed += [row for row in known.values() if row.take(Progress(), last_reviewed_at=None)]
    save_rows(changed)
    Enrollment.objects.filter(pk=enrollment.pk).behind().update(replayed_with=VERSION)
    return len(changed) + _mend_days(enrollment, totals) + _mend_roll_up(enrollment)


def new_row(enrollment: Enrollment, card: Card, side: str) -> CardProgress:
    """Progress of who has not answered anything, not saved yet."""
    return CardProgress(
        learner_id=enrollment.learner_id, deck_id=card.deck_id, card_id=card.pk, side=str(side)
    )


def _histories(enrollment: Enrollment) -> Iterator[tuple[Card, str, History]]:
    deck = enrollment.deck_id
    lines = Review.objects.standing().filter(Q(card__deck=deck) | Q(deck=deck), learner=enrollment.learner_id)
    cards = Card.objects.filter(pk__in=lines.values("card")).only("deck_id", "asked_since")
    by_pk = {card.pk: card for card in cards}
    # A card that was moved here or away has lines of other decks too, and a replay needs them all.
    lines = Review.objects.standing().filter(learner=enrollment.learner_id, card__in=lines.values("card"))
    lines = lines.order_by("card_id", "side", "reviewed_at", "pk")
    for (card_id, side), group in groupby(lines.iterator(), key=lambda line: (line.card_id, line.side)):
        yield by_pk[card_id], side, History(list(group))


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


def _mend_days(enrollment: Enrollment, totals: Mapping[date, Tally]) -> int:
    rows = DayTotal.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    known = {row.study_day: row.as_tally() for row in rows}
    different = 0
    for day in known.keys() | totals.keys():
        difference = totals.get(day, Tally()) + -known.get(day, Tally())
        add_to_day(enrollment.learner_id, enrollment.deck_id, day, difference)
        different += difference != Tally()
    return different


def _mend_roll_up(enrollment: Enrollment) -> bool:
    before = enrollment.roll_up()
    Enrollment.objects.filter(pk=enrollment.pk).recount()
    enrollment.refresh_from_db()
    return enrollment.roll_up() != before
