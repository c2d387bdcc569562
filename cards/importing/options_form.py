"""The form with the options that a kind of file has."""

from typing import Any

from django import forms
from django.utils.html import escape

from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.delimited.columns import KINDS
from cards.formats.delimited.decoding import ENCODINGS
from cards.formats.delimited.plan import HTML, MARKDOWN, PLAIN
from cards.formats.delimited.rows import COMMA, DASH, NEWLINE, SEMICOLON, TAB
from cards.formats.kinds import TEXT
from cards.importing.forms import AsksField
from cards.importing.preview.comparing import Preview
from cards.importing.reading.as_json import SHOWN_TYPES
from cards.importing.splitting import (
    ASKS,
    DECKS,
    MOST_DECKS,
    SAME_TERMS,
    TAGS,
    asked_sides,
    have_same_terms,
)
from cards.importing.writing import DECK, FILE
from cards.models import ImportDraft
from cards.text.studied_side import SIDES

GUESS = "guess"
OTHER = "own"
SEPARATORS = {"tab": TAB, "comma": COMMA, "semicolon": SEMICOLON, "dash": DASH}
ROW_SEPARATORS = {"newline": NEWLINE, "semicolon": SEMICOLON}
HEAD = {"yes": True, "no": False}
SHOWN_DECKS = 300
MARKUPS = ((PLAIN, "Plain text"), (MARKDOWN, "Markdown"), (HTML, "HTML"))
COLUMN = "column_"
LEFT_OUT = "leave"
KIND_LABELS = {
    "term": "Term",
    "definition": "Definition",
    "tags": "Tags",
    "key": "Key of the card",
    "deck": "Deck",
    "note_type": "Note type in Anki",
}
TABLE_FIELDS = ("separator", "own_separator", "row_separator", "sheet")
"""Fields that decide what the columns are."""

LATER_EXPORT = (
    "If only the schedule of a card has changed in the file, that arrives, too, also from an older export. A card"
    " that you have answered here since its last answer in the file keeps its due day, and one that you have"
    " suspended here stays suspended."
)


class OptionsForm(forms.Form):
    """How a draft's file is read and merged. It has the fields that make sense for the file; see `options`."""

    def __init__(self, data: Any = None, *, draft: ImportDraft, preview: Preview | None) -> None:
        super().__init__(data, initial=initial_of(draft, preview))
        self.draft, self.kind = draft, preview.kind if preview else TEXT
        self.shown_types: list[NoteTypeInfo] = []
        self.column_names: list[str] = []
        if self.kind.has_columns:
            self.add_column_fields(preview)
        self.fields[ASKS] = AsksField()
        if self.kind.has_layout:
            self.add_layout_fields(preview)
        if preview and self.kind.has_decks:
            self.add_deck_fields(preview)
        if self.kind.can_leave_history:
            again = LATER_EXPORT if preview and (draft.deck or preview.targets) else ""
            self.fields["history"] = forms.BooleanField(
                label="Import my answers and due dates",
                required=False,
                help_text=f"You continue where you stopped in Anki. Nobody else sees them. {again}".rstrip(),
            )
        if preview and self.kind.has_note_types:
            self.shown_types = list(preview.parsed.note_types[:SHOWN_TYPES])
            for info in self.types:
                self.add_type_fields(info)
        if preview and draft.deck and not self.kind.has_keys and (preview.known or have_same_terms(draft)):
            self.fields[SAME_TERMS] = forms.BooleanField(
                label="Cards with the same term are the same card",
                required=False,
                help_text="Otherwise a new card is added if the deck has its term with another definition.",
            )
        if preview and (draft.deck or preview.targets):
            self.add_keep_field(preview)

    @property
    def types(self) -> list[NoteTypeInfo]:
        """The note types whose fields can be chosen. A cloze has none to choose."""
        return [info for info in self.shown_types if not info.is_cloze]

    def add_layout_fields(self, preview: Preview | None) -> None:
        self.fields["separator"] = forms.ChoiceField(
            label="Between the sides",
            choices=[*((name, name.capitalize()) for name in SEPARATORS), (OTHER, "Something else")],
        )
        self.fields["own_separator"] = forms.CharField(
            label="Your own separator",
            max_length=20,
            required=False,
            strip=False,
            help_text="For “something else”: what is between the two sides of a card.",
        )
        self.fields["row_separator"] = forms.ChoiceField(
            label="Between the cards", choices=[("newline", "New line"), ("semicolon", "Semicolon")]
        )
        if self.draft.file_name:
            names = (*ENCODINGS, *([preview.parsed.encoding] if preview else []))
            choices = [(name, name) for name in dict.fromkeys(names)]
            self.fields["encoding"] = forms.ChoiceField(label="Encoding", choices=choices)
        self.fields["join"] = forms.BooleanField(
            label="Rows without a separator belong to the card before",
            required=False,
            help_text="For definitions of several lines. Otherwise each of these rows is a card.",
        )

    def add_column_fields(self, preview: Preview | None) -> None:
        sheets = preview.parsed.sheets if preview else ()
        if len(sheets) > 1:
            self.fields["sheet"] = forms.ChoiceField(label="Sheet", choices=[(name, name) for name in sheets])
        columns = preview.parsed.columns if preview else ()
        # Of two columns without names, the cards show the cells already.
        has_cells = len(columns) > len(SIDES) or any(column.name for column in columns)
        for index, column in enumerate(columns):
            name = f"{COLUMN}{index}"
            self.column_names.append(name)
            # Anki's own columns make no sense elsewhere.
            kinds = [kind for kind in KINDS if kind != "note_type" or kind == column.kind]
            self.fields[name] = forms.ChoiceField(
                label=column.name or f"Column {index + 1}",
                choices=[*((kind, KIND_LABELS[kind]) for kind in kinds), (LEFT_OUT, "Leave out")],
                required=False,
                help_text=(escape(" · ".join(column.cells)) or "Empty") if has_cells else "",
            )
        self.fields["swap"] = forms.BooleanField(
            label="Swap term and definition",
            required=False,
        )
        self.fields["head"] = forms.ChoiceField(
            label="The first row",
            choices=[
                (GUESS, "Names the columns, if it looks like it"),
                ("no", "Is a card"),
                ("yes", "Names the columns"),
            ],
        )
        self.fields["markup"] = forms.ChoiceField(
            label="The sides are",
            choices=MARKUPS,
            required=False,
            help_text="In plain text, stars, dollars and tags are shown as they are.",
        )

    def add_deck_fields(self, preview: Preview) -> None:
        decks = deck_paths(preview)
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
        count = len(preview.file_counts.decks)
        if is_own and 1 < count <= MOST_DECKS:
            self.fields["subdecks"] = forms.ChoiceField(
                label="Decks inside decks",
                choices=[
                    (TAGS, "One deck; a tag for each deck inside"),
                    (DECKS, f"{count} decks, one for each"),
                ],
            )

    def add_type_fields(self, info: NoteTypeInfo) -> None:
        names = [(str(index), name) for index, name in enumerate(info.fields)]
        for side in SIDES:
            self.fields[f"{side}_{info.id}"] = forms.ChoiceField(
                label=f"{side.capitalize()} of “{info.name}”",
                choices=[("", "As its template shows"), *names],
                required=False,
            )

    def add_keep_field(self, preview: Preview) -> None:
        # Cards with the same sides may differ in what is not compared, if the file has every field.
        if preview.changed or (preview.kind.is_complete and preview.same):
            self.fields["keep"] = forms.ChoiceField(
                label="Existing cards that differ",
                choices=[(FILE, "Use the file’s version"), (DECK, "Keep the deck’s version")],
                required=False,
                help_text="Cards that are in the file and in the deck, and were changed in one of them.",
            )

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The fields for the whole file."""
        apart = {f"{side}_{info.id}" for info in self.types for side in SIDES}
        apart |= {*self.column_names, "sheet", "swap"}
        return [field for field in self if field.name not in apart]

    @property
    def columns(self) -> list[forms.BoundField]:
        """The fields for what each column is, and for swapping the sides."""
        names = (*self.column_names, "swap")
        return [self[name] for name in names if name in self.fields]

    @property
    def note_types(self) -> list[tuple[NoteTypeInfo, list[forms.BoundField]]]:
        """Each note type with the form fields for its sides."""
        return [
            (info, [self[f"{side}_{info.id}"] for side in SIDES if not info.is_cloze])
            for info in self.shown_types
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("separator") == OTHER and not cleaned.get("own_separator"):
            self.add_error("own_separator", "Enter what is between the sides.")
        kinds = [cleaned.get(name) for name in self.column_names]
        for side in SIDES:
            if any(kinds) and side not in kinds:
                self.add_error(self.column_names[0], f"Choose a column for the {side}.")
        for info in self.types:
            chosen = [bool(cleaned.get(f"{side}_{info.id}")) for side in SIDES]
            if any(chosen) and not all(chosen):
                self.add_error(
                    f"{'definition' if chosen[0] else 'term'}_{info.id}", "Choose a field for both sides."
                )
        return cleaned

    def options(self) -> dict[str, Any]:
        """The options that the draft stores. A kind of file without options keeps those that are stored."""
        kept = self.cleaned_data.get("keep") or self.draft.options.get("keep", FILE)
        chosen: dict[str, Any] = {}
        if self.kind.has_layout:
            chosen |= self.layout_options()
        if self.kind.has_columns:
            chosen |= self.column_options()
        if self.kind.has_decks:
            path = self.cleaned_data.get("path", "")
            chosen |= {
                "path": path.split("::") if path else [],
                "subdecks": self.cleaned_data.get("subdecks", TAGS),
            }
        if self.kind.can_leave_history:
            chosen["history"] = self.cleaned_data["history"]
        if self.kind.has_note_types:
            chosen["fields"] = {
                str(info.id): [[info.fields[int(self.cleaned_data[f"{side}_{info.id}"])]] for side in SIDES]
                for info in self.types
                if self.cleaned_data.get(f"term_{info.id}")
            }
        asked = {ASKS: self.cleaned_data[ASKS]}
        if SAME_TERMS in self.fields:
            asked[SAME_TERMS] = self.cleaned_data[SAME_TERMS]
        return {**(chosen or self.draft.options), **asked, "keep": kept}

    def layout_options(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = cleaned["separator"]
        return {
            "separator": cleaned["own_separator"] if chosen == OTHER else SEPARATORS[chosen],
            "row_separator": ROW_SEPARATORS[cleaned["row_separator"]],
            "encoding": cleaned.get("encoding", ""),
            "join": cleaned["join"] if "join" in self.changed_data else self.draft.options.get("join"),
        }

    def column_options(self) -> dict[str, Any]:
        """What was chosen for the columns. What was only guessed is guessed again for another layout."""
        cleaned, before = self.cleaned_data, self.draft.options
        kinds = [cleaned[name].replace(LEFT_OUT, "") for name in self.column_names]
        is_chosen = any(kinds) and {*self.column_names} & {*self.changed_data}
        columns = kinds if is_chosen else before.get("columns", [])
        if {*TABLE_FIELDS} & {*self.changed_data}:
            columns = []
        options = {
            "columns": columns,
            "head": HEAD.get(cleaned["head"]),
            "swap": cleaned["swap"],
            "sheet": cleaned["sheet"] if "sheet" in self.changed_data else before.get("sheet", ""),
        }
        markup = cleaned["markup"]
        if markup and "markup" in self.changed_data:
            return options | {"markdown": markup == MARKDOWN, "html": markup == HTML}
        return options | {name: before.get(name) for name in ("markdown", "html")}


def deck_paths(preview: Preview) -> list[tuple[str, ...]]:
    """The paths of the file's decks and of the decks that contain them."""
    paths: set[tuple[str, ...]] = set()
    for deck in preview.parsed.decks:
        paths.update(deck.path[:length] for length in range(1, len(deck.path) + 1))
    return sorted(paths)


def initial_of(draft: ImportDraft, preview: Preview | None) -> dict[str, Any]:
    """The stored options, or what was detected in the file."""
    options = draft.options
    initial: dict[str, Any] = {
        "history": options.get("history", True),
        "keep": options.get("keep", FILE),
        ASKS: asked_sides(draft),
        SAME_TERMS: have_same_terms(draft),
        "path": "::".join(options.get("path", [])),
        "subdecks": options.get("subdecks", TAGS),
        "head": {value: name for name, value in HEAD.items()}.get(options.get("head"), GUESS),
    }
    if preview and preview.kind.has_layout:
        initial |= initial_layout(preview)
    if preview and preview.kind.has_columns:
        initial |= initial_columns(preview) | {"swap": options.get("swap", False)}
    for info in preview.parsed.note_types if preview else ():
        for side, chosen in zip(SIDES, options.get("fields", {}).get(str(info.id), ()), strict=False):
            initial[f"{side}_{info.id}"] = str(info.fields.index(chosen[0]))
    return initial


def initial_layout(preview: Preview) -> dict[str, Any]:
    parsed = preview.parsed
    names = {text: name for name, text in SEPARATORS.items()}
    return {
        "separator": names.get(parsed.separator, OTHER),
        "own_separator": "" if parsed.separator in names else parsed.separator,
        "row_separator": "semicolon" if parsed.row_separator == SEMICOLON else "newline",
        "encoding": parsed.encoding,
        "join": parsed.joins,
    }


def initial_columns(preview: Preview) -> dict[str, Any]:
    parsed = preview.parsed
    markup = HTML if parsed.is_html else MARKDOWN if parsed.is_markdown else PLAIN
    columns = {f"{COLUMN}{index}": column.kind or LEFT_OUT for index, column in enumerate(parsed.columns)}
    return columns | {"markup": markup, "sheet": parsed.sheet}
