"""Fields of the admin that search for a row instead of listing all."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import ForeignKey, ManyToManyField
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest

# Of the longest number that is surely a key: SQLite and PostgreSQL count to 9 223 372 036 854 775 807.
DIGITS = 18


class KeysOnly(AutocompleteMixin):
    """Shows no row for what cannot be a key, beside the field's error: Django's own widget would raise one."""

    def optgroups(self, name: str, value: Iterable[Any], attr: dict[str, Any] | None = None) -> list[Any]:
        keys = [key for key in map(str, value) if not key or (key.isdecimal() and len(key) <= DIGITS)]
        return super().optgroups(name, keys, attr)


class Select(KeysOnly, AutocompleteSelect):
    """One row."""


class SelectMultiple(KeysOnly, AutocompleteSelectMultiple):
    """Any number of rows."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """What was chosen; a number that is too long for the database is cut, and no number any more."""
        chosen = super().value_from_datadict(data, files, name) or []
        return [key if len(key) <= DIGITS else f"{key[:DIGITS]}…" for key in chosen]


class SearchingAdmin(admin.ModelAdmin):
    """An admin whose ``autocomplete_fields`` bear whatever is sent to them."""

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
