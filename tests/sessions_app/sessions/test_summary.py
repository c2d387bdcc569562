"""The summary of a finished session, with the current state of its answers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.corrections import services as corrections
from sessions_app.learners import settings
from sessions_app.models import Enrollment, Review, Step
from sessions_app.sessions import summary, undo
from sessions_app.study.types import Verdict
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db


def finish(studying):
    studying.learner.study_sessions.filter(deck=studying.deck, mode="spaced").finish(studying.now)


def look(studying, now=None):
    enrollment = Enrollment.objects.get(learner=studying.learner, deck=studying.deck)
    return summary.last_session(studying.learner, enrollment, "spaced", now=now or studying.now)


def moves(studying):
    return [(move.name, move.count, move.is_gain) for move in look(studying).moves]


def study(studying, *ratings):
    studying.start()
    for rating in ratings:
        studying.answer(rating)
    finish(studying)


def test_session_without_answers_does_not_hide_the_last_summary(studying):
    study(studying, 3)
    studying.now += timedelta(minutes=1)
    study(studying)
    assert look(studying).answered == 1


def test_open_or_unanswered_session_has_no_summary(studying):
    studying.start()
    assert look(studying) is None
    finish(studying)
    assert look(studying) is None


def test_answers_are_counted_and_listed_in_order(studying):
    study(studying, 3, 1, 4)
    found = look(studying)
    assert (found.answered, found.right, found.new) == (3, 2, 3)
    assert [(line.card.position, line.rating) for line in found.lines] == [(0, 3), (1, 1), (2, 4)]
    assert moves(studying) == [("recalled", 2, True)]


def test_gains_are_listed_before_losses(studying):
    study(studying, 3, 3)
    studying.now += timedelta(days=8)
    studying.start(new_limit=0)
    studying.answer(1)
    studying.answer(3)
    finish(studying)
    assert moves(studying) == [("learned", 1, True), ("met", 1, False)]


def test_card_missed_and_recovered_has_not_moved(studying):
    study(studying, 3)
    studying.now += timedelta(days=8)
    studying.start(new_limit=0)
    studying.answer(1)
    studying.answer(1, after=timedelta(minutes=11))
    studying.answer(3, after=timedelta(minutes=11))
    finish(studying)
    assert moves(studying) == []
    assert look(studying).answered == 3


def test_overridden_answer_changes_the_summary(studying):
    study(studying, 3, 1)
    line = Review.objects.standing().select_related("card__deck", "deck", "step").get(rating=1)
    corrections.answer_override(
        learner=studying.learner, line=line, verdict=Verdict.CORRECT, now=studying.now
    )
    assert moves(studying) == [("recalled", 2, True)]
    assert look(studying).right == 2


def test_undone_answer_is_not_in_the_summary(studying):
    study(studying, 3, 3)
    step = Step.objects.select_related("session__deck").get(position=1)
    undo.answer_undo(learner=studying.learner, step=step, now=studying.now)
    finish(studying)
    assert look(studying).answered == 1
    assert moves(studying) == [("recalled", 1, True)]


def test_session_of_yesterday_is_not_shown(studying):
    study(studying, 3)
    assert look(studying, now=studying.now + timedelta(days=1)) is None


def test_starting_over_hides_the_session_before(studying):
    study(studying, 3)
    settings.start_over(learner=studying.learner, deck=studying.deck, now=studying.now)
    assert look(studying) is None


def test_long_session_lists_its_last_answers_in_constant_queries(learner, make_deck, monkeypatch):
    monkeypatch.setattr(summary, "MOST_LINES", 4)
    numbers = []
    for answers in (2, 7):
        studying = Studying(learner, make_deck(8))
        study(studying, *[4] * answers)
        with CaptureQueriesContext(connection) as captured:
            found = look(studying)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 6
    assert (found.answered, [line.card.position for line in found.lines]) == (7, [3, 4, 5, 6])
