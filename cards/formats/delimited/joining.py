"""Rows without a separator, which continue the definition of the row before. Pure.

Quizlet writes definitions of several lines without quotation marks. Each line but the first then has no separator.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cards.formats.delimited.rows import TAB

Row = tuple[int, list[str], Any]
"""A row's number, its fields, and the place behind it."""


def should_join(rows: Sequence[Sequence[str]], separator: str) -> bool:
    """Whether rows without a separator seem to belong to the row before. ``rows`` are the first of the text.

    There are such rows, the first row is none, and all rows with a separator have text on both sides of it. So one
    side is never left empty, and a row that has only one is no card. People who type other separators than tabs do
    leave one out. So with these, there must be as many such rows as others.
    """
    filled = [row for row in rows if any(row)]
    is_split = [len(row) > 1 for row in filled]
    if not filled or not is_split[0] or all(is_split):
        return False
    if separator != TAB and sum(is_split) * 2 > len(is_split):
        return False
    # The definition may begin in the next row.
    followed = [*(not one for one in is_split[1:]), False]
    return all(
        row[0] and (any(row[1:]) or goes_on)
        for row, one, goes_on in zip(filled, is_split, followed, strict=True)
        if one
    )


def joined(rows: Iterable[Row], line: str, most: int) -> Iterator[Row]:
    """Each row with the rows without a separator behind it, joined with ``line``.

    Of several empty rows among them one stays. A row does not become longer than ``most`` characters.
    """
    held: Row | None = None
    parts: list[str] = []
    length = empty = 0
    for number, fields, place in rows:
        is_more = held is not None and len(fields) < 2 and length + len(fields[0]) < most
        if held is not None and not any(fields):
            empty += 1
            continue
        if held is not None and is_more:
            parts += [*[""] * min(empty, 1), fields[0]]
            length, empty = length + len(fields[0]) + 1, 0
            held = (held[0], held[1], place)
            continue
        if held is not None:
            yield with_parts(held, parts, line)
        held, parts, length, empty = (number, fields, place), [], sum(map(len, fields)), 0
    if held is not None:
        yield with_parts(held, parts, line)


def with_parts(row: Row, parts: list[str], line: str) -> Row:
    number, fields, place = row
    if not parts:
        return row
    if len(fields) == 1:
        # The first row of the text has no separator either.
        return number, [line.join([*fields, *parts])], place
    *before, last = fields
    return number, [*before, line.join([last, *parts] if last else parts)], place
