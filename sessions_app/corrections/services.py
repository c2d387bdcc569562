"""Overriding a verdict, and removing an answer from the log."""

import logging
from datetime import datetime

from django.db import transaction

from cards.models import Card
from sessions_app.models import Review, Step
from sessions_app.practice_test import scores
from sessions_app.review_log import replaying, totals
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.study.types import Verdict
from studysite.accounts.models import User

logger = logging.getLogger(__name__)


def answer_override(*, learner: User, line: Review, verdict: Verdict, now: datetime) -> bool:
    """Give an answer another verdict; ``line`` has its card, deck and step loaded.

    False, with nothing changed, if the answer was undone or corrected in the meantime, or its card was moved.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, line.card.deck)
        card = Card.objects.filter(pk=line.card_id, deck=enrollment.deck_id).defer(*totals.TEXTS).first()
        if card is None:
            return _changed_meanwhile(line)
        line.card = card
        if not replaying.override(enrollment, line, verdict, now):
            return _changed_meanwhile(line)
        _judge_step(line.step_id, verdict=verdict)
    return True


def answer_void(*, learner: User, line: Review, now: datetime) -> bool:
    """Void an answer, so that it counts neither as right nor as wrong; its question is not asked again.

    ``line`` has its card and deck loaded. False, with nothing changed, if the answer was undone or corrected in
    the meantime.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, line.card.deck)
        if not Review.objects.standing().filter(pk=line.pk, card__deck=enrollment.deck_id).exists():
            return _changed_meanwhile(line)
        replaying.take_back(enrollment, [line], now)
        _judge_step(line.step_id, verdict="")
    return True


def _changed_meanwhile(line: Review) -> bool:
    logger.info("Review %s has changed or its card has moved; a correction of it changed nothing.", line.pk)
    return False


def _judge_step(step_id: int | None, *, verdict: str) -> None:
    """Save the learner's verdict on the step, or recount the test that it is part of."""
    if step_id is not None:
        Step.objects.filter(pk=step_id, on_paper=False).update(verdict=verdict)
        scores.recount(step_id)
