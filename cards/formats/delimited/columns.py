"""The meaning of a text's columns, from a header row or from Anki's lines with ``#``. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cards.formats.types import FormatError

KINDS = ("term", "definition", "tags", "key", "deck")
"""What a column can be. A column with an empty name is left out."""

# Names of columns in the exports of other programs, in lower case.
SYNONYMS = {
    "term": ("term", "front", "question", "word", "begriff", "vorderseite", "frage"),
    "definition": ("definition", "back", "answer", "meaning", "rückseite", "antwort"),
    "tags": ("tags", "tag"),
    "key": ("key", "guid"),
    "deck": ("deck",),
}
KIND_OF = {name: kind for kind, names in SYNONYMS.items() for name in names}

OWN_HEAD = {"term": "term (Markdown)", "definition": "definition (Markdown)", "tags": "tags", "key": "key"}
"""The header row of our own exports, by which the reader knows that the sides are Markdown."""

OWN_KINDS = {name: kind for kind, name in OWN_HEAD.items()}

ANKI_LINE = re.compile(r"#([a-z ]{1,30}):([^\n]*)(?:\n|\Z)", re.IGNORECASE)
ANKI_KEYS = {
    *(
        "separator",
        "html",
        "tags",
        "columns",
        "notetype",
        "deck",
        "notetype column",
        "deck column",
        "tags column",
    ),
    *("guid column", "if matches", "match scope"),
}
ANKI_SEPARATORS = {
    "tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":",
    "\\t": "\t",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column is, as one of `KINDS`."""

    kinds: tuple[str, ...] = ("term", "definition")

    @property
    def is_plain(self) -> bool:
        """Whether a row has a term and a definition only."""
        return self.kinds == ("term", "definition")

    def sort(self, fields: Sequence[str]) -> dict[str, str]:
        """The fields by kind. Those that are left out are joined under the empty name."""
        found: dict[str, str] = {}
        for index, text in enumerate(fields):
            kind = self.kinds[index] if index < len(self.kinds) else ""
            if text:
                found[kind] = f"{found[kind]}\n{text}" if kind in found else text
        return found


def named_columns(names: Sequence[str]) -> tuple[Columns | None, bool]:
    """The columns that a first row names, None if it is a card, and whether it is the header of our exports."""
    if tuple(names[:2]) == (OWN_HEAD["term"], OWN_HEAD["definition"]):
        return Columns(tuple(OWN_KINDS.get(name, "") for name in names)), True
    kinds = tuple(KIND_OF.get(name.casefold(), "") for name in names)
    is_head = {"term", "definition"} <= set(kinds) and len(set(kinds)) == len(kinds)
    return (Columns(kinds), False) if is_head else (None, False)


def split_tags(text: str) -> list[str]:
    r"""The tags of one field, separated by semicolons. ``\;`` is a semicolon within a tag."""
    return [
        re.sub(r"\\([\\;])", r"\1", name) for name in re.findall(r"(?:[^;\\]|\\.|\\\Z)+", text, re.DOTALL)
    ]


def join_tags(names: Sequence[str]) -> str:
    return "; ".join(re.sub(r"([\\;])", r"\\\1", name) for name in names)


@dataclass(frozen=True, slots=True)
class AnkiHead:
    """The settings in the lines with ``#``. ``end`` is where the rows start, 0 without such lines."""

    end: int = 0
    separator: str = ""
    is_html: bool = False
    tags: tuple[str, ...] = ()
    deck: tuple[str, ...] = ()
    columns: Columns = Columns()


def anki_head(text: str) -> AnkiHead:
    """Read the lines with ``#`` at the beginning of a text."""
    lines: dict[str, str] = {}
    end = 0
    while (match := ANKI_LINE.match(text, end)) and match[1].lower() in ANKI_KEYS:
        lines[match[1].lower()] = match[2].strip("\n")
        end = match.end()
    if not end:
        return AnkiHead()
    separator = lines.get("separator", "").strip(" ")
    separator = ANKI_SEPARATORS.get(separator.lower(), separator)
    if len(separator) > 1:
        raise FormatError(f"“#separator:{separator[:20]}” is not a separator that Anki knows.", where="row 1")
    return AnkiHead(
        end,
        separator,
        lines.get("html", "").strip().lower() == "true",
        tuple(lines.get("tags", "").split()),
        tuple(filter(None, lines.get("deck", "").strip().split("::"))),
        anki_columns(lines, separator or "\t"),
    )


def anki_columns(lines: dict[str, str], separator: str) -> Columns:
    """The columns that the lines define, counted from 1. The first two others are the sides."""
    special = {}
    for key, kind in (
        ("tags column", "tags"),
        ("guid column", "key"),
        ("deck column", "deck"),
        ("notetype column", ""),
    ):
        number = lines.get(key, "").strip()
        if number.isdecimal() and 0 < int(number[:4]) <= 100:
            special[int(number[:4]) - 1] = kind
    named = lines["columns"].split(separator) if "columns" in lines else []
    count = max([len(named), *(index + 1 for index in special)], default=0)
    if count <= 2 and not special:
        return Columns()
    count = max(count, len(special) + 2)
    sides = iter(("term", "definition"))
    return Columns(tuple(special[index] if index in special else next(sides, "") for index in range(count)))
