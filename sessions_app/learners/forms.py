"""Forms for a learner's settings."""

from typing import Any

from django import forms

from sessions_app.models import Enrollment
from sessions_app.models.enrollment import STRICT_HELP, STRICT_LABEL, name_questions

MIN_PERCENT, MAX_PERCENT = 70, 97


class SettingsForm(forms.ModelForm):
    """A learner's settings for a deck, with the desired retention in percent."""

    percent = forms.IntegerField(
        label="Desired retention, in percent",
        min_value=MIN_PERCENT,
        max_value=MAX_PERCENT,
        help_text="The chance that you still know a card when it comes back. At 95 % each card comes two and a "
        "half times as often as at 90 %; at 80 % a third as often.",
    )

    class Meta:
        model = Enrollment
        fields = ("new_per_day", "side_choice", "two_buttons", "typed", "strict", "learn_ahead")
        labels = {
            "new_per_day": "New cards a day",
            "side_choice": "Side to answer",
            "two_buttons": "Two buttons, Again and Good",
            "typed": "Type answers in Spaced",
            "strict": STRICT_LABEL,
            "learn_ahead": "Learn ahead, in minutes",
        }
        help_texts = {
            "new_per_day": "Each new card comes back about seven times in its first month. 0 adds no new cards.",
            "side_choice": "Automatic follows the deck. Where the deck is automatic too, it picks the better side "
            "of each card. With Both, each card has two questions: a question waits while the card’s other side "
            "was asked today, and comes on the same day only if nothing else is left. Each side has its own "
            "progress, which is kept while you study the other side.",
            "two_buttons": "Without Hard and Easy you decide less, and the schedule is almost as good.",
            "typed": "Short answers only. Your answer is compared with the card, and you rate it. From your next "
            "session on.",
            "strict": STRICT_HELP,
            "learn_ahead": "Missed cards return after ten minutes. When nothing else is left, they are shown up "
            "to this many minutes early. 0 never shows them early. From your next session on.",
        }

    field_order = ("new_per_day", "percent", "side_choice", "two_buttons", "typed", "strict", "learn_ahead")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["percent"] = round(100 * self.instance.retention)
        if self.instance.has_siblings:
            name_questions(self.fields["new_per_day"])

    def settings(self) -> dict[str, Any]:
        """The chosen settings by the names of the enrollment's fields."""
        chosen = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        return {**chosen, "retention": self.cleaned_data["percent"] / 100}


class SharingForm(forms.Form):
    """Whether the deck's owner may see the learner's progress."""

    shares_progress = forms.BooleanField(required=False)
