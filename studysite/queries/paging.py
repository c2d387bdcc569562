"""Pages of long lists."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Subquery, Value

from studysite.numbers import whole_number

SKIPPED_WHOLE = 1_000
"""Up to so many rows are skipped as they are."""

LAST_PAGE = 1_000_000
"""The number of rows before it is one that databases take."""


class KeyPaginator(Paginator):
    """Pages of a QuerySet whose last page takes about as long as its first.

    A database reads each row that it skips. Here it only reads their keys, which an index has.
    """

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        if start <= SKIPPED_WHOLE:
            return super().page(number)
        rows: Any = self.object_list
        end = min(start + self.per_page, self.count)
        return Page(rows.filter(pk__in=rows.values("pk")[start:end]), number, self)


class OneQueryPaginator(Paginator):
    """Pages of a QuerySet; a page that exists is read together with the number of all rows."""

    def get_page(self, number: int | float | str | None) -> Page[Any]:
        wanted = whole_number("1" if number is None else str(number), most=LAST_PAGE)
        if not wanted:
            return super().get_page(number)
        rows: Any = self.object_list
        in_all = rows.order_by().values(in_all=Value(1)).annotate(number=Count("pk")).values("number")
        start = (wanted - 1) * self.per_page
        found = list(rows.annotate(in_all=Subquery(in_all))[start : start + self.per_page])
        if not found and wanted > 1:
            return super().get_page(number)
        # In place of the cached property.
        self.__dict__["count"] = found[0].in_all if found else 0
        return Page(found, wanted, self)
