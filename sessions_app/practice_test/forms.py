"""The forms that start a test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict

from cards.models import SideChoice
from cards.text.cleaning import clean_text
from sessions_app.models import MAX_NAME
from sessions_app.questions.kind_pages import TEST_CHOICES
from sessions_app.sessions.forms import StartForm
from sessions_app.study.modes import test
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Kind

AS_IN_DECK = "As in the deck"

QUICK, ALL_KINDS, WRITTEN = "quick", "all", "written"
RECOGNISED = (Kind.CHOICE, Kind.TRUE_FALSE)
PRESETS: Mapping[str, Mapping[str, Any]] = {
    QUICK: {"questions": 10, "kinds": RECOGNISED},
    ALL_KINDS: {"questions": test.DEFAULT_QUESTIONS, "kinds": test.KINDS},
    WRITTEN: {"questions": test.DEFAULT_QUESTIONS, "kinds": (Kind.TYPED, Kind.FLIP)},
}
"""Tests that start with one press. Written answers that are too long to be compared are graded by the learner."""


class PaperStartForm(StartForm):
    """What is on the paper. ``last`` are the settings of the previous test: they are the initial values."""

    questions = forms.IntegerField(
        label="Questions",
        min_value=1,
        max_value=test.MOST_QUESTIONS,
        help_text="Each card is asked at most once.",
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds of question",
        choices=TEST_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind."},
    )
    side = forms.ChoiceField(
        label="Answer with",
        choices=[
            ("", AS_IN_DECK),
            (SideChoice.TERM.value, "Terms"),
            (SideChoice.DEFINITION.value, "Definitions"),
            (SideChoice.BOTH.value, "Mixed"),
        ],
        required=False,
    )
    minutes = forms.IntegerField(
        label="Time limit, in minutes",
        min_value=1,
        max_value=test.MOST_MINUTES,
        required=False,
        help_text="Empty for no limit. When the time is up, the saved answers are handed in.",
    )

    def __init__(self, *args: Any, last: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_preset = self.is_bound and preset_in(self.data) is not None
        if self.is_preset:
            self.data = with_preset(self.data)
        cards = self.instance.deck.card_count
        before = SessionSettings.from_json(last or {})
        wished = before.questions if before.questions and not before.cards else test.DEFAULT_QUESTIONS
        self.initial.update(
            questions=max(1, min(wished, cards, test.MOST_QUESTIONS)),
            kinds=before.kinds or [kind.value for kind in test.KINDS],
            side=before.side,
            minutes=before.seconds // 60 or None,
        )

    def session_settings(self, *, introduced_today: int = 0) -> SessionSettings:
        chosen = self.cleaned_data
        return replace(
            super().session_settings(introduced_today=introduced_today),
            questions=chosen["questions"],
            kinds=tuple(chosen["kinds"]),
            side=chosen["side"],
            seconds=60 * (chosen["minutes"] or 0),
        )


def preset_in(data: Mapping[str, Any]) -> str | None:
    """The preset that ``data`` names; a quick test if it says nothing at all."""
    name: str = data.get("preset", "")
    says_nothing = not {"questions", "kinds"} & data.keys()
    return name if name in PRESETS else QUICK if says_nothing else None


def with_preset(data: Mapping[str, Any]) -> QueryDict:
    """``data`` with the questions and kinds of its preset."""
    preset = PRESETS[preset_in(data) or QUICK]
    chosen = QueryDict(mutable=True)
    chosen.update(data)
    chosen["questions"] = str(preset["questions"])
    chosen.setlist("kinds", [kind.value for kind in preset["kinds"]])
    return chosen


class TakeForm(forms.Form):
    """Starts a copy of a friend's paper; says whether the friend sees the score, and under which name."""

    shows = forms.BooleanField(label="Show my score", required=False)
    name = forms.CharField(label="Your name there", max_length=MAX_NAME, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = " ".join(clean_text(cleaned.get("name", "")).split())
        if cleaned.get("shows") and not name:
            self.add_error("name", "Enter the name to show with your score.")
        return cleaned | {"shown_as": name if cleaned.get("shows") else ""}
