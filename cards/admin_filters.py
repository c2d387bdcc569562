"""Filters of the admin's lists."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest

from cards.models import Card


class RemovedFilter(admin.SimpleListFilter):
    """Rows that are there, unless one asks for the removed ones."""

    title = "removed"
    parameter_name = "removed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
        return [("yes", "Removed")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        everything, *rest = super().choices(changelist)
        yield {**everything, "display": "Present"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(removed_at__isnull=self.value() != "yes")


class DeckFilter(admin.SimpleListFilter):
    """One deck's cards; the deck is searched for, since a list of a thousand decks would be no filter."""

    title = "deck"
    parameter_name = "deck"
    template = "admin/cards/deck_filter.html"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
        self.widget = AutocompleteSelect(
            Card._meta.get_field("deck"),
            model_admin.admin_site,
            attrs={"id": "deck-filter", "aria-label": "Deck"},
            choices=Card._meta.get_field("deck").formfield().choices,  # type: ignore[union-attr]
        )
        return []

    def has_output(self) -> bool:
        return True

    def deck_pk(self) -> int | None:
        """The chosen deck's key, -1 (nobody's) for a value that cannot be one, None for no choice."""
        value = self.value()
        if not value:
            return None
        return int(value) if value.isdecimal() and len(value) < 19 else -1

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """What the template needs: the field to choose a deck, and the other parameters of the address."""
        others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            if name != self.parameter_name
            for value in values
        ]
        yield {
            "widget": self.widget.render(self.parameter_name, self.deck_pk()),
            "others": others,
            "query": changelist.query,
            "all": changelist.get_query_string(remove=[self.parameter_name]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Card]) -> QuerySet[Card]:
        pk = self.deck_pk()
        return queryset if pk is None else queryset.filter(deck=pk)
