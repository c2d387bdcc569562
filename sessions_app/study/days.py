"""Study days: a day ends at 04:00 on the learner's own clock, so that an evening is one day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sessions_app.study.types import Moment

DAY_STARTS = time(4)


def study_day(now: datetime, zone: tzinfo) -> date:
    """The study day in which the instant ``now`` (aware) lies for a learner in ``zone``."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day ``day`` ends: the next 04:00 on the wall."""
    return datetime.combine(day + timedelta(days=1), DAY_STARTS, tzinfo=zone).astimezone(UTC)


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day began in which ``now`` lies."""
    return day_end(study_day(now, zone) - timedelta(days=1), zone)


def moment(now: datetime, zone: tzinfo) -> Moment:
    """The instant ``now`` with the study day in which it lies."""
    return Moment(now.astimezone(UTC), study_day(now, zone))
