"""Filters for guests, for the admin's lists of every app."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class GuestFilter(admin.SimpleListFilter):
    """Shows rows of people, or of guests if chosen: on an open site most rows may belong to guests."""

    title = "account"
    parameter_name = "guests"
    is_guest = "is_guest"
    """The lookup for the model of the list."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Guests")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        people, *others = super().choices(changelist)
        yield {**people, "display": "People"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.is_guest: self.value() == "yes"})


class GuestOwnerFilter(GuestFilter):
    """The same for rows with an owner."""

    is_guest = "owner__is_guest"


class GuestLearnerFilter(GuestFilter):
    """The same for rows with a learner."""

    is_guest = "learner__is_guest"
