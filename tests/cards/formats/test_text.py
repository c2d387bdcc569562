"""Pasted and uploaded text: rows, separators, encodings, heads, and our own exports read back."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.delimited.reader import TextOptions, read_text
from cards.formats.delimited.spreadsheet import guarded, unguarded
from cards.formats.delimited.writers import write_comma, write_markdown, write_tab
from cards.formats.types import FormatError, ParsedCard
from cards.text.cleaning import clean_text
from tests.cards.formats.packages import counted


def sides(source: str | bytes, **options: object) -> list[tuple[str, str]]:
    return [(card.term, card.definition) for card in read_text(source, TextOptions(**options))]  # type: ignore[arg-type]


ROWS = {
    "tab": ("a\tb\nc\td", "\t", "\n", [("a", "b"), ("c", "d")]),
    "only the first splits": ("a\tb\tc\nd\te", "\t", "\n", [("a", "b\tc"), ("d", "e")]),
    "comma": ("a, b, c\nd, e", ",", "\n", [("a", "b, c"), ("d", "e")]),
    "quoted": ('"a, b","c\nd ""e"""\nf,g', ",", "\n", [("a, b", 'c\nd "e"'), ("f", "g")]),
    "dashes": ("Paris - capital, big\nRome – old", " - ", "\n", [("Paris", "capital, big"), ("Rome", "old")]),
    "semicolons between": ("a,b;c,d", ",", ";", [("a", "b"), ("c", "d")]),
    "semicolons at the ends": ("a - b;\nc - d;\n", " - ", ";", [("a", "b"), ("c", "d")]),
    "semicolons as columns": ("a;b, c\nd;e, f", ";", "\n", [("a", "b, c"), ("d", "e, f")]),
    "quotation marks that are none": ('"a" b\tc\n"d\te', "\t", "\n", [('"a" b', "c"), ('"d', "e")]),
    "hyphens in words": (
        "well-known\tfamous\nx-ray\tray",
        "\t",
        "\n",
        [("well-known", "famous"), ("x-ray", "ray")],
    ),
    "line ends": ("a\tb\r\nc\td\r", "\t", "\n", [("a", "b"), ("c", "d")]),
}


@pytest.mark.parametrize(("text", "separator", "row_separator", "expected"), ROWS.values(), ids=ROWS)
def test_separators_are_guessed(
    text: str, separator: str, row_separator: str, expected: list[tuple[str, str]]
) -> None:
    parsed = read_text(text)
    assert [(card.term, card.definition) for card in parsed] == expected
    assert (parsed.separator, parsed.row_separator) == (separator, row_separator)


def test_custom_separators_are_used() -> None:
    assert sides("a :: b, c%%d :: e", separator="::", row_separator="%%") == [("a", "b, c"), ("d", "e")]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16-LE"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encodings_are_guessed_and_reported(codec: str, name: str) -> None:
    parsed = read_text("Äpfel\tapples\ncafé\t“coffee”".encode(codec))
    assert [card.term for card in parsed] == ["Äpfel", "café"]
    assert parsed.encoding == name


def test_chosen_encoding_is_used() -> None:
    assert sides("é\ta".encode("mac_roman"), encoding="Mac Roman") == [("é", "a")]


def test_plain_text_is_escaped_unless_markdown() -> None:
    text = "1986. Chernobyl\t__init__"
    assert sides(text) == [("1986\\. Chernobyl", "\\_\\_init\\_\\_")]
    assert sides(text, markdown=True) == [("1986. Chernobyl", "__init__")]


def test_rows_with_one_side_are_reported() -> None:
    counts = counted(read_text("a\tb\nonly\n\n\tback\na\tb"))
    assert (counts.cards, counts.one_sided) == (4, 2)
    assert [str(notice) for notice in counts.report.notices] == [
        "row 2: There is no definition.",
        "row 4: There is no term.",
    ]


def test_row_with_a_too_long_side_is_skipped() -> None:
    counts = counted(read_text("a\tb\nc\t" + "d" * 32_001))
    assert (counts.cards, counts.report.skipped) == (1, {"cards that are too long": 1})
    assert str(counts.report.notices[0]).startswith("row 2: The definition has 32,001 characters")


def test_backslashes_of_a_too_long_side_are_told() -> None:
    (notice,) = counted(read_text("q\t" + "*" * 20_000 + "\na\tb")).report.notices
    assert "40,000 characters with 20,000 backslashes that show signs as they are; a side" in notice.message
    assert counted(read_text("q\t" + "*" * 20_000, TextOptions(markdown=True))).cards == 1


def test_header_row_names_the_columns() -> None:
    text = "Tags,Question,Answer\nx; y,a,b\n,c,d"
    assert [(card.term, card.definition, card.tags) for card in read_text(text)] == [
        ("a", "b", ("x", "y")),
        ("c", "d", ()),
    ]


def test_columns_can_be_chosen() -> None:
    parsed = read_text("1\ta\tb\n2\tc\td", TextOptions(columns=("", "definition", "term")))
    assert [(card.term, card.definition) for card in parsed] == [("b", "a"), ("d", "c")]
    assert parsed.report.skipped == {"cells of column 1": 2}


ANKI_TEXT = """#separator:semicolon
#html:true
#guid column:1
#notetype column:2
#deck column:3
#tags column:6
#tags:global
g1;Basic;Bio::Cells;<b>q</b> \\(x\\);"a ""b""<br>c";t1 t2
# a comment
g2;Basic;Bio;"# no comment";d;
"""


def test_anki_text_headers_are_followed() -> None:
    parsed = read_text(ANKI_TEXT)
    first, second = parsed
    assert (first.term, first.definition) == ("**q** $x$", 'a "b"\nc')
    assert (first.key, first.deck, first.tags) == ("g1", ("Bio", "Cells"), ("t1", "t2", "global"))
    assert (second.term, second.key) == ("\\# no comment", "g2")
    assert parsed.report.skipped["comments"] == 1


def test_formulas_of_spreadsheets_are_neutralised() -> None:
    made = "".join(write_comma([ParsedCard("=1+1", "-2", tags=("@x",), key="+k")]))
    assert made.endswith('"\'=1+1","\'-2","\'@x","\'+k"\r\n')


UNSEEN = [
    " ",
    "\xa0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\xad",
    "\u202e",
    "\u2066",
    "\u061c",
    "\ufe0f",
    "\u3164",
    "\u2800",
]


@pytest.mark.parametrize("before", ["", *UNSEEN, "\u200b \xad"])
@pytest.mark.parametrize("sign", "=+-@＝＋－＠﹢﹣﹦﹫⁺")
def test_cells_that_begin_a_formula_after_what_is_not_seen_are_guarded(before: str, sign: str) -> None:
    assert guarded(f"{before}{sign}1+1") == f"'{before}{sign}1+1"


@pytest.mark.parametrize("cell", ["a=1", "1-2", "", " ", "\u200b", "'a", "5 + 5", "−1", "é-"])
def test_other_cells_are_not_guarded(cell: str) -> None:
    assert guarded(cell) == cell


@given(
    st.text(
        st.sampled_from(["'", "=", "+", "-", "@", "\t", "\r", "\n", "ａ", "＝", "a", *UNSEEN]), max_size=5
    )
)
def test_guarded_cells_are_unguarded(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_cells_of_other_programs_keep_their_apostrophes() -> None:
    assert sides("'-n Schaf\t'@home\n") == [("'-n Schaf", "'@home")]


pieces = st.sampled_from(
    [*('"', '""', ",", ";", "\t", "\n", "\\", "'", "=", "-", " - ", "#", "a", "é", "$x$", " "), *UNSEEN]
)
texts = st.one_of(st.text(max_size=30), st.lists(pieces, max_size=12).map("".join)).map(clean_text)
tags = st.lists(texts.map(lambda text: " ".join(text.split())[:60].strip()).filter(bool), max_size=3)
written = st.builds(
    ParsedCard, texts, texts, key=st.from_regex(r"[!-~]{0,20}", fullmatch=True), tags=tags.map(tuple)
)


def content(card: ParsedCard) -> tuple[str, str, str, tuple[str, ...]]:
    return card.term, card.definition, card.key, card.tags


def as_read(cards: list[ParsedCard]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """What a reader finds of ``cards``: those with a text, and of tags that differ in case the first."""
    for card in cards:
        names = {tag.casefold(): tag for tag in reversed(card.tags)}
        card.tags = tuple(dict.fromkeys(names[tag.casefold()] for tag in card.tags))
    return [content(card) for card in cards if card.term or card.definition]


@given(st.lists(written, max_size=5))
@pytest.mark.parametrize("write", [write_tab, write_comma])
def test_exports_are_read_back_equal(write: object, cards: list[ParsedCard]) -> None:
    made = "".join(write(cards))  # type: ignore[operator]
    expected = as_read(cards)
    parsed = read_text(made.encode())
    assert [content(card) for card in parsed] == expected
    assert parsed.is_markdown


def test_tab_file_without_header_has_two_columns() -> None:
    assert "".join(write_tab([ParsedCard("=a", "b", key="k")], head=False)) == "=a\tb\n"


def test_markdown_export_is_readable() -> None:
    cards = [ParsedCard("Term", "Definition", tags=("x",)), ParsedCard("two\nlines", "")]
    made = "".join(write_markdown(cards, title="A  deck", description="About."))
    assert made == "# A deck\n\nAbout.\n\n## Term\n\nDefinition\n\n*x*\n\n## 2\n\ntwo\nlines\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n ", "no text"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"a\tb\nc\x00\td\x00x", "row 2: This is not text"),
        (b"%PDF-1.7", "a PDF"),
        (b"a" * 200_000, "row 1: The row is longer"),
        (b'a\tb\n"' + b"x\n" * 100_000 + b'"', "row 2: The row is longer"),
        (b"#separator:nonsense\na", "row 1"),
    ],
)
def test_unreadable_text_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        list(read_text(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        counted(read_text(data))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Hund;dog, hound\nKatze;cat, kitty\n", ("Hund", "dog, hound")),
        ("1,5;eins\n2,5;zwei\n", ("1,5", "eins")),
        ("dog,Hund; Köter\ncat,Katze; Mieze\n", ("dog", "Hund; Köter")),
    ],
)
def test_comma_of_a_text_is_no_separator_of_a_csv(text: str, first: tuple[str, str]) -> None:
    with read_text(text.encode(), TextOptions(is_csv=True)) as parsed:
        card = next(iter(parsed))
    assert (card.term, card.definition) == first


@pytest.mark.parametrize("head", ["Nr,Deutsch,Englisch", "#,German,English", "Deutsch,Nr.,English"])
def test_column_that_numbers_the_rows_is_no_side(head: str) -> None:
    row = "Hund,1,dog" if head.startswith("Deutsch") else "1,Hund,dog"
    with read_text(f"{head}\n{row}\n".encode(), TextOptions(is_csv=True)) as parsed:
        assert [(card.term, card.definition) for card in parsed] == [("Hund", "dog")]
