"""The form that starts a board of Matching."""

from django import forms

from sessions_app.models import Enrollment


class MatchingStartForm(forms.ModelForm):
    """The settings of a board of Matching."""

    class Meta:
        model = Enrollment
        fields = ("untimed",)
        labels = {"untimed": "Without a clock"}
        help_texts = {"untimed": "There is no time limit, and the board is not ranked."}
