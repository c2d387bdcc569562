"""A workbook with a card in each row -> cards. Pure."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.plan import HTML, MARKDOWN, SAMPLE, SAMPLE_ROWS, Plan, TextOptions, rows_plan
from cards.formats.delimited.table import RowReader
from cards.formats.sources import Source
from cards.formats.types import Parsed, Place, Report, Unit, cards_in
from cards.formats.work import Work
from cards.formats.workbook.sheets import lines


class Sheet:
    """The lines of one sheet, in a file or in memory."""

    def __init__(self, content: Path | bytes) -> None:
        self.content = content
        with self.opened() as file:
            head = json.loads(file.readline())
            self.name, self.names = str(head["sheet"]), tuple(head["sheets"])
            self.start = file.tell()

    def opened(self) -> BinaryIO:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")

    def rows(self, place: int | None = None) -> Iterator[tuple[int, list[str], int]]:
        """Each row's number and cells, from ``place`` on, with the place behind it."""
        with self.opened() as file:
            file.seek(place or self.start)
            while line := file.readline():
                number, cells = json.loads(line)
                yield number, cells, file.tell()

    def first_rows(self) -> list[list[str]]:
        found: list[list[str]] = []
        for _, cells, place in self.rows():
            found.append(cells)
            if len(found) >= SAMPLE_ROWS or place > SAMPLE:
                break
        return found


def read_workbook(
    source: Source, options: TextOptions | None = None, *, limits: Limits = ACCOUNT, work: Work | None = None
) -> Parsed:
    """The cards of one sheet of a workbook. Raises FormatError if it is damaged or too large."""
    options, meter = options or TextOptions(), Meter(limits)
    made = lines(source, options.sheet, meter)
    if work and work.has_folder:
        name = f"sheet-{hashlib.sha256(options.sheet.encode()).hexdigest()[:16]}"
        sheet = Sheet(work.unpack(name, lambda: made))
    else:
        sheet = Sheet(b"".join(made))
    plan = rows_plan(sheet.first_rows(), options, is_table=True)
    return Parsed(
        "workbook",
        lambda report: cards_in(read_units(sheet, plan, report, meter)),
        lambda report, place: read_units(sheet, plan, report, meter, place),
        is_markdown=plan.markup == MARKDOWN,
        is_html=plan.markup == HTML,
        columns=plan.shown,
        sheet=sheet.name,
        sheets=sheet.names,
        meter=meter,
    )


def read_units(sheet: Sheet, plan: Plan, report: Report, meter: Meter, place: Place = None) -> Iterator[Unit]:
    """The cards of each row, from ``place`` on."""
    reader = RowReader(plan, report, meter)
    for index, (number, cells, behind) in enumerate(sheet.rows(place)):
        if place is None and not index:
            reader.begin(number)
            if plan.has_head:
                continue
        yield reader.cards(cells, f"row {number}"), behind
