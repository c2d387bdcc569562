"""Study days: a day ends at 04:00 on the learner's own clock, so that an evening is one day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY_STARTS = time(4)


def study_day(now: datetime, zone: tzinfo) -> date:
    """The study day in which the instant ``now`` (aware) lies for a learner in ``zone``."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day ``day`` ends: the next 04:00 on the wall."""
    return datetime.combine(day + timedelta(days=1), DAY_STARTS, tzinfo=zone).astimezone(UTC)
