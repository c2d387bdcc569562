"""Undoing the last answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from cards.models import Card
from sessions_app.models import Enrollment, Step, StudySession
from sessions_app.questions.queue import DeckQueue
from sessions_app.review_log import replaying
from sessions_app.review_log.locking import lock_enrollments
from sessions_app.sessions.services import next_position, next_step, open_step
from sessions_app.sessions.state import SessionState, is_current, last_answered, progress_on, stale, state_at
from sessions_app.study.days import study_day
from sessions_app.study.questions.types import Question
from studysite.accounts.models import User


def undoable(*, learner: User, enrollment: Enrollment, mode: str, now: datetime) -> int | None:
    """The key of the step whose answer can be undone although no question is open; None without one."""
    sessions = learner.study_sessions.answered().filter(deck=enrollment.deck_id, mode=mode)
    latest = sessions.order_by("-started_at").first()
    if latest is None or enrollment.is_started_over_since(latest):
        return None
    return last_answered(latest) if is_current(latest, study_day(now, learner.zone)) else None


def answer_undo(*, learner: User, step: Step, now: datetime) -> SessionState:
    """Undo the answer to ``step``: void its lines in the log, and ask the question again in a new step.

    ``step`` comes with its session and deck. The result is stale, with nothing changed, unless it is the last
    answered step of the session. A session that has ended is reopened if no other has followed. If the card was
    moved or asks something else now, the session goes on with the next question instead.
    """
    session = step.session
    with transaction.atomic():
        homes = _lock_homes(learner, step)
        # A card may have been moved to another deck before the locks were held.
        lines = list(step.reviews.standing().select_related("card"))
        is_last = last_answered(session) == step.pk and all(line.card.deck_id in homes for line in lines)
        if not is_last or not _reopen(session, homes[session.deck_id], study_day(now, learner.zone)):
            return stale(session, f"Undoing step {step.pk}")
        Step.objects.filter(Q(pk=step.pk) | Q(session=session, answered_at=None), retired_at=None).update(
            retired_at=now
        )
        for deck_id, enrollment in homes.items():
            replaying.take_back(enrollment, [line for line in lines if line.card.deck_id == deck_id], now)
        return _ask_again(step, [line.card for line in lines], homes[session.deck_id], now)


def _ask_again(step: Step, cards: Sequence[Card], enrollment: Enrollment, now: datetime) -> SessionState:
    """Ask the question of ``step``, about ``cards``, in a new step; the next question if that one is outdated."""
    session, position = step.session, next_position(step.session)
    if cards and all(_is_asked_here(card, step) for card in cards):
        question = Question.from_json(step.question)
        progress = progress_on(question, enrollment.learner)
        again = open_step(session, question, progress, position=position, now=now)
        return state_at(again, enrollment, progress, now)
    state = next_step(DeckQueue(session, enrollment, now), position=position)
    return replace(state, undoable=last_answered(session)) if state.step else state


def _is_asked_here(card: Card, step: Step) -> bool:
    """Whether ``card`` is still in the deck of ``step`` and asks the same as when the step was drawn."""
    is_same = card.asked_since is None or card.asked_since <= step.drawn_at
    return is_same and card.deck_id == step.session.deck_id


def _lock_homes(learner: User, step: Step) -> dict[int, Enrollment]:
    """The learner's enrollments by deck: where ``step`` was answered, and where its cards are now.

    They are locked in the order of their keys, as `review_log.card_changes` does when cards are moved.
    """
    cards = Card.objects.filter(reviews__step=step, reviews__voided_at=None)
    in_decks = Q(deck=step.session.deck_id) | Q(deck__in=cards.values("deck"))
    mine = Enrollment.objects.filter(in_decks, learner=learner).select_related("deck")
    homes = {enrollment.deck_id: enrollment for enrollment in lock_enrollments(mine)}
    for enrollment in homes.values():
        enrollment.learner = learner
    return homes


def _reopen(session: StudySession, enrollment: Enrollment, today: date) -> bool:
    """Reopen the session if it has ended, and return whether it is open.

    It stays closed if its study day is over, if the learner has started over, or if another session of the mode is
    open or has answers from later.
    """
    if not is_current(session, today):
        return False
    alike = StudySession.objects.filter(learner=session.learner_id, deck=session.deck_id, mode=session.mode)
    followers = alike.answered().filter(started_at__gt=session.started_at)
    found = alike.filter(Q(finished_at=None) | Q(pk__in=followers.values("pk")))
    blocking = dict(found.values_list("pk", "finished_at"))
    if session.pk in blocking:
        return True
    if blocking or enrollment.is_started_over_since(session):
        return False
    StudySession.objects.filter(pk=session.pk).update(finished_at=None)
    return True
