"""Base classes of the admin: fields that search for a row instead of listing all; removable rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import ForeignKey, ManyToManyField, Q, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest

from cards.models import Card
from cards.searching.index import HasWords, SearchIndex
from cards.text.words import query_of
from studysite.accounts.admin.actions import ChosenRowsAdmin
from studysite.accounts.models import User
from studysite.numbers import whole_number

SIDES_CSS = ("css/maths.css", "css/code.css")
"""The site's styles for formulas and code."""


class KeysOnly(AutocompleteMixin):
    """Shows no row for a value that cannot be a key; Django's widget would raise an error."""

    def optgroups(self, name: str, value: Iterable[Any], attr: dict[str, Any] | None = None) -> list[Any]:
        keys = [key for key in map(str, value) if not key or whole_number(key) is not None]
        return super().optgroups(name, keys, attr)


class Select(KeysOnly, AutocompleteSelect):
    """A field for one row; ``data-placeholder`` is its text while nothing is chosen."""

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        placeholder = {name: value for name, value in base_attrs.items() if name == "data-placeholder"}
        return super().build_attrs(base_attrs, extra_attrs) | placeholder


class SelectMultiple(KeysOnly, AutocompleteSelectMultiple):
    """A field for any number of rows."""


class SearchingAdmin(ChosenRowsAdmin):
    """An admin whose ``autocomplete_fields`` accept any input without a crash; its filters can search for rows."""

    show_full_result_count = False

    @property
    def media(self) -> forms.Media:
        searching = Select(Card._meta.get_field("deck"), self.admin_site)
        return super().media + searching.media + forms.Media(css={"all": ("css/admin.css",)})

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Select(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class OwnedWordsAdmin(SearchingAdmin):
    """For rows that have an owner and an index of words: found by their words, or by who owns them."""

    index: SearchIndex
    search_help_text = (
        "Finds words, the last of which may be unfinished, and owners by a part of name or address."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        owners = User.objects.filter(Q(name__icontains=term) | Q(email__icontains=term))
        found = Q(owner__in=owners.values("pk"))
        if words := query_of(term):
            found |= Q(HasWords(self.index, words))
        return queryset.filter(found), False


class RemovableAdmin(SearchingAdmin):
    """For decks and cards: rows are removed and restored."""

    show_facets = admin.ShowFacets.NEVER
    actions: tuple[Any, ...] = ("remove", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows, so that removed ones can be found; in autocomplete fields only present rows."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.filter(removed_at=None) if match and match.url_name == "autocomplete" else rows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def note_changes(request: HttpRequest, rows: Sequence[Any], what: str) -> None:
    """Add an entry to the admin's history of each row, in one statement."""
    LogEntry.objects.log_actions(request.user.pk or 0, rows, CHANGE, what)
