"""Handing a paper in, taking the learner's own judgement of its answers, and giving it its score.

Everything that writes to a paper locks its row, so that every answer whose saving was confirmed is graded. A
writer that also writes to the log locks the learner's enrollment first.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from sessions_app.models import Enrollment, Paper, Step
from sessions_app.practice_test import scores
from sessions_app.practice_test.saving import Filled, Saved, fill, is_over, lock, too_late
from sessions_app.review_log import bulk_writing, totals
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.study.days import study_day
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import Question
from studysite.accounts.models import User

UNJUDGED = "Say whether your answer is right."


def hand_in(*, learner: User, paper: Paper, filled: Filled, now: datetime) -> Saved:
    """Save ``filled``, unless the time is up, hand the paper in, once, and grade it.

    If answers need the learner's own judgement, the paper gets its score after that. If an answer cannot be saved,
    the paper is not handed in.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        saved = Saved(paper)
        if paper.session.finished_at or paper.handed_in_at:
            return too_late(saved)
        steps = list(paper.session.steps.on_paper())
        if not is_over(paper, now):
            fill(saved, steps, filled)
        if not saved.errors:
            hand_in_locked(paper, enrollment, now, steps)
    return saved


def judge(*, learner: User, paper: Paper, filled: Filled, now: datetime) -> Saved:
    """Save the learner's judgement of their answers, and score the paper if no answer is left to judge."""
    with transaction.atomic():
        enrollment = lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        saved = Saved(paper)
        if paper.session.finished_at or paper.handed_in_at is None:
            return too_late(saved)
        steps = list(paper.session.steps.on_paper())
        fill(saved, steps, filled)
        left = _to_judge(steps)
        saved.errors |= {step.position: UNJUDGED for step in left if step.position not in saved.errors}
        if not left:
            _score(paper, enrollment, steps, now)
    return saved


def hand_in_locked(
    paper: Paper, enrollment: Enrollment, now: datetime, steps: Sequence[Step] | None = None
) -> None:
    """Hand the paper in, if no other request did, and score it unless the learner has to judge answers.

    A paper whose time is up counts as handed in at its deadline. The caller holds the locks of the enrollment and
    the paper. ``steps`` are the paper's steps, which are read if None.
    """
    paper.handed_in_at = min(now, paper.deadline) if paper.deadline else now
    if not Paper.objects.unhanded().filter(pk=paper.pk).update(handed_in_at=paper.handed_in_at):
        return
    steps = list(paper.session.steps.on_paper()) if steps is None else steps
    if not _to_judge(steps):
        _score(paper, enrollment, steps, now)


def _to_judge(steps: Sequence[Step]) -> list[Step]:
    """The steps whose answers the learner has yet to judge."""
    return [
        step
        for step in steps
        if not paper_answers.is_judged(step.saved)
        and paper_answers.needs_judgement(Question.from_json(step.question), step.saved)
    ]


def _score(paper: Paper, enrollment: Enrollment, steps: Sequence[Step], now: datetime) -> None:
    """Grade the paper, write its answers to the log, and end the session.

    The number of statements does not depend on the number of questions.
    """
    session, when = paper.session, paper.handed_in_at or now
    session.learner = enrollment.learner
    entries, answered_steps = [], []
    for step in steps:
        step.session = session
        question = Question.from_json(step.question)
        graded = paper_answers.grade(question, step.saved)
        paper.verdicts[str(step.position)] = scores.verdicts_of(paper_answers.cards_of(question), graded)
        entries += [bulk_writing.Entry(step, question, item) for item in graded]
        answered_steps += [step.pk] if graded else []
    paper.graded = paper.right = scores.count_right(paper.verdicts)
    changes = bulk_writing.write_all(
        enrollment=enrollment, entries=entries, now=when, today=study_day(when, enrollment.learner.zone)
    )
    Step.objects.filter(pk__in=answered_steps).update(answered_at=when)
    paper.save(update_fields=["verdicts", "graded", "right"])
    session.finished_at = now
    session.save(update_fields=["finished_at"])
    totals.roll_up(enrollment, changes, now=now)


def discard(*, learner: User, paper: Paper, now: datetime) -> None:
    """End the test without a score and without evidence; a paper that was handed in stays."""
    with transaction.atomic():
        lock_enrollment(learner, paper.session.deck)
        paper = lock(Paper.objects.filter(pk=paper.pk))
        if paper.handed_in_at is None:
            paper.session.end(now)
