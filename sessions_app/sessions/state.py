"""Where a learner is in a session. Nothing here writes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.questions import queue_rows
from sessions_app.questions.queue import DeckQueue
from sessions_app.study.days import moment, study_day
from sessions_app.study.judging import Judgement
from sessions_app.study.modes import MODES, QUESTION_MODES, next_question
from sessions_app.study.questions.types import Question
from studysite.accounts.models import User
from studysite.queries.compiled import compiled

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SessionState:
    """The state of a learner's session in one mode, with what a page shows of it.

    ``step`` is the open step; None if no question is open (see OpenState). ``progress`` is the learner's progress
    on the side that is asked; None if they have neither answered nor marked it. ``waiting`` counts the cards in
    the queue, by its parts. ``undoable`` is the key of the step whose answer can be undone; None without one.

    After a post: ``is_stale`` if its step was no longer open, so that it changed nothing. ``is_new_day`` if the
    session's study day is over: the session ends, and its open question stays unanswered. ``lines`` are the
    reviews that the answer added to the log, and ``judgement`` is how a typed response compares with the answer.
    """

    step: Step | None = None
    enrollment: Enrollment | None = None
    progress: CardProgress | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    is_stale: bool = False
    is_new_day: bool = False
    undoable: int | None = None
    lines: Sequence[Review] = ()
    judgement: Judgement | None = None


@dataclass(frozen=True)
class OpenState(SessionState):
    """The state of a session with an open question. ``step`` comes with its session and deck."""

    step: Step
    enrollment: Enrollment


def stale(session: StudySession, what: str) -> SessionState:
    """The state after a post that came too late and changed nothing. Logs ``what`` it was, with keys alone."""
    logger.info("%s in session %s came too late and changed nothing.", what, session.pk)
    return SessionState(is_stale=True)


def is_current(session: StudySession, today: date) -> bool:
    """Whether an open session can be continued on the study day ``today``."""
    return not MODES[session.mode].ends_with_day or session.study_day == today


def session_state(*, learner: User, deck: Deck, mode: str, now: datetime) -> SessionState:
    """The state of the learner's open session in this mode; an empty one without a session."""
    step = _open_step.first(learner=learner.pk, deck=deck.pk, mode=mode)
    if step is None:
        return SessionState()
    if not is_current(step.session, study_day(now, learner.zone)):
        return SessionState(is_new_day=True)
    (enrollment,) = _enrollment(learner=learner.pk, deck=deck.pk)
    step.session.deck = enrollment.deck = deck
    enrollment.learner = learner
    progress = progress_on(Question.from_json(step.question), learner)
    return state_at(step, enrollment, progress, now)


@compiled
def _open_step(*, learner: int, deck: int, mode: str) -> QuerySet[Step]:
    sessions = StudySession.objects.open().filter(learner=learner, deck=deck, mode=mode)
    return Step.objects.unanswered().filter(session__in=sessions).select_related("session")


@compiled
def _enrollment(*, learner: int, deck: int) -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(learner=learner, deck=deck)


def state_at(step: Step, enrollment: Enrollment, progress: CardProgress | None, now: datetime) -> OpenState:
    """The state of a session at its open step."""
    queue = DeckQueue(step.session, enrollment, now)
    if MODES[step.session.mode].counts:
        # Drawn again only to count what waits: the page shows the same numbers as after the answer before.
        draw(queue, enrollment.learner, position=step.position, now=now)
    return OpenState(step, enrollment, progress, queue.waiting, undoable=last_answered(step.session))


def draw(queue: DeckQueue, learner: User, *, position: int, now: datetime) -> Question | None:
    """The question that comes at ``position`` of the queue's session; None if nothing is left to ask.

    Drawn again for the same position and state it is the same question.
    """
    queue.session.learner = learner
    mode, chance = QUESTION_MODES[queue.session.mode], f"{queue.session.seed}:{position}"
    return next_question(mode, queue, moment(now, learner.zone), chance)


def progress_on(question: Question, learner: User) -> CardProgress | None:
    """The learner's progress on what ``question`` asks; ``own_star`` says whether its card has a star."""
    return queue_rows.progress.first(learner=learner.pk, card=question.card_id, side=question.side)


def last_answered(session: StudySession) -> int | None:
    """The key of the session's last answered step that was not undone; None without one.

    Steps on a test's paper do not count: an answer that was handed in cannot be undone.
    """
    return next(iter(_last_answered(session=session.pk)), None)


@compiled
def _last_answered(*, session: int) -> QuerySet[Step, int]:
    answered = Step.objects.standing().filter(session=session, on_paper=False).exclude(answered_at=None)
    return answered.order_by("-position").values_list("pk", flat=True)[:1]
