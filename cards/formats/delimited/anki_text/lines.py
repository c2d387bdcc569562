"""Anki's lines with ``#`` at the beginning of a text: how the text is read. Pure.

https://docs.ankiweb.net/importing/text-files.html#file-headers. What is not said there was tried with Anki 26.9.3:
other lines with ``#`` among them are comments, what follows a setting after another separator is ignored, and
with a note type for all rows, the first column after its fields has tags.
"""

import re
from dataclasses import dataclass

from cards.formats.delimited.anki_text.stock import FIELDS, stock_kind
from cards.formats.delimited.columns import PAIR, SIDES, Columns, first_of_each
from cards.formats.delimited.names import kind_of
from cards.formats.types import FormatError

LINE = re.compile(r"#([^\n]*)(?:\n|\Z)")
SETTING = re.compile(r" *([a-z ]{1,30}?) *:(.*)\Z", re.IGNORECASE)
SETTINGS = {
    *("separator", "html", "tags", "columns", "notetype", "deck", "notetype column", "deck column"),
    *("tags column", "guid column", "if matches", "match scope"),
}
# A value that was written as a row of a table has empty cells behind it.
VALUE = re.compile(r" *(.\w*)")
TAGS_LINE = re.compile(r"tags:([^\n\t,;|]*)(?:\n|\Z)")
"""The first line of old exports."""

SEPARATORS = {
    "tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":",
    "\\t": "\t",
}  # fmt: skip
KINDS = {"tags column": "tags", "guid column": "key", "deck column": "deck", "notetype column": "note_type"}
MAX_COLUMN = 100


@dataclass(frozen=True, slots=True)
class AnkiHead:
    """The settings in the lines with ``#``. ``end`` is where the rows start, 0 without such lines."""

    end: int = 0
    separator: str = ""
    is_html: bool | None = None
    tags: tuple[str, ...] = ()
    deck: tuple[str, ...] = ()
    note_type: str = ""
    columns: Columns = PAIR


def anki_head(text: str) -> AnkiHead:
    """Read the lines with ``#`` at the beginning of a text. Raises FormatError for an unknown separator."""
    lines: dict[str, str] = {}
    end = 0
    if match := TAGS_LINE.match(text):
        lines["tags"], end = match[1], match.end()
    while match := LINE.match(text, end):
        end = match.end()
        if (found := SETTING.match(match[1])) and found[1].lower() in SETTINGS:
            lines[found[1].lower()] = found[2]
    if not lines:
        return AnkiHead()
    separator = separator_of(lines["separator"]) if "separator" in lines else ""
    html = value_of(lines.get("html", "")).lower()
    return AnkiHead(
        end,
        separator,
        html == "true" if html in ("true", "false") else None,
        tuple(lines.get("tags", "").split()),
        tuple(filter(None, lines.get("deck", "").strip().split("::"))),
        lines.get("notetype", "").strip(),
        anki_columns(lines, separator or "\t"),
    )


def value_of(text: str) -> str:
    """The value at the beginning of a setting."""
    match = VALUE.match(text)
    return match[1].strip() if match else ""


def separator_of(text: str) -> str:
    plain = text.strip(" ")
    for value in (plain, value_of(text)):
        if found := SEPARATORS.get(value.lower(), value if len(value) == 1 else ""):
            return found
    if not plain:
        return ""
    raise FormatError(f"“#separator:{plain[:20]}” is not a separator that Anki knows.", where="row 1")


def anki_columns(lines: dict[str, str], separator: str) -> Columns:
    """The columns that the lines define, counted from 1. Of the others, those named as sides are the sides.

    Without such names, the first two others are the sides.
    """
    special: dict[int, str] = {}
    for setting, kind in KINDS.items():
        number = value_of(lines.get(setting, ""))
        if number.isdecimal() and 0 < int(number[:4]) <= MAX_COLUMN:
            special[int(number[:4]) - 1] = kind
    names = tuple(name.strip() for name in lines["columns"].split(separator)) if "columns" in lines else ()
    names = names[:MAX_COLUMN]
    fields = FIELDS.get(stock_kind(lines.get("notetype", "")), 0)
    count = max([len(names), len(special) + max(fields, len(SIDES)), *(index + 1 for index in special)])
    if not special and not names and not fields:
        return PAIR
    kinds = first_of_each(kind_of(name) for name in names)
    if not set(kinds) >= set(SIDES):
        kinds = []
    free = [index for index in range(count) if index not in special]
    if not kinds:
        kinds = [""] * count
        for index, side in zip(free, SIDES, strict=False):
            kinds[index] = side
    kinds += [""] * (count - len(kinds))
    for index, kind in special.items():
        kinds[index] = kind
    if fields and "tags" not in kinds and "notetype column" not in lines:
        kinds = [*kinds, ""][: max(count, free[fields - 1] + 2)]
        behind = free[fields - 1] + 1
        if behind not in special and not kinds[behind]:
            kinds[behind] = "tags"
    return Columns(tuple(kinds), names)
