"""Writing many lines of the log at once: the same as `writing.write` for each, in a fixed number of statements.

Callers hold the transaction and the enrollment's lock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, Review, Step
from sessions_app.review_log import overridden_answers, totals, writing
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import Graded, Question
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.types import Tally
from sessions_app.study.types import Evidence, Verdict

Key = tuple[int, str]


@dataclass(frozen=True)
class Entry:
    """An answer to log, to ``question`` of ``step``. The step has its session loaded."""

    step: Step
    question: Question
    graded: Graded

    @property
    def key(self) -> Key:
        return self.graded.card_id, str(self.question.side)


def write_all(
    *, enrollment: Enrollment, entries: Sequence[Entry], now: datetime, today: date
) -> Counter[str]:
    """Log ``entries``, at most one for each card, and update progress and the day's total.

    Nothing is logged about a card that is no longer in the deck, or that has become a new question since its step
    was drawn.

    Returns:
        By how much each count of the roll-up changes.
    """
    cards, known = _cards_now(enrollment, entries)
    entries = [entry for entry in entries if entry.graded.card_id in cards]
    rows = _rows_now(enrollment, cards)
    gaps = Gaps(enrollment, [row for row in rows.values() if row.last_day == today], today)
    changes: Counter[str] = Counter()
    lines: list[Review] = []
    changed: list[CardProgress] = []
    total = Tally()
    for entry in entries:
        card, side = cards[entry.graded.card_id], entry.question.side
        row = rows.get(entry.key) or totals.new_row(enrollment, card, side)
        outcome = writing.outcome_of(
            enrollment,
            row,
            card,
            entry.question,
            entry.graded,
            now=now,
            today=today,
            gap=gaps.before(entry.key, more=len(lines)),
        )
        line = writing.line_of(outcome, card=card, step=entry.step, graded=entry.graded, elapsed=None)
        if line.mistaken_for_id not in known:
            line.mistaken_for_id = None
        lines.append(line)
        enrollment.note_answer_about(card, side, today)
        before, counts_before = row.as_progress(), totals.counts_of(row, card, enrollment)
        after = progress.fold(before, outcome, enrollment.retention)
        row.update_from(after, last_reviewed_at=outcome.reviewed_at)
        changed.append(row)
        total += progress.tally(before, outcome)
        changes.update(totals.difference(counts_before, totals.counts_of(row, card, enrollment)))
    overridden_answers.set_overridden(
        [
            (line, entry.question)
            for line, entry in zip(lines, entries, strict=True)
            if line.verdict == Verdict.CORRECT
            and paper_answers.needs_judgement(entry.question, entry.step.saved)
        ],
        now=now,
    )
    Review.objects.bulk_create(lines)
    totals.save_rows(changed)
    totals.add_to_day(enrollment.learner_id, enrollment.deck_id, today, total)
    return changes


def _cards_now(enrollment: Enrollment, entries: Sequence[Entry]) -> tuple[dict[int, Card], set[int]]:
    """The cards that can be logged, and the keys of all cards that the entries name and that exist.

    Read under the lock, because they may have changed since the paper was drawn.
    """
    drawn = {entry.graded.card_id: entry.step.drawn_at for entry in entries}
    named = {entry.graded.mistaken_for for entry in entries if entry.graded.mistaken_for}
    found = list(Card.objects.filter(pk__in=named | drawn.keys()).defer(*totals.TEXTS))
    asked = {
        card.pk: card
        for card in found
        if card.pk in drawn
        and card.deck_id == enrollment.deck_id
        and (card.asked_since is None or card.asked_since <= drawn[card.pk])
    }
    return asked, {card.pk for card in found}


def _rows_now(enrollment: Enrollment, cards: Mapping[int, Card]) -> dict[Key, CardProgress]:
    rows = CardProgress.objects.filter(learner=enrollment.learner_id, card__in=cards)
    return {(row.card_id, row.side): row for row in rows}


class Gaps:
    """`writing.gap_before` for many cards: the answers of today since the last recall of each."""

    def __init__(self, enrollment: Enrollment, rows: Sequence[CardProgress], today: date) -> None:
        self.recalled: dict[Key, datetime] = {}
        self.since: list[tuple[datetime, Key, str]] = []
        if not rows:
            return
        standing = Review.objects.standing().filter(learner=enrollment.learner_id)
        recalls = standing.filter(
            study_day=today, evidence=Evidence.RECALL, card__in={row.card_id for row in rows}
        )
        known = {(row.card_id, row.side) for row in rows}
        for card, side, last in (
            recalls.order_by().values_list("card", "side").annotate(last=Max("reviewed_at"))
        ):
            if (card, side) in known:
                self.recalled[card, side] = last
        if self.recalled:
            since = standing.filter(reviewed_at__gte=min(self.recalled.values()))
            since = since.exclude(evidence=Evidence.PRACTICE)
            lines = since.values_list("reviewed_at", "card_id", "side", "evidence")
            self.since = [(at, (card, side), evidence) for at, card, side, evidence in lines]

    def before(self, key: Key, *, more: int) -> int | None:
        """The gap before the card's next answer, after ``more`` about other cards; None without a recall today."""
        last = self.recalled.get(key)
        if last is None:
            return None
        lines = sum(
            at >= last and (asked[0] != key[0] or (asked == key and evidence == Evidence.RECALL))
            for at, asked, evidence in self.since
        )
        return min(lines - 1 + more, progress.RECALLS_APART)
