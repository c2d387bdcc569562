"""Forms of the web pages on which decks are made and tagged; `cards.forms` has those of the admin."""

import re
import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.core import signing
from django.core.exceptions import ValidationError

from cards.fields import PlainTextField
from cards.forms import AlternativesField
from cards.image_forms import ImageForms
from cards.models import (
    Card,
    Deck,
    SideChoice,
    Tag,
    clean_tag_name,
    clean_text,
    make_card_key,
    make_slug,
    tag_key,
)
from cards.rendering import MAX_SOURCE
from cards.replacing import Replacement
from cards.services import description_version
from cards.sides import SIDES
from studysite.accounts.models import User
from studysite.requests import whole_number

MAX_SEARCH = 200
MAX_PLACE = 10_000_000
MAX_TAGS_AT_ONCE = 20
CONTINUED = "  "
"""What a line begins with that belongs to the alternative above it."""

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


class AddressField(forms.CharField):
    """The address of a deck that is about to be made, signed: whoever sends a form twice makes one deck.

    What has no valid signature becomes a new address.
    """

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, initial=new_address, **kwargs)

    def to_python(self, value: Any) -> str:
        try:
            return str(signing.Signer(salt="deck").unsign(str(value or "")))
        except signing.BadSignature:
            return make_slug()


def new_address() -> str:
    return signing.Signer(salt="deck").sign(make_slug())


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
            "side_choice": "What learners are asked for. Automatic takes the side that is better to answer, for "
            "each card; a card can say otherwise."
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


class SourceField(PlainTextField):
    """One side of a card."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2})
        super().__init__(max_length=MAX_SOURCE, required=False, widget=widget, **kwargs)


class LinesWidget(forms.Textarea):
    """Alternatives, one a line; a line that begins with two spaces belongs to the one above."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 2})

    def format_value(self, value: Any) -> str:
        if not isinstance(value, list):
            return str(value or "")
        return "\n".join(str(text).replace("\n", f"\n{CONTINUED}") for text in value)


class LinesField(AlternativesField):
    """A list of texts, written one a line (see `LinesWidget`)."""

    widget = LinesWidget  # type: ignore[assignment]

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return super().to_python(value)
        texts: list[str] = []
        for line in re.split(r"\r\n|\r|\n", str(value or "")):
            if line.startswith(CONTINUED) and texts:
                texts[-1] += f"\n{line.removeprefix(CONTINUED)}"
            else:
                texts.append(line)
        return super().to_python(texts)


class MomentField(forms.CharField):
    """When the page was made, as to what it shows of a card; None where that cannot be read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            return None

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value


class SidesForm(forms.ModelForm):
    """A form of a card's sides; the card as a whole is judged once each field is right."""

    def _post_clean(self) -> None:
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]


class CardEditForm(SidesForm):
    """What the author of a card writes; `seen` is the card's `updated_at` as she began."""

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

    def __init__(
        self, data: Any = None, files: Any = None, *, instance: Card, is_guest: bool = False
    ) -> None:
        auto_id = f"card-{instance.pk}-%s"
        super().__init__(data, instance=instance, auto_id=auto_id)
        self.initial["seen"] = instance.updated_at
        has = instance.images_by_side()
        self.images = ImageForms(data, files, has=has, auto_id=auto_id, is_guest=is_guest)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.images.is_valid():
            self.add_error(None, "An image needs another look.")
        for side, images in self.images.by_side.items():
            if images and not cleaned.get(side) and side not in self.errors:
                self.add_error(side, "A side with an image needs a text too, to be asked for in words.")
        return cleaned

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields beyond the two sides."""
        return [self[name] for name in self.MORE]

    @property
    def is_more_open(self) -> bool:
        """Whether one of these has something in it, or an error."""
        values = [self[name].value() for name in self.MORE]
        return any(self[name].errors for name in self.MORE) or any(
            value not in ([], "", None, SideChoice.AUTO) for value in values
        )

    def look_at(self, stands: Card) -> None:
        """Take note that the author has been shown how the card stands, so that saving again is her word."""
        self.data = {**self.data.dict(), "seen": stands.updated_at.isoformat()}  # type: ignore[attr-defined]


class KeyField(forms.CharField):
    """The key that a new card is known by from the start; what cannot be one becomes a new key."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> str:
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            return make_card_key()


class NewCardForm(SidesForm):
    """A card for a deck's end; ``key`` names it from the start, so that one sent twice is one card."""

    term = SourceField()
    definition = SourceField()
    key = KeyField(required=False, initial=make_card_key)

    class Meta:
        model = Card
        fields = ("term", "definition")

    def __init__(self, data: Any = None, *, deck: Deck) -> None:
        super().__init__(data, instance=Card(deck=deck), auto_id="new-%s")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.key = cleaned["key"]
        return cleaned


class PlaceForm(forms.Form):
    """Where a card goes: a step up or down, an end of the deck, or a place counted from 1."""

    to = forms.ChoiceField(choices=[(to, to) for to in ("up", "down", "top", "end")], required=False)
    place = forms.IntegerField(min_value=1, max_value=MAX_PLACE, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("to") and not cleaned.get("place"):
            raise ValidationError("Say where the card goes.")
        return cleaned

    def place_from(self, place: int) -> int:
        """The new place of a card that is at ``place`` now."""
        ways = {"up": place - 1, "down": place + 1, "top": 1, "end": MAX_PLACE}
        to: str = self.cleaned_data["to"]
        return ways[to] if to else int(self.cleaned_data["place"])


class SearchForm(forms.Form):
    """A text to look for on the cards of a deck; an address that asks for nonsense finds everything."""

    q = PlainTextField(
        max_length=MAX_SEARCH,
        required=False,
        label="Find cards",
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    @property
    def text(self) -> str:
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""


class ReplaceForm(forms.Form):
    """Find and replace; spaces at the ends count."""

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


class TagNamesField(forms.CharField):
    """Names of tags with commas between them; one that is a tag's name with its comma is that tag."""

    default_error_messages = {"required": "Write the name of a tag."}

    def __init__(self, *, owner: User | None = None, **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        text = (super().to_python(value) or "")[:MAX_SOURCE]
        is_one = self.owner and "," in text and self.owner.tags.filter(key=tag_key(clean_text(text))).exists()
        parts = [text] if is_one else text.split(",")
        names = [clean_name(part) for part in parts if part.strip()]
        if len(names) > MAX_TAGS_AT_ONCE:
            raise ValidationError(f"At most {MAX_TAGS_AT_ONCE} tags at once.")
        return names

    def run_validators(self, value: Any) -> None:
        """Each name was judged on its own."""


def clean_name(text: str) -> str:
    """`clean_tag_name` for a form's field."""
    try:
        return clean_tag_name(text)
    except ValidationError as error:
        raise ValidationError(error.messages) from None


class TagNamesForm(forms.Form):
    name = TagNamesField(label="Tag")

    def __init__(self, data: Any = None, *, owner: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["name"].owner = owner  # type: ignore[attr-defined]


class RenameForm(forms.ModelForm):
    """A new name for a tag of which its owner has no other."""

    class Meta:
        model = Tag
        fields = ("name",)

    name = forms.CharField(max_length=200, label="Name")

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        same = Tag.objects.filter(owner=self.instance.owner, key=tag_key(name)).exclude(pk=self.instance.pk)
        if found := same.first():
            raise ValidationError(f"You have a tag “{found}” already. You can merge the two below.")
        return name


class MergeForm(forms.Form):
    """Another tag of the same owner, by its name."""

    into = forms.CharField(
        max_length=200,
        label="Merge into",
        widget=forms.TextInput(attrs={"list": "tag-names", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, tag: Tag, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.tag = tag

    def clean_into(self) -> Tag:
        key = tag_key(clean_text(self.cleaned_data["into"]))
        found = Tag.objects.filter(owner=self.tag.owner, key=key).exclude(pk=self.tag.pk).first()
        if found is None:
            raise ValidationError("You have no other tag of this name.")
        return found


class SelectionForm(TagNamesForm):
    """Cards that were ticked, or all that a list has found, and what to do with them."""

    do = forms.ChoiceField(choices=[("tag", "tag"), ("untag", "untag")])
    all = forms.BooleanField(required=False)

    def cards(self) -> list[int]:
        """Primary keys of the ticked cards; what cannot be one is passed over."""
        ticked = self.data.getlist("card")  # type: ignore[attr-defined]
        return [key for key in map(whole_number, ticked) if key is not None]
