"""Forms for Matching."""

from django import forms

from sessions_app.models import Enrollment
from studysite.numbers import MAX_KEY


class MatchingStartForm(forms.ModelForm):
    """How to play a board of Matching."""

    class Meta:
        model = Enrollment
        fields = ("untimed",)
        labels = {"untimed": "Without a clock"}
        help_texts = {"untimed": "Take all the time you like; the board is not ranked."}


class TryForm(forms.Form):
    """A pair tried on a board, and which state of the board the learner saw when she chose it."""

    board = forms.IntegerField(min_value=1, max_value=MAX_KEY)
    revision = forms.IntegerField(min_value=0, max_value=MAX_KEY)
    term = forms.IntegerField(min_value=0, max_value=MAX_KEY)
    definition = forms.IntegerField(min_value=0, max_value=MAX_KEY)
