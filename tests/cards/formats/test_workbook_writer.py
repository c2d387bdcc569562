"""Workbooks that we write: read back equal, every cell a text, the same wherever the writing was cut."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.formats.detect import read_file
from cards.formats.parts import FILE, Parts, Zip
from cards.formats.types import FormatError, ParsedCard
from cards.formats.workbook import writer
from tests.cards.formats.test_text import UNSEEN, as_read, content, written


def made(cards: list[ParsedCard], folder: Path, *, cut: int = 0) -> bytes:
    """The workbook with ``cards``, of which the first ``cut`` are written before the others."""
    for path in folder.iterdir():
        path.unlink()
    with Parts(folder, {}) as parts:
        first = "".join(writer.write_rows(cards[:cut]))
        rest = "".join(writer.write_rows(cards[cut:], after=cut))
        for piece in (first, rest, writer.TAIL):
            parts.append(writer.SHEET, piece.encode())
        for _ in Zip(parts).steps(writer.members_of(parts)):
            pass
    return (folder / FILE).read_bytes()


@given(st.lists(written, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_workbook_is_read_back_equal(tmp_path: Path, cards: list[ParsedCard]) -> None:
    expected = as_read(cards)
    with read_file(made(cards, tmp_path)) as parsed:
        assert [content(card) for card in parsed] == expected
        assert parsed.is_markdown


TEXTS = (
    "_x0041_",
    "_x005F_x0041_",
    "a_x000D_b",
    "<b> & ]]>",
    "a\nb",
    "漢字 \U0001f600",
    "'=1",
    *(f"{u}=1" for u in UNSEEN),
)


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_looks_like_something_else_is_kept(text: str, tmp_path: Path) -> None:
    with read_file(made([ParsedCard(f"{text}", f"x{text}x", key="k")], tmp_path)) as parsed:
        (card,) = parsed
    assert (card.term.strip(), card.definition) == (text.strip(), f"x{text}x")


@pytest.mark.parametrize("sign", "=+-@＝")
@pytest.mark.parametrize("before", ["", " ", "\u200b", "\xad", "\u202e"])
def test_no_cell_is_a_formula(before: str, sign: str, tmp_path: Path) -> None:
    import openpyxl

    cell = f"{before}{sign}1+1"
    data = made([ParsedCard(cell, cell, tags=(cell,), key=cell)], tmp_path)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    for one in sheet[2]:
        assert (one.data_type, one.number_format, one.quotePrefix) == ("s", "@", True)
        assert one.value == f"'{cell}"


def test_file_is_the_same_wherever_it_was_interrupted(tmp_path: Path) -> None:
    cards = [ParsedCard(f"t{n}", "d", key=f"k{n}") for n in range(5)]
    assert len({made(cards, tmp_path, cut=cut) for cut in range(5)}) == 1


def test_workbook_that_could_not_be_read_again_is_not_written() -> None:
    writer.check(100_000, 2**20)
    for cards, size in ((100_001, 2**20), (1, 64 * 2**20)):
        with pytest.raises(FormatError, match="Choose CSV"):
            writer.check(cards, size)


def test_columns_have_our_names(tmp_path: Path) -> None:
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(made([], tmp_path))).active
    assert [cell.value for cell in sheet[1]] == ["term (Markdown)", "definition (Markdown)", "tags", "key"]
    assert sheet.freeze_panes == "A2"
