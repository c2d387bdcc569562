"""One sheet of a workbook -> lines of JSON, which can be read from any place. Pure.

openpyxl reads a sheet row by row, but only from its beginning. So a sheet is written as lines once. The first
line says which sheets there are, each other one is a row: its number and the texts of its cells.
"""

import json
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cards.formats.bounds import Meter
from cards.formats.delimited.rows import MAX_ROW
from cards.formats.sources import Source
from cards.formats.types import FormatError
from cards.formats.workbook.cells import text_of
from cards.formats.workbook.copying import copy
from cards.formats.zips import Archive

MAX_SECONDS = 15.0
"""Processor time for writing a sheet as lines, which cannot be interrupted."""

MAX_ROWS = 100_001
"""Rows with text, with one for the names of the columns. Larger tables are read from text files."""

LAST_ROW = 1_048_576
"""The last row that Excel has."""

MAX_COLUMNS = 60
MAX_SHEETS, MAX_NAME = 100, 100
MAX_LINES = 64 * 2**20
IN_MEMORY = 2**20
AS_CSV = "Save it as CSV in the program that made it, and import that."


class Metered(tempfile.SpooledTemporaryFile[bytes]):
    """A temporary file that looks at the time whenever it is read."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(max_size=IN_MEMORY)
        self.meter = meter

    def read(self, *args: int) -> bytes:
        self.meter.check()
        return super().read(*args)


def lines(source: Source, wanted: str, meter: Meter) -> Iterator[bytes]:
    """The lines of the sheet called ``wanted``, or of the first one with text. Raises FormatError."""
    limits = replace(meter.limits, seconds=min(meter.limits.seconds, MAX_SECONDS), hint=AS_CSV)
    own = Meter(limits)
    archive = Archive(source, own)
    try:
        yield from lines_of(archive, wanted, own)
    finally:
        archive.close()


def lines_of(archive: Archive, wanted: str, meter: Meter) -> Iterator[bytes]:
    with Metered(meter) as file:
        try:
            book = opened(archive, file)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            names = [sheet.title[:MAX_NAME] for sheet in sheets[:MAX_SHEETS]]
            chosen = names.index(wanted) if wanted in names else first_with_text(sheets)
            yield line({"sheets": names, "sheet": names[chosen]})
            size = 0
            for count, row in enumerate(rows(sheets[chosen])):
                made = line(row)
                size += len(made)
                if count >= MAX_ROWS or size > MAX_LINES:
                    raise FormatError(
                        f"At most {MAX_ROWS:,} rows can be read. {AS_CSV}", where=f"row {row[0]}"
                    )
                yield made
        except (FormatError, MemoryError, GeneratorExit):
            raise
        # Whatever the library stumbles over: XML that is damaged or has entities, missing members, wrong numbers.
        except Exception as error:
            raise FormatError(
                f"This is an Excel workbook that is damaged, or that cannot be read. {AS_CSV}"
            ) from error


def opened(archive: Archive, file: Metered) -> Any:
    """The workbook, by openpyxl. Some programs write styles that it refuses; then dates are read as numbers."""
    load = library()
    for with_styles in (True, False):
        file.seek(0)
        file.truncate()
        copy(archive, file, with_styles=with_styles)
        file.seek(0)
        try:
            return load(file, read_only=True, data_only=True, keep_links=False)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            if isinstance(error.__cause__, FormatError):
                raise error.__cause__ from error
            if not with_styles:
                raise
    raise AssertionError


def library() -> Any:
    """`openpyxl.load_workbook`. It is imported here, because few processes read a workbook.

    Raises FormatError if it would not refuse entities.
    """
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise FormatError("This site cannot read workbooks, because defusedxml is not installed.")
    warnings.filterwarnings("ignore", module="openpyxl")
    return openpyxl.load_workbook


def first_with_text(sheets: list[Any]) -> int:
    """The number of the first sheet that has a row with text, or of the first one."""
    for number, sheet in enumerate(sheets[:MAX_SHEETS]):
        if next(rows(sheet), None):
            return number
    return 0


def rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The number and the texts of each row that has a text. Cells behind `MAX_COLUMNS` are not read."""
    # What a file says about its size is often wrong. Without it, missing rows have no cells.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if number > LAST_ROW:
            # openpyxl does not limit the numbers of rows.
            raise FormatError(f"A sheet has at most {LAST_ROW:,} rows.", where=f"row {number}")
        if not cells:
            continue
        texts = [shown(cell).strip() for cell in cells[:MAX_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if sum(map(len, texts)) > MAX_ROW:
            raise FormatError(f"The row is longer than {MAX_ROW:,} characters.", where=f"row {number}")
        yield number, texts


def shown(cell: Any) -> str:
    value = cell.value
    return text_of(value, cell.number_format) if isinstance(value, int | float) else text_of(value)


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
