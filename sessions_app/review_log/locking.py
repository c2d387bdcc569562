"""Locking enrollments: all writes about one learner in one deck wait for each other.

Everything that writes progress, day totals or roll-ups takes the lock here first. (On SQLite the transaction is
the lock.) If the rules of an earlier version have computed the progress, it is replayed before the caller gets it,
because an answer must not build on it.
"""

import logging

from cards.models import Deck
from sessions_app.models import Enrollment, EnrollmentQuerySet
from sessions_app.review_log import replaying
from sessions_app.study.scheduling.fsrs_memory import VERSION
from studysite.accounts.models import User
from studysite.queries.compiled import compiled

logger = logging.getLogger(__name__)


def lock_enrollment(learner: User, deck: Deck) -> Enrollment:
    """The learner's enrollment in ``deck``, locked until the transaction ends; created if there is none."""
    enrollment = _locked.first(learner=learner.pk, deck=deck.pk)
    if enrollment is None:
        Enrollment.objects.get_or_create(learner=learner, deck=deck)
        (enrollment,) = _locked(learner=learner.pk, deck=deck.pk)
    _catch_up(enrollment)
    enrollment.deck, enrollment.learner = deck, learner
    return enrollment


@compiled
def _locked(*, learner: int, deck: int) -> EnrollmentQuerySet:
    # Nothing is joined: on PostgreSQL a joined row would be as it was before the wait.
    return Enrollment.objects.filter(learner=learner, deck=deck).locked()


def lock_enrollments(enrollments: EnrollmentQuerySet) -> list[Enrollment]:
    """``enrollments``, locked until the transaction ends, in the order of their keys."""
    locked = list(enrollments.locked())
    for enrollment in locked:
        _catch_up(enrollment)
    return locked


def lock_for_replay(pk: int) -> Enrollment | None:
    """The enrollment, locked and as it is, for a caller that replays it; None if it was erased."""
    return _locked_by_key.first(pk=pk)


@compiled
def _locked_by_key(*, pk: int) -> EnrollmentQuerySet:
    return Enrollment.objects.filter(pk=pk).locked()


def _catch_up(enrollment: Enrollment) -> None:
    """Replay the progress of a locked enrollment if the rules of an earlier version have computed it."""
    if enrollment.replayed_with != VERSION:
        logger.info("Enrollment %s is replayed: an earlier version computed its progress.", enrollment.pk)
        replaying.rebuild(enrollment)
