"""The meaning of a table's columns: named by a header row, chosen, or by their order. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cards.formats.delimited.names import SURE, are_languages, is_counter, kind_of, language_named

KINDS = ("term", "definition", "tags", "key", "deck", "note_type")
"""What a column can be. A column with an empty kind is left out."""

SIDES = ("term", "definition")

OWN_HEAD = {"term": "term (Markdown)", "definition": "definition (Markdown)", "tags": "tags", "key": "key"}
"""The header row of our own exports, by which the reader knows that the sides are Markdown."""

OWN_KINDS = {name: kind for kind, name in OWN_HEAD.items()}

MAX_COLUMNS = 30
"""Columns that can be chosen, and that are told by name if they are left out."""

MAX_LABEL = 60
LEAST_IN_A_TABLE = 3
"""Columns from which on "Tags" alone makes the first row a head."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column is, as one of `KINDS`, and their names if there is a header row."""

    kinds: tuple[str, ...] = SIDES
    names: tuple[str, ...] = ()

    @property
    def is_pair(self) -> bool:
        """Whether there are two columns, so that only the first separator of a row splits it."""
        return len(self.kinds) == len(SIDES)

    def sort(self, fields: Sequence[str], line: str = "\n") -> dict[str, str]:
        """The fields by kind. Several of one kind are joined with ``line``."""
        found: dict[str, str] = {}
        for kind, text in zip(self.kinds, fields, strict=False):
            if kind and text:
                found[kind] = f"{found[kind]}{line}{text}" if kind in found else text
        return found

    def left_out(self, fields: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The fields that are not used and not empty, each with a label of its column."""
        if len(fields) <= len(self.kinds) and all(self.kinds):
            return
        for index, text in enumerate(fields):
            if text and (index >= len(self.kinds) or not self.kinds[index]):
                yield self.label(index), text

    def label(self, index: int) -> str:
        if index >= MAX_COLUMNS:
            return "further columns"
        name = self.names[index] if index < len(self.names) else ""
        return f"the column “{name}”" if name else f"column {index + 1}"


PAIR = Columns()


def named_columns(names: Sequence[str], *, is_head: bool = False) -> tuple[Columns | None, bool]:
    """The columns that a first row names, None if it is a card, and whether it is the header of our exports.

    A row is a head if it names both sides. Of several columns with names of one kind, the first is of this kind.
    Columns without a name, or with one that is not known, are left out. If the row is known to be a head
    (``is_head``), or says so by "Tags" or two languages, the first other columns are the missing sides.
    """
    labels = tuple(" ".join(name.split())[:MAX_LABEL] for name in names[: MAX_COLUMNS * 4])
    if tuple(names[:2]) == (OWN_HEAD["term"], OWN_HEAD["definition"]):
        return Columns(tuple(OWN_KINDS.get(name, "") for name in names), labels), True
    kinds = first_of_each(kind_of(name) for name in names)
    if not set(kinds) >= set(SIDES):
        is_table = len(kinds) >= LEAST_IN_A_TABLE and any(name.casefold() in SURE for name in names)
        if not (is_head or is_table or are_languages(names)):
            return None, False
        kinds = with_sides(kinds, labels)
    return Columns(tuple(kinds), labels), False


def first_of_each(kinds: Iterator[str]) -> list[str]:
    found: list[str] = []
    for kind in kinds:
        found.append("" if kind in found else kind)
    return found


def with_sides(kinds: list[str], labels: Sequence[str]) -> list[str]:
    """``kinds`` with the missing sides in the first columns without a kind.

    Those with the names of several languages come first, then others that have a name, and those that only number
    the rows last.
    """
    names = [*labels, *[""] * len(kinds)]
    languages = set(map(language_named, labels)) - {None}

    def rank(index: int) -> int:
        if len(languages) > 1 and language_named(names[index]) is not None:
            return 0
        return 3 if is_counter(names[index]) else 1 if names[index] else 2

    free = sorted((index for index, kind in enumerate(kinds) if not kind), key=rank)
    for side in SIDES:
        if side not in kinds and free:
            kinds[free.pop(0)] = side
    return kinds


def split_tags(text: str) -> list[str]:
    r"""The tags of one field, separated by semicolons. ``\;`` is a semicolon within a tag."""
    return [
        re.sub(r"\\([\\;])", r"\1", name) for name in re.findall(r"(?:[^;\\]|\\.|\\\Z)+", text, re.DOTALL)
    ]


def join_tags(names: Sequence[str]) -> str:
    return "; ".join(re.sub(r"([\\;])", r"\\\1", name) for name in names)
