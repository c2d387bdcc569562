"""Filters for the admin's lists. Rows that may be thousands are searched for or typed, never listed."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, ForeignKey, QuerySet
from django.http import HttpRequest

from cards.admin.base import Select
from cards.models import MAX_TAG_NAME, Card, Deck, Tag, TagLink, tag_key
from cards.text.cleaning import clean_text
from studysite.numbers import whole_number


class RemovedFilter(admin.SimpleListFilter):
    """Present rows, unless removed ones are chosen."""

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


class FieldFilter(admin.SimpleListFilter):
    """A filter with its own field, in a form that keeps the list's other filters."""

    template = "admin/field_filter.html"
    parameter_name: str

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
        return []

    def has_output(self) -> bool:
        return True

    def field(self) -> str:
        """The field's HTML."""
        raise NotImplementedError

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The context of the template: the field, and the other parameters of the address."""
        others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            if name != self.parameter_name
            for value in values
        ]
        yield {
            "field": self.field(),
            "others": others,
            "query": changelist.query,
            "all": changelist.get_query_string(remove=[self.parameter_name]) if self.value() else "",
        }


def key_from(value: str | None) -> int | None:
    """The key of the chosen row, -1 (which no row has) for an invalid value, None for no choice."""
    if not value:
        return None
    key = whole_number(value)
    return -1 if key is None else key


class RowFilter(FieldFilter):
    """Rows that belong to one row of another table, which is searched for; ``to`` is a foreign key to it."""

    to: ForeignKey

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
        self.site = model_admin.admin_site
        others = self.site.get_model_admin(self.to.related_model)
        # An editor who may not see these rows cannot search for them.
        self.may_search = others.has_view_permission(request)
        return []

    def has_output(self) -> bool:
        return self.may_search

    def field(self) -> str:
        widget = Select(
            self.to,
            self.site,
            attrs={
                "id": f"{self.parameter_name}-filter",
                "aria-label": str(self.title).capitalize(),
                "data-placeholder": f"Any {self.title}",
            },
            choices=self.to.formfield().choices,  # type: ignore[union-attr]
        )
        return widget.render(self.parameter_name, self.key())

    def key(self) -> int | None:
        return key_from(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        key = self.key()
        return queryset if key is None else self.narrow(queryset, key)

    def narrow(self, queryset: QuerySet[Any], key: int) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: key})


class DeckFilter(RowFilter):
    """Rows of one deck."""

    title = "deck"
    parameter_name = "deck"
    to = Card._meta.get_field("deck")


class OwnerFilter(RowFilter):
    """One owner's decks."""

    title = "owner"
    parameter_name = "owner"
    to = Deck._meta.get_field("owner")


class CardOwnerFilter(OwnerFilter):
    """The cards of one owner's decks."""

    def narrow(self, queryset: QuerySet[Any], key: int) -> QuerySet[Any]:
        # A subquery instead of a join, so that the index on the cards' deck is used.
        return queryset.filter(deck__in=Deck.objects.filter(owner=key).values("pk"))


class TagFilter(FieldFilter):
    """Cards with a tag of this name by their owner; the name is typed, because many owners may have such a tag."""

    title = "tag"
    parameter_name = "tag"

    def field(self) -> str:
        widget = admin.widgets.AdminTextInputWidget(
            {"id": "tag-filter", "aria-label": "Tag", "maxlength": MAX_TAG_NAME, "autocomplete": "off"}
        )
        return widget.render(self.parameter_name, self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Card]) -> QuerySet[Card]:
        key = tag_key(clean_text(self.value() or ""))
        if not key:
            return queryset
        tags = Tag.objects.filter(key=key)
        # With a deck or an owner chosen there is only one such tag, so the links of the others are not read.
        if (deck := key_from(request.GET.get(DeckFilter.parameter_name))) is not None:
            tags = tags.filter(owner__in=Deck.objects.filter(pk=deck).values("owner"))
        if (owner := key_from(request.GET.get(OwnerFilter.parameter_name))) is not None:
            tags = tags.filter(owner=owner)
        links = TagLink.objects.filter(tag__in=tags, tag__owner=F("card__deck__owner"))
        return queryset.filter(pk__in=links.values("card"))
