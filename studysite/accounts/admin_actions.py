"""Actions of the admin's lists, whatever is sent to them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest

MAX_DIGITS = 18
"""Of the longest number that is surely a key: SQLite and PostgreSQL count to 9 223 372 036 854 775 807."""


def is_key(text: str) -> bool:
    """Whether ``text`` can be the primary key of a row."""
    return text.isdecimal() and len(text) <= MAX_DIGITS


class ChosenRowsAdmin(admin.ModelAdmin):
    """Passes over what was ticked and can be no row: Django itself would raise an error."""

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **more: Any) -> Any:
        chosen = request.POST.copy()
        chosen.setlist(
            ACTION_CHECKBOX_NAME, [key for key in chosen.getlist(ACTION_CHECKBOX_NAME) if is_key(key)]
        )
        request.POST = chosen  # type: ignore[assignment]
        return super().response_action(request, queryset, *args, **more)
