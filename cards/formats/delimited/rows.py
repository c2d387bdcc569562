"""Delimited text -> rows of fields, with guessed separators, and quotation marks as in CSV. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cards.formats.types import FormatError

MAX_ROW = 100_000
"""Characters of one row."""

MAX_ROWS = 500_000
"""Rows of a text, including empty ones."""

TAB, COMMA, DASH, SEMICOLON, NEWLINE = "\t", ",", " - ", ";", "\n"
NAMES = {TAB: "tab", COMMA: "comma", DASH: "dash", SEMICOLON: "semicolon", NEWLINE: "newline", " ": "space"}
"""The names of the separators that are guessed."""

# In order of preference if the rows do not decide. A dash is any dash between spaces.
GUESSED = (DASH, SEMICOLON, COMMA)
SAMPLE = 100_000
DELETION = "{{c"
"""How a cloze deletion of Anki begins."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The separators between the two sides of a card, and between two cards."""

    separator: str
    row_separator: str


def name_of(separator: str) -> str:
    """The name of a separator. A custom one is its own name."""
    return NAMES.get(separator, separator)


def pattern(separator: str) -> str:
    return "[ \t][-–—][ \t]" if separator == DASH else re.escape(separator)


def guess_rows(sample: str) -> str:
    """The separator of rows: semicolons if each line ends with one, or a single line has several good parts."""
    lines = [line.strip() for line in sample.strip().split("\n") if line.strip()]
    if len(lines) > 1:
        ended = all(line.endswith(SEMICOLON) for line in lines[:-1])
        return SEMICOLON if ended and not all(line.count(SEMICOLON) > 1 for line in lines) else NEWLINE
    pieces = [piece for piece in "".join(lines).split(SEMICOLON) if piece.strip()]
    both = any(all(re.search(pattern(way), piece) for piece in pieces) for way in (TAB, DASH, COMMA))
    return SEMICOLON if len(pieces) > 1 and both else NEWLINE


IN_TEXT = re.compile(r",(?=\s)|(?<=\d),(?=\d)")
"""A comma that hardly separates fields."""


def guess_separator(sample: str, row_separator: str, *, is_csv: bool) -> str:
    """The separator that most rows have. Of several, the one that more rows have exactly once."""
    rows = [row for row in sample.split(row_separator) if row.strip()][:1_000]
    if sum(TAB in row for row in rows) * 2 >= len(rows) or not rows:
        return TAB
    quoted = sum(row.lstrip().startswith('"') for row in rows) * 2 > len(rows)
    if TAB in rows[0] and not (is_csv or quoted):
        # Nobody types a tab by chance. The other rows may be further lines of definitions, which have commas.
        return TAB
    if sum(DELETION in row for row in rows) * 2 > len(rows) and not (is_csv or quoted):
        # Each row is a whole text with gaps, and its commas and dashes belong to it.
        return TAB
    preference = (COMMA, SEMICOLON, DASH) if is_csv or quoted else GUESSED

    def score(separator: str) -> tuple[int, int]:
        counts = [len(re.findall(pattern(separator), row)) for row in rows]
        return sum(map(bool, counts)), counts.count(1)

    usable = [way for way in preference if way != row_separator]
    best = max(usable, key=score)
    if best == COMMA and SEMICOLON in usable and score(SEMICOLON) >= score(COMMA):
        # Commas before spaces and between digits belong to the texts.
        commas = sum(row.count(COMMA) for row in rows)
        best = SEMICOLON if commas == sum(len(IN_TEXT.findall(row)) for row in rows) else best
    return best if score(best)[0] else TAB


# The header of our exports (columns.OWN_HEAD): its first separator is that of all columns.
OWN_HEAD = re.compile(r'"?term \(Markdown\)"?([^"\w\s]|\t)"?definition \(Markdown\)')


def guess_layout(text: str, *, separator: str = "", row_separator: str = "", is_csv: bool = False) -> Layout:
    """The separators of ``text``, guessed unless they are given."""
    if head := OWN_HEAD.match(text):
        separator, row_separator = separator or head[1], row_separator or NEWLINE
    sample = text[:SAMPLE]
    if len(text) > SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    row_separator = row_separator or (NEWLINE if separator == SEMICOLON else guess_rows(sample))
    return Layout(separator or guess_separator(sample, row_separator, is_csv=is_csv), row_separator)


LONG_QUOTE = re.compile(r'"(?:[^"]++|"")*+\Z')


class Rows:
    """The rows of a text as lists of fields.

    ``columns`` is the number of fields that are split off: with 2, only the first separator splits, and the
    rest of the row is the second field; with 0 every separator splits. A field in quotation marks may hold
    separators and line ends, and doubled quotation marks; a quotation mark elsewhere is a character like any
    other. ``place`` is where the next row starts, with the number of rows until there and whether a quotation mark
    was never closed.
    """

    def __init__(self, text: str, layout: Layout, *, columns: int = 2, start: int = 0) -> None:
        self.text, self.layout, self.columns = text, layout, columns
        self.place: tuple[int, int, bool] = (start, 0, False)
        self.is_unclosed = False
        split, end = pattern(layout.separator), re.escape(layout.row_separator)
        self.next_split = re.compile(f"({split})|{end}")
        self.next_end = re.compile(end)
        self.quoted = re.compile(rf'"((?:[^"]++|"")*+)"[ ]*(?:({split})|{end}|\Z)')

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Each row's number, counted from 1, and its fields. An empty row has one empty field."""
        position, number, self.is_unclosed = self.place
        while position < len(self.text):
            number += 1
            if number > MAX_ROWS:
                raise FormatError(f"A text has at most {MAX_ROWS:,} rows.", where=f"row {number}")
            fields, position = self.row(position, f"row {number}")
            self.place = (position, number, self.is_unclosed)
            yield number, fields

    def row(self, position: int, where: str) -> tuple[list[str], int]:
        """The fields of the row that starts at ``position``, and where the next row starts."""
        fields: list[str] = []
        limit = position + MAX_ROW
        more = True
        while more:
            is_last = self.columns > 0 and len(fields) >= self.columns - 1
            field, position, more = self.field(position, limit, is_last=is_last)
            if position > limit:
                message = (
                    f"The row is longer than {MAX_ROW:,} characters. Is this a text with a card in each row?"
                )
                raise FormatError(message, where=where)
            fields.append(field)
        if self.columns and len(fields) > self.columns:
            fields[self.columns - 1 :] = [self.layout.separator.join(fields[self.columns - 1 :])]
        return fields, position

    def field(self, position: int, limit: int, *, is_last: bool) -> tuple[str, int, bool]:
        """One field, where the next one starts, and whether that is in the same row."""
        text = self.text
        if text.startswith('"', position):
            # One character more than allowed, so that a row that is too long is noticed.
            match = self.quoted.match(text, position, limit + 1)
            if match is None and not self.is_unclosed and LONG_QUOTE.match(text, position, limit + 1):
                # Longer than a row may be, or the quotation mark does not start a quoted field.
                match = self.quoted.match(text, position)
                self.is_unclosed = match is None
            if match:
                return match[1].replace('""', '"').strip(), match.end(), match[2] is not None
        match = (self.next_end if is_last else self.next_split).search(text, position, limit + 1)
        if match is None:
            end = min(len(text), limit + 1)
            return text[position:end].strip(), end, False
        more = not is_last and match[1] is not None
        return text[position : match.start()].strip(), match.end(), more


def is_blank(fields: Sequence[str]) -> bool:
    return not any(fields)
