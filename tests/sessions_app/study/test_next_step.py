"""What raises a card to the next level: doing what the text says is enough, and less is not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.progress import next_step
from sessions_app.study.scheduling.types import Need, NextStep, Progress
from sessions_app.study.types import Kind, Level
from tests.sessions_app.study.build import NOON, folded, histories, outcome

TODAY = NOON.date()
TOMORROW = TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("outcomes", "today", "step"),
    [
        ([], TODAY, NextStep(Level.RECALLED, Need.RECALL)),
        ([outcome(kind=Kind.CHOICE)], TODAY, NextStep(Level.RECALLED, Need.RECALL)),
        ([outcome()], TODAY, NextStep(Level.LEARNED, Need.APART)),
        ([outcome()], TOMORROW, NextStep(Level.LEARNED, Need.RECALL)),
        ([outcome(), outcome(gap=3)], TODAY, NextStep(Level.MASTERED, Need.LATER_DAY, 2)),
        ([outcome(), outcome(gap=3)], TOMORROW, NextStep(Level.MASTERED, Need.RECALL, 2)),
        ([outcome(), outcome(day=1)], TOMORROW, NextStep(Level.MASTERED, Need.LATER_DAY, 1)),
        ([outcome(day=day) for day in range(3)], TODAY + timedelta(days=2), None),
    ],
)
def test_next_step_follows_the_outcomes(outcomes, today, step):
    assert next_step(folded(*outcomes), today) == step


def test_lost_level_is_regained_by_one_recall():
    missed = folded(outcome(), outcome(gap=3), outcome(right=False))
    assert next_step(missed, TODAY) == NextStep(Level.LEARNED, Need.RECALL)


def test_mastered_is_regained_only_on_a_later_day():
    missed = folded(*(outcome(day=day) for day in range(3)), outcome(day=5, right=False))
    assert next_step(missed, TODAY + timedelta(days=5)) == NextStep(Level.MASTERED, Need.LATER_DAY)
    assert next_step(missed, TODAY + timedelta(days=6)) == NextStep(Level.MASTERED, Need.RECALL)


def recalled(before: Progress, day: date, gap: int | None = None) -> Progress:
    """``before`` after one right recall on the study day ``day``."""
    return progress.fold(before, replace(outcome(day=900, gap=gap), study_day=day), 0.9)


@given(histories(), st.integers(0, 3))
def test_following_the_next_step_reaches_the_level(history, later):
    before = folded(*history)
    today = (before.last_day or TODAY) + timedelta(days=later)
    step = next_step(before, today)
    assume(step is not None)
    first = today + timedelta(days=step.need is not Need.RECALL)
    levels = []
    for number in range(step.days):
        before = recalled(before, first + timedelta(days=number))
        levels.append(before.level)
    assert levels[-1] is step.level
    assert all(level < step.level for level in levels[:-1])


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(histories())
def test_early_recall_does_not_raise_the_level(history):
    before = folded(*history)
    today = before.last_day or TODAY
    step = next_step(before, today)
    assume(step is not None and step.need is not Need.RECALL)
    assert recalled(before, today).level is before.level
    assert recalled(before, today, gap=3).level is (step.level if step.need is Need.APART else before.level)
