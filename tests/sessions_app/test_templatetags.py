"""Times and texts on pages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from sessions_app.study.scheduling.types import Need, NextStep
from sessions_app.study.types import Level
from sessions_app.templatetags.studying import (
    ago,
    clock,
    elapsed,
    interval,
    is_long,
    rendered,
    rendered_label,
    way_up,
    when,
    whole_seconds,
)

THURSDAY = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        (timedelta(0), "1 min"),
        (timedelta(minutes=10), "10 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=45), "45 d"),
        (timedelta(days=90), "3.0 mo"),
        (timedelta(days=800), "2.2 y"),
    ],
)
def test_interval_is_one_short_number(wait, text):
    assert interval(wait) == text


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        (timedelta(minutes=-5), "in 1 min"),
        (timedelta(minutes=8), "in 8 min"),
        (timedelta(hours=3), "today 18:00"),
        (timedelta(hours=10), "tomorrow"),
        (timedelta(days=4), "next Mon"),
        (timedelta(days=7), "12 Mar"),
        (timedelta(days=400), "9 Apr 2027"),
    ],
)
@time_machine.travel(THURSDAY, tick=False)
def test_future_time_is_worded(wait, text):
    assert when(THURSDAY + wait) == text


@pytest.mark.parametrize(
    ("days", "text"), [(0, "today"), (1, "yesterday"), (2, "2 days ago"), (40, "24 Jan 2026")]
)
@time_machine.travel(THURSDAY, tick=False)
def test_past_day_is_worded(days, text):
    assert ago(THURSDAY - timedelta(days=days)) == text


@time_machine.travel(THURSDAY, tick=False)
def test_days_follow_the_readers_time_zone():
    with timezone.override("Pacific/Kiritimati"):
        assert when(THURSDAY + timedelta(hours=10)) == "today 15:00"


@pytest.mark.parametrize(
    ("days", "text"), [(-3, "today"), (0, "today"), (1, "tomorrow"), (6, "next Tue"), (40, "13 Apr")]
)
@time_machine.travel(THURSDAY.replace(hour=1), tick=False)
def test_future_study_day_is_counted_from_todays(days, text):
    """At one in the morning of Thursday, the study day is still Wednesday."""
    assert when(THURSDAY.date() - timedelta(days=1) + timedelta(days=days)) == text


def test_missing_time_is_an_empty_text():
    assert when(None) == ""


def test_frozen_text_is_rendered_safely():
    assert "<script" not in rendered("<script>alert(1)</script>")
    assert "<strong>" in rendered("**x**")


@pytest.mark.parametrize(
    ("text", "long"), [("7×7", False), ("a\nb", False), ("a\nb\nc", True), ("a" * 91, True)]
)
def test_long_texts_are_detected(text, long):
    assert is_long(text) is long


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (NextStep(Level.RECALLED, Need.RECALL), "One recall without help makes it Recalled."),
        (NextStep(Level.LEARNED, Need.RECALL), "One more recall makes it Learned."),
        (
            NextStep(Level.LEARNED, Need.APART),
            "One more recall, after a few other cards or on another day, makes it Learned.",
        ),
        (NextStep(Level.MASTERED, Need.RECALL), "One more recall makes it Mastered."),
        (NextStep(Level.MASTERED, Need.LATER_DAY), "One more recall on another day makes it Mastered."),
        (NextStep(Level.MASTERED, Need.LATER_DAY, 2), "Recalls on 2 more days make it Mastered."),
        (None, "Mastered is the highest level."),
    ],
)
def test_next_step_is_worded_as_a_sentence(step, text):
    assert way_up(step) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "1 s"), (4_400, "4 s"), (99_000, "99 s"), (180_000, "3 min")]
)
def test_elapsed_time_is_worded(milliseconds, text):
    assert elapsed(milliseconds) == text


def test_wide_formulas_are_focusable_and_labels_have_no_links():
    wide = f"${'x + ' * 20}y$"
    assert 'class="maths-wide" tabindex="0"' in rendered(wide)
    label = rendered_label(f"[link](https://example.org) {wide}")
    assert "<a" not in label
    assert 'tabindex="0"' in label


@pytest.mark.parametrize(
    ("milliseconds", "exact", "whole"),
    [
        (0, "0.0 s", "0 s"),
        (24_399, "24.3 s", "24 s"),
        (59_999, "59.9 s", "59 s"),
        (60_000, "1 min 0.0 s", "1 min 0 s"),
        (103_050, "1 min 43.0 s", "1 min 43 s"),
    ],
)
def test_matching_clock_is_truncated(milliseconds, exact, whole):
    assert (clock(milliseconds), whole_seconds(milliseconds)) == (exact, whole)
