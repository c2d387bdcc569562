"""The last seven days: each answer fills one dot, none lies in the future, and no day is lost or doubled."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.days import study_day
from sessions_app.study.week import DAYS, week_of

TODAY = date(2026, 3, 10)
ZONES = [ZoneInfo(name) for name in ("Pacific/Auckland", "Asia/Kolkata", "America/Los_Angeles")]
offsets = st.integers(-12, 2).map(lambda offset: TODAY + timedelta(days=offset))


@given(st.dictionaries(offsets, st.integers(0, 300)))
def test_every_recent_answer_is_in_exactly_one_day(answers: dict[date, int]) -> None:
    week = week_of(answers, TODAY)
    assert [day.date for day in week.days] == [
        TODAY - timedelta(days=back) for back in range(DAYS - 1, -1, -1)
    ]
    recent = sum(number for day, number in answers.items() if day > TODAY - timedelta(days=DAYS))
    assert sum(day.answers for day in week.days) == recent
    assert week.studied == sum(day.answers > 0 for day in week.days)
    assert week.today.date == TODAY


def test_day_counts_with_one_answer_and_not_without() -> None:
    week = week_of({TODAY: 1, TODAY - timedelta(days=1): 0, TODAY - timedelta(days=7): 50}, TODAY)
    assert week.studied == 1


def answered(instants: list[datetime], zones: list[ZoneInfo]) -> dict[date, int]:
    """The totals by study day that one answer at each instant leaves, for a learner who is in these zones."""
    totals: dict[date, int] = {}
    for instant, zone in zip(instants, zones, strict=True):
        day = study_day(instant, zone)
        totals[day] = totals.get(day, 0) + 1
    return totals


# Clocks change in Auckland on 5 April and 27 September, in Los Angeles on 8 March and 1 November.
evenings = st.sampled_from([date(2026, 3, 8), date(2026, 4, 5), date(2026, 9, 27), date(2026, 11, 1)])


@given(st.sampled_from(ZONES), evenings, st.integers(0, 23), st.integers(0, 6))
def test_a_learner_who_studies_every_day_at_one_hour_has_all_days(
    zone: ZoneInfo, change: date, hour: int, after: int
) -> None:
    last = change + timedelta(days=after)
    # In local time: the hour of the clock stays, whatever it is set to.
    local = [
        datetime(last.year, last.month, last.day, hour, 30, tzinfo=zone) - timedelta(days=back)
        for back in range(DAYS)
    ]
    instants = [each.astimezone(UTC) for each in local]
    week = week_of(answered(instants, [zone] * DAYS), study_day(max(instants), zone))
    assert week.studied == DAYS


@given(
    st.lists(st.sampled_from(ZONES), min_size=DAYS, max_size=DAYS), st.integers(0, 23), st.sampled_from(ZONES)
)
def test_a_learner_who_flies_keeps_what_they_did(zones: list[ZoneInfo], hour: int, at_last: ZoneInfo) -> None:
    """One answer every 24 hours; the learner is in any zone each time, and looks at the end in another one."""
    first = datetime(2026, 3, 4, hour, tzinfo=UTC)
    instants = [first + timedelta(days=number) for number in range(DAYS)]
    today = study_day(instants[-1], at_last)
    totals = answered(instants, zones)
    week = week_of(totals, today)
    # Flying changes the date by one at most: two answers may share a day, none is shown on a day to come.
    assert week.days[-1].date == today
    dated = {min(day, today) for day in totals}
    assert {day.date for day in week.days if day.answers} == {
        day for day in dated if day > today - timedelta(days=DAYS)
    }


def test_answers_of_auckland_count_after_the_flight_to_los_angeles() -> None:
    auckland, los_angeles = ZONES[0], ZONES[2]
    at = datetime(2026, 3, 10, 20, tzinfo=UTC)
    totals = answered([at], [auckland])
    assert study_day(at, los_angeles) < study_day(at, auckland)
    assert week_of(totals, study_day(at, los_angeles)).today.answers == 1
    # When that date has come in Los Angeles, they are of that day, and not of the day before as well.
    next_day = week_of(totals, study_day(at, auckland))
    assert [day.answers for day in next_day.days[-2:]] == [0, 1]
