"""Forms for a learner's settings."""

from typing import Any

from django import forms

from sessions_app.models import Enrollment

MIN_PERCENT, MAX_PERCENT = 70, 97


class SettingsForm(forms.ModelForm):
    """A learner's settings for a deck; the desired retention in percent, as people speak of it."""

    percent = forms.IntegerField(
        label="Desired retention, in percent",
        min_value=MIN_PERCENT,
        max_value=MAX_PERCENT,
        help_text="How likely you still know a card when it comes back. More costs more: at 95 % each card comes "
        "two and a half times as often as at 90 %, at 80 % a third as often.",
    )

    class Meta:
        model = Enrollment
        fields = ("new_per_day", "side_choice", "two_buttons", "typed", "strict", "learn_ahead")
        labels = {
            "new_per_day": "New cards a day",
            "side_choice": "Side that you are asked for",
            "two_buttons": "Two buttons, Again and Good",
            "typed": "Type answers in Spaced",
            "strict": "Typed answers have to be exact",
            "learn_ahead": "Learn ahead, in minutes",
        }
        help_texts = {
            "new_per_day": "Each new card comes back about seven times in its first month. 0 only repeats.",
            "side_choice": "Automatic asks each card for the side that is better to answer. Each side keeps its "
            "own progress, which waits while you study the other.",
            "two_buttons": "Without Hard and Easy there is less to decide, and the schedule is hardly worse.",
            "typed": "Where it is short enough: it is compared, and you rate it. From your next session on.",
            "strict": "Otherwise slips of the keys, missing accents and articles are forgiven.",
            "learn_ahead": "A card that you missed comes again after ten minutes, or earlier by at most so many "
            "minutes when nothing else is left. 0 lets you wait. From your next session on.",
        }

    field_order = ("new_per_day", "percent", "side_choice", "two_buttons", "typed", "strict", "learn_ahead")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["percent"] = round(100 * self.instance.retention)

    def settings(self) -> dict[str, Any]:
        """The chosen settings under the names of the enrollment's fields."""
        chosen = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        return {**chosen, "retention": self.cleaned_data["percent"] / 100}


class SharingForm(forms.Form):
    shares_progress = forms.BooleanField(required=False)
