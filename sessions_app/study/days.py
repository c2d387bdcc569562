"""Study days: a day ends at 04:00 on the learner's own clock, so that an evening is one day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sessions_app.study import days
from sessions_app.study.types import Moment
from studysite.accounts.models import User

DAY_STARTS = time(4)


def study_day(now: datetime, zone: tzinfo) -> date:
    """The study day in which the instant ``now`` (aware) lies for a learner in ``zone``."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the study day ``day`` ends: the next 04:00 on the wall."""
    return datetime.combine(day + timedelta(days=1), DAY_STARTS, tzinfo=zone).astimezone(UTC)


def study_day_of(learner: User, now: datetime) -> date:
    """The study day in which ``now`` lies for the learner."""
    return days.study_day(now, ZoneInfo(learner.time_zone))


def moment_of(learner: User, now: datetime) -> Moment:
    """The instant ``now`` and the study day in which it lies for the learner."""
    return Moment(now.astimezone(UTC), study_day_of(learner, now))


def day_start_of(learner: User, now: datetime) -> datetime:
    """The instant at which the learner's study day began in which ``now`` lies."""
    return days.day_end(study_day_of(learner, now) - timedelta(days=1), ZoneInfo(learner.time_zone))
