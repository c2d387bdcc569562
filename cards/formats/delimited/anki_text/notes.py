"""Rows that are notes of Anki -> the cards that Anki would make of them. Pure.

A text export has a note in each row, and at most the name of its type. Cloze deletions make a card each, as from a
package; notes of Anki's own types for both directions make one card that asks for both sides.
"""

from collections.abc import Iterator, Mapping, Sequence

from cards.formats.anki import cloze
from cards.formats.anki.sides import Sides, spaced
from cards.formats.anki.templates import is_something
from cards.formats.delimited.anki_text import stock
from cards.text.studied_side import BOTH, DEFINITION, TERM

OCCLUSION = "::image-occlusion:"
MAX_DELETIONS = 500
"""Numbers of deletions in one note, as in Anki."""

MAX_LENGTH = 1_000_000
"""Characters of one note that are read, the whole note once for each deletion."""


def deletions(fields: Mapping[str, str], kind: str) -> tuple[list[str], list[int]]:
    """The names of the fields with deletions, and the numbers of these, in order.

    ``kind`` is what a note's type makes (see `stock`). Notes of Anki's own types without deletions have none:
    their braces are text.
    """
    if kind not in ("", stock.CLOZE) or not any("{{c" in text for text in fields.values()):
        return [], []
    found = {name: cloze.numbers(cloze.parse(text)) - {0} for name, text in fields.items() if "{{c" in text}
    names = [name for name, numbers in found.items() if numbers]
    return names, sorted(set().union(*found.values()))[:MAX_DELETIONS]


def is_too_large(fields: Mapping[str, str], numbers: Sequence[int]) -> bool:
    """Whether reading the note once for each of its deletions would take too long."""
    return sum(map(len, fields.values())) * len(numbers) > MAX_LENGTH


def cloze_sides(
    fields: Mapping[str, str], names: Sequence[str], numbers: Sequence[int], *, is_html: bool
) -> Iterator[tuple[int, Sides]]:
    """The sides for each deletion: the text with a gap, and the hidden text, followed by the other fields.

    A term without deletions stands before the text. ``names`` are the fields with deletions.
    """
    parsed = {name: cloze.parse(fields[name]) for name in names}
    extra = [text for name, text in fields.items() if name not in (*names, TERM) and is_something(text)]
    for number in numbers:
        texts = [cloze.shown(parsed[name], number, as_question=True) for name in names]
        if TERM not in names and is_something(fields.get(TERM, "")):
            texts.insert(0, fields[TERM])
        hidden = ", ".join(answer for name in names for answer in cloze.answers(fields[name], number))
        term = together(texts, is_html=is_html)
        yield number, Sides(term, together([hidden, *extra], is_html=is_html), (hidden,) if extra else ())


def together(texts: list[str], *, is_html: bool) -> str:
    """The texts as paragraphs."""
    if not is_html:
        return "\n\n".join(texts)
    first, *others = texts or [""]
    return spaced(first, "</p><p>".join(others)) if others else first


def asked_side(kind: str, fields: Mapping[str, str], third: str) -> str:
    """What a card of Anki's own types asks for. Empty for other types. ``third`` is the note's third field.

    Anki makes no card whose question is empty.
    """
    is_reversed = kind == stock.BOTH or (kind == stock.OPTIONAL and is_something(third))
    if is_reversed and is_something(fields[DEFINITION]):
        return BOTH if is_something(fields[TERM]) else TERM
    return DEFINITION if kind else ""
