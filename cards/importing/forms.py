"""Forms of importing: for the file or text, and for the deck that its cards go into."""

from dataclasses import replace
from typing import Any, cast

from django import forms

from cards.access import MAX_GUEST_FILE
from cards.editing.deck_forms import LANGUAGES, definition_language_choices, language_choices, offer_language
from cards.formats.anki.reader import NONE, AnkiOptions
from cards.formats.bounds import ACCOUNT, GUEST, TakesLongError
from cards.formats.checking import nothing_in
from cards.formats.delimited.reader import TextOptions
from cards.formats.detect import kind_of, read_file
from cards.formats.kinds import KINDS
from cards.formats.sources import megabytes
from cards.formats.types import MAX_FILE, FormatError
from cards.forms import SizedFileField
from cards.importing.splitting import ASKS, is_split
from cards.models import Deck, ImportDraft, SideChoice
from cards.text.cleaning import clean_text

FIRST_CARD_SECONDS = 0.3
"""Seconds of processor time for reading the first card. A file that takes longer is read in slices."""

EACH = "As guessed for each deck"

# The kind that is tried last is the most common one.
ACCEPTED = [kind.accepted for kind in reversed(KINDS.values())]


class AsksField(forms.ChoiceField):
    """What the imported cards ask for; empty leaves it to the file, the deck and the texts."""

    def __init__(self) -> None:
        super().__init__(
            label="Ask for",
            choices=[("", SideChoice.AUTO.label), *SideChoice.choices[1:]],
            required=False,
            help_text="Automatic leaves it to the file and the deck, or picks the better side of each card. With "
            "Both, each card has two questions: one asks for the term, one for the definition.",
        )


class HandInForm(forms.Form):
    """Pasted text or a file, from which a first card can be read. If there are both, the file is used."""

    text = forms.CharField(
        label="Paste",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="A card in each line, with a tab, a comma or a dash between its two sides.",
    )
    file = SizedFileField(
        label="Or choose a file",
        help_text=f"{', '.join(ACCEPTED[:-1])}, or {ACCEPTED[-1]}. At most {megabytes(MAX_FILE)}.",
    )

    side_choice = AsksField()

    def __init__(self, *args: Any, is_guest: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = GUEST if is_guest else ACCOUNT
        field = cast(SizedFileField, self.fields["file"])
        field.most = MAX_GUEST_FILE if is_guest else MAX_FILE
        field.hint = "Log in to import larger files." if is_guest else ""
        # With its own limit the text area would silently cut off a long text.
        self.fields["text"].widget.attrs.pop("maxlength", None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" not in cleaned or "text" not in cleaned:
            return cleaned
        if not cleaned["file"] and not cleaned["text"].strip():
            raise forms.ValidationError("Paste some cards, or choose a file.")
        try:
            self.read_first_card()
        except TakesLongError:
            # It is read in slices, and may well be fine.
            pass
        except FormatError as error:
            self.add_error("file" if cleaned["file"] else "text", str(error))
        return cleaned

    def read_first_card(self) -> None:
        """Raise FormatError if the file or text cannot be read, or has no cards at all."""
        content = self.content
        source = content.encode("utf-8", "replace") if isinstance(content, str) else content.file
        options = TextOptions(is_csv=self.file_name.lower().endswith(".csv"))
        anki = AnkiOptions(history=False, note_types=NONE)
        limits = replace(self.limits, seconds=min(self.limits.seconds, FIRST_CARD_SECONDS))
        kind = kind_of(source)
        with read_file(source, text=options, anki=anki, limits=limits, kind=kind) as parsed:
            # A text or a table that is too long may be shorter as it is read by the choices of the preview.
            is_empty = next(iter(parsed), None) is None
            if is_empty and not (kind.has_columns and parsed.report.too_long):
                raise nothing_in(parsed.report)

    @property
    def content(self) -> Any:
        """The file, or the text without NUL characters, which cannot be stored."""
        return self.cleaned_data["file"] or self.cleaned_data["text"].replace("\0", "")

    @property
    def options(self) -> dict[str, Any]:
        """The options of the draft that are chosen already."""
        chosen = self.cleaned_data["side_choice"]
        return {ASKS: chosen} if chosen else {}

    @property
    def file_name(self) -> str:
        """The name of the file in printable characters. Empty for a text."""
        file = self.cleaned_data["file"]
        name = clean_text(file.name) if file else ""
        return "".join(character for character in name if character.isprintable())


class IntoForm(forms.Form):
    """The deck that the cards go into: a new one with a title and the languages of its sides, or an existing one.

    A title that is left empty is the ``suggestion``, if there is one.
    """

    into = forms.ModelChoiceField(
        Deck.objects.none(), label="Into", required=False, empty_label="A new deck", to_field_name="slug"
    )
    title = forms.CharField(label="Title of the new deck", max_length=200, required=False)
    language = forms.ChoiceField(
        label="Language of the terms",
        choices=language_choices,
        required=False,
        help_text="For reading aloud, spelling and wrong options. Choose another if it is not right.",
    )
    definition_language = forms.ChoiceField(
        label="Language of the definitions", choices=definition_language_choices, required=False
    )

    def __init__(self, *args: Any, draft: ImportDraft, suggestion: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggestion = suggestion
        if is_split(draft):
            del self.fields["into"], self.fields["title"]
            for name in LANGUAGES:
                self.fields[name].choices = [("", EACH), *language_choices()]  # type: ignore[attr-defined]
                offer_language(self.fields[name], self.initial[name])
            return
        for name in LANGUAGES:
            if draft.deck:
                del self.fields[name]
            else:
                # Also one that the file names and the site has no name for.
                offer_language(self.fields[name], self.initial[name])
        if draft.deck is None and suggestion:
            self.fields["title"].widget.attrs |= {"placeholder": suggestion, "autofocus": True}
        decks = Deck.objects.owned_by(draft.owner).order_by("title", "pk")
        if draft.deck:
            decks |= Deck.objects.present().filter(pk=draft.deck.pk)
        if decks.exists():
            self.fields["into"].queryset = decks  # type: ignore[attr-defined]
        else:
            del self.fields["into"]

    def clean_title(self) -> str:
        return clean_text(self.cleaned_data["title"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        has_title = cleaned.get("title", self.suggestion) or self.suggestion
        if "title" in cleaned and not has_title and not cleaned.get("into"):
            self.add_error("title", "Give the new deck a title.")
        return cleaned
