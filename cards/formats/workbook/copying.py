"""The members of a workbook that hold its cells -> a small zip archive that is safe to read. Pure.

A library that reads XML into objects needs up to thirty times its size. So everything is limited before: the
members that are read, their sizes, and what lies between two rows or texts, which stays in memory together.
Members with pictures, charts, links to other files and the like are left out.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

from cards.formats.sources import megabytes
from cards.formats.types import FormatError
from cards.formats.zips import Archive

USED = re.compile(
    r"\[Content_Types\]\.xml|(?:\w+/)*_rels/[^/]+\.rels|xl/[^/]+\.xml|xl/worksheets/[^/]+\.xml", re.I
)
STYLES = re.compile(r"xl/styles\.xml", re.I)
TEXTS = re.compile(r"xl/sharedstrings[^/]*\.xml", re.I)
SHEETS = re.compile(r"xl/worksheets/", re.I)
MAX_SHEET, MAX_TEXTS, MAX_OTHER = 64 * 2**20, 16 * 2**20, 4 * 2**20
"""Bytes of a sheet, of the texts that sheets share, and of other members."""

PART, MAX_BETWEEN = 2**16, 2**19
"""Bytes of a part that is looked at, and those between the ends of two rows, or of two texts."""

ENDS = re.compile(rb"</(?:\w+:)?(?:row|si)>|<(?:\w+:)?row\b[^<>]*/>")
MAX_TAGS = 600_000
"""Tags of rows or texts; a row has two. Each of them takes memory until the sheet is read to its end."""

END_OF_ROWS = re.compile(rb"</((?:\w{1,20}:)?)sheetData\s{0,9}>")
LONGEST_TAG = 50
MAX_MEMBERS = 300


def copy(archive: Archive, target: IO[bytes], *, with_styles: bool) -> None:
    """Write the members with cells into ``target`` as a zip archive. Raises FormatError if they are too large."""
    names = [name for name in archive.members if USED.fullmatch(name)]
    if len(names) > MAX_MEMBERS:
        raise FormatError("The workbook has too many sheets.")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for name in names:
            if not with_styles and STYLES.fullmatch(name):
                continue
            with made.open(name, "w") as file:
                for chunk in checked(archive, name):
                    file.write(chunk)


def checked(archive: Archive, name: str) -> Iterator[bytes]:
    """The content of a member. Raises FormatError if it, or a part of it, is too large."""
    if SHEETS.match(name):
        return until_the_end(in_parts(archive.chunks(name, MAX_SHEET), name))
    if TEXTS.fullmatch(name):
        return in_parts(archive.chunks(name, MAX_TEXTS), name)
    return archive.chunks(name, MAX_OTHER)


def in_parts(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The content in small parts, whose rows or texts are neither too long nor too many."""
    between = tags = 0
    for chunk in chunks:
        for start in range(0, len(chunk), PART):
            part = chunk[start : start + PART]
            between = len(part) if ENDS.search(part) else between + len(part)
            tags += part.count(b"row") + part.count(b"<si")
            if between > MAX_BETWEEN:
                raise FormatError(f"It has more than {megabytes(MAX_BETWEEN)} in one row.", where=name)
            if tags > MAX_TAGS:
                raise FormatError("It has too many rows.", where=name)
            yield part


def until_the_end(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A sheet without what follows its rows: merged cells, links and rules for colours, which may be long."""
    held = b""
    for part in parts:
        held += part
        if found := END_OF_ROWS.search(held):
            yield held[: found.end()] + b"</" + found[1] + b"worksheet>"
            return
        # The tag may continue in the next part.
        yield held[:-LONGEST_TAG]
        held = held[-LONGEST_TAG:]
    yield held
