"""Cards -> a workbook, in pieces that can be written by several processes one after the other. Pure.

No library can continue a workbook that another process has begun, so the rows are written here: a small part of
the format (ECMA-376, part 1, 18.3), in which each cell is a text. Cells that a spreadsheet could take for a
formula are guarded as in CSV, since a workbook is easily saved as CSV.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from xml.sax.saxutils import escape

from cards.formats.delimited.columns import OWN_HEAD
from cards.formats.delimited.writers import columns_of
from cards.formats.parts import Member, Parts
from cards.formats.types import FormatError, ParsedCard
from cards.formats.workbook.copying import MAX_SHEET
from cards.formats.workbook.sheets import MAX_ROWS

SHEET = "xl/worksheets/sheet1.xml"
START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

MEMBERS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Cards" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # The second style of cells is "Text" (49): what is typed there later is no formula either.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
    '<xf xfId="0"/><xf xfId="0" numFmtId="49" quotePrefix="1" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
MAX_CARDS = MAX_ROWS - 1
"""Cards of a workbook. What we write, we can read again."""

WIDTHS = (40, 60, 20, 40)
HEAD = (
    f'{START}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
    + "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(WIDTHS, 1)
    )
    + "</cols><sheetData>"
)
TAIL = "</sheetData></worksheet>"

LIKE_ESCAPES = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
NO_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold, and the carriage return, which readers change."""


def write_rows(cards: Iterable[ParsedCard], *, after: int | None = None) -> Iterator[str]:
    """The rows of a sheet. ``after`` is the number of cards before. Without it, the sheet's beginning is first."""
    if after is None:
        yield HEAD + row(1, list(OWN_HEAD.values()))
    for number, card in enumerate(cards, (after or 0) + 2):
        yield row(number, columns_of(card))


def row(number: int, texts: list[str]) -> str:
    cells = (
        f'<c r="{letter}{number}" s="1" t="inlineStr"><is><t xml:space="preserve">{xml_text(text)}</t></is></c>'
        for letter, text in zip("ABCD", texts, strict=True)
        if text
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def xml_text(text: str) -> str:
    """``text`` as Excel writes it in XML: characters that XML cannot hold become ``_x0001_``."""
    text = LIKE_ESCAPES.sub("_x005F_", text)
    return escape(NO_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text))


def check(cards: int, size: int) -> None:
    """Raise FormatError if a sheet with this number of cards and bytes is too large to be read again."""
    if cards > MAX_CARDS or size + len(TAIL) > MAX_SHEET:
        most = f"{MAX_CARDS:,} cards and {MAX_SHEET // 2**20} MB"
        raise FormatError(f"A workbook has at most {most}. Choose CSV for this deck.")


def members_of(parts: Parts) -> Iterator[Member]:
    """The members of a workbook, whose rows are the part `SHEET`."""
    for name, content in MEMBERS.items():
        yield Member(name, read=partial(str.encode, START + content))
    yield Member(SHEET, parts.path(SHEET), parts.sizes[SHEET])
