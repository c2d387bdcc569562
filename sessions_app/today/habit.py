"""On which of the last days a learner studied, and how near they are to their daily goal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Sum

from sessions_app.models import DayTotal, LearnerSettings
from sessions_app.models.enrollment import total
from sessions_app.study.days import study_day
from sessions_app.study.week import DAYS, Week, week_of
from studysite.accounts.models import User

DAYS_AHEAD = 2
"""In any time zone a study day is at most two dates away."""


@dataclass(frozen=True)
class Habit:
    """The learner's last days, and their goal in answers a day.

    ``week`` is None if they do not want to see it, ``goal`` is None without one. ``answers`` are today's.
    """

    week: Week | None
    goal: int | None
    answers: int

    @property
    def is_reached(self) -> bool:
        return self.goal is not None and self.answers >= self.goal

    @property
    def filled(self) -> int:
        """Today's answers that count for the goal: no more than it."""
        return min(self.answers, self.goal or 0)


def habit_of(learner: User, *, now: datetime) -> Habit:
    """The learner's habit, in one query. A day counts with one answer, in any deck; Matching has none."""
    today = study_day(now, learner.zone)
    days = [today + timedelta(days=offset) for offset in range(1 - DAYS, DAYS_AHEAD + 1)]
    totals = DayTotal.objects.filter(learner=OuterRef("pk"))
    sums = {f"on_{day:%Y%m%d}": total(totals.filter(study_day=day), Sum("answers")) for day in days}
    chosen = ("study_settings__daily_goal", "study_settings__shows_days")
    rows = User.objects.filter(pk=learner.pk).annotate(**sums).values_list(*chosen, *sums)
    goal, shows_days, *answers = rows.get()
    week = week_of(dict(zip(days, answers, strict=True)), today)
    # Without a row the defaults hold.
    is_shown = LearnerSettings().shows_days if shows_days is None else shows_days
    return Habit(week if is_shown else None, goal, week.today.answers)
