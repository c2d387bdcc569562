"""What learners send while they study."""

from typing import Any

from django import forms

from sessions_app.marks import Mark
from sessions_app.models import Enrollment
from sessions_app.study.modes import spaced
from sessions_app.study.types import SessionSettings, Verdict

EXTRA_NEW = 10
MIN_PERCENT, MAX_PERCENT = 70, 97


class SpacedStartForm(forms.ModelForm):
    """What to study in Spaced: what is due with today's new cards, ten more new ones, or extra cards."""

    queue = forms.ChoiceField(choices=[(queue, queue) for queue in spaced.QUEUES], required=False)
    extra_new = forms.IntegerField(min_value=EXTRA_NEW, max_value=EXTRA_NEW, required=False)
    starred = forms.BooleanField(label="Only starred cards", required=False)

    class Meta:
        model = Enrollment
        fields = ("new_per_day",)
        labels = {"new_per_day": "New cards a day"}
        help_texts = {"new_per_day": "Each new card comes back about seven times in its first month."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_per_day"].required = False

    def clean_new_per_day(self) -> int:
        value: int | None = self.cleaned_data["new_per_day"]
        return self.instance.new_per_day if value is None else value

    def session_settings(self, *, introduced_today: int) -> SessionSettings:
        """The session's settings; new cards already introduced today count against the day's number."""
        queue = self.cleaned_data["queue"] or spaced.DUE
        extra = self.cleaned_data["extra_new"]
        left_today = max(0, self.cleaned_data["new_per_day"] - introduced_today)
        return SessionSettings(
            queue=queue,
            new_limit=extra or left_today,
            starred=self.cleaned_data["starred"],
            learn_ahead=self.instance.learn_ahead,
        )


START_FORMS: dict[str, type[SpacedStartForm]] = {"spaced": SpacedStartForm}


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
        fields = ("new_per_day", "side_choice", "two_buttons", "learn_ahead")
        labels = {
            "new_per_day": "New cards a day",
            "side_choice": "Side that you are asked for",
            "two_buttons": "Two buttons, Again and Good",
            "learn_ahead": "Learn ahead, in minutes",
        }
        help_texts = {
            "new_per_day": "Each new card comes back about seven times in its first month. 0 only repeats.",
            "side_choice": "Automatic asks each card for the side that is better to answer. Each side keeps its "
            "own progress, which waits while you study the other.",
            "two_buttons": "Without Hard and Easy there is less to decide, and the schedule is hardly worse.",
            "learn_ahead": "A card that you missed comes again after ten minutes, or earlier by at most so many "
            "minutes when nothing else is left. 0 lets you wait. From your next session on.",
        }

    field_order = ("new_per_day", "percent", "side_choice", "two_buttons", "learn_ahead")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["percent"] = round(100 * self.instance.retention)

    def settings(self) -> dict[str, Any]:
        """The chosen settings under the names of the enrollment's fields."""
        chosen = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        return {**chosen, "retention": self.cleaned_data["percent"] / 100}


class MarkForm(forms.Form):
    """A mark on a card, set (``on``) or taken away."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark], coerce=Mark)
    on = forms.BooleanField(required=False)


class PutAsideForm(forms.Form):
    """A mark that puts the open card aside."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark if mark.puts_aside], coerce=Mark)


class StepForm(forms.Form):
    """Which step an answer belongs to."""

    step = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class SharingForm(forms.Form):
    shares_progress = forms.BooleanField(required=False)


class OverrideForm(forms.Form):
    """How the learner judges her answer."""

    verdict = forms.ChoiceField(choices=[(Verdict.CORRECT.value, "right"), (Verdict.WRONG.value, "wrong")])
