"""The forgetting curve: within 0 to 1, up to 1 at each recall, bounded, and the memory's own."""

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


def test_who_never_recalled_has_no_curve():
    assert drawn([outcome(kind=Kind.CHOICE)]) == ([], [])


def test_the_curve_falls_to_the_stability_mark():
    (recall,), points = drawn([outcome()])
    at_mark = forgetting_curve.falling(recall, NOON, NOON + timedelta(days=recall.stability))[-1]
    assert at_mark.recall == pytest.approx(0.9)
    assert (points[0].at, points[-1].at) == (NOON, NOON + timedelta(days=10))


def test_what_feeds_no_memory_is_not_on_it():
    seen = [outcome(day=3, kind=Kind.CHOICE, right=False), outcome(day=3, minute=9)]
    recalls, _ = drawn([outcome(), *seen])
    assert [recall.last_review for recall in recalls] == [NOON]


@given(histories(), AFTER)
def test_it_is_a_probability_in_order_of_time(history, after):
    _, points = drawn(history, after)
    assert all(0 < point.recall <= 1 for point in points)
    assert all(first.at <= second.at for first, second in pairwise(points))


@given(histories())
def test_it_is_one_at_each_recall_and_falls_between(history):
    recalls, points = drawn(history)
    instants = {recall.last_review for recall in recalls}
    assert {point.at for point in points if point.recall == 1} >= instants
    rises = [second for first, second in pairwise(points) if second.recall > first.recall]
    assert all(point.at in instants and point.recall == 1 for point in rises)


@given(histories())
def test_it_ends_with_the_memory_that_the_log_adds_up_to(history):
    recalls, _ = drawn(history)
    final = folded(*history).memory
    assert (recalls[-1] if recalls else None) == final


@given(st.integers(1, 120))
def test_however_long_the_history_the_points_are_bounded(days):
    history = [outcome(day=day, rating=Rating.GOOD) for day in range(days)]
    recalls, points = drawn(history)
    assert len(recalls) == min(days, forgetting_curve.MOST_RECALLS)
    assert len(points) == len(recalls) * (forgetting_curve.POINTS + 1)
    assert points[-1].recall == fsrs_memory.retrievability(recalls[-1], points[-1].at)
