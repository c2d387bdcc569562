"""Counts that a page shows and that stop at a limit, so that a page takes the same time for any number of rows."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

MOST_COUNTED = 999
"""Larger counts are shown as "999+"."""


class CountUpTo(Subquery):
    """The number of ``rows``, which may refer to the row outside; MOST_COUNTED + 1 if they are more.

    The database stops reading there. ``rows`` should join no table by a condition that few of its rows meet:
    PostgreSQL then expects to find enough of them soon, and reads the whole table.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], **extra: Any) -> None:
        super().__init__(rows.order_by().values("pk")[: MOST_COUNTED + 1], **extra)


def count_up_to(rows: QuerySet[Any]) -> int:
    """The number of ``rows``; MOST_COUNTED + 1 if they are more."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def has_fewer(rows: QuerySet[Any], number: int) -> bool:
    """Whether there are fewer than ``number`` ``rows``; the database stops reading there."""
    return len(rows.order_by().values_list("pk")[:number]) < number


def capped(number: int) -> str:
    """``number`` for a page, "999+" if it is larger than that."""
    return f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else f"{number:,}"
