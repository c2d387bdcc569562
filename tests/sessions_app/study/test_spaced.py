"""Spaced: the queue's order, its limits, and what a rating says."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.modes import spaced
from sessions_app.study.modes.types import Asked, SessionSettings
from sessions_app.study.questions.types import InvalidResponseError, Question
from sessions_app.study.types import CardSide, Kind, Rating, Side, Verdict
from tests.sessions_app.study.build import NOON, MemoryQueue, available, card, moment, remembered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUESTION = Question(Kind.FLIP, 7, Side.TERM, "prompt", "answer", "new")


def drawn(queue, now=NOON):
    question = spaced.draw(queue, moment(now), Random(0))
    return question and (question.card_id, question.origin)


def studied(queue, *, rating=Rating.GOOD, most=500):
    """Draw and answer until nothing is left, a minute each; the cards with their origins in order."""
    now, order = NOON, []
    for _ in range(most):
        question = spaced.draw(queue, moment(now), Random(0))
        if question is None:
            return order
        order.append((question.card_id, question.origin))
        queue.answer(question.card_id, question.origin, rating, now)
        now += timedelta(minutes=1)
    return order


def test_empty_deck_asks_nothing():
    assert drawn(MemoryQueue()) is None


def test_due_same_day_step_comes_first():
    queue = MemoryQueue([remembered(1, due_in=-9 * DAY), remembered(2, due_in=-HOUR, step=0)], [card(3)])
    assert drawn(queue) == (2, "learning")


def test_reviews_come_least_remembered_first():
    queue = MemoryQueue([remembered(1, due_in=-DAY, stability=50), remembered(2, due_in=-DAY, stability=2)])
    later = NOON + 3 * DAY
    assert drawn(queue, later) == (2, "review")


def test_reviews_due_today_are_asked_and_tomorrows_are_not():
    assert drawn(MemoryQueue([remembered(1, due_in=8 * HOUR)])) == (1, "review")
    assert drawn(MemoryQueue([remembered(1, due_in=17 * HOUR)])) is None


def test_early_step_is_asked_only_if_nothing_else_remains():
    early = remembered(1, due_in=timedelta(minutes=19), step=0)
    assert drawn(MemoryQueue([early], [card(2)])) == (2, "new")
    assert drawn(MemoryQueue([early])) == (1, "learning")
    assert drawn(MemoryQueue([remembered(1, due_in=timedelta(minutes=21), step=0)])) is None


def test_card_is_not_repeated_while_another_is_left():
    last = [Asked(CardSide(1, Side.DEFINITION), "learning", Verdict.WRONG)]
    step = remembered(1, due_in=-HOUR, step=0)
    assert drawn(MemoryQueue([step, remembered(2, due_in=-HOUR)], asked=last)) == (2, "review")
    assert drawn(MemoryQueue([step], [card(3)], asked=last)) == (3, "new")
    assert drawn(MemoryQueue([step], asked=last)) == (1, "learning")


def test_new_cards_keep_order_and_limit():
    queue = MemoryQueue(new=[card(n) for n in range(1, 40)], settings=SessionSettings("due", 5))
    assert studied(queue) == [(n, "new") for n in range(1, 6)]


def test_new_cards_are_spread_among_reviews():
    due = [remembered(n, due_in=-DAY) for n in range(1, 31)]
    queue = MemoryQueue(due, [card(n) for n in range(101, 150)], SessionSettings("due", 10))
    origins = [origin for _, origin in studied(queue)]
    places = [place for place, origin in enumerate(origins) if origin == "new"]
    assert len(places) == 10
    assert all(3 <= later - sooner <= 5 for sooner, later in pairwise(places))


def test_forgotten_card_returns_in_the_session():
    queue = MemoryQueue([remembered(1, due_in=-DAY)])
    queue.answer(1, "review", Rating.AGAIN, NOON)
    assert drawn(queue, NOON + timedelta(minutes=1)) == (1, "learning")


def test_study_ahead_takes_the_next_twenty_due_cards():
    queue = MemoryQueue(
        [remembered(n, due_in=n * DAY) for n in range(1, 60)], settings=SessionSettings("ahead")
    )
    assert [number for number, _ in studied(queue)] == list(range(1, 21))


def test_weakest_cards_are_the_twenty_least_stable():
    queue = MemoryQueue(
        [remembered(n, due_in=90 * DAY, stability=100 - n) for n in range(1, 60)],
        settings=SessionSettings("weakest"),
    )
    assert [number for number, _ in studied(queue)] == list(range(59, 39, -1))


def a_desk(due, new, limit):
    return MemoryQueue(
        [remembered(n, due_in=-HOUR * (n % 5 + 1), stability=n % 7 + 1) for n in range(1, due + 1)],
        [card(n) for n in range(101, 101 + new)],
        SessionSettings("due", limit),
    )


@given(
    st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.sampled_from([Rating.GOOD, Rating.EASY])
)
def test_every_due_and_new_card_is_asked_once(due, new, limit, rating):
    order = [number for number, _ in studied(a_desk(due, new, limit), rating=rating)]
    assert sorted(order) == [*range(1, due + 1), *range(101, 101 + min(new, limit))]


@given(st.integers(0, 8), st.integers(0, 8), st.randoms(use_true_random=False))
def test_card_is_repeated_only_if_no_other_is_left(due, new, chance):
    queue, now, last = a_desk(due, new, 8), NOON, None
    for _ in range(60):
        question = spaced.draw(queue, moment(now), Random(0))
        if question is None:
            assert available(queue, moment(now)) == set()
            break
        assert question.card_id != last or available(queue, moment(now)) == {last}
        last = question.card_id
        queue.answer(last, question.origin, chance.choice([*Rating]), now)
        now += timedelta(minutes=1)


@given(st.lists(st.tuples(st.integers(-200, 200), st.floats(0.1, 400)), max_size=60))
def test_drawing_again_without_an_answer_draws_the_same(cards):
    queue = MemoryQueue([remembered(n, due_in=h * HOUR, stability=s) for n, (h, s) in enumerate(cards)])
    assert drawn(queue) == drawn(queue)


def test_question_asks_for_the_studied_side():
    question = spaced.draw(MemoryQueue(new=[card(4)]), moment(), Random(0))
    assert (question.prompt, question.answer, question.side) == ("term 4", "definition 4", Side.DEFINITION)


@pytest.mark.parametrize(
    ("rating", "verdict"), [("1", "wrong"), ("2", "correct"), ("3", "correct"), ("4", "correct")]
)
def test_again_is_a_miss_and_other_ratings_are_recalls(rating, verdict):
    (graded,) = spaced.grade(QUESTION, {"rating": rating})
    assert (graded.rating, graded.verdict, graded.card_id) == (int(rating), verdict, 7)


@pytest.mark.parametrize("rating", ["", "0", "5", "good", "３", "1 ", "-1", "1\0"])
def test_unknown_rating_is_refused_with_a_message(rating):
    with pytest.raises(InvalidResponseError, match="Again, Hard, Good or Easy"):
        spaced.grade(QUESTION, {"rating": rating})


def test_question_survives_its_json():
    assert Question.from_json(QUESTION.to_json()) == QUESTION
