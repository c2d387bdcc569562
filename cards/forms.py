"""Forms for decks' content."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.sites import AdminSite
from django.utils.datastructures import MultiValueDict

from cards.admin_widgets import Select
from cards.models import (
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    Card,
    Deck,
    Tag,
    TwinPair,
    clean_text,
    tag_key,
)

BLANK_BOXES = 2
"""Empty boxes that wait below a card's alternatives; saving offers as many again."""


class AlternativesWidget(forms.Widget):
    """One box for each alternative and some empty ones, all under one name.

    Boxes, because an alternative may have several lines: no separator could tell them apart.
    """

    template_name = "cards/forms/alternatives.html"

    def format_value(self, value: Any) -> list[str]:
        texts = [str(text) for text in value] if isinstance(value, list) else []
        return texts + [""] * min(BLANK_BOXES, max(MAX_ALTERNATIVES - len(texts), 0))

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"


class AlternativesField(forms.Field):
    """A list of texts; empty ones and repetitions are left out, and the model's validator judges the rest."""

    widget = AlternativesWidget

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(filter(None, (clean_text(text) for text in value or []))))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > MAX_ALTERNATIVES or any(len(text) > MAX_ALTERNATIVE for text in value):
            raise forms.ValidationError(
                f"At most {MAX_ALTERNATIVES} texts of at most {MAX_ALTERNATIVE:,} characters.",
                code="alternatives",
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class CardForm(forms.ModelForm):
    """A card in the admin; without a position it goes to the deck's end."""

    position = forms.IntegerField(
        min_value=0,
        max_value=10_000_000,
        required=False,
        help_text="Counted from 0. Empty: at the deck's end.",
    )
    accepted_terms = AlternativesField(
        required=False, help_text="Other right answers where the term is asked for."
    )
    accepted_definitions = AlternativesField(
        required=False, help_text="Other right answers where the definition is asked for."
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


class MoveForm(forms.Form):
    """The deck to which an editor moves cards; it is searched for."""

    deck = forms.ModelChoiceField(Deck.objects.present(), label="To deck")

    def __init__(self, *args: Any, site: AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        deck = self.fields["deck"]
        # The widget asks the admin's own search, which offers no removed deck.
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
                self.add_error("name", "Its owner has a tag with this name already.")
        return cleaned


class TwinPairForm(forms.ModelForm):
    """Two cards of one deck, in either order: the pair is stored in one."""

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
            self.add_error("second", "Choose another card than the first.")
        elif first.pk > second.pk:
            cleaned["first"], cleaned["second"] = second, first
        return cleaned
