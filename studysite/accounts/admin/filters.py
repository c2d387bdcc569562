"""Filters by people in the admin's lists, for the lists of every app."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class GuestFilter(admin.SimpleListFilter):
    """People unless guests are asked for: on an open site most rows may be guests'."""

    title = "account"
    parameter_name = "guests"
    is_guest = "is_guest"
    """How the list's model comes to know it."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Guests")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        people, *others = super().choices(changelist)
        yield {**people, "display": "People"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.is_guest: self.value() == "yes"})


class GuestOwnerFilter(GuestFilter):
    """The same for what somebody owns."""

    is_guest = "owner__is_guest"


class GuestLearnerFilter(GuestFilter):
    """The same for what somebody has studied."""

    is_guest = "learner__is_guest"
