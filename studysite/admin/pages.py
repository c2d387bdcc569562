"""Pages of the admin's lists that do not count millions of rows."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class CappedPaginator(Paginator):
    """Pages through the first ``most_counted`` rows only, because counting millions of rows takes seconds."""

    most_counted = 2_000
    """Rows of a list that are counted and shown on pages; filters lead to the others."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[: self.most_counted].count())  # type: ignore[attr-defined]

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than `count` says."""
        return self.count >= self.most_counted
