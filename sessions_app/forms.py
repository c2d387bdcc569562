"""What learners send while they study."""

from typing import Any

from django import forms

from sessions_app.models import Enrollment
from sessions_app.study.modes import spaced
from sessions_app.study.types import SessionSettings, Verdict

MAX_NEW = 999
EXTRA_NEW = 10


class SpacedStartForm(forms.ModelForm):
    """What to study in Spaced: what is due with today's new cards, ten more new ones, or extra cards."""

    queue = forms.ChoiceField(choices=[(queue, queue) for queue in spaced.QUEUES], required=False)
    extra_new = forms.IntegerField(min_value=EXTRA_NEW, max_value=EXTRA_NEW, required=False)

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
        return SessionSettings(queue=queue, new_limit=extra or left_today)


START_FORMS: dict[str, type[SpacedStartForm]] = {"spaced": SpacedStartForm}


class StepForm(forms.Form):
    """Which step an answer belongs to."""

    step = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class SharingForm(forms.Form):
    shares_progress = forms.BooleanField(required=False)


class OverrideForm(forms.Form):
    """How the learner judges her answer."""

    verdict = forms.ChoiceField(choices=[(Verdict.CORRECT.value, "right"), (Verdict.WRONG.value, "wrong")])
