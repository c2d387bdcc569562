"""Cards -> text with tabs or commas between the columns, or a Markdown document. Pure.

The text is made in pieces. To continue it, pass the number of cards that were written before as ``after``: then it
has no header. A header names the columns and says that the sides are Markdown. Our own reader removes it
again.
"""

import csv
from collections.abc import Iterable, Iterator

from cards.formats.delimited.columns import OWN_HEAD, join_tags
from cards.formats.delimited.spreadsheet import guarded
from cards.formats.types import ParsedCard
from cards.text.markdown import plain

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel reads UTF-8 as an older encoding."""


class Line:
    """A file for the csv module, with its last row."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def columns_of(card: ParsedCard) -> list[str]:
    """The columns under our header. None is a formula, since text with tabs can be opened in spreadsheets too."""
    return [guarded(cell) for cell in (card.term, card.definition, join_tags(card.tags), card.key)]


def write_tab(cards: Iterable[ParsedCard], *, head: bool = True, after: int | None = None) -> Iterator[str]:
    """Tabs between the columns. Without ``head`` only term and definition, as other sites import them."""
    line = Line()
    writer = csv.writer(line, delimiter="\t", lineterminator="\n")
    if head and after is None:
        writer.writerow(OWN_HEAD.values())
        yield line.text
    for card in cards:
        writer.writerow(columns_of(card) if head else (card.term, card.definition))
        yield line.text


def write_comma(cards: Iterable[ParsedCard], *, after: int | None = None) -> Iterator[str]:
    """CSV for spreadsheets. Every cell is in quotation marks, and none is a formula."""
    line = Line()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    if after is None:
        writer.writerow(OWN_HEAD.values())
        yield BYTE_ORDER_MARK + line.text
    for card in cards:
        writer.writerow(columns_of(card))
        yield line.text


def write_markdown(
    cards: Iterable[ParsedCard], *, title: str, description: str = "", after: int | None = None
) -> Iterator[str]:
    """A document to read. Each term is a heading, or follows its number if it is more than a line of text."""
    if after is None:
        yield f"# {' '.join(title.split())}\n"
        yield f"\n{description}\n" if description else ""
    for number, card in enumerate(cards, (after or 0) + 1):
        is_line = "\n" not in card.term and not card.term.startswith(("#", ">", "-", "+", "|", "`", "~"))
        if is_line and plain(card.term):
            yield f"\n## {card.term}\n"
        else:
            yield f"\n## {number}\n\n{card.term}\n"
        if card.definition:
            yield f"\n{card.definition}\n"
        if card.tags:
            yield f"\n*{'; '.join(card.tags)}*\n"
