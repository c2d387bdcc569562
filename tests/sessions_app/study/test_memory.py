"""Our memory is the library's, number by number, with study days for the time between two recalls."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.days import study_day
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Rating, State
from tests.sessions_app.study.build import NOON

# A rating, the study days since the last one, and its hour, which may be earlier than the last one's.
RATINGS = st.lists(
    st.tuples(st.sampled_from(Rating), st.integers(0, 90), st.integers(0, 23)), min_size=1, max_size=15
)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def reviewed(*ratings, retention=0.9):
    day, result = NOON.date(), None
    for rating, days, hour in ratings:
        day += timedelta(days=days)
        now = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour)
        result = fsrs_memory.review(result, rating, now, day, retention)
    return result


def at_wall(zone, *answers, before=None):
    """The memory after ratings at local times, "2026-10-24 04:10", each with its own study day."""
    result = before
    for rating, wall in answers:
        now = datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)
        result = fsrs_memory.review(result, rating, now, study_day(now, zone))
    return result


@given(RATINGS, st.sampled_from([0.7, 0.85, 0.9, 0.95]))
def test_memory_equals_the_fsrs_library(ratings, retention):
    scheduler = fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=[timedelta(minutes=10)],
        relearning_steps=[timedelta(minutes=10)],
        enable_fuzzing=False,
    )
    card, at = fsrs.Card(card_id=7), NOON
    for rating, days, _ in ratings:
        at += timedelta(days=days)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), at)
    ours = reviewed(*ratings, retention=retention)
    assert (ours.stability, ours.difficulty) == (card.stability, card.difficulty)
    assert (ours.state, ours.step, ours.day) == (card.state, card.step, at.date())
    assert ours.due_day == (card.due.date() if ours.state is State.REVIEW else at.date())
    assert ours.due - ours.last_review == card.due - at


@given(RATINGS)
def test_hour_of_the_day_does_not_change_the_memory(ratings):
    ours = reviewed(*ratings)
    noon = reviewed(*[(rating, days, 12) for rating, days, _ in ratings])
    assert (ours.stability, ours.difficulty, ours.due_day) == (noon.stability, noon.difficulty, noon.due_day)


def test_again_returns_in_ten_minutes_and_good_graduates():
    again, good = reviewed((Rating.AGAIN, 0, 12)), reviewed((Rating.GOOD, 0, 12))
    assert (again.due, again.due_day) == (NOON + timedelta(minutes=10), NOON.date())
    assert (good.state, good.due_day) == (State.REVIEW, date(2026, 3, 4))


def test_previews_match_the_ratings():
    before, now = reviewed((Rating.GOOD, 0, 12)), NOON + 4 * DAY
    for rating, wait in fsrs_memory.previews(before, now, now.date()).items():
        after = fsrs_memory.review(before, rating, now, now.date())
        assert after.due == now + wait
        assert after.due_day == now.date() + (wait if after.state is State.REVIEW else 0 * DAY)


def test_next_morning_counts_as_a_day_later():
    """Again, Good, Good within twenty minutes of an evening, and Good before eleven hours have passed."""
    evening = at_wall(
        UTC,
        (Rating.AGAIN, "2026-03-02 21:00"),
        (Rating.GOOD, "2026-03-02 21:10"),
        (Rating.GOOD, "2026-03-02 21:20"),
    )
    assert evening.stability == pytest.approx(0.284, abs=0.001)
    morning = at_wall(UTC, (Rating.GOOD, "2026-03-03 08:00"), before=evening)
    assert morning.stability == pytest.approx(2.152, abs=0.001)


def test_minutes_across_two_study_days_count_as_one_day():
    """As in Anki: only the study day counts, also at its end. docs/engine.md has these figures."""
    first = at_wall(UTC, (Rating.GOOD, "2026-03-03 03:59"))
    assert first.stability == pytest.approx(2.31, abs=0.005)
    second = at_wall(UTC, (Rating.GOOD, "2026-03-03 04:01"), before=first)
    assert second.stability == pytest.approx(7.32, abs=0.005)


def test_studying_five_minutes_earlier_each_evening_asks_as_often():
    def answers(earlier):
        held = reviewed((Rating.AGAIN, 0, 12), (Rating.GOOD, 0, 12))
        count = 2
        for number in range(1, 31):
            now = NOON + number * (DAY - earlier)
            if held.due_day <= now.date():
                held, count = fsrs_memory.review(held, Rating.GOOD, now, now.date()), count + 1
        return count

    assert answers(timedelta(0)) == answers(timedelta(minutes=5)) == 6


@pytest.mark.parametrize(
    ("answered", "due"),
    [
        ("2026-10-24 03:30", date(2026, 10, 24)),  # still the 23rd, in Berlin
        ("2026-10-24 04:10", date(2026, 10, 25)),  # 24 hours later it is 03:10 there, and still the 24th
        ("2026-03-28 03:30", date(2026, 3, 28)),
        ("2026-03-28 04:10", date(2026, 3, 29)),
    ],
)
def test_day_across_a_clock_change_is_one_day(answered, due):
    assert at_wall(BERLIN, (Rating.AGAIN, answered), (Rating.GOOD, answered)).due_day == due


def test_study_day_repeated_by_travel_is_one_day():
    """From Auckland to Los Angeles, where it is still the day before, and back."""
    auckland, los_angeles = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")
    left = at_wall(auckland, (Rating.GOOD, "2026-03-10 12:00"))
    arrived = at_wall(los_angeles, (Rating.GOOD, "2026-03-09 20:00"), before=left)
    assert arrived.day == left.day == date(2026, 3, 10)
    assert arrived.stability / left.stability == pytest.approx(1.0, abs=0.5)
    assert arrived.due_day > date(2026, 3, 9)
    back = at_wall(auckland, (Rating.GOOD, "2026-03-11 20:00"), before=arrived)
    assert (back.day, back.stability > 2 * arrived.stability) == (date(2026, 3, 11), True)


def test_recall_falls_within_the_first_day():
    fresh = reviewed((Rating.GOOD, 0, 12))
    noon, night = (fsrs_memory.retrievability(fresh, NOON + timedelta(hours=hours)) for hours in (0, 12))
    assert noon == 1
    assert 0.9 < night < 1


def test_recall_is_90_percent_at_the_stability():
    fresh = reviewed((Rating.GOOD, 0, 12))
    assert fsrs_memory.retrievability(fresh, NOON + timedelta(days=fresh.stability)) == pytest.approx(0.9)


@given(RATINGS, st.floats(0.5, 0.99))
def test_falls_to_is_the_inverse_of_retrievability(ratings, recall):
    value = reviewed(*ratings)
    at = fsrs_memory.falls_to(value, recall)
    if at < value.last_review + timedelta(days=36_000):
        assert fsrs_memory.retrievability(value, at) == pytest.approx(recall, abs=1e-6)


def test_clock_set_back_never_raises_recall_above_one():
    fresh = reviewed((Rating.GOOD, 0, 12))
    assert fsrs_memory.retrievability(fresh, NOON - timedelta(days=3)) == 1


@given(st.lists(st.tuples(st.sampled_from(Rating), st.integers(-1, 40)), min_size=1, max_size=12))
def test_rough_review_has_the_state_the_step_and_the_day(reviews):
    known = rough = None
    now = NOON
    for rating, days in reviews:
        now += timedelta(days=days)
        known = fsrs_memory.review(known, rating, now, now.date())
        rough = fsrs_memory.review_roughly(rough, rating, now, now.date())
        assert (rough.state, rough.step, rough.day) == (known.state, known.step, known.day)
