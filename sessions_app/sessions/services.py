"""What a session of Learn or Spaced writes; each function is one transaction.

A lock on the enrollment serialises the answers of one learner in one deck (on SQLite the transaction itself does).
A conditional update, not the lock, makes sure that a step is answered only once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random, SystemRandom

from django.db import transaction
from django.db.models import Max

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment, Step, StudySession
from sessions_app.questions.pool import card_pool
from sessions_app.questions.queue import DeckQueue
from sessions_app.review_log import totals, writing
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.sessions.state import (
    OpenState,
    SessionState,
    draw,
    is_current,
    progress_on,
    stale,
    state_at,
)
from sessions_app.study.days import study_day
from sessions_app.study.modes import QUESTION_MODES
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import Graded, Question
from sessions_app.study.types import Level, Verdict
from studysite.accounts.models import User
from studysite.queries.compiled import Changes, compiled_update, insert


def session_start(
    *,
    learner: User,
    deck: Deck,
    mode: str,
    settings: SessionSettings,
    now: datetime,
    is_chosen: bool = False,
) -> StudySession | None:
    """The learner's open session in this mode, or a new one with its first step; None if there is nothing to ask.

    An open session is closed first if its study day is over, if ``settings`` name other cards than it asks, or if
    the learner has just chosen them (``is_chosen``) and they are others than the session's. If its question was
    retired, because the card was moved or asks something else now, it goes on with the next.
    """
    today = study_day(now, learner.zone)
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        open_session = learner.study_sessions.open().filter(deck=deck, mode=mode).first()
        if open_session:
            goes_on = _is_same_choice if is_chosen else _asks_for
            if goes_on(open_session, settings) and _can_continue(open_session, enrollment, now):
                return open_session
            open_session.end(now)
        session = StudySession(
            learner=learner,
            deck=deck,
            mode=mode,
            settings=settings.to_json(),
            seed=SystemRandom().getrandbits(31),
            study_day=today,
            started_at=now,
        )
        size, cards = DeckQueue(session, enrollment, now).sizes()
        session.settings = replace(settings, size=size, cards_to_ask=cards).to_json()
        queue = DeckQueue(session, enrollment, now)
        question = draw(queue, learner, position=0, now=now)
        if question is None:
            return None
        session.save()
        open_step(session, question, queue.progress_on(question.asks), position=0, now=now)
    return session


def _asks_for(session: StudySession, settings: SessionSettings) -> bool:
    """Whether the session asks the cards that ``settings`` name; True if they name none."""
    return not settings.cards or SessionSettings.from_json(session.settings).cards == settings.cards


def _is_same_choice(session: StudySession, settings: SessionSettings) -> bool:
    """Whether the session was started with ``settings``: a form may be sent twice."""
    known = SessionSettings.from_json(session.settings)
    chosen = replace(settings, size=known.size, cards_to_ask=known.cards_to_ask, new_limit=known.new_limit)
    return chosen == known


def _can_continue(session: StudySession, enrollment: Enrollment, now: datetime) -> bool:
    """Whether the open session has a question. If its last one was retired, the next one is drawn.

    A session without a question is ended.
    """
    is_open = session.steps.unanswered().exists()
    if is_open and is_current(session, study_day(now, enrollment.learner.zone)):
        return True
    session.deck = enrollment.deck
    return next_step(DeckQueue(session, enrollment, now), position=next_position(session)).step is not None


def next_position(session: StudySession) -> int:
    """The position after the session's last step."""
    last: int = session.steps.aggregate(last=Max("position"))["last"]
    return last + 1


def step_answer(*, learner: User, step: Step, response: Mapping[str, str], now: datetime) -> SessionState:
    """Grade ``response``, write it to the log, and open the next step; the session ends if nothing is left.

    ``step`` comes with its session, deck and card. A typed response in doubt is kept on the step, which stays open
    until the learner has judged it with a second response. After the session's study day a response is not
    counted: the session ends, and its question stays unanswered.

    Raises:
        InvalidResponseError: the response does not answer the question. Nothing is written.
    """
    session = step.session
    question = Question.from_json(step.question)
    graded = QUESTION_MODES[session.mode].grade(question, _with_held(step, response))
    today, is_own_word = study_day(now, learner.zone), step.verdict == Verdict.ASK
    with transaction.atomic():
        enrollment = lock_enrollment(learner, session.deck)
        if not is_current(session, today):
            return _end_with_day(session, now)
        if graded[0].verdict is Verdict.ASK:
            return _hold(step, graded[0], enrollment, now)
        if not _claim(step, graded, now):
            return stale(session, f"The answer to step {step.pk}")
        changes: Counter[str] = Counter()
        lines = []
        for item in graded:
            line, change = writing.write(
                enrollment=enrollment,
                step=step,
                question=question,
                graded=item,
                now=now,
                today=today,
                is_own_word=is_own_word,
            )
            changes.update(change)
            lines += [line] if line else []
        # As the roll-up below will write it: the next draw and the page need the new numbers.
        for name, number in changes.items():
            setattr(enrollment, name, getattr(enrollment, name) + number)
        queue = DeckQueue(session, enrollment, now, after=question)
        state = next_step(queue, position=step.position + 1)
        totals.roll_up(enrollment, changes, now=now, unseen_from=queue.first_unseen)
        undoable = step.pk if state.step else None
        judgement = graded[0].judgement
        return replace(state, enrollment=enrollment, lines=lines, undoable=undoable, judgement=judgement)


def _with_held(step: Step, response: Mapping[str, str]) -> Mapping[str, str]:
    """``response`` with the typed text that the step keeps, as ``held``; the form cannot change that text."""
    given = {name: value for name, value in response.items() if name != "held"}
    if step.verdict == Verdict.ASK:
        given |= {"held": "yes", "typed": step.response}
    return given


def _hold(step: Step, graded: Graded, enrollment: Enrollment, now: datetime) -> SessionState:
    """Keep the response on the open step until the learner has judged it."""
    held = {"response": graded.response, "verdict": Verdict.ASK}
    still_open = Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None)
    if not still_open.update(**held):
        return stale(step.session, f"The answer to step {step.pk}")
    step.response, step.verdict = held["response"], held["verdict"]
    progress = progress_on(Question.from_json(step.question), enrollment.learner)
    return replace(state_at(step, enrollment, progress, now), judgement=graded.judgement)


def step_instead(*, learner: User, step: Step, now: datetime) -> SessionState:
    """Replace the open step by one that asks its card for a recall; the old one is retired unanswered.

    ``step`` comes with its session, deck and card. It stays if there is no such question.
    """
    session = step.session
    question, way = Question.from_json(step.question), QUESTION_MODES[session.mode].instead
    with transaction.atomic():
        enrollment = lock_enrollment(learner, session.deck)
        open_steps = Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None)
        if not open_steps.exists():
            return stale(session, f"Another question for step {step.pk}")
        if not is_current(session, study_day(now, learner.zone)):
            return _end_with_day(session, now)
        position = step.position + 1
        chance = Random(f"{session.seed}:{position}")
        around = card_pool(question.asks, enrollment, chance)
        harder = way(question, around, chance) if way and around else None
        progress = progress_on(question, learner)
        if harder:
            open_steps.update(retired_at=now)
            step = open_step(session, harder, progress, position=position, now=now)
        return state_at(step, enrollment, progress, now)


def next_step(queue: DeckQueue, *, position: int) -> SessionState:
    """Open the session's next step; end the session if nothing is left, or if its study day is over.

    The caller holds the transaction and the lock on the enrollment.
    """
    session, learner, now = queue.session, queue.enrollment.learner, queue.now
    if not is_current(session, study_day(now, learner.zone)):
        return _end_with_day(session, now)
    question = draw(queue, learner, position=position, now=now)
    if question is None:
        session.end(now)
        return SessionState()
    progress = queue.progress_on(question.asks)
    step = open_step(session, question, progress, position=position, now=now)
    return OpenState(step, queue.enrollment, progress, queue.waiting)


def _end_with_day(session: StudySession, now: datetime) -> SessionState:
    """End a session whose study day is over; if it has already ended, the post is stale."""
    if not StudySession.objects.open().filter(pk=session.pk).exists():
        return stale(session, "A post")
    session.end(now)
    return SessionState(is_new_day=True)


def open_step(
    session: StudySession, question: Question, progress: CardProgress | None, *, position: int, now: datetime
) -> Step:
    """Add an open step that asks ``question``; ``progress`` is the learner's on what it asks."""
    step = Step(
        session=session,
        position=position,
        card_id=question.card_id,
        origin=question.origin,
        question=question.to_json(),
        level=progress.level if progress else Level.NEW,
        drawn_at=now,
    )
    insert(step)
    return step


def _claim(step: Step, graded: Sequence[Graded], now: datetime) -> bool:
    """Mark the step as answered, and return whether it was still open: of two answers only one succeeds."""
    step.answered_at, step.response, step.verdict = now, graded[0].response, graded[0].verdict
    return bool(_answer(step=step.pk, now=now, response=step.response, verdict=step.verdict))


@compiled_update
def _answer(*, step: int, now: datetime, response: str, verdict: str) -> Changes:
    unanswered = Step.objects.unanswered().filter(pk=step, session__finished_at=None)
    return unanswered, {"answered_at": now, "response": response, "verdict": verdict}
