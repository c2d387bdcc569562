"""Fields that the forms of several pages share."""

from typing import Any

from django import forms

from cards.models import clean_text


class PlainTextField(forms.CharField):
    """Text as it may be stored (`clean_text`); what is too long is told, not cut off while it is pasted."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}
