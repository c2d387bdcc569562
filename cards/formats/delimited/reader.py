"""Pasted or uploaded text with a card in each row -> cards. Pure.

Only the first separator splits a row, so that a definition may contain more of them. If a header row names more
than two columns, all of them do. Anki's text exports say in lines with ``#`` how to read them.
"""

from collections.abc import Iterator

from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.decoding import decode
from cards.formats.delimited.joining import Row, joined
from cards.formats.delimited.plan import HTML, MARKDOWN, TextOptions, TextPlan, text_plan
from cards.formats.delimited.rows import MAX_ROW, Rows
from cards.formats.delimited.table import RowReader
from cards.formats.sources import Source, opened, release
from cards.formats.types import FormatError, Parsed, Place, Report, Unit, cards_in

MAX_TEXT = 24 * 2**20
"""Bytes of a text file."""

JOINED = "A row without a separator goes on the definition of the row before."


def read_text(
    source: Source | str, options: TextOptions | None = None, *, limits: Limits = ACCOUNT
) -> Parsed:
    """The cards of a text. Raises FormatError if it is not text, or empty."""
    options, meter = options or TextOptions(), Meter(limits)
    if isinstance(source, str):
        text, encoding = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), ""
        text = text.removeprefix("\ufeff")
        if len(text) > MAX_TEXT:
            raise FormatError(f"The text has {len(text):,} characters; at most {MAX_TEXT:,} can be read.")
    else:
        text, encoding = decode(read_all(source), options.encoding)
    if not text.strip():
        raise FormatError("There is no text in it.")
    plan = text_plan(text, options)
    return Parsed(
        "text",
        lambda report: cards_in(read_units(plan, report, meter)),
        lambda report, place: read_units(plan, report, meter, place),
        encoding=encoding,
        separator=plan.layout.separator,
        row_separator=plan.layout.row_separator,
        is_markdown=plan.rows.markup == MARKDOWN,
        is_html=plan.rows.markup == HTML,
        columns=plan.rows.shown,
        joins=plan.joins,
        meter=meter,
    )


def read_all(source: Source) -> bytes:
    file = opened(source, limit=MAX_TEXT)
    try:
        return file.read()
    finally:
        release(file, source)


def read_units(plan: TextPlan, report: Report, meter: Meter, place: Place = None) -> Iterator[Unit]:
    """The cards of each row, from ``place`` on."""
    reader = RowReader(plan.rows, report, meter)
    rows_before = plan.text.count("\n", 0, plan.start)
    rows = Rows(plan.text, plan.layout, columns=2 if plan.rows.is_pair else 0, start=plan.start)
    if place:
        rows.place = tuple(place)
    else:
        reader.begin(plan.text.count("\n", 0, plan.head) + 1)
        if plan.joins:
            report.notice(JOINED)
    numbered: Iterator[Row] = ((number, fields, rows.place) for number, fields in rows)
    if plan.joins:
        line = "<br>" if plan.rows.markup == HTML else "\n"
        numbered = joined(numbered, line, MAX_ROW)
    for number, fields, behind in numbered:
        yield reader.cards(fields, f"row {number + rows_before}"), behind
