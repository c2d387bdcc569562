"""Workbooks: cells as a person sees them, sheets, columns, and hostile files."""

import datetime

import pytest

from cards.formats.bounds import GUEST, Meter, TakesLongError
from cards.formats.delimited.plan import TextOptions
from cards.formats.detect import read_file
from cards.formats.types import FormatError, Parsed, Report
from cards.formats.work import Work
from cards.formats.workbook import copying, sheets
from tests.cards.formats.packages import counted
from tests.cards.formats.workbooks import MAIN, by_hand, row, workbook


def read(data: bytes, **options: object) -> Parsed:
    return read_file(data, text=TextOptions(**options))  # type: ignore[arg-type]


def sides(data: bytes, **options: object) -> list[tuple[str, str]]:
    with read(data, **options) as parsed:
        return [(card.term, card.definition) for card in parsed]


CELLS = {
    "text": ("a, b; c", "General", "a, b; c"),
    "lines": ("a\nb", "General", "a\nb"),
    "whole number": (5, "General", "5"),
    "whole number with decimals": (5.0, "General", "5"),
    "sum of decimals": (0.1 + 0.2, "General", "0.3"),
    "large": (1e20, "General", "1E+20"),
    "leading zeros": (7, "00000", "00007"),
    "two decimals": (2.5, "0.00", "2.50"),
    "half": (2.5, "0", "3"),
    "half as it is written": (1.005, "0.00", "1.01"),
    "nearly nothing": (-0.001, "0.00", "0.00"),
    "thousands": (-1234.5, "#,##0.00", "-1,234.50"),
    "percent": (0.25, "0%", "25%"),
    "no": (False, "General", "FALSE"),
    "date": (datetime.date(1969, 7, 20), "dd.mm.yyyy", "1969-07-20"),
    "date and time": (datetime.datetime.fromisoformat("1969-07-20T20:17"), "d/m/yy h:mm", "1969-07-20 20:17"),
    "time": (datetime.time(9, 5), "h:mm", "09:05"),
    "duration": (datetime.timedelta(hours=30, seconds=5), "[h]:mm:ss", "30:00:05"),
    "escaped": ("a_x000D_\nb", "General", "a\nb"),
}


@pytest.mark.parametrize(("value", "shape", "text"), CELLS.values(), ids=CELLS)
def test_cell_is_read_as_it_is_shown(value: object, shape: str, text: str) -> None:
    data = workbook({"S": [["sun", value]]}, formats={"B1": shape})
    assert sides(data, markdown=True) == [("sun", text)]


def test_columns_have_names_and_others_are_left_out() -> None:
    rows = [[], [None, "Level", "Word", "Meaning", None, "Tags"], [None, 1, "sun", "star", "x", "a; b"]]
    with read(workbook({"S": rows})) as parsed:
        (card,) = parsed
        assert (card.term, card.definition, card.tags, card.where) == ("sun", "star", ("a", "b"), "row 3")
        assert [column.kind for column in parsed.columns] == ["", "", "term", "definition", "", "tags"]
        assert parsed.report.skipped == {"cells of the column “Level”": 1, "cells of column 5": 1}


def test_without_a_head_the_first_filled_columns_are_the_sides() -> None:
    data = workbook({"S": [[None, "sun", None, "star", "x"], [None, "moon", None, "it turns"]]})
    assert sides(data) == [("sun", "star"), ("moon", "it turns")]
    assert sides(data, columns=("", "definition", "", "", "term"))[0] == ("x", "sun")
    assert sides(data, swap=True)[0] == ("star", "sun")


def test_first_visible_sheet_with_text_is_read_and_another_can_be_chosen() -> None:
    sheets = {"Hidden": [["h", "h"]], "Empty": [], "One": [["a", "b"]], "Two": [["c", "d"]]}
    data = workbook(sheets, hidden=["Hidden"])
    with read(data) as parsed:
        assert (parsed.sheet, parsed.sheets) == ("One", ("Empty", "One", "Two"))
    assert sides(data) == sides(data, sheet="Hidden") == sides(data, sheet="gone") == [("a", "b")]
    assert sides(data, sheet="Two") == [("c", "d")]


def test_texts_are_read_as_from_a_text_file() -> None:
    rows = [["{{c1::Rome}} is in {{c2::Italy}}", None], ["a", "b<br><i>c</i>"], ["1986. x", "d"]]
    assert sides(workbook({"S": rows})) == [
        ("[...] is in Italy", "Rome"),
        ("Rome is in [...]", "Italy"),
        ("a", "b\n*c*"),
        ("1986\\. x", "d"),
    ]


def test_rich_and_merged_cells_and_formulas_are_read() -> None:
    rows = (
        '<row><c t="inlineStr"><is><r><t>big </t></r><r><rPr><b/></rPr><t>cat</t></r></is></c>'
        '<c><f>1+1</f><v>2</v></c></row><row><c t="s"><v>0</v></c><c t="str"><f>A1</f><v>x</v></c></row>'
    )
    texts = f'<sst {MAIN}><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>'
    tail = '<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'
    assert sides(by_hand(rows, texts=texts, tail=tail)) == [("big cat", "2"), ("東京", "x")]


def test_formula_without_a_value_leaves_the_side_empty() -> None:
    counts = counted(read(workbook({"S": [["a", "=1+1"], ["b", "c"]]})))
    assert [str(notice) for notice in counts.report.notices] == ["row 1: There is no definition."]


def test_stray_cell_at_the_end_costs_nothing() -> None:
    rows = f'{row("a", "b")}<row r="2000"><c r="AZ2000"><v>1</v></c></row>'
    assert sides(by_hand(rows)) == [("a", "b")]


def test_styles_that_cannot_be_read_are_left_out() -> None:
    unknown = '<fills><fill><unknown/></fill></fills><cellXfs><xf numFmtId="x"/></cellXfs>'
    styles = f"<styleSheet {MAIN}>{unknown}</styleSheet>"
    assert sides(by_hand(row("a", "b"), styles=styles)) == [("a", "b")]


def test_sheet_is_read_on_from_every_place(tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = workbook({"S": [["Front", "Back"], ["a", "b"], [], ["{{c1::x}}", "y"], ["c", None]]})

    def opened() -> Parsed:
        return read_file(data, work=Work(tmp_path))

    units = list(opened().units(None, Report(), None))
    assert len(units) == 3
    for number, (_, place) in enumerate(units):
        rest = [card for cards, _ in opened().units(place, Report(), None) for card in cards]
        assert rest == [card for cards, _ in units[number + 1 :] for card in cards]


def test_another_sheet_is_read_after_the_first_was_unpacked(tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = workbook({"One": [["a", "b"]], "Two": [["c", "d"]]})
    for name, term in (("", "a"), ("Two", "c"), ("One", "a")):
        with read_file(data, text=TextOptions(sheet=name), work=Work(tmp_path)) as parsed:
            assert [card.term for card in parsed] == [term]


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///nowhere">]>'
HOSTILE = {
    "entities": (row("&b;", "x"), {"head": ENTITY}, "damaged"),
    "a file from outside": ("", {"texts": f"{OUTSIDE}<sst {MAIN}><si><t>&a;</t></si></sst>"}, "damaged"),
    "rows without end": ("<row/>" * 700_000, {}, "too many rows"),
    "the same row again": ('<row r="1"></row>' * 400_000, {}, "too many rows"),
    "texts without end": ("", {"texts": f"<sst {MAIN}>{'<si><t/></si>' * 700_000}</sst>"}, "too many rows"),
    "one row of elements": (f"<row>{'<a/>' * 200_000}</row>", {}, "512 KB in one row"),
    "nested elements": (f"<row>{'<a>' * 100_000}{'</a>' * 100_000}</row>", {}, "512 KB in one row"),
    "elements before the rows": ("", {"head": "<!--" + "x" * 600_000 + "-->"}, "512 KB in one row"),
    "a sheet that unpacks to much": (row("x" * 90_000) * 800, {}, "too large"),
    "a long row": (row(*["x" * 30_000] * 4), {}, "row 1: The row is longer"),
    "no text with this number": ('<row><c t="s"><v>7</v></c></row>', {}, "damaged"),
    "no number": ("<row><c><v>x</v></c></row>", {}, "damaged"),
    "many rows": (row("a", "b") * 100_002, {}, "row 100002: At most 100,001 rows can be read"),
    "a row far away": ('<row r="1048577"><c><v>1</v></c></row>', {}, "row 1048577: A sheet has at most"),
    "a column far away": ('<row><c r="ZZZZZZ1"><v>1</v></c></row>', {}, "damaged"),
    "no XML": ("<row>", {}, "damaged"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "more", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_workbook_is_refused_with_a_reason(rows: str, more: dict[str, str], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        list(read_file(by_hand(rows, **more)))


def test_time_is_looked_at_while_the_library_reads() -> None:
    meter = Meter()
    with sheets.Metered(meter) as file:
        assert file.read() == b""
        meter.begin(left=-1)
        with pytest.raises(TakesLongError):
            file.read()


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MAX_MEMBERS", 4)
    with pytest.raises(FormatError, match="too many sheets"):
        list(read_file(by_hand(row("a", "b"))))


@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_what_follows_the_rows_is_left_out_wherever_a_part_ends(prefix: bytes) -> None:
    rows = b"<%(p)sworksheet><%(p)ssheetData><row/></%(p)ssheetData>" % {b"p": prefix}
    data = rows + b"<mergeCells/></" + prefix + b"worksheet>"
    for cut in range(len(data)):
        made = b"".join(copying.until_the_end([data[:cut], data[cut:]]))
        assert made == rows + b"</" + prefix + b"worksheet>"


@pytest.mark.parametrize("length", [10, 700, 1_500])
def test_cut_workbook_is_refused(length: int) -> None:
    with pytest.raises(FormatError):
        list(read_file(by_hand(row("a", "b"))[:-length]))


def test_guest_has_smaller_limits() -> None:
    with pytest.raises(FormatError, match="at most 20 MB"):
        list(read_file(by_hand(row("x" * 9_000) * 2_400), limits=GUEST))


def test_entities_are_refused_or_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openpyxl.DEFUSEDXML", False)
    with pytest.raises(FormatError, match="defusedxml"):
        list(read_file(by_hand(row("a", "b"))))
