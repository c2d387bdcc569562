"""All code that locks enrollments for writing finds progress computed by the current rules."""

from pathlib import Path

import pytest
from django.conf import settings

from sessions_app.learners.guests import guest_merge
from sessions_app.learners.settings import start_over
from sessions_app.models import CardProgress, Enrollment, Step
from sessions_app.review_log import card_changes, replaying
from sessions_app.sessions.marks import Mark, card_mark
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.scheduling.fsrs_memory import VERSION
from studysite.accounts.models import User
from tests.sessions_app.conftest import Studying

MAY_LOCK = {"review_log/locking.py", "erasing.py"}
"""Erasing writes no progress."""


def test_only_locking_locks_enrollments():
    app = Path(settings.BASE_DIR) / "sessions_app"
    texts = {str(path.relative_to(app)): path.read_text() for path in app.rglob("*.py")}
    assert {name for name, text in texts.items() if ".locked()" in text} == MAY_LOCK
    assert not [name for name, text in texts.items() if "Enrollment.objects.select_for_update" in text]


def undo(behind: Studying) -> None:
    last = Step.objects.exclude(answered_at=None).latest("position")
    assert not answer_undo(learner=behind.learner, step=last, now=behind.now).is_stale


def merge(behind: Studying) -> None:
    user = User.objects.create_user("new@example.org", "x")
    User.objects.filter(pk=behind.learner.pk).update(is_guest=True, email=None)
    assert guest_merge(guest=User.objects.get(pk=behind.learner.pk), user=user, now=behind.now)


def mark(behind: Studying) -> None:
    card = behind.deck.cards.select_related("deck").first()
    card_mark(learner=behind.learner, card=card, mark=Mark.SUSPENDED, on=True, now=behind.now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "write",
    [
        undo,
        merge,
        mark,
        lambda behind: behind.answer(3),
        lambda behind: card_changes.recount(behind.deck),
        lambda behind: start_over(learner=behind.learner, deck=behind.deck, now=behind.now),
    ],
)
def test_writes_replay_progress_of_an_earlier_version(studying, write):
    studying.start()
    for rating in (1, 3, 3):
        studying.answer(rating)
    CardProgress.objects.exclude(due=None).update(stability=99)
    Enrollment.objects.update(replayed_with="")
    write(studying)
    enrollment = Enrollment.objects.get()
    assert enrollment.replayed_with == VERSION
    assert not CardProgress.objects.filter(stability=99).exists()
    assert replaying.rebuild(enrollment) == 0
