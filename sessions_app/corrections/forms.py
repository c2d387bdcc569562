"""Forms for corrections."""

from typing import Any

from django import forms

from cards.models import CardReport
from sessions_app.study.types import Verdict


class ReportForm(forms.ModelForm):
    """What is wrong with a card, in the learner's words."""

    class Meta:
        model = CardReport
        fields = ("text",)
        labels = {"text": "What is wrong?"}
        help_texts = {"text": "Only the deck's owner reads it."}
        widgets = {"text": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = True


class OverrideForm(forms.Form):
    """The learner's own verdict on their answer."""

    verdict = forms.ChoiceField(choices=[(Verdict.CORRECT.value, "right"), (Verdict.WRONG.value, "wrong")])
