"""Filling in a paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, IntegerField, JSONField, Sum, Value, When

from sessions_app.models import Paper, PaperQuerySet, Step
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import InvalidResponseError, Question
from studysite.numbers import whole_number

# What is sent at the last moment may be under way for so long.
GRACE = timedelta(seconds=5)

MAX_REVISION = 2**31 - 1

Filled = Mapping[int, Mapping[str, str]]


@dataclass
class Saved:
    """What came of a post to ``paper``: by position what could not be kept, and which answers were older ones."""

    paper: Paper
    errors: dict[int, str] = field(default_factory=dict)
    revisions: dict[int, int] = field(default_factory=dict)
    is_late: bool = False


def is_over(paper: Paper, now: datetime) -> bool:
    """Whether the paper's time is up; what was sent before may still be under way."""
    return paper.deadline is not None and now > paper.deadline + GRACE


def answered(paper: Paper) -> int:
    """How many of the paper's questions have an answer."""
    return Step.objects.filter(session=paper.session_id).aggregate(filled=Sum("filled"))["filled"] or 0


def save(*, papers: PaperQuerySet, filled: Filled, now: datetime, is_judgement: bool = False) -> Saved:
    """Keep what is filled in on the one of ``papers``: answers, or once it is handed in the learner's judgement.

    An older revision never overwrites a newer one. Late, with nothing kept, where the time is up, where answers
    come after it was handed in, or where it has its score. Raises Paper.DoesNotExist where there is none.
    """
    with transaction.atomic():
        paper = lock(papers)
        saved = Saved(paper)
        is_handed_in = paper.handed_in_at is not None
        is_too_late = is_over(paper, now) and not is_handed_in
        if paper.session.finished_at or is_too_late or is_handed_in != is_judgement:
            saved.is_late = True
        else:
            fill(saved, list(paper.session.steps.on_paper().filter(position__in=filled)), filled)
    return saved


def lock(papers: PaperQuerySet) -> Paper:
    """The one of ``papers`` as it is now, with its session and deck, locked until the transaction ends.

    The session too: of a row that is not locked PostgreSQL tells how it was before the wait.
    """
    return papers.select_for_update(of=("self", "session")).select_related("session__deck").get()


def fill(saved: Saved, steps: Sequence[Step], filled: Filled) -> None:
    """Write into ``steps`` what is new in ``filled``, in one statement; note what is wrong with it."""
    changed = []
    for step in steps:
        data = filled.get(step.position)
        if data is None:
            continue
        question = Question.from_json(step.question)
        try:
            response = _read(saved.paper, question, step, data)
        except InvalidResponseError as error:
            saved.errors[step.position] = str(error)
            continue
        # What comes without one is older than whatever is saved.
        revision = whole_number(data.get("revision", ""), most=MAX_REVISION) or 0
        if response != step.saved and step.revision < revision:
            step.saved, step.revision = response, revision
            step.filled = paper_answers.filled(question, response)
            changed.append(step)
        saved.revisions[step.position] = step.revision
    if changed:
        _write(changed)


def _read(paper: Paper, question: Question, step: Step, data: Mapping[str, str]) -> dict[str, str]:
    if paper.handed_in_at is None:
        return paper_answers.read(question, data)
    return (
        paper_answers.read_judgement(question, step.saved, data)
        if paper_answers.needs_judgement(question, step.saved)
        else step.saved
    )


def _write(steps: Sequence[Step]) -> None:
    keys = [step.pk for step in steps]
    revisions = Case(
        *(When(pk=step.pk, then=Value(step.revision)) for step in steps), output_field=IntegerField()
    )
    responses = Case(
        *(When(pk=step.pk, then=Value(step.saved, JSONField())) for step in steps), output_field=JSONField()
    )
    counts = Case(*(When(pk=step.pk, then=Value(step.filled)) for step in steps), output_field=IntegerField())
    Step.objects.filter(pk__in=keys, revision__lt=revisions).update(
        saved=responses, filled=counts, revision=revisions
    )
