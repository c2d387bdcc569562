"""The forms of the admin."""

from typing import Any

from django import forms
from django.contrib.admin.sites import AdminSite

from cards.admin.base import Select
from cards.forms import SIDE_HELP, AlternativesField
from cards.models import Card, Deck, Tag, TwinPair, tag_key


class CardForm(forms.ModelForm):
    """A card in the admin; without a position it is added at the deck's end."""

    position = forms.IntegerField(
        min_value=0,
        max_value=10_000_000,
        required=False,
        help_text="Counted from 0. Leave it empty for the end of the deck.",
    )
    accepted_terms = AlternativesField(
        required=False, help_text="Other correct answers when the term is asked for."
    )
    accepted_definitions = AlternativesField(
        required=False, help_text="Other correct answers when the definition is asked for."
    )
    wrong_terms = AlternativesField(required=False, help_text="Terms worth offering as wrong options.")
    wrong_definitions = AlternativesField(
        required=False, help_text="Definitions worth offering as wrong options."
    )

    class Meta:
        model = Card
        fields = (
            *("deck", "position", "term", "definition", "side_choice", "tags"),
            *("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions"),
        )
        help_texts = {"side_choice": SIDE_HELP}


class MoveForm(forms.Form):
    """The deck to which an editor moves cards, in a field that searches."""

    deck = forms.ModelChoiceField(Deck.objects.present(), label="To deck")

    def __init__(self, *args: Any, site: AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deck = self.fields["deck"]
        # The widget uses the admin's autocomplete, which leaves out removed decks.
        widget = Select(Card._meta.get_field("deck"), site)
        widget.choices = deck.choices  # type: ignore[attr-defined]
        deck.widget = widget


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ("name", "owner")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"name", "owner"} <= cleaned.keys():
            same = Tag.objects.filter(owner=cleaned["owner"], key=tag_key(cleaned["name"]))
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("name", "The owner already has a tag with this name.")
        return cleaned


class TwinPairForm(forms.ModelForm):
    """Two cards of one deck, in any order; a pair is stored in one order."""

    class Meta:
        model = TwinPair
        fields = ("first", "second", "are_twins")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, second = cleaned.get("first"), cleaned.get("second")
        if first is None or second is None:
            return cleaned
        if first.deck_id != second.deck_id:
            self.add_error("second", "Choose a card of the same deck.")
        elif first == second:
            self.add_error("second", "Choose a card other than the first.")
        elif first.pk > second.pk:
            cleaned["first"], cleaned["second"] = second, first
        return cleaned
