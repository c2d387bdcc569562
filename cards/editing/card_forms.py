"""Forms for cards in the editor."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cards.editing.replacing import Replacement
from cards.forms import MAX_SEARCH, SIDE_HELP, KeyField, LinesField, MomentField, SidesForm, SourceField
from cards.media.forms import ImageForms
from cards.models import Card, Deck, SideChoice, make_card_key
from cards.text.studied_side import SIDES

MAX_PLACE = 10_000_000


class CardEditForm(SidesForm):
    """The fields that an author edits. ``seen`` is the card's `updated_at` when the form was opened."""

    term = SourceField()
    definition = SourceField()
    accepted_terms = LinesField(required=False, label="Accepted terms")
    accepted_definitions = LinesField(required=False, label="Accepted definitions")
    wrong_terms = LinesField(required=False, label="Wrong terms")
    wrong_definitions = LinesField(required=False, label="Wrong definitions")
    seen = MomentField(required=False)

    MORE = ("side_choice", "accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")

    class Meta:
        model = Card
        fields = (
            *("term", "definition", "side_choice"),
            *("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions"),
        )
        help_texts = {"side_choice": SIDE_HELP}

    def __init__(
        self, data: Any = None, files: Any = None, *, instance: Card, is_guest: bool = False
    ) -> None:
        auto_id = f"card-{instance.pk}-%s"
        super().__init__(data, instance=instance, auto_id=auto_id)
        self.name_languages(instance.deck)
        self.initial["seen"] = instance.updated_at
        has = instance.images_by_side()
        self.images = ImageForms(data, files, has=has, auto_id=auto_id, is_guest=is_guest)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.images.is_valid():
            self.add_error(None, "Check the images.")
        for side, images in self.images.by_side.items():
            if images and not cleaned.get(side) and side not in self.errors:
                self.add_error(
                    side, "A side with an image also needs a text, so that it can be asked in words."
                )
        return cleaned

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields other than the two sides."""
        return [self[name] for name in self.MORE]

    @property
    def is_more_open(self) -> bool:
        """Whether one of these fields has a value or an error."""
        values = [self[name].value() for name in self.MORE]
        return any(self[name].errors for name in self.MORE) or any(
            value not in ([], "", None, SideChoice.AUTO) for value in values
        )

    def accept_current(self, current: Card) -> None:
        """The author has now seen the current version, so the next save overwrites it."""
        self.data = {**self.data.dict(), "seen": current.updated_at.isoformat()}  # type: ignore[attr-defined]


class NewCardForm(SidesForm):
    """A new card at the deck's end. The form has its ``key``, so sending it twice adds one card."""

    term = SourceField()
    definition = SourceField()
    key = KeyField(required=False, initial=make_card_key)

    class Meta:
        model = Card
        fields = ("term", "definition")

    def __init__(self, data: Any = None, *, deck: Deck) -> None:
        super().__init__(data, instance=Card(deck=deck), auto_id="new-%s")
        self.name_languages(deck)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.key = cleaned["key"]
        return cleaned


class PlaceForm(forms.Form):
    """Where to move a card: one place up or down, to an end of the deck, or to a place counted from 1."""

    to = forms.ChoiceField(choices=[(to, to) for to in ("up", "down", "top", "end")], required=False)
    place = forms.IntegerField(min_value=1, max_value=MAX_PLACE, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("to") and not cleaned.get("place"):
            raise ValidationError("Choose where the card goes.")
        return cleaned

    def place_from(self, place: int) -> int:
        """The new place of a card whose current place is ``place``."""
        ways = {"up": place - 1, "down": place + 1, "top": 1, "end": MAX_PLACE}
        to: str = self.cleaned_data["to"]
        return ways[to] if to else int(self.cleaned_data["place"])


class ReplaceForm(forms.Form):
    """Find and replace; spaces at the ends of the texts are kept."""

    find = forms.CharField(max_length=MAX_SEARCH, strip=False)
    new = forms.CharField(max_length=MAX_SEARCH, strip=False, required=False, label="Replace with")
    match_case = forms.BooleanField(required=False, label="Match case")
    sides = forms.ChoiceField(
        label="On",
        required=False,
        choices=[("", "Both sides"), *((side, f"{side.capitalize()}s only") for side in SIDES)],
    )

    @property
    def replacement(self) -> Replacement:
        chosen = self.cleaned_data["sides"]
        return Replacement(
            find=self.cleaned_data["find"],
            new=self.cleaned_data["new"],
            match_case=self.cleaned_data["match_case"],
            sides=(chosen,) if chosen else SIDES,
        )
