"""Changing a learner's settings for a deck, and starting over."""

from datetime import datetime

from django.db import transaction

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment
from sessions_app.review_log import replaying
from sessions_app.review_log.locking import lock_enrollment
from studysite.accounts.models import User


def settings_change(*, learner: User, deck: Deck, **settings: object) -> None:
    """Save the learner's settings for the deck, by the names of the fields, and update what depends on them.

    Due dates depend on the desired retention, and the roll-up on the studied side. An open question stays open,
    also if its card no longer asks for it.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        retention, side_choice = enrollment.retention, enrollment.side_choice
        for name, value in settings.items():
            setattr(enrollment, name, value)
        if enrollment.side_choice != side_choice:
            enrollment.unseen_version = 0
        enrollment.save(update_fields=[*settings, "unseen_version"])
        if enrollment.retention != retention:
            replaying.rebuild(enrollment)
        if enrollment.side_choice != side_choice:
            Enrollment.objects.filter(pk=enrollment.pk).recount(with_sides=True)


def start_over(*, learner: User, deck: Deck, now: datetime) -> None:
    """Let the learner's answers in the deck no longer count, and end their sessions in it.

    The log, the day totals and the marks stay. The number of statements is the same for every deck.
    """
    with transaction.atomic():
        enrollment = lock_enrollment(learner, deck)
        learner.study_sessions.filter(deck=deck).finish(now)
        CardProgress.objects.filter(learner=learner, card__deck=deck).reset(now)
        mine = Enrollment.objects.filter(pk=enrollment.pk)
        mine.update(reset_at=now, unseen_version=0)
        mine.recount()
