"""Forms of importing: what is handed in, and how it is to be read."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from cards.access import MAX_GUEST_FILE
from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.bounds import ACCOUNT, GUEST
from cards.formats.delimited.decoding import ENCODINGS
from cards.formats.delimited.rows import COMMA, DASH, NEWLINE, SEMICOLON, TAB
from cards.formats.detect import ANKI, ARCHIVE, TEXT
from cards.formats.sources import megabytes
from cards.formats.types import MAX_FILE
from cards.importing.preview.comparing import Preview
from cards.importing.reading.as_json import SHOWN_TYPES
from cards.importing.splitting import DECKS, MOST_DECKS, TAGS, is_split
from cards.importing.writing import DECK, FILE
from cards.models import Deck, ImportDraft
from cards.text.cleaning import clean_text
from cards.text.studied_side import SIDES

GUESS = "guess"
OWN = "own"
SEPARATORS = {"tab": TAB, "comma": COMMA, "semicolon": SEMICOLON, "dash": DASH}
ROW_SEPARATORS = {"newline": NEWLINE, "semicolon": SEMICOLON}
SHOWN_DECKS = 300


class HandInForm(forms.Form):
    """Pasted text or a file; a file wins."""

    text = forms.CharField(
        label="Paste",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="A card in each line, with a tab, a comma or a dash between its two sides.",
    )
    file = forms.FileField(
        label="Or choose a file",
        required=False,
        allow_empty_file=True,
        max_length=2_000,
        help_text="Text, CSV, Anki (.apkg, .colpkg), or an archive of this site. "
        f"At most {megabytes(MAX_FILE)}.",
    )

    def __init__(self, *args: Any, is_guest: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = MAX_GUEST_FILE if is_guest else MAX_FILE
        self.limits = GUEST if is_guest else ACCOUNT
        # The widget's own length limit would cut a paste off silently.
        self.fields["text"].widget.attrs.pop("maxlength", None)

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and (file.size or 0) > self.most:
            hint = " Log in to import larger ones." if self.most < MAX_FILE else ""
            raise forms.ValidationError(
                f"The file has {megabytes(file.size or 0)}; at most {megabytes(self.most)} can be read.{hint}"
            )
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in cleaned and not cleaned["file"] and not cleaned.get("text", "").strip():
            raise forms.ValidationError("Paste some cards, or choose a file.")
        return cleaned

    @property
    def content(self) -> Any:
        """The file, or the text with nothing in it that no text has."""
        return self.cleaned_data["file"] or self.cleaned_data["text"].replace("\0", "")

    @property
    def file_name(self) -> str:
        file = self.cleaned_data["file"]
        name = clean_text(file.name) if file else ""
        return "".join(character for character in name if character.isprintable())


class ReadingForm(forms.Form):
    """How a draft is read: what its kind of file leaves to choose. ``options`` is what the draft keeps of it."""

    def __init__(self, data: Any = None, *, draft: ImportDraft, look: Preview | None) -> None:
        super().__init__(data, initial=initial_of(draft, look))
        self.draft, self.kind = draft, look.kind if look else TEXT
        self.types: list[NoteTypeInfo] = []
        self.shown_types: list[NoteTypeInfo] = []
        self.type_fields: set[str] = set()
        if self.kind == TEXT:
            self.add_text_fields(look)
        elif self.kind == ANKI and look:
            self.add_anki_fields(look)
        if look and (draft.deck or look.targets) and (look.changed or (look.kind == ARCHIVE and look.same)):
            self.fields["keep"] = forms.ChoiceField(
                label="Cards that the deck has otherwise",
                choices=[(FILE, "Take the file’s"), (DECK, "Keep the deck’s")],
                required=False,
                help_text="A card of the file that is in the deck, and was changed there or in the file since.",
            )

    def add_text_fields(self, look: Preview | None) -> None:
        self.fields["separator"] = forms.ChoiceField(
            label="Between the sides",
            choices=[
                *((name, name.capitalize()) for name in SEPARATORS),
                (OWN, "Something else"),
            ],
        )
        self.fields["own_separator"] = forms.CharField(
            label="Your own separator",
            max_length=20,
            required=False,
            strip=False,
            help_text="For “something else”: what stands between the two sides of a card.",
        )
        self.fields["row_separator"] = forms.ChoiceField(
            label="Between the cards", choices=[("newline", "New line"), ("semicolon", "Semicolon")]
        )
        if self.draft.file_name:
            self.fields["encoding"] = forms.ChoiceField(
                label="Encoding",
                choices=[
                    (name, name)
                    for name in dict.fromkeys((*ENCODINGS, *([look.parsed.encoding] if look else [])))
                ],
            )
        self.fields["head"] = forms.ChoiceField(
            label="The first row",
            choices=[
                (GUESS, "Names the columns, if it looks so"),
                ("no", "Is a card"),
                ("yes", "Is left out"),
            ],
        )
        self.fields["markdown"] = forms.BooleanField(
            label="This is Markdown",
            required=False,
            help_text="Stars, dollars and the like are markup; else they are shown as they are.",
        )

    def add_anki_fields(self, look: Preview) -> None:
        decks = deck_paths(look)
        if len(decks) > 1:
            choices = [("", "All decks")]
            choices += [("::".join(path), "::".join(path)) for path in decks[:SHOWN_DECKS]]
            self.fields["path"] = forms.ChoiceField(
                label="Deck",
                choices=choices,
                required=False,
                help_text="With the decks inside it.",
            )
        is_own = self.draft.deck is None or self.draft.deck.owner_id == self.draft.owner_id
        if is_own and 1 < len(look.preview.decks) <= MOST_DECKS:
            self.fields["subdecks"] = forms.ChoiceField(
                label="Decks inside decks",
                choices=[
                    (TAGS, "One deck; a tag for each deck inside"),
                    (DECKS, f"{len(look.preview.decks)} decks, one for each"),
                ],
            )
        self.fields["history"] = forms.BooleanField(
            label="Bring my answers and due dates along",
            required=False,
            help_text="You go on where you stopped in Anki. Nobody else sees it.",
        )
        self.shown_types = list(look.parsed.note_types[:SHOWN_TYPES])
        self.types = [info for info in self.shown_types if not info.is_cloze]
        for info in self.types:
            names = [(str(index), name) for index, name in enumerate(info.fields)]
            for side in SIDES:
                self.type_fields.add(f"{side}_{info.id}")
                self.fields[f"{side}_{info.id}"] = forms.ChoiceField(
                    label=f"{side.capitalize()} of “{info.name}”",
                    choices=[("", "As its template shows"), *names],
                    required=False,
                )

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """What is chosen for the whole file."""
        return [field for field in self if field.name not in self.type_fields]

    @property
    def note_types(self) -> list[tuple[NoteTypeInfo, list[forms.BoundField]]]:
        """Each note type with the fields in which its sides are chosen; a cloze has none."""
        return [
            (info, [self[name] for side in SIDES if (name := f"{side}_{info.id}") in self.type_fields])
            for info in self.shown_types
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("separator") == OWN and not cleaned.get("own_separator"):
            self.add_error("own_separator", "Say what stands between the sides.")
        for info in self.types:
            chosen = [bool(cleaned.get(f"{side}_{info.id}")) for side in SIDES]
            if any(chosen) and not all(chosen):
                self.add_error(
                    f"{'definition' if chosen[0] else 'term'}_{info.id}", "Choose a field for both sides."
                )
        return cleaned

    def options(self) -> dict[str, Any]:
        kept = self.cleaned_data.get("keep") or self.draft.options.get("keep", FILE)
        return {**self.options_of_kind(), "keep": kept}

    def options_of_kind(self) -> dict[str, Any]:
        cleaned, before = self.cleaned_data, self.draft.options
        if self.kind == TEXT:
            chosen = cleaned["separator"]
            separator = cleaned["own_separator"] if chosen == OWN else SEPARATORS[chosen]
            return {
                "separator": separator,
                "row_separator": ROW_SEPARATORS[cleaned["row_separator"]],
                "encoding": cleaned.get("encoding", ""),
                "head": {"yes": True, "no": False}.get(cleaned["head"]),
                "markdown": cleaned["markdown"],
            }
        if self.kind != ANKI:
            return dict(before)
        path = cleaned.get("path", "")
        return {
            "path": path.split("::") if path else [],
            "history": cleaned["history"],
            "subdecks": cleaned.get("subdecks", TAGS),
            "fields": {
                str(info.id): [[info.fields[int(cleaned[f"{side}_{info.id}"])]] for side in SIDES]
                for info in self.types
                if cleaned.get(f"term_{info.id}")
            },
        }


def deck_paths(look: Preview) -> list[tuple[str, ...]]:
    """The decks of the file that hold cards, or decks with cards."""
    paths: set[tuple[str, ...]] = set()
    for deck in look.parsed.decks:
        paths.update(deck.path[:length] for length in range(1, len(deck.path) + 1))
    return sorted(paths)


def initial_of(draft: ImportDraft, look: Preview | None) -> dict[str, Any]:
    """What was chosen, and where nothing was, what was guessed."""
    options = draft.options
    initial: dict[str, Any] = {
        "history": options.get("history", True),
        "keep": options.get("keep", FILE),
        "path": "::".join(options.get("path", [])),
        "subdecks": options.get("subdecks", TAGS),
        "head": {True: "yes", False: "no"}.get(options.get("head"), GUESS),
    }
    if look and look.kind == TEXT:
        known = {text: name for name, text in SEPARATORS.items()}
        separator = look.parsed.separator
        initial["separator"] = known.get(separator, OWN)
        initial["own_separator"] = "" if separator in known else separator
        initial["row_separator"] = "semicolon" if look.parsed.row_separator == SEMICOLON else "newline"
        initial["encoding"] = look.parsed.encoding
        initial["markdown"] = look.parsed.is_markdown
    elif look:
        for key, (term, definition) in options.get("fields", {}).items():
            for info in look.parsed.note_types:
                if str(info.id) == key:
                    initial[f"term_{key}"] = str(info.fields.index(term[0]))
                    initial[f"definition_{key}"] = str(info.fields.index(definition[0]))
    return initial


class IntoForm(forms.Form):
    """Where the cards go: into a new deck of this title, or into one of theirs."""

    into = forms.ModelChoiceField(
        Deck.objects.none(), label="Into", required=False, empty_label="A new deck", to_field_name="slug"
    )
    title = forms.CharField(label="Title of the new deck", max_length=200, required=False)

    def __init__(self, *args: Any, draft: ImportDraft, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_split(draft):
            del self.fields["into"], self.fields["title"]
            return
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
        if "title" in cleaned and not cleaned["title"] and not cleaned.get("into"):
            self.add_error("title", "Give the new deck a title.")
        return cleaned
