"""The columns of texts: heads, unnamed columns, chosen columns, swapped sides, ``sep=``, continued rows, HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.bounds import GUEST
from cards.formats.delimited.reader import TextOptions, read_text
from cards.formats.types import Parsed, Report
from tests.cards.formats.packages import counted


def sides(source: str | bytes, **options: object) -> list[tuple[str, str]]:
    return [(card.term, card.definition) for card in read_text(source, TextOptions(**options))]  # type: ignore[arg-type]


def kinds(parsed: Parsed) -> list[str]:
    return [column.kind for column in parsed.columns]


HEADS = {
    "unnamed columns behind": "Question,Answer,,\nsun,star,,\nmoon,it turns,,",
    "unnamed columns before": ",,Question,Answer\n,,sun,star\n,,moon,it turns",
    "several unknown names": "Level;Front;Sound;Back\n1;sun;s.mp3;star\n2;moon;;it turns",
    "a kind named twice": "Word\tQuestion\tMeaning\tAnswer\nsun\tx\tstar\ty\nmoon\t\tit turns\t",
    "another language": "Niveau;Mot;Traduction\n1;sun;star\n1;moon;it turns",
    "capitals, marks and brackets": "FRONT:\tBack (English)\nsun\tstar\nmoon\tit turns",
    "other names with tags": "Sky,English,Tags\nsun,star,a\nmoon,it turns,",
    "two languages": "Français (féminin);Deutsch;Notiz\nsun;star;x\nmoon;it turns;",
    "two languages with other columns between": "Deutsch,Notiz,Tags,Englisch\nsun,x,a,star\nmoon,,,it turns",
    "no letters that are Latin": "単語\t意味\nsun\tstar\nmoon\tit turns",
}


@pytest.mark.parametrize("text", HEADS.values(), ids=HEADS)
def test_named_columns_are_used_and_others_never_spoil_a_side(text: str) -> None:
    assert sides(text) == [("sun", "star"), ("moon", "it turns")]


NO_HEADS = (
    "word\tmot\tparola\nday\tjour\tgiorno",
    "question\tFrage\nday\tTag",
    "tag\tday\nHund\tdog",
    "German\tDeutsch\nEnglish\tAnglais",
)


@pytest.mark.parametrize("text", NO_HEADS)
def test_words_of_a_language_are_no_head(text: str) -> None:
    assert len(sides(text)) == 2


def test_columns_that_are_left_out_are_told_by_name() -> None:
    parsed = read_text("Front,Back,Hint,,Hint\na,b,c,d,\ne,f,,,g")
    counts = counted(parsed)
    assert counts.report.skipped == {"cells of the column “Hint”": 2, "cells of column 4": 1}
    assert [(column.name, column.kind, column.cells) for column in parsed.columns] == [
        ("Front", "term", ("a", "e")),
        ("Back", "definition", ("b", "f")),
        ("Hint", "", ("c",)),
        ("", "", ("d",)),
        ("Hint", "", ("g",)),
    ]


def test_chosen_columns_replace_those_of_the_head() -> None:
    chosen = ("definition", "tags", "term")
    parsed = read_text("Front,Back,Hint\na,b,c", TextOptions(columns=chosen))
    assert [(card.term, card.definition, card.tags) for card in parsed] == [("c", "a", ("b",))]
    assert [(column.name, column.kind) for column in parsed.columns] == [
        ("Front", "definition"),
        ("Back", "tags"),
        ("Hint", "term"),
    ]


def test_several_columns_of_one_side_are_lines_of_it() -> None:
    assert sides("a\tb\tc", columns=("term", "definition", "definition")) == [("a", "b\nc")]


def test_of_two_columns_only_the_first_separator_splits_in_any_order() -> None:
    assert sides("a, b, c", columns=("definition", "term")) == [("b, c", "a")]
    assert sides("Back,Front\na, b, c") == [("b, c", "a")]


def test_sides_can_be_swapped() -> None:
    assert sides("a, b, c", swap=True) == [("b, c", "a")]
    assert sides("Front,Back,X\na,b,c", swap=True) == [("b", "a")]


def test_first_row_can_be_said_to_be_a_head() -> None:
    parsed = read_text("Deutsch;Notiz;Tags;Englisch\nHund;x;y;dog", TextOptions(head=True))
    assert [(card.term, card.definition, card.tags) for card in parsed] == [("Hund", "dog", ("y",))]
    assert [column.name for column in parsed.columns] == ["Deutsch", "Notiz", "Tags", "Englisch"]


def test_first_row_can_be_said_to_be_a_card() -> None:
    assert sides("Front\tBack\na\tb", head=False) == [("Front", "Back"), ("a", "b")]


def test_columns_are_shown_though_only_the_first_separator_splits() -> None:
    parsed = read_text("a, b, c\nd, e, f")
    assert kinds(parsed) == ["term", "definition", "definition"]
    assert [card.definition for card in parsed] == ["b, c", "e, f"]
    # Definitions with commas are no columns.
    assert kinds(read_text("a, b, c\nd, e\nf, g")) == ["term", "definition"]


TABLES = {
    "tabs": ("sun\tstar\tx\nmoon\tit turns\ty", False),
    "a CSV": ("sun,star,x\nmoon,it turns,y", True),
    "empty columns behind": ("sun,star,,\nmoon,it turns,,", False),
    "empty columns before": (";sun;star\n;moon;it turns", False),
    "an empty column between": ("sun,,star,x\nmoon,,it turns,", False),
}


@pytest.mark.parametrize(("text", "is_csv"), TABLES.values(), ids=TABLES)
def test_table_without_a_head_has_the_sides_in_its_first_columns(text: str, is_csv: bool) -> None:
    assert sides(text, is_csv=is_csv) == [("sun", "star"), ("moon", "it turns")]


def test_rows_of_different_lengths_are_a_list() -> None:
    assert sides("a\tb\tc\nd\te") == [("a", "b\tc"), ("d", "e")]
    assert sides("a,b,c\nd,e", is_csv=True) == [("a", "b,c"), ("d", "e")]


SEPARATOR_LINES = {
    "semicolon": ("sep=;\n", ";"),
    "comma": ("sep=,\r\n", ","),
    "tab": ("sep=\t\n", "\t"),
    "pipe": ("SEP=|\n", "|"),
    "quotation marks": ('"sep=;"\n', ";"),
    "separator in quotation marks": ('sep=";"\n', ";"),
    "cells behind": ("sep=;;;\n", ";"),
    "blanks behind": ("sep=; \n", ";"),
}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(("line", "separator"), SEPARATOR_LINES.values(), ids=SEPARATOR_LINES)
def test_line_of_excel_names_the_separator(line: str, separator: str, codec: str) -> None:
    parsed = read_text(f"{line}Term{separator}Definition\na - b c{separator}d. e".encode(codec))
    assert [(card.term, card.definition) for card in parsed] == [("a - b c", "d. e")]
    assert parsed.separator == separator
    assert str(parsed.report.notices[0]).startswith("row 2: The first row")


def test_chosen_separator_is_stronger_than_that_of_the_line() -> None:
    assert sides("sep=;\na,b;c", separator=",") == [("a", "b;c")]


def test_words_that_look_like_the_line_stay_a_card() -> None:
    assert sides("sep = September\noct = October", separator="=") == [
        ("sep", "September"),
        ("oct", "October"),
    ]
    assert sides("sep=September\noct=October", separator="=") == [("sep", "September"), ("oct", "October")]


LINES = "ir\tvoy\nvas, siempre\nva - así\n\nser\tsoy\neres\n"


def test_rows_without_a_separator_continue_the_definition_before() -> None:
    parsed = read_text(LINES)
    assert [(card.term, card.definition) for card in parsed] == [
        ("ir", "voy\nvas, siempre\nva - así"),
        ("ser", "soy\neres"),
    ]
    assert parsed.joins
    assert any("without a separator" in notice.message for notice in parsed.report.notices)


def test_one_definition_may_have_all_other_rows() -> None:
    lines = "\n".join(f"line {number}, with a comma - and a dash" for number in range(30))
    assert sides(f"poem\t{lines}\nsong\tla") == [("poem", lines), ("song", "la")]


def test_definition_may_begin_in_the_next_row_and_have_empty_rows() -> None:
    assert sides("a\t\nb\n\n\nc\n\nd\te") == [("a", "b\n\nc"), ("d", "e")]


def test_continued_rows_are_only_as_long_as_a_row() -> None:
    long = "\n".join(["x" * 999] * 300)
    parsed = read_text(f"a\tb\n{long}\nc\td", TextOptions(join=True))
    assert [card.term for card in parsed][-1] == "c"
    assert parsed.report.skipped["cards that are too long"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\nonly\n\tback",  # One side may be empty here.
        "Title\na\tb\nc\td",  # There is no row before.
        "a\tb\nc\t\nd\te\nf",  # A definition is missing.
        "one\ntwo\nthree",
        "a - b\nc - d\nonly",  # Somebody forgot a definition.
    ],
)
def test_rows_are_not_continued_where_a_side_may_be_missing(text: str) -> None:
    parsed = read_text(text)
    assert not parsed.joins
    assert len(list(parsed)) == len([row for row in text.split("\n") if row])


def test_rows_are_continued_with_other_separators_if_there_are_many() -> None:
    assert sides("a - b\nb\nc - d\nd") == [("a", "b\nb"), ("c", "d\nd")]
    # In a CSV they would be in quotation marks.
    assert len(sides("a,b\nb\nc,d\nd", is_csv=True)) == 4


def test_continuing_can_be_chosen_and_switched_off() -> None:
    assert sides("Title\na, b\nmore\n", join=True) == [("Title", ""), ("a", "b\nmore")]
    assert ("eres", "") in sides(LINES, separator="\t", join=False)
    # Our own exports have their lines in quotation marks.
    assert sides("term (Markdown)\tdefinition (Markdown)\na\tb\nonly", join=True)[1:] == [("only", "")]


def test_continued_rows_are_read_on_from_every_place() -> None:
    parsed = read_text(LINES)
    units = list(parsed.units(None, Report(), None))
    for number, (_, place) in enumerate(units):
        again = [cards for cards, _ in parsed.units(place, Report(), None)]
        assert [card for cards in again for card in cards] == [
            card for cards, _ in units[number + 1 :] for card in cards
        ]


IS_HTML = (
    "a\tb<br>c",
    "<b>a</b>\tb",
    "a\t<div>b</div>",
    "a\tb\n" * 40 + "a\t<i>b</i>",
    "a\t<img src=x.jpg> b",
)
IS_PLAIN = (
    "x < y\ty > x",
    "List<String>\tgeneric",
    "AT&amp;T\tfirm",
    "a<b\tb>c",
    "<br>\tbegins a line\n<b>\tis bold",
    "#html:false\na\tb<br>c",
)


@pytest.mark.parametrize("text", IS_HTML)
def test_text_with_tags_is_html(text: str) -> None:
    parsed = read_text(text)
    assert parsed.is_html
    assert not any("<b" in card.term + card.definition for card in parsed)


@pytest.mark.parametrize("text", IS_PLAIN)
def test_text_without_tags_or_about_them_is_plain(text: str) -> None:
    assert not read_text(text).is_html


def test_markup_can_be_chosen() -> None:
    text = "a\t**b**<br>c"
    assert sides(text) == [("a", "\\*\\*b\\*\\*\nc")]
    assert sides(text, html=False, markdown=False) == [("a", "\\*\\*b\\*\\*\\<br>c")]
    assert sides(text, markdown=True) == [("a", "**b**<br>c")]
    assert sides("a\tb &amp; c", html=True) == [("a", "b & c")]


pieces = st.lists(
    st.sampled_from(
        [
            "\t",
            ",",
            ";",
            "\n",
            '"',
            "sep=",
            "#html:true\n",
            "#notetype:",
            "Front",
            "Back",
            "tags",
            "a",
            "<b>",
            "{{c1::",
        ]
    ),
    max_size=15,
).map("".join)


@given(pieces.filter(str.strip), st.booleans(), st.sampled_from([None, True, False]))
def test_any_text_is_read_the_same_from_every_place(text: str, swap: bool, join: bool | None) -> None:
    parsed = read_text(text, TextOptions(swap=swap, join=join), limits=GUEST)
    units = list(parsed.units(None, Report(), None))
    for number, (_, place) in enumerate(units):
        rest = [card for cards, _ in parsed.units(place, Report(), None) for card in cards]
        assert rest == [card for cards, _ in units[number + 1 :] for card in cards]
