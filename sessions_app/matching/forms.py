"""The form that starts a board of Matching."""

from sessions_app.models import Enrollment
from sessions_app.sessions.forms import ModeForm


class MatchingStartForm(ModeForm):
    """The settings of a board of Matching."""

    kept = ("untimed",)

    class Meta:
        model = Enrollment
        fields = ("untimed",)
        labels = {"untimed": "Without a clock"}
        help_texts = {"untimed": "There is no time limit, and the board is not ranked."}
