"""Forms for Matching."""

from django import forms

from sessions_app.models import Enrollment
from studysite.numbers import MAX_KEY


class MatchingStartForm(forms.ModelForm):
    """The settings of a board of Matching."""

    class Meta:
        model = Enrollment
        fields = ("untimed",)
        labels = {"untimed": "Without a clock"}
        help_texts = {"untimed": "There is no time limit, and the board is not ranked."}


class TryForm(forms.Form):
    """A pair tried on a board, and the revision of the board that the learner saw."""

    board = forms.IntegerField(min_value=1, max_value=MAX_KEY)
    revision = forms.IntegerField(min_value=0, max_value=MAX_KEY)
    term = forms.IntegerField(min_value=0, max_value=MAX_KEY)
    definition = forms.IntegerField(min_value=0, max_value=MAX_KEY)
