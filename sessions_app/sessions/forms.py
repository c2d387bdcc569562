"""The forms of sessions: how to start one, and what posts name."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser

from cards.models import Tag
from sessions_app.models import Enrollment
from sessions_app.models.enrollment import STRICT_HELP, STRICT_LABEL, name_questions
from sessions_app.questions.kind_pages import LEARN_CHOICES
from sessions_app.sessions.marks import Mark
from sessions_app.study.modes import learn, spaced
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Side
from studysite.accounts.models import User

EXTRA_NEW = 10


class ModeForm(forms.ModelForm):
    """Starts a mode with the learner's settings for the deck; ``kept`` names the fields that are such settings.

    The form of a page says by ``has_settings`` that it shows them: only then an unticked box means no. A button
    that starts at once sends none of them, and they stay as they are.
    """

    has_settings = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)
    kept: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("has_settings"):
            unsent = [name for name in self.kept if self.add_prefix(name) not in self.data]
            cleaned |= {name: getattr(self.instance, name) for name in unsent}
        return cleaned


class StartForm(ModeForm):
    """What to study in a mode: all of the deck's cards, or those with a star or a tag."""

    starred = forms.BooleanField(label="Only starred cards", required=False)
    tag = forms.ModelChoiceField(
        Tag.objects.none(), label="Only cards with the tag", required=False, empty_label="All cards"
    )

    class Meta:
        model = Enrollment
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, learner: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deck = self.instance.deck
        self.fields["tag"].queryset = Tag.objects.seen_by(learner, deck=deck).on(deck)  # type: ignore[attr-defined]

    def kept_settings(self) -> dict[str, Any]:
        """The chosen values that are saved as settings for the deck."""
        return {name: self.cleaned_data[name] for name in self.kept}

    def session_settings(self, *, introduced_today: int) -> SessionSettings:
        """The session's settings. ``introduced_today`` new cards are subtracted from the day's limit."""
        tag = self.cleaned_data["tag"]
        return SessionSettings(
            starred=self.cleaned_data["starred"], tag=tag.pk if tag else 0, strict=self.instance.strict
        )


class SpacedStartForm(StartForm):
    """What to study in Spaced: due cards with today's new ones, ten more new ones, or extra cards."""

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
        if self.instance.has_siblings:
            name_questions(self.fields["new_per_day"])

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
    """The kinds of question in Learn, and how typed answers are judged."""

    learn_kinds = forms.MultipleChoiceField(
        label="Kinds of question",
        choices=LEARN_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="If a card fits none of these, its answer is shown and you say whether you knew it.",
    )
    kept = ("learn_kinds", "strict", "retype")

    class Meta:
        model = Enrollment
        fields = ("learn_kinds", "strict", "retype")
        labels = {"strict": STRICT_LABEL, "retype": "Type a missed answer again"}
        help_texts = {
            "strict": STRICT_HELP,
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


class MarkForm(forms.Form):
    """A mark on a card, to be set (``on``) or removed: on its question about ``side``, or on all that it asks."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark], coerce=Mark)
    on = forms.BooleanField(required=False)
    side = forms.TypedChoiceField(
        choices=[("", ""), *((side, side) for side in Side)], coerce=Side, required=False, empty_value=None
    )


class PutAsideForm(forms.Form):
    """A mark because of which the open card is not asked: suspended or buried."""

    mark = forms.TypedChoiceField(choices=[(mark, mark) for mark in Mark if mark.puts_aside], coerce=Mark)
