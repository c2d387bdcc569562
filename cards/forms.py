"""Fields that the forms of several pages share."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from cards.formats.sources import megabytes
from cards.models import MAX_ALTERNATIVE, MAX_ALTERNATIVES, Deck, make_card_key, make_slug
from cards.text.cleaning import clean_text
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES

MAX_SEARCH = 200
CARDS_PER_PAGE = 50
"""Cards on one page of a list."""

CONTINUED = "  "
"""A line that begins with this belongs to the alternative above it."""

BLANK_BOXES = 2
"""Empty boxes below a card's alternatives; there are as many again after saving."""


class AlternativesWidget(forms.Widget):
    """One box for each alternative and some empty ones, all with the same name.

    An alternative may have several lines, so no separator could divide one text into alternatives.
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
    """A list of texts without empty ones and repetitions; the model's validator checks the rest."""

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


class AddressField(forms.CharField):
    """The signed address of a new deck: a form that is sent twice makes one deck.

    A value without a valid signature becomes a new address.
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


class PlainTextField(forms.CharField):
    """Text as it may be stored (`clean_text`). Without maxlength: a pasted text is not cut, but gets an error."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class SourceField(PlainTextField):
    """One side of a card."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2})
        super().__init__(max_length=MAX_SOURCE, required=False, widget=widget, **kwargs)


class LinesWidget(forms.Textarea):
    """Alternatives, one on each line; a line that begins with two spaces continues the one above."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 2})

    def format_value(self, value: Any) -> str:
        if not isinstance(value, list):
            return str(value or "")
        return "\n".join(str(text).replace("\n", f"\n{CONTINUED}") for text in value)


class LinesField(AlternativesField):
    """A list of texts, one on each line (see `LinesWidget`)."""

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
    """The `updated_at` that the page shows; None if it cannot be read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            return None

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value


SIDE_HELP = (
    "Automatic follows the deck, and where the deck is automatic too, the texts. With Both, the card has two "
    "questions, one for each side."
)
"""What the choice of a card's studied side means."""


class SidesForm(forms.ModelForm):
    """A form for a card's sides; the card as a whole is checked once each field is valid."""

    def name_languages(self, deck: Deck) -> None:
        """Say in which language each field is typed: browsers choose spelling and voice by it."""
        for side in SIDES:
            for name in (side, f"accepted_{side}s", f"wrong_{side}s"):
                if name in self.fields:
                    self.fields[name].widget.attrs["lang"] = deck.language_of(side)

    def _post_clean(self) -> None:
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]


class KeyField(forms.CharField):
    """The key of a new card, chosen before it is saved; an invalid key is replaced."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> str:
        try:
            return str(uuid.UUID(str(value)))
        except ValueError:
            return make_card_key()


class SearchForm(forms.Form):
    """A text to find on the cards of a deck; an invalid one finds all cards."""

    q = PlainTextField(
        max_length=MAX_SEARCH,
        required=False,
        label="Find cards",
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    @property
    def text(self) -> str:
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""


class SizedFileField(forms.FileField):
    """A file that the form limits to ``most`` bytes. ``hint`` tells the user what to do about a larger one."""

    most = 0
    hint = ""

    def __init__(self, **kwargs: Any) -> None:
        # An empty file gets an error of its own, and a long name none.
        super().__init__(required=False, allow_empty_file=True, max_length=2_000, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> UploadedFile | None:
        file: UploadedFile | None = super().clean(data, initial)
        if file and (file.size or 0) > self.most:
            size, most = megabytes(file.size or 0), megabytes(self.most)
            raise forms.ValidationError(
                f"The file has {size}; at most {most} can be read. {self.hint}".strip()
            )
        return file
