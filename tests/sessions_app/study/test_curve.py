"""The forgetting curve: from 0 to 1, 1 at each recall, limited in length, and equal to the memory's recall."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.scheduling import forgetting_curve, fsrs_memory
from sessions_app.study.types import Kind, Rating
from tests.sessions_app.study.build import NOON, folded, histories, outcome

AFTER = st.timedeltas(timedelta(0), timedelta(days=36_500))


def drawn(history, after=timedelta(days=10)):
    recalls = forgetting_curve.memories(history, 0.9)
    return recalls, forgetting_curve.curve(recalls, recalls[-1].last_review + after) if recalls else []


def test_card_without_recalls_has_no_curve():
    assert drawn([outcome(kind=Kind.CHOICE)]) == ([], [])


def test_curve_is_90_percent_at_the_stability():
    (recall,), points = drawn([outcome()])
    at_mark = forgetting_curve.falling(recall, NOON, NOON + timedelta(days=recall.stability))[-1]
    assert at_mark.recall == pytest.approx(0.9)
    assert (points[0].at, points[-1].at) == (NOON, NOON + timedelta(days=10))


def test_curve_leaves_out_answers_without_effect_on_memory():
    seen = [outcome(day=3, kind=Kind.CHOICE, right=False), outcome(day=3, minute=9)]
    recalls, _ = drawn([outcome(), *seen])
    assert [recall.last_review for recall in recalls] == [NOON]


@given(histories(), AFTER)
def test_curve_is_a_probability_in_order_of_time(history, after):
    _, points = drawn(history, after)
    assert all(0 < point.recall <= 1 for point in points)
    assert all(first.at <= second.at for first, second in pairwise(points))


@given(histories())
def test_curve_is_one_at_each_recall_and_falls_between(history):
    recalls, points = drawn(history)
    instants = {recall.last_review for recall in recalls}
    assert {point.at for point in points if point.recall == 1} >= instants
    rises = [second for first, second in pairwise(points) if second.recall > first.recall]
    assert all(point.at in instants and point.recall == 1 for point in rises)


@given(histories())
def test_curve_ends_with_the_replayed_memory(history):
    recalls, _ = drawn(history)
    final = folded(*history).memory
    assert (recalls[-1] if recalls else None) == final


@given(st.integers(1, 120))
def test_number_of_points_is_bounded(days):
    history = [outcome(day=day, rating=Rating.GOOD) for day in range(days)]
    recalls, points = drawn(history)
    assert len(recalls) == min(days, forgetting_curve.MOST_RECALLS)
    assert len(points) == len(recalls) * (forgetting_curve.POINTS + 1)
    assert points[-1].recall == fsrs_memory.retrievability(recalls[-1], points[-1].at)
