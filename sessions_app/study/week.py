"""The last seven study days: on which of them a learner answered, and how often today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 7


@dataclass(frozen=True)
class Day:
    """One study day and the number of its answers."""

    date: date
    answers: int


@dataclass(frozen=True)
class Week:
    """Seven study days in a row, the last of them today."""

    days: tuple[Day, ...]

    @property
    def studied(self) -> int:
        """On how many of the days there was an answer."""
        return sum(day.answers > 0 for day in self.days)

    @property
    def today(self) -> Day:
        return self.days[-1]


def week_of(answers: Mapping[date, int], today: date) -> Week:
    """The week that ends ``today``, from the numbers of answers by study day.

    Days after today count for today. There are such days when a learner has flown west, or has changed their time
    zone: they gave these answers just now, on a day that has not begun here.
    """
    later = sum(number for day, number in answers.items() if day > today)
    dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return Week(tuple(Day(day, answers.get(day, 0) + (later if day == today else 0)) for day in dates))
