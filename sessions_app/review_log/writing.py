"""Writing one answer to the append-only log, with the progress and totals that follow from it.

Every derived field is a function of the log, so the result has to agree with `replaying.rebuild`. Callers hold the
transaction and the enrollment's lock.
"""

from collections import Counter
from datetime import date, datetime, timedelta

from django.db.models import FilteredRelation, Q, QuerySet

from cards.models import Card
from sessions_app.models import OUTCOME_FIELDS, CardProgress, Enrollment, Review, Step
from sessions_app.review_log import overridden_answers
from sessions_app.review_log.totals import (
    TEXTS,
    add_to_day,
    counted_since,
    counts_of,
    difference,
    new_row,
)
from sessions_app.study.questions.types import Graded, Question
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.types import Outcome
from sessions_app.study.types import Evidence, Verdict
from studysite.queries.compiled import compiled, insert, save

# If it took longer, the learner was not at the page.
MAX_ELAPSED = timedelta(hours=1)


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
    """Log the answer and update progress and the day's total; with ``is_own_word`` the learner has judged it.

    Returns:
        The line, or None if the card is no longer in the deck, and by how much each count of the roll-up changes.
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
        overridden_answers.set_overridden([(line, question)], now=now)
    insert(line)
    enrollment.note_answer_about(card, question.side, today)
    before, counts_before = row.as_progress(), counts_of(row, card, enrollment)
    after = progress.fold(before, outcome, enrollment.retention)
    row.update_from(after, last_reviewed_at=outcome.reviewed_at)
    if row.pk is None:
        insert(row)
    else:
        save(row, *CardProgress.DERIVED)
    add_to_day(enrollment.learner_id, step.session.deck_id, today, progress.tally(before, outcome))
    return line, difference(counts_before, counts_of(row, card, enrollment))


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
    """The outcome for ``card``, with everything that has to be stored on its line."""
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
    """The card of ``step``, or None if it is no longer in the deck, and the learner's progress on this side of it.

    Read under the lock: the card may have been removed, moved or made a new question since the step was read.
    """
    card = _card_with_progress.first(
        card=step.card_id, deck=enrollment.deck_id, learner=enrollment.learner_id, side=side
    )
    return card, getattr(card, "mine", None)


@compiled
def _card_with_progress(*, card: int | None, deck: int, learner: int, side: str) -> QuerySet[Card]:
    """The card if it is in the deck; ``mine`` is the learner's progress on the side, if there is any."""
    mine = FilteredRelation("progress", condition=Q(progress__learner=learner, progress__side=side))
    cards = Card.objects.filter(pk=card, deck=deck).annotate(mine=mine).select_related("mine")  # type: ignore[misc]
    return cards.defer(*TEXTS)


def next_instant(now: datetime, *, last: datetime | None, since: datetime | None) -> datetime:
    """``now``, or if the clock was set back, just after ``last`` and not before ``since``.

    So the log is in order of time, and an answer after a start over counts.
    """
    after_last = last + timedelta(microseconds=1) if last else now
    return max(now, after_last, since or now)


def gap_before(row: CardProgress, today: date) -> int | None:
    """The number of questions about other cards since this side's last recall today; None if there was none today.

    At most `progress.RECALLS_APART`.
    """
    if row.last_day != today:
        return None
    lines = _lines_since_recall(
        learner=row.learner_id, card=row.card_id, side=row.side, today=today, evidence=Evidence.RECALL
    )
    return len(lines) - 1 if lines else None


@compiled
def _lines_since_recall(
    *, learner: int, card: int, side: str, today: date, evidence: str
) -> QuerySet[Review, tuple[int]]:
    """The lines since the last recall of this side today, itself included; none if there was none.

    At most one more than `progress.RECALLS_APART`.
    """
    lines = Review.objects.standing().filter(learner=learner)
    own_recall = Q(card=card, side=side, evidence=evidence)
    recalls = lines.filter(own_recall, study_day=today)
    last = recalls.order_by("-reviewed_at").values("reviewed_at")[:1]
    since = lines.filter(reviewed_at__gte=last).filter(~Q(card=card) | own_recall)
    since = since.exclude(evidence=Evidence.PRACTICE)
    return since.values_list("pk")[: progress.RECALLS_APART + 1]


def line_of(outcome: Outcome, *, card: Card, step: Step, graded: Graded, elapsed: timedelta | None) -> Review:
    """An unsaved line of the log; ``elapsed`` is the time that the answer took, None if unknown."""
    return Review(
        learner_id=step.session.learner_id,
        card=card,
        deck_id=step.session.deck_id,
        step=step,
        mode=step.session.mode,
        judged_by=graded.judged_by,
        response=graded.response,
        mistaken_for_id=graded.mistaken_for,
        elapsed_ms=None if elapsed is None else _milliseconds(elapsed),
        counted_since=outcome.since,
        **{name: getattr(outcome, name) for name in OUTCOME_FIELDS},
    )


def _milliseconds(elapsed: timedelta) -> int:
    return int(min(max(elapsed, timedelta(0)), MAX_ELAPSED) / timedelta(milliseconds=1))
