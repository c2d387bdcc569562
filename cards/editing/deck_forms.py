"""Forms for a deck and what is said of it."""

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO

from cards.editing.decks import description_version
from cards.forms import AddressField, PlainTextField
from cards.models import Deck

# People learn them, and Django has no translation into them.
MORE_LANGUAGES = {"la": "Latin", "grc": "Ancient Greek", "zh": "Chinese", "yi": "Yiddish"}


def language_choices() -> list[tuple[str, str]]:
    """Every language that the site can name, in its own words too, by its English name."""
    names = dict(MORE_LANGUAGES)
    for code, info in LANG_INFO.items():
        if "name" in info:
            own = info["name_local"]
            names[code] = info["name"] if own.lower() == info["name"].lower() else f"{info['name']} – {own}"
    return sorted(names.items(), key=lambda choice: choice[1])


class DeckForm(forms.ModelForm):
    title = PlainTextField(max_length=200)
    description = PlainTextField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is about.",
    )
    language = forms.ChoiceField(
        choices=language_choices, help_text="Of the cards: for reading aloud, spelling and wrong options."
    )

    class Meta:
        model = Deck
        fields = ("title", "description", "visibility", "language", "side_choice")
        widgets = {"visibility": forms.RadioSelect}
        help_texts = {
            "side_choice": "The side that learners are asked for. Automatic chooses the side that is better to "
            "answer, for each card. A card can have its own choice."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        known = [code for code, _ in language.choices]  # type: ignore[attr-defined]
        language.initial = own = self.instance.language
        if own not in known:
            language.choices = [(own, own), *language.choices]  # type: ignore[attr-defined]


class DetailsForm(DeckForm):
    """The details of a deck that is there; ``seen`` is its `description_version` as the page was made."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, instance: Deck) -> None:
        super().__init__(data, instance=instance)
        self.initial["seen"] = description_version(instance)

    @property
    def described(self) -> list[str]:
        """What is to be saved."""
        return [name for name in self.changed_data if name != "seen"]

    def look_at(self, stands: Deck) -> None:
        """Take note that it has been shown how the deck stands, so that saving again is a last word."""
        self.data = {**self.data.dict(), "seen": description_version(stands)}  # type: ignore[attr-defined]

    def differences(self, stands: Deck) -> list[tuple[str, str]]:
        """Label and text of what ``stands`` has, wherever it is not what was typed here."""
        return [
            (str(self[name].label), getattr(stands, f"get_{name}_display", lambda: getattr(stands, name))())  # noqa: B023
            for name in self.Meta.fields
            if getattr(stands, name) != self.cleaned_data[name]
        ]


class NewDeckForm(DeckForm):
    address = AddressField()


class CopyForm(forms.Form):
    title = PlainTextField(max_length=200)
    address = AddressField()
