"""Invalid keys in the admin: fields and lists of selected rows report or ignore them instead of crashing."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest

from studysite.numbers import whole_number

MOST_SHOWN = 40
"""Characters of a wrong value that an error repeats."""


def key_from(text: str, model: type[Model]) -> int | None:
    """``text`` as a primary key; None if no row of ``model`` can have this key."""
    _, most = connection.ops.integer_field_range(model._meta.pk.get_internal_type())
    return whole_number(text, most=most)


class RowsField(forms.ModelMultipleChoiceField):
    """A field for any number of rows. A number that is too large for the database is an error of the field."""

    def clean(self, value: Any) -> QuerySet[Any]:
        model = self.queryset.model  # type: ignore[union-attr]
        for key in map(str, value or ()):
            if key_from(key, model) is None:
                shown = {"pk": key[:MOST_SHOWN]}
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", shown)
        return super().clean(value)


class ChosenRowsAdmin(admin.ModelAdmin):
    """An admin that ignores invalid keys among the selected rows, and reports them as errors in fields."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        kwargs.setdefault("form_class", RowsField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **more: Any) -> Any:
        chosen = request.POST.copy()
        keys = chosen.getlist(ACTION_CHECKBOX_NAME)
        chosen.setlist(ACTION_CHECKBOX_NAME, [key for key in keys if key_from(key, self.model) is not None])
        request.POST = chosen  # type: ignore[assignment]
        return super().response_action(request, queryset, *args, **more)
