"""The site's log lines: keys and counts, never a name, an address or a text."""

import logging
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.urls import reverse

from sessions_app.corrections import services as corrections
from sessions_app.learners.guests import guest_merge
from sessions_app.matching import services as matching
from sessions_app.models import Enrollment, OverriddenAnswer, Review
from sessions_app.practice_test import handing_in, saving, starting
from sessions_app.review_log.locking import lock_enrollment
from sessions_app.sessions.marks import Mark, step_put_aside
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Verdict
from studysite.accounts.models import User
from tests.sessions_app.conftest import NOON, names_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _level(caplog):
    caplog.set_level(logging.INFO, logger="sessions_app")


@pytest.fixture
def guest():
    return User.objects.create_guest(time_zone="UTC")


@pytest.fixture
def lines(caplog, deck, learner):
    def lines():
        found = [record.getMessage() for record in caplog.records if record.name.startswith("sessions_app")]
        personal = (deck.title, deck.slug, learner.email, learner.name, "Term", "Definition")
        assert not [line for line in found if any(text in line for text in personal if text)]
        return found

    return lines


def test_counted_answer_is_not_logged(studying, lines):
    studying.start()
    studying.answer(3)
    assert lines() == []


def test_stale_answer_undo_and_mark_are_logged(studying, lines):
    session = studying.start()
    first = studying.open_step()
    studying.answer(3, first)
    assert studying.answer(3, first).is_stale
    assert step_put_aside(learner=studying.learner, step=first, mark=Mark.BURIED, now=studying.now).is_stale
    studying.answer(3)
    assert answer_undo(learner=studying.learner, step=first, now=studying.now).is_stale
    came_late = ("The answer to step", "Suspending or burying the card of step", "Undoing step")
    assert lines() == [
        f"{what} {first.pk} in session {session.pk} came too late and changed nothing." for what in came_late
    ]


def test_second_hand_in_is_logged(learner, deck, lines):
    settings = SessionSettings(questions=3, kinds=("typed",))
    paper = starting.start(learner=learner, deck=deck, settings=settings, now=NOON).paper
    for _ in range(2):
        handing_in.hand_in(learner=learner, paper=paper, filled={}, now=NOON)
    saving.save(**names_of(paper), filled={}, now=NOON)
    assert lines() == [f"Paper {paper.pk}: a post came too late and changed nothing."] * 2


def test_try_on_an_older_board_is_logged(learner, deck, lines):
    board = matching.board_start(learner=learner, deck=deck, untimed=False, now=NOON)
    assert matching.board_try(board=board, pair=matching.Try(0, 0), revision=7, now=NOON) == "stale"
    assert lines() == [f"Board {board.pk}: a try at revision 7 came too late and changed nothing."]


def test_correction_of_an_undone_answer_is_logged(studying, learner, lines):
    studying.start()
    studying.answer(3)
    line = Review.objects.select_related("card__deck").get()
    for _ in range(2):
        corrections.answer_void(learner=learner, line=line, now=studying.now)
    corrections.answer_override(learner=learner, line=line, verdict=Verdict.WRONG, now=studying.now)
    assert (
        lines()
        == [f"Review {line.pk} has changed or its card has moved; a correction of it changed nothing."] * 2
    )


def test_second_decision_on_an_answer_is_logged(deck, owner_client, lines):
    answer = OverriddenAnswer.objects.create(
        card=deck.cards.first(), side="definition", digest="0" * 64, decision="not_right"
    )
    url = reverse("deck_overridden", args=[deck.slug])
    owner_client.post(url, {"answer": answer.pk, "word": "accept"})
    assert lines() == [
        f"Overridden answer {answer.pk} is decided or taken back; a decision on it changed nothing."
    ]


def test_second_merge_of_a_guest_is_logged(guest, learner, lines):
    gone = User.objects.get(pk=guest.pk)
    for _ in range(2):
        guest_merge(guest=gone, user=learner, now=NOON)
        gone = User(pk=guest.pk, is_guest=True)
    assert lines() == [f"Guest {guest.pk} was merged or discarded already; user {learner.pk} got nothing."]


def test_failed_merge_of_a_guest_is_logged(guest, learner, learner_client, lines, caplog):
    session = learner_client.session
    session["guest_id"] = guest.pk
    session.save()
    with patch("sessions_app.learners.guest_views.guest_merge", side_effect=IntegrityError):
        learner_client.post(reverse("guest"), {"decision": "add"})
    assert lines() == [f"Guest {guest.pk} could not be merged into user {learner.pk}, who can try again."]
    assert [record.levelname for record in caplog.records if "merged" in record.message] == ["WARNING"]


def test_progress_of_an_earlier_version(studying, learner, deck, lines):
    studying.start()
    Enrollment.objects.update(replayed_with="")
    enrollment = lock_enrollment(learner, deck)
    assert lines() == [f"Enrollment {enrollment.pk} is replayed: an earlier version computed its progress."]


def test_progress_that_differs_from_the_log(studying, lines):
    studying.start()
    studying.answer(3, after=timedelta(seconds=5))
    enrollment = Enrollment.objects.get()
    Enrollment.objects.update(recalled=4, scheduled=4)
    call_command("rebuild_progress")
    assert lines() == [f"Enrollment {enrollment.pk}: 1 derived rows differed from the log."]
    call_command("rebuild_progress")
    assert len(lines()) == 1
