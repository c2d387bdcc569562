"""Counts that a page shows and that stop at a limit, so that a page takes the same time for any number of rows."""

from typing import Any

from django.db.models import F, IntegerField, QuerySet, Subquery

MOST_COUNTED = 999
"""Larger counts are shown as "999+"."""


class CountUpTo(Subquery):
    """The number of ``rows``, which may refer to the row outside; MOST_COUNTED + 1 if they are more.

    The database stops reading there. With ``distinct``, a path from the rows, it is the number of different values
    among the rows that are read.
    """

    template = "(SELECT COUNT(%(counted)s) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], *, distinct: str = "", **extra: Any) -> None:
        values = rows.order_by().values(counted_value=F(distinct or "pk"))
        counted = "DISTINCT counted.counted_value" if distinct else "*"
        super().__init__(values[: MOST_COUNTED + 1], **{"counted": counted, **extra})


def count_up_to(rows: QuerySet[Any]) -> int:
    """The number of ``rows``; MOST_COUNTED + 1 if they are more."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def capped(number: int) -> str:
    """``number`` for a page, "999+" if it is larger than that."""
    return f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else f"{number:,}"
