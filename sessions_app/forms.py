"""What learners send while they study."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser

from cards.models import CardReport, Tag
from sessions_app.marks import Mark
from sessions_app.models import Enrollment
from sessions_app.study.modes import learn, spaced
from sessions_app.study.types import Kind, SessionSettings, Verdict
from studysite.accounts.models import User
from studysite.requests import MAX_KEY

EXTRA_NEW = 10
MIN_PERCENT, MAX_PERCENT = 70, 97
KIND_LABELS = {
    Kind.CHOICE: "Choose among four",
    Kind.TRUE_FALSE: "True or false",
    Kind.TYPED: "Type the answer",
    Kind.FLIP: "Say it, show it, and tick what you knew",
}


class StartForm(forms.ModelForm):
    """What to study in a mode: all of the deck's cards, or those with a star or a tag.

    ``kept`` names the fields that are the learner's settings for the deck from then on.
    """

    starred = forms.BooleanField(label="Only starred cards", required=False)
    tag = forms.ModelChoiceField(
        Tag.objects.none(), label="Only cards with the tag", required=False, empty_label="All cards"
    )
    kept: tuple[str, ...] = ()

    class Meta:
        model = Enrollment
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, learner: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deck = self.instance.deck
        self.fields["tag"].queryset = Tag.objects.seen_by(learner, deck=deck).on(deck)  # type: ignore[attr-defined]

    def kept_settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.kept}

    def session_settings(self, *, introduced_today: int) -> SessionSettings:
        """The session's settings; new cards already introduced today count against the day's number."""
        tag = self.cleaned_data["tag"]
        return SessionSettings(
            starred=self.cleaned_data["starred"], tag=tag.pk if tag else 0, strict=self.instance.strict
        )


class SpacedStartForm(StartForm):
    """What to study in Spaced: what is due with today's new cards, ten more new ones, or extra cards."""

    queue = forms.ChoiceField(choices=[(queue, queue) for queue in spaced.QUEUES], required=False)
    extra_new = forms.IntegerField(min_value=EXTRA_NEW, max_value=EXTRA_NEW, required=False)
    kept = ("new_per_day",)

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
        left_today = max(0, self.cleaned_data["new_per_day"] - introduced_today)
        return replace(
            super().session_settings(introduced_today=introduced_today),
            queue=self.cleaned_data["queue"] or spaced.DUE,
            new_limit=self.cleaned_data["extra_new"] or left_today,
            learn_ahead=self.instance.learn_ahead,
            typed=self.instance.typed,
        )


class LearnStartForm(StartForm):
    """How to be asked in Learn."""

    learn_kinds = forms.MultipleChoiceField(
        label="Kinds of question",
        choices=[(kind.value, label) for kind, label in KIND_LABELS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A card that cannot be asked in one of these is shown, and you say whether you knew it.",
    )
    kept = ("learn_kinds", "strict", "retype")

    class Meta:
        model = Enrollment
        fields = ("learn_kinds", "strict", "retype")
        labels = {"strict": "Typed answers have to be exact", "retype": "Type a missed answer once more"}
        help_texts = {
            "strict": "Otherwise slips of the keys, missing accents and articles are forgiven.",
            "retype": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["learn_kinds"] = self.instance.learn_kinds or [
            kind.value for kind in learn.DEFAULT_KINDS
        ]

    def session_settings(self, *, introduced_today: int) -> SessionSettings:
        return replace(
            super().session_settings(introduced_today=introduced_today),
            kinds=tuple(self.cleaned_data["learn_kinds"]),
            strict=self.cleaned_data["strict"],
            retype=self.cleaned_data["retype"],
        )


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


class MarkForm(forms.Form):
    """A mark on a card, set (``on``) or taken away."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark], coerce=Mark)
    on = forms.BooleanField(required=False)


class PutAsideForm(forms.Form):
    """A mark that puts the open card aside."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark if mark.puts_aside], coerce=Mark)


class StepForm(forms.Form):
    """Which step an answer belongs to."""

    step = forms.IntegerField(min_value=1, max_value=MAX_KEY)


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


class SharingForm(forms.Form):
    shares_progress = forms.BooleanField(required=False)


class OverrideForm(forms.Form):
    """How the learner judges her answer."""

    verdict = forms.ChoiceField(choices=[(Verdict.CORRECT.value, "right"), (Verdict.WRONG.value, "wrong")])
