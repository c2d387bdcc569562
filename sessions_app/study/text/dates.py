"""Dates in many notations, compared by day, month and year."""

import re
from typing import NamedTuple

LONGEST = 40
MONTHS = (
    "january jan januar jänner janvier enero gennaio janeiro",
    "february feb februar février febrero febbraio fevereiro",
    "march mar märz mars marzo março",
    "april apr avril abril aprile",
    "may mai mayo maggio maio",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet julio luglio julho",
    "august aug août agosto",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre diciembre dicembre dezembro",
)
MONTH_NUMBERS = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
NAMES = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.|er)?"
MONTH = rf"(?P<month>{NAMES})\.?"
YEAR = r"(?:,? (?:of |de |del )?(?P<year>\d{3,4}))?"
NAMED = (
    re.compile(rf"(?:the )?{DAY} (?:of |de )?{MONTH}{YEAR}"),
    re.compile(rf"{MONTH} (?:the )?{DAY}{YEAR}"),
    re.compile(rf"(?P<day>){MONTH}{YEAR}"),
)
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
# Day first nearly everywhere, month first in America.
NUMERIC = re.compile(r"(?P<one>\d{1,2})([./-]) ?(?P<two>\d{1,2})\2 ?(?P<year>\d{4})")


class Date(NamedTuple):
    """A date; a part that the text does not have is 0."""

    year: int
    month: int
    day: int


def dates(tidied: str) -> tuple[Date, ...]:
    """Return the dates that a text may mean; none if it is not a date."""
    if len(tidied) > LONGEST or not any(map(str.isdecimal, tidied)) or not tidied.isprintable():
        return ()
    text = tidied.casefold().rstrip(".")
    for pattern in NAMED:
        if found := pattern.fullmatch(text):
            month = MONTH_NUMBERS[found["month"]]
            return valid(Date(int(found["year"] or 0), month, int(found["day"] or 0)))
    if found := ISO.fullmatch(text):
        return valid(Date(int(found["year"]), int(found["month"]), int(found["day"])))
    if found := NUMERIC.fullmatch(text):
        year, one, two = int(found["year"]), int(found["one"]), int(found["two"])
        return valid(*dict.fromkeys([Date(year, two, one), Date(year, one, two)]))
    return ()


def valid(*read: Date) -> tuple[Date, ...]:
    return tuple(date for date in read if 1 <= date.month <= 12 and date.day <= 31)


def are_same(one: tuple[Date, ...], other: tuple[Date, ...]) -> bool | None:
    """Whether two texts mean the same date; None if that depends on how they are read or on missing parts."""
    if one == other and len(one) == 1:
        return True
    if set(one) & set(other) or any(fits(left, right) for left in one for right in other):
        return None
    return False


def fits(left: Date, right: Date) -> bool:
    return all(a == b or not a or not b for a, b in zip(left, right, strict=True))
