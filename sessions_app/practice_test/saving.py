"""Saving the answers on a paper."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from cards.models import Deck
from sessions_app.models import Paper, PaperQuerySet, Step
from sessions_app.models.session import StepQuerySet
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import InvalidResponseError, Question
from studysite.accounts.models import User
from studysite.numbers import whole_number
from studysite.queries.compiled import compiled
from studysite.queries.compiled import save as save_row

logger = logging.getLogger(__name__)

# Answers that are sent at the deadline may take this long to arrive.
GRACE = timedelta(seconds=5)

# The largest number of the database's column.
MAX_REVISION = 2**31 - 1

# The fields of a form by the position of their question.
Filled = Mapping[int, Mapping[str, str]]


@dataclass
class Saved:
    """The result of a post to ``paper``.

    ``errors`` says by position why an answer could not be saved, ``revisions`` which revision of it the site has.
    ``is_late``: the post came too late, and nothing was saved.
    """

    paper: Paper
    errors: dict[int, str] = field(default_factory=dict)
    revisions: dict[int, int] = field(default_factory=dict)
    is_late: bool = False


def is_over(paper: Paper, now: datetime) -> bool:
    """Whether the paper's time is up, and nothing that was sent in time can still arrive (`GRACE`)."""
    return paper.deadline is not None and now > paper.deadline + GRACE


def answered(paper: Paper) -> int:
    """How many of the paper's questions have an answer; a block counts as one for each pair."""
    return sum(_filled(session=paper.session_id))


@compiled
def _filled(*, session: int) -> QuerySet[Step, int]:
    return Step.objects.filter(session=session).values_list("filled", flat=True)


def save(
    *, paper: int, learner: int, slug: str, filled: Filled, now: datetime, is_judgement: bool = False
) -> Saved:
    """Save ``filled`` on the learner's own paper: answers, or after it was handed in the learner's judgement.

    The paper and the learner are given by their keys, the deck by its slug.

    An older revision never overwrites a newer one. The post is late if the time is up, if answers come after the
    paper was handed in, or if it has its score.

    Raises:
        Paper.DoesNotExist: the learner has no such paper in a deck that they may see.
    """
    with transaction.atomic():
        found = _own_paper.first(paper=paper, learner=learner, slug=slug)
        if found is None:
            raise Paper.DoesNotExist
        saved = Saved(found)
        is_handed_in = found.handed_in_at is not None
        is_too_late = is_over(found, now) and not is_handed_in
        if found.session.finished_at or is_too_late or is_handed_in != is_judgement:
            too_late(saved)
        elif len(filled) == 1:
            fill(saved, _question(session=found.session_id, position=next(iter(filled))), filled)
        else:
            fill(saved, list(found.session.steps.on_paper().filter(position__in=filled)), filled)
    return saved


@compiled
def _own_paper(*, paper: int, learner: int, slug: str) -> PaperQuerySet:
    visible = Deck.objects.visible_to(User(pk=learner)).filter(slug=slug)
    return locked(Paper.objects.filter(pk=paper, session__learner=learner, session__deck__in=visible))


@compiled
def _question(*, session: int, position: int) -> StepQuerySet:
    return Step.objects.on_paper().filter(session=session, position=position)


def lock(papers: PaperQuerySet) -> Paper:
    """The one paper of ``papers`` with its session and deck, locked until the transaction ends.

    The session is locked too: PostgreSQL returns an unlocked row as it was before the wait for the lock.
    """
    return locked(papers).get()


def locked(papers: PaperQuerySet) -> PaperQuerySet:
    return papers.select_for_update(of=("self", "session")).select_related("session__deck")


def too_late(saved: Saved) -> Saved:
    """Note, and log, that a post came too late to be saved."""
    saved.is_late = True
    logger.info("Paper %s: a post came too late and changed nothing.", saved.paper.pk)
    return saved


def fill(saved: Saved, steps: Sequence[Step], filled: Filled) -> None:
    """Write the new answers in ``filled`` to ``steps``, in one statement, and note the errors in ``saved``."""
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
        # An answer without a revision is older than any saved one.
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
    """Write the answers of ``steps`` in one statement.

    Their paper is locked and they were read under its lock, so no other request has a newer revision of them.
    """
    names = ["saved", "filled", "revision"]
    if len(steps) == 1:
        # Most saves are of one answer.
        save_row(steps[0], *names)
    else:
        Step.objects.bulk_update(steps, names)
