"""The form that starts a board of Matching."""

from typing import Any

from django import forms

from sessions_app.models import Enrollment


class MatchingStartForm(forms.ModelForm):
    """The settings of a board of Matching. A button that starts at once sends none: they stay as they are."""

    has_settings = forms.BooleanField(required=False)

    class Meta:
        model = Enrollment
        fields = ("untimed",)
        labels = {"untimed": "Without a clock"}
        help_texts = {"untimed": "There is no time limit, and the board is not ranked."}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("has_settings") and "untimed" not in self.data:
            cleaned["untimed"] = self.instance.untimed
        return cleaned
