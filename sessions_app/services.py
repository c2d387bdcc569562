"""Everything that studying writes, each in one transaction.

Answers of one learner in one deck are serialised by a lock on her enrollment (on SQLite by the transaction
itself); that a step is answered once is the work of a conditional update, not of the lock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Q

from cards.models import Card, Deck
from sessions_app import log, scores
from sessions_app.desk import DeckDesk
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.study import days
from sessions_app.study.modes import MODES
from sessions_app.study.types import Graded, Level, Moment, Question, SessionSettings, Verdict
from studysite.accounts.models import User


@dataclass(frozen=True)
class Stand:
    """Where a learner stands in a mode: the open step (None when there is none), and what is shown beside it.

    ``progress`` is the learner's on the side that is asked, None where she has neither answered nor marked it;
    ``waiting`` counts what the queue holds; ``is_stale`` says that an answer came to a step that was not open any
    more, and counted for nothing. ``is_new_day`` says that the session's study day is over: it ends, and its open
    question is given back unanswered. ``undoable`` is the key of the step whose answer can be taken back, None
    where there is none. ``lines`` are what an answer has just written to the log.
    """

    step: Step | None = None
    enrollment: Enrollment | None = None
    progress: CardProgress | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    is_stale: bool = False
    is_new_day: bool = False
    undoable: int | None = None
    lines: Sequence[Review] = ()


def study_day_of(learner: User, now: datetime) -> date:
    """The study day in which ``now`` lies for the learner."""
    return days.study_day(now, ZoneInfo(learner.time_zone))


def moment_of(learner: User, now: datetime) -> Moment:
    """The instant ``now`` and the study day in which it lies for the learner."""
    return Moment(now.astimezone(UTC), study_day_of(learner, now))


def day_end_of(learner: User, now: datetime) -> datetime:
    """The instant at which the learner's study day ends in which ``now`` lies."""
    return days.day_end(study_day_of(learner, now), ZoneInfo(learner.time_zone))


def day_start_of(learner: User, now: datetime) -> datetime:
    """The instant at which the learner's study day began in which ``now`` lies."""
    return days.day_end(study_day_of(learner, now) - timedelta(days=1), ZoneInfo(learner.time_zone))


def is_current(session: StudySession, today: date) -> bool:
    """Whether the open session goes on on the study day ``today``."""
    return not MODES[session.mode].ends_with_day or session.study_day == today


def session_start(
    *, learner: User, deck: Deck, mode: str, settings: SessionSettings, now: datetime
) -> StudySession | None:
    """The learner's open session in this mode, or a new one with its first step; None when nothing is to ask.

    An open session that ended with its study day is closed first, and so is one that studies something else than
    ``settings`` name; one whose question was put away, because its card was moved or asks something else now, goes
    on to the next.
    """
    today = study_day_of(learner, now)
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        open_session = learner.study_sessions.open().filter(deck=deck, mode=mode).first()
        if open_session:
            if _studies(open_session, settings) and _goes_on(open_session, enrollment, now):
                return open_session
            end_session(open_session, now)
        session = StudySession(
            learner=learner,
            deck=deck,
            mode=mode,
            settings=settings.to_json(),
            seed=SystemRandom().getrandbits(31),
            study_day=today,
            started_at=now,
        )
        desk = DeckDesk(session, enrollment, now)
        settings = replace(settings, size=desk.count())
        session.settings, desk.settings = settings.to_json(), settings
        question = _draw(desk, learner, position=0, now=now)
        if question is None:
            return None
        session.save()
        _open_step(session, question, desk.progress.get(question.card_id), position=0, now=now)
    return session


def _studies(session: StudySession, settings: SessionSettings) -> bool:
    """Whether the session asks the cards that ``settings`` name, or they leave it open which."""
    return not settings.cards or SessionSettings.from_json(session.settings).cards == settings.cards


def _goes_on(session: StudySession, enrollment: Enrollment, now: datetime) -> bool:
    """Whether the open session has a question, if need be a newly drawn one; else it is ended."""
    is_open = session.steps.unanswered().exists()
    if is_open and is_current(session, study_day_of(enrollment.learner, now)):
        return True
    session.deck = enrollment.deck
    return go_on(DeckDesk(session, enrollment, now), position=_next_position(session)).step is not None


def _next_position(session: StudySession) -> int:
    last: int = session.steps.aggregate(last=Max("position"))["last"]
    return last + 1


def step_answer(*, learner: User, step: Step, response: Mapping[str, str], now: datetime) -> Stand:
    """Grade ``response``, log what it says, and draw the next step; the session ends when nothing is left.

    ``step`` comes with its session, deck and card. A response that leaves the verdict to the learner is kept on
    the step, which stays open: the next one says how it was. One that comes after the session's study day is over
    counts for nothing, since its question is given back then. Raises InvalidResponseError, with nothing written,
    when the response does not answer the question.
    """
    session = step.session
    question = Question.from_json(step.question)
    graded = MODES[session.mode].grade(question, _given(step, response))
    today, is_own_word = study_day_of(learner, now), step.verdict == Verdict.ASK
    with transaction.atomic():
        enrollment = lock_enrollment(learner, session.deck)
        if not is_current(session, today):
            return _end_with_day(session, now)
        if graded[0].verdict is Verdict.ASK:
            return _hold(step, graded[0], enrollment, now)
        if not _claim(step, graded, now):
            return Stand(is_stale=True)
        changes: Counter[str] = Counter()
        lines = []
        for item in graded:
            line, change = log.write(
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
        # As it will be once the roll-up is written, for the draw and for the page.
        for name, number in changes.items():
            setattr(enrollment, name, getattr(enrollment, name) + number)
        desk = DeckDesk(session, enrollment, now)
        stand = go_on(desk, position=step.position + 1)
        log.roll_up(enrollment, changes, now=now, unseen_from=desk.first_unseen)
        return replace(stand, lines=lines, undoable=step.pk if stand.step else None)


def _given(step: Step, response: Mapping[str, str]) -> Mapping[str, str]:
    """``response`` with what the step has kept, as ``held``: it cannot be typed otherwise afterwards."""
    given = {name: value for name, value in response.items() if name != "held"}
    if step.verdict == Verdict.ASK:
        given |= {"held": "yes", "typed": step.response}
    return given


def _hold(step: Step, graded: Graded, enrollment: Enrollment, now: datetime) -> Stand:
    """Keep the response on the open step until the learner has said how it was."""
    held = {"response": graded.response, "verdict": Verdict.ASK}
    still_open = Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None)
    if not still_open.update(**held):
        return Stand(is_stale=True)
    step.response, step.verdict = held["response"], held["verdict"]
    return _stand_at(
        step, enrollment, _progress_on(Question.from_json(step.question), enrollment.learner), now
    )


def step_instead(*, learner: User, step: Step, now: datetime) -> Stand:
    """Ask the open step's card in the way in which the learner can show more; the step is taken back unanswered.

    ``step`` comes with its session, deck and card. Where there is no such way the step stays as it is.
    """
    session = step.session
    question, way = Question.from_json(step.question), MODES[session.mode].instead
    with transaction.atomic():
        enrollment = lock_enrollment(learner, session.deck)
        open_steps = Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None)
        if not open_steps.exists():
            return Stand(is_stale=True)
        if not is_current(session, study_day_of(learner, now)):
            return _end_with_day(session, now)
        desk, position = DeckDesk(session, enrollment, now), step.position + 1
        chance = Random(f"{session.seed}:{position}")
        around = desk.surroundings(question.card_id, chance)
        harder = way(question, around, chance) if way and around else None
        progress = _progress_on(question, learner)
        if harder:
            open_steps.update(retired_at=now)
            step = _open_step(session, harder, progress, position=position, now=now)
        return _stand_at(step, enrollment, progress, now)


def go_on(desk: DeckDesk, *, position: int) -> Stand:
    """Open the session's next step; end the session where nothing is left, or where its study day is over.

    The caller holds the transaction and the enrollment's lock.
    """
    session, learner, now = desk.session, desk.enrollment.learner, desk.now
    if not is_current(session, study_day_of(learner, now)):
        return _end_with_day(session, now)
    question = _draw(desk, learner, position=position, now=now)
    if question is None:
        end_session(session, now)
        return Stand()
    progress = desk.progress.get(question.card_id)
    step = _open_step(session, question, progress, position=position, now=now)
    return Stand(step, desk.enrollment, progress, desk.waiting)


def _end_with_day(session: StudySession, now: datetime) -> Stand:
    """End a session whose study day is over; of one that has ended already the answer is merely stale."""
    if not StudySession.objects.open().filter(pk=session.pk).exists():
        return Stand(is_stale=True)
    end_session(session, now)
    return Stand(is_new_day=True)


def stand_of(*, learner: User, deck: Deck, mode: str, now: datetime) -> Stand:
    """Where the learner stands in this mode; only reads."""
    steps = Step.objects.unanswered().filter(
        session__in=learner.study_sessions.open().filter(deck=deck, mode=mode)
    )
    step = steps.select_related("session").first()
    if step is None:
        return Stand()
    if not is_current(step.session, study_day_of(learner, now)):
        return Stand(is_new_day=True)
    enrollment = Enrollment.objects.get(learner=learner, deck=deck)
    step.session.deck = enrollment.deck = deck
    enrollment.learner = learner
    progress = _progress_on(Question.from_json(step.question), learner)
    return _stand_at(step, enrollment, progress, now)


def _stand_at(step: Step, enrollment: Enrollment, progress: CardProgress | None, now: datetime) -> Stand:
    """Where the learner stands at an open step."""
    desk = DeckDesk(step.session, enrollment, now)
    if MODES[step.session.mode].counts:
        # Drawn once more, and thrown away, so that the page counts what waits just as the answer before did.
        _draw(desk, enrollment.learner, position=step.position, now=now)
    return Stand(step, enrollment, progress, desk.waiting, undoable=last_answered(step.session))


def undoable(*, learner: User, enrollment: Enrollment, mode: str, now: datetime) -> int | None:
    """The key of the step whose answer can be taken back although no question is open; None without one."""
    sessions = learner.study_sessions.answered().filter(deck=enrollment.deck_id, mode=mode)
    latest = sessions.order_by("-started_at").first()
    if latest is None or enrollment.is_started_over_since(latest):
        return None
    return last_answered(latest) if is_current(latest, study_day_of(learner, now)) else None


def last_answered(session: StudySession) -> int | None:
    """The key of the session's last answered step that stands; what was handed in on a paper is not taken back."""
    answered = session.steps.standing().exclude(answered_at=None).filter(on_paper=False)
    return answered.order_by("-position").values_list("pk", flat=True).first()


def session_finish(*, learner: User, deck: Deck, mode: str, now: datetime) -> None:
    """End the learner's open session in this mode, if there is one; what is answered stays."""
    with transaction.atomic():
        session = learner.study_sessions.open().filter(deck=deck, mode=mode).first()
        if session:
            end_session(session, now)


def answer_undo(*, learner: User, step: Step, now: datetime) -> Stand:
    """Take the answer to ``step`` back: its lines are voided, and the question is asked anew in a new step.

    ``step`` (with session and deck) must be the last answered one of its session, which is reopened
    if it has ended and none has followed. Stale if it was taken back already, or is not the last.
    Where its card was moved away meanwhile, or has become a new question, the session goes on to the next instead.
    """
    session = step.session
    with transaction.atomic():
        homes = _lock_homes(learner, step)
        # A card that is moved just now is not where it was when the locks were taken.
        lines = list(step.reviews.standing().select_related("card"))
        is_last = last_answered(session) == step.pk and all(line.card.deck_id in homes for line in lines)
        if not is_last or not _reopen(session, homes[session.deck_id], study_day_of(learner, now)):
            return Stand(is_stale=True)
        Step.objects.filter(Q(pk=step.pk) | Q(session=session, answered_at=None), retired_at=None).update(
            retired_at=now
        )
        for deck_id, enrollment in homes.items():
            log.take_back(enrollment, [line for line in lines if line.card.deck_id == deck_id], now)
        return _ask_again(step, [line.card for line in lines], homes[session.deck_id], now)


def _ask_again(step: Step, cards: Sequence[Card], enrollment: Enrollment, now: datetime) -> Stand:
    """Ask the question of ``step``, about ``cards``, in a new step; the next one where it is out of date."""
    session, position = step.session, _next_position(step.session)
    if cards and all(_is_asked_here(card, step) for card in cards):
        question = Question.from_json(step.question)
        progress = _progress_on(question, enrollment.learner)
        again = _open_step(session, question, progress, position=position, now=now)
        return _stand_at(again, enrollment, progress, now)
    stand = go_on(DeckDesk(session, enrollment, now), position=position)
    return replace(stand, undoable=last_answered(session)) if stand.step else stand


def _is_asked_here(card: Card, step: Step) -> bool:
    """Whether ``card`` is still in the deck of ``step``, and the question that it was."""
    is_same = card.asked_since is None or card.asked_since <= step.drawn_at
    return is_same and card.deck_id == step.session.deck_id


def answer_override(*, learner: User, line: Review, verdict: Verdict, now: datetime) -> bool:
    """Judge an answer otherwise than it was judged; ``line`` comes with its card, deck and step.

    False, with nothing changed, where the line was taken back or judged anew in the meantime, or its card is just
    being moved.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, line.card.deck)
        card = Card.objects.filter(pk=line.card_id, deck=enrollment.deck_id).defer(*log.TEXTS).first()
        if card is None:
            return False
        line.card = card
        if not log.overrule(enrollment, line, verdict, now):
            return False
        _judge_step(line.step_id, verdict=verdict)
    return True


def answer_void(*, learner: User, line: Review, now: datetime) -> bool:
    """Take an answer out of the log without asking again: it counts neither as right nor as wrong.

    ``line`` comes with its card and deck. False where it was taken back or judged anew in the meantime.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, line.card.deck)
        if not Review.objects.standing().filter(pk=line.pk, card__deck=enrollment.deck_id).exists():
            return False
        log.take_back(enrollment, [line], now)
        _judge_step(line.step_id, verdict="")
    return True


def _judge_step(step_id: int | None, *, verdict: str) -> None:
    """Note the learner's word on the step, or on the score of the paper that it is on."""
    if step_id is not None:
        Step.objects.filter(pk=step_id, on_paper=False).update(verdict=verdict)
        scores.settle(step_id)


def enrollment_set(*, learner: User, deck: Deck, **fields: object) -> None:
    """Set the learner's consent or settings for the deck: ``shares_progress``, ``new_per_day``."""
    Enrollment.objects.update_or_create(learner=learner, deck=deck, defaults=fields)


def lock_enrollment(learner: User, deck: Deck) -> Enrollment:
    """The learner's enrollment, locked until the transaction ends; made at her first session."""
    mine = Enrollment.objects.select_for_update().filter(learner=learner, deck=deck)
    enrollment = mine.first()
    if enrollment is None:
        Enrollment.objects.get_or_create(learner=learner, deck=deck)
        enrollment = mine.get()
    log.catch_up([enrollment])
    enrollment.deck, enrollment.learner = deck, learner
    return enrollment


def _lock_homes(learner: User, step: Step) -> dict[int, Enrollment]:
    """The learner's enrollments by deck: where ``step`` was answered, and where its cards are now.

    They are locked in the order of their keys, as whoever moves cards locks everybody's.
    """
    cards = Card.objects.filter(reviews__step=step, reviews__voided_at=None)
    in_decks = Q(deck=step.session.deck_id) | Q(deck__in=cards.values("deck"))
    mine = Enrollment.objects.select_for_update(of=("self",)).select_related("deck").order_by("pk")
    homes = {enrollment.deck_id: enrollment for enrollment in mine.filter(in_decks, learner=learner)}
    log.catch_up(homes.values())
    for enrollment in homes.values():
        enrollment.learner = learner
    return homes


def _draw(desk: DeckDesk, learner: User, *, position: int, now: datetime) -> Question | None:
    chance = Random(f"{desk.session.seed}:{position}")
    return MODES[desk.session.mode].draw(desk, moment_of(learner, now), chance)


def _progress_on(question: Question, learner: User) -> CardProgress | None:
    """The learner's progress on what ``question`` asks."""
    return CardProgress.objects.filter(learner=learner, card=question.card_id, side=question.side).first()


def _open_step(
    session: StudySession, question: Question, progress: CardProgress | None, *, position: int, now: datetime
) -> Step:
    return Step.objects.create(
        session=session,
        position=position,
        card_id=question.card_id,
        origin=question.origin,
        question=question.to_json(),
        level=progress.level if progress else Level.NEW,
        drawn_at=now,
    )


def _reopen(session: StudySession, enrollment: Enrollment, today: date) -> bool:
    """Open an ended session again, unless its study day is over, or the learner has started over or gone on since.

    One that has followed without an answer is in the way only while it is open. An open one just goes on.
    """
    if not is_current(session, today):
        return False
    alike = StudySession.objects.filter(learner=session.learner_id, deck=session.deck_id, mode=session.mode)
    followers = alike.answered().filter(started_at__gt=session.started_at)
    found = alike.filter(Q(finished_at=None) | Q(pk__in=followers.values("pk")))
    in_the_way = dict(found.values_list("pk", "finished_at"))
    if session.pk in in_the_way:
        return True
    if in_the_way or enrollment.is_started_over_since(session):
        return False
    StudySession.objects.filter(pk=session.pk).update(finished_at=None)
    return True


def _claim(step: Step, graded: Sequence[Graded], now: datetime) -> bool:
    """Mark the step answered, if it is still open in an open session: of two answers one wins."""
    unanswered = Step.objects.unanswered().filter(pk=step.pk, session__finished_at=None)
    step.answered_at, step.response, step.verdict = now, graded[0].response, graded[0].verdict
    return bool(unanswered.update(answered_at=now, response=step.response, verdict=step.verdict))


def end_session(session: StudySession, now: datetime) -> None:
    """End the session; its open question is given back unanswered."""
    session.steps.unanswered().update(retired_at=now)
    StudySession.objects.open().filter(pk=session.pk).update(finished_at=now)
