"""Cards -> text: tab or comma between the columns, or Markdown to read. Pure.

Pieces come one after the other; who writes in slices says how many cards were written before (``after``), and then
there is no other head. A head names the columns and says that the sides are Markdown; our own reader takes it off
again.
"""

import csv
from collections.abc import Iterable, Iterator

from cards.formats.delimited.columns import OWN_HEAD, join_tags
from cards.formats.delimited.spreadsheet import guarded
from cards.formats.types import ParsedCard
from cards.text.markdown import plain

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel takes UTF-8 for an older encoding."""


class Line:
    """Where csv writes its row to."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def columns_of(card: ParsedCard) -> list[str]:
    """The columns under our head; none of them a formula, since tabs open in spreadsheets as well."""
    return [guarded(cell) for cell in (card.term, card.definition, join_tags(card.tags), card.key)]


def write_tab(cards: Iterable[ParsedCard], *, head: bool = True, after: int | None = None) -> Iterator[str]:
    """Tabs between the columns; without ``head`` term and definition alone, as other sites take them."""
    line = Line()
    writer = csv.writer(line, delimiter="\t", lineterminator="\n")
    if head and after is None:
        writer.writerow(OWN_HEAD.values())
        yield line.text
    for card in cards:
        writer.writerow(columns_of(card) if head else (card.term, card.definition))
        yield line.text


def write_comma(cards: Iterable[ParsedCard], *, after: int | None = None) -> Iterator[str]:
    """CSV for spreadsheets: every cell in quotation marks, none of them a formula."""
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
    """A document to read: each term as a heading, or, where it is more than a line of text, under its number."""
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
