"""Study days: they end at 04:00 in the learner's time zone, so that an evening is one day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sessions_app.study.types import Moment

DAY_STARTS = time(4)


def study_day(now: datetime, zone: tzinfo) -> date:
    """The study day at the instant ``now`` (aware) for a learner in ``zone``."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day ``day`` ends: 04:00 local time on the next date."""
    return datetime.combine(day + timedelta(days=1), DAY_STARTS, tzinfo=zone).astimezone(UTC)


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day of ``now`` began."""
    return day_end(study_day(now, zone) - timedelta(days=1), zone)


def moment(now: datetime, zone: tzinfo) -> Moment:
    """The instant ``now``, in UTC, with its study day."""
    return Moment(now.astimezone(UTC), study_day(now, zone))
