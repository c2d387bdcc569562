"""Starting, answering and finishing, without pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command

from cards.models import Card
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step, StudySession
from sessions_app.sessions import services as sessions
from sessions_app.sessions.state import session_state
from sessions_app.study.questions.types import InvalidResponseError
from sessions_app.study.scheduling.fsrs_memory import VERSION
from sessions_app.study.types import Level
from tests.sessions_app.conftest import NOON, Studying

pytestmark = pytest.mark.django_db


def test_starting_draws_the_first_card(studying):
    session = studying.start()
    step = session.steps.get()
    assert (step.position, step.card.position, step.origin) == (0, 0, "new")
    assert step.question["prompt"] == "Term 0"
    assert Enrollment.objects.get().last_studied_at is None


def test_starting_again_continues_the_session(studying):
    assert studying.start() == studying.start()
    assert Step.objects.count() == 1


def test_empty_deck_starts_nothing(learner, make_deck):
    assert Studying(learner, make_deck(0)).start() is None
    assert not StudySession.objects.exists()


def test_answer_is_logged_with_its_context(studying, learner):
    studying.start()
    studying.answer(3)
    line = Review.objects.get()
    assert (line.learner, line.mode, line.evidence, line.verdict, line.rating) == (
        learner,
        "spaced",
        "recall",
        "correct",
        3,
    )
    assert (line.study_day, line.gap, line.gap_needed, line.elapsed_ms) == (date(2026, 3, 2), None, 3, 20_000)
    assert line.scheduler == VERSION
    assert line.judged_by == "learner"


def test_answer_updates_progress_and_totals(studying):
    studying.start()
    studying.answer(3)
    progress = CardProgress.objects.get()
    assert (progress.level, progress.recalls, progress.deck) == (Level.RECALLED, 1, studying.deck)
    assert progress.last_recalled_at == studying.now
    assert DayTotal.objects.get().as_tally().introduced == 1
    enrollment = Enrollment.objects.get()
    assert (enrollment.recalled, enrollment.scheduled, enrollment.last_studied_at) == (1, 1, studying.now)


def test_answer_draws_the_next_step(studying):
    studying.start()
    state = studying.answer(3)
    assert (state.step.position, state.step.card.position) == (1, 1)
    assert state.waiting == {"learning": 0, "review": 0, "unseen": 4}


def test_second_answer_to_a_step_is_stale(studying):
    studying.start()
    step = studying.open_step()
    studying.answer(3, step)
    state = studying.answer(1, step)
    assert state.is_stale
    assert Review.objects.get().rating == 3
    assert Step.objects.count() == 2


def test_invalid_response_writes_nothing(studying):
    studying.start()
    with pytest.raises(InvalidResponseError):
        studying.answer(7)
    assert not Review.objects.exists()
    assert studying.open_step().position == 0


def test_session_ends_when_nothing_is_left(studying):
    studying.start(new_limit=2)
    studying.answer(3)
    assert studying.answer(3).step is None
    assert StudySession.objects.get().finished_at == studying.now


def test_finishing_retires_the_open_question(studying, learner):
    studying.start()
    studying.answer(3)
    step = studying.open_step()
    learner.study_sessions.filter(deck=studying.deck, mode="spaced").finish(studying.now)
    assert studying.answer(3, step).is_stale
    assert Review.objects.count() == 1


def test_session_ends_with_its_study_day(studying, learner):
    first = studying.start()
    studying.now += timedelta(days=1)
    state = session_state(learner=learner, deck=studying.deck, mode="spaced", now=studying.now)
    assert (state.step, state.is_new_day) == (None, True)
    second = studying.start()
    first.refresh_from_db()
    assert second != first
    assert first.finished_at


def test_answer_after_the_day_ended_is_not_counted(studying, learner):
    studying.start()
    studying.answer(3)
    step = studying.open_step()
    state = studying.answer(3, after=timedelta(hours=23))
    assert (state.step, state.is_new_day) == (None, True)
    assert Review.objects.count() == 1
    step.refresh_from_db()
    assert (step.answered_at, step.retired_at) == (None, studying.now)
    assert StudySession.objects.get().finished_at == studying.now
    assert studying.answer(3, step).is_stale
    assert studying.start().steps.get().card == step.card


def test_question_of_an_ended_day_cannot_change_its_kind(studying, learner):
    studying.start()
    step = studying.open_step()
    state = sessions.step_instead(learner=learner, step=step, now=studying.now + timedelta(days=1))
    assert state.is_new_day


def test_clock_set_back_keeps_the_log_in_order(studying):
    studying.start(new_limit=1)
    studying.answer(1)
    studying.answer(3, after=-timedelta(hours=2))
    first, second = Review.objects.in_order()
    assert second.reviewed_at == first.reviewed_at + timedelta(microseconds=1)


def test_gap_counts_questions_since_the_last_recall(studying):
    studying.start(new_limit=3)
    for rating in (1, 3, 3):
        studying.answer(rating)
    assert studying.open_step().card.position == 0
    studying.answer(3)
    assert Review.objects.in_order().last().gap == 2
    assert CardProgress.objects.get(card__position=0).level == Level.RECALLED


def test_gap_is_counted_up_to_its_limit(studying):
    studying.start(new_limit=5)
    for rating in (1, 3, 3, 3, 3):
        studying.answer(rating)
    studying.answer(3)
    assert Review.objects.in_order().last().gap == 3


def test_editing_a_card_keeps_the_open_question(studying):
    studying.start()
    card = Card.objects.get(position=0)
    card.term = "Something else"
    card.save()
    assert studying.open_step().question["prompt"] == "Term 0"
    studying.answer(3)
    assert CardProgress.objects.get().card == card


def test_removing_the_open_card_keeps_the_answer(studying):
    from cards.editing.cards import remove_cards

    studying.start()
    remove_cards(deck=studying.deck, cards=Card.objects.filter(position=0))
    assert studying.answer(3).step.card.position == 1
    assert Review.objects.count() == 1
    assert Enrollment.objects.get().recalled == 0


def test_learners_do_not_affect_each_other(studying, stranger):
    other = Studying(stranger, studying.deck)
    studying.start()
    other.start()
    studying.answer(3)
    other.answer(1)
    assert [enrollment.recalled for enrollment in Enrollment.objects.order_by("learner__email")] == [1, 0]


def test_new_cards_beyond_the_limit_come_another_day(studying):
    studying.start(new_limit=2)
    studying.answer(4)
    studying.answer(4)
    studying.now = NOON + timedelta(days=1)
    assert studying.start(new_limit=1).steps.get().card.position == 2


def test_card_added_at_the_front_is_drawn_next(studying):
    from cards.editing.decks import refresh_deck

    studying.start(new_limit=2)
    studying.answer(3)
    card = Card.objects.create(deck=studying.deck, position=0, term="Early", definition="Bird")
    refresh_deck(deck=studying.deck)
    studying.deck.refresh_from_db()
    studying.answer(3)
    assert studying.start(new_limit=5).steps.get().card == card


def test_changed_time_zone_keeps_past_study_days(studying, learner):
    """Lena answers at noon UTC in New York, and four hours later in Auckland, on another study day."""
    studying.start(new_limit=1)
    studying.answer(1)
    learner.time_zone = "Pacific/Auckland"
    learner.save()
    studying.now += timedelta(hours=4)
    studying.start(new_limit=0)
    studying.answer(3)
    call_command("rebuild_progress", check=True)
    assert [line.study_day for line in Review.objects.in_order()] == [date(2026, 3, 2), date(2026, 3, 3)]


def test_evening_across_summer_time_is_one_study_day(owner, deck):
    """In Berlin the clock jumps from 02:00 to 03:00 on 29 March 2026; the study day still ends at 04:00."""
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    studying = Studying(owner, deck, now=late)
    studying.start()
    for after in (timedelta(0), timedelta(hours=2), timedelta(minutes=29)):
        studying.answer(3, after=after)
    assert {line.study_day for line in Review.objects.all()} == {date(2026, 3, 28)}
    assert studying.answer(3, after=timedelta(minutes=2)).is_new_day
    studying.start()
    studying.answer(3)
    assert Review.objects.in_order().last().study_day == date(2026, 3, 29)
