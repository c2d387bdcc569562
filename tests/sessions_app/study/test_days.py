"""Study days end at 04:00 on the learner's own clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.days import day_end, study_day

BERLIN, KOLKATA, SAMOA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")


@pytest.mark.parametrize(
    ("utc", "zone", "day"),
    [
        (datetime(2026, 1, 5, 2, 59, tzinfo=UTC), BERLIN, date(2026, 1, 4)),
        (datetime(2026, 1, 5, 3, 0, tzinfo=UTC), BERLIN, date(2026, 1, 5)),
        (datetime(2026, 7, 5, 2, 0, tzinfo=UTC), BERLIN, date(2026, 7, 5)),
        (datetime(2026, 1, 4, 22, 30, tzinfo=UTC), KOLKATA, date(2026, 1, 5)),
        (datetime(2026, 1, 4, 14, 59, tzinfo=UTC), SAMOA, date(2026, 1, 4)),
    ],
)
def test_study_day_changes_at_four(utc, zone, day):
    assert study_day(utc, zone) == day


def test_clock_change_shortens_or_lengthens_the_day():
    spring = day_end(date(2026, 3, 28), BERLIN) - day_end(date(2026, 3, 27), BERLIN)
    autumn = day_end(date(2026, 10, 24), BERLIN) - day_end(date(2026, 10, 23), BERLIN)
    assert (spring, autumn) == (timedelta(hours=23), timedelta(hours=25))


@given(
    st.integers(946_684_800, 2_840_140_800),
    st.sampled_from([BERLIN, KOLKATA, SAMOA, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_every_instant_lies_within_its_study_day(seconds, zone):
    now = datetime.fromtimestamp(seconds, UTC)
    day = study_day(now, zone)
    assert day_end(day - timedelta(days=1), zone) <= now < day_end(day, zone)
