"""Forms for decks."""

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO

from cards.editing.decks import description_version
from cards.forms import AddressField, PlainTextField
from cards.models import Deck

# Languages that people learn, but that Django is not translated into.
MORE_LANGUAGES = {"la": "Latin", "grc": "Ancient Greek", "zh": "Chinese", "yi": "Yiddish"}


def language_choices() -> list[tuple[str, str]]:
    """All languages with a known name, in English and in the language itself, ordered by the English name."""
    names = dict(MORE_LANGUAGES)
    for code, info in LANG_INFO.items():
        if "name" in info:
            own = info["name_local"]
            names[code] = info["name"] if own.lower() == info["name"].lower() else f"{info['name']} – {own}"
    return sorted(names.items(), key=lambda choice: choice[1])


def definition_language_choices() -> list[tuple[str, str]]:
    """The same languages, after the usual choice."""
    return [("", "The same as the terms"), *language_choices()]


def offer_language(field: forms.Field, code: str) -> None:
    """Let ``code`` be chosen in ``field``, also if the site has no name for it, and choose it at first."""
    field.initial = code
    choices = list(field.choices)  # type: ignore[attr-defined]
    if code not in dict(choices):
        field.choices = [(code, code), *choices]  # type: ignore[attr-defined]


LANGUAGES = ("language", "definition_language")
"""The fields of a deck for the languages of its terms and of its definitions."""


class DeckForm(forms.ModelForm):
    title = PlainTextField(max_length=200)
    description = PlainTextField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is about.",
    )
    language = forms.ChoiceField(
        label="Language of the terms",
        choices=language_choices,
        help_text="For reading aloud, spelling and wrong options.",
    )
    definition_language = forms.ChoiceField(
        label="Language of the definitions", choices=definition_language_choices, required=False
    )

    class Meta:
        model = Deck
        fields = ("title", "description", "visibility", *LANGUAGES, "side_choice")
        widgets = {"visibility": forms.RadioSelect}
        help_texts = {
            "side_choice": "The side that learners are asked for. Automatic chooses the side that is better to "
            "answer, for each card. With Both, each card has two questions, one for each side. A card can have "
            "its own choice."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in LANGUAGES:
            offer_language(self.fields[name], getattr(self.instance, name))


class DetailsForm(DeckForm):
    """The details of an existing deck. ``seen`` is its `description_version` when the form was opened."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, instance: Deck) -> None:
        super().__init__(data, instance=instance)
        self.initial["seen"] = description_version(instance)

    @property
    def described(self) -> list[str]:
        """The names of the fields to save."""
        return [name for name in self.changed_data if name != "seen"]

    def accept_current(self, current: Deck) -> None:
        """The author has now seen the current version, so the next save overwrites it."""
        self.data = {**self.data.dict(), "seen": description_version(current)}  # type: ignore[attr-defined]

    def differences(self, current: Deck) -> list[tuple[str, str]]:
        """Label and value of each field in which ``current`` differs from what was typed here."""
        return [
            (str(self[name].label), getattr(current, f"get_{name}_display", lambda: getattr(current, name))())  # noqa: B023
            for name in self.Meta.fields
            if getattr(current, name) != self.cleaned_data[name]
        ]


class NewDeckForm(DeckForm):
    address = AddressField()


class CopyForm(forms.Form):
    title = PlainTextField(max_length=200)
    address = AddressField()
