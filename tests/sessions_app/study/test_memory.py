"""Our memory is the library's, number by number."""

from datetime import timedelta

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study import memory
from sessions_app.study.types import Rating, State
from tests.sessions_app.study.build import NOON

RATINGS = st.lists(st.tuples(st.sampled_from(Rating), st.integers(0, 60 * 24 * 90)), min_size=1, max_size=15)


def reviewed(*ratings, retention=0.9):
    now, result = NOON, None
    for rating, minutes in ratings:
        now += timedelta(minutes=minutes)
        result = memory.review(result, rating, now, retention)
    return result


@given(RATINGS, st.sampled_from([0.7, 0.85, 0.9, 0.95]))
def test_any_history_gives_the_librarys_own_numbers(ratings, retention):
    scheduler = fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=[timedelta(minutes=10)],
        relearning_steps=[timedelta(minutes=10)],
        enable_fuzzing=False,
    )
    card, now = fsrs.Card(card_id=7), NOON
    for rating, minutes in ratings:
        now += timedelta(minutes=minutes)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), now)
    ours = reviewed(*ratings, retention=retention)
    assert (ours.stability, ours.difficulty, ours.due) == (card.stability, card.difficulty, card.due)
    assert (ours.state, ours.step, ours.last_review) == (card.state, card.step, card.last_review)


def test_again_comes_back_in_ten_minutes_and_good_leaves_the_same_day_step():
    assert reviewed((Rating.AGAIN, 0)).due == NOON + timedelta(minutes=10)
    assert reviewed((Rating.GOOD, 0)).state is State.REVIEW


def test_previews_are_what_each_rating_then_does():
    before = reviewed((Rating.GOOD, 0))
    now = NOON + timedelta(days=4)
    for rating, wait in memory.previews(before, now).items():
        assert memory.review(before, rating, now).due == now + wait


def test_recall_falls_within_the_first_day_already():
    fresh = reviewed((Rating.GOOD, 0))
    noon, night = (memory.retrievability(fresh, NOON + timedelta(hours=hours)) for hours in (0, 12))
    assert noon == 1
    assert 0.9 < night < 1


def test_at_its_stability_recall_is_ninety_percent():
    fresh = reviewed((Rating.GOOD, 0))
    assert memory.retrievability(fresh, NOON + timedelta(days=fresh.stability)) == pytest.approx(0.9)


@given(RATINGS, st.floats(0.5, 0.99))
def test_falls_to_is_the_inverse_of_retrievability(ratings, recall):
    value = reviewed(*ratings)
    at = memory.falls_to(value, recall)
    if at < value.last_review + timedelta(days=36_000):
        assert memory.retrievability(value, at) == pytest.approx(recall, abs=1e-6)


def test_a_clock_put_back_never_makes_recall_more_than_certain():
    fresh = reviewed((Rating.GOOD, 0))
    assert memory.retrievability(fresh, NOON - timedelta(days=3)) == 1
