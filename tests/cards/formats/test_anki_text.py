"""Anki's text exports: their lines with ``#``, and notes that become the cards that a package gives."""

import pytest

from cards.formats.delimited.anki_text.stock import NAMES, stock_kind
from cards.formats.delimited.reader import TextOptions, read_text
from cards.formats.types import ParsedCard
from tests.cards.formats.packages import BASIC, CLOZE, REVERSED, cards_of, counted, note, package

HEAD = "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n"


def told(cards: list[ParsedCard]) -> list[tuple[object, ...]]:
    """What a learner would notice of the cards."""
    return [
        (card.term, card.definition, card.key, set(card.accepted_definitions), card.side_choice, card.tags)
        for card in cards
    ]


NOTES = {
    "two deletions": (
        "Cloze",
        CLOZE,
        "{{c1::Rome}} is in {{c2::Italy::country}}",
        "on the <b>Tiber</b>",
        [0, 1],
    ),
    "nested, and one number twice": ("Cloze", CLOZE, "{{c1::a {{c2::b}}}} c {{c1::d}}", "", [0, 1]),
    "in a formula": ("Cloze", CLOZE, r"\({{c1::x^2}} + {{c3::y}}\)", "", [0, 2]),
    "lines": ("Cloze", CLOZE, "one<br>{{c2::two}}", "a<br>b", [1]),
    "one direction": ("Basic", BASIC, "sun", "star", [0]),
    "both directions": ("Basic (and reversed card)", REVERSED, "sun", "star", [0, 1]),
    "braces on a note without deletions": ("Basic", BASIC, "{{c1::Rome}}", "x", [0]),
}


@pytest.mark.parametrize(("name", "kind", "first", "second", "ords"), NOTES.values(), ids=NOTES)
def test_note_becomes_the_cards_of_a_package(
    name: str, kind: int, first: str, second: str, ords: list[int]
) -> None:
    text = f"{HEAD}g1\t{name}\t{first}\t{second}\n"
    expected = cards_of(package([note([first, second], kind=kind, guid="g1", ords=ords)]))
    assert told(list(read_text(text))) == told(expected)


@pytest.mark.parametrize(
    ("field", "html"),
    [
        (r"an \(x^2\) here", ""),
        (r"\[a < b & c\]", r"\[a &lt; b &amp; c\]"),
        (r"\(x\) <b> *y* [$]z[/$]", r"\(x\) &lt;b&gt; *y* [$]z[/$]"),
        (r"[latex]$a < b$[/latex] c", r"[latex]$a &lt; b$[/latex] c"),
    ],
)
def test_formulas_in_plain_text_are_those_of_a_package(field: str, html: str) -> None:
    head = HEAD.replace("html:true", "html:false")
    cards = list(read_text(f"{head}g1\tBasic\tq\t{field}\n"))
    assert told(cards) == told(cards_of(package([note(["q", html or field], guid="g1")])))
    assert "$" in cards[0].definition


def test_formulas_of_several_lines_and_signs_of_no_formula_in_plain_text() -> None:
    head = HEAD.replace("html:true", "html:false")
    rows = 'g1\tBasic\tq\t"one\n\\[x\n+ y\\]\ntwo"\ng2\tBasic\ta \\( b\t[c] $d$\n'
    assert [(card.term, card.definition) for card in read_text(head + rows)] == [
        ("q", "one\n$$x + y$$\ntwo"),
        ("a \\\\( b", "[c] \\$d\\$"),
    ]
    # A text that is not Anki's has no such formulas.
    (card,) = read_text("q\t\\(x\\)")
    assert card.definition == "\\\\(x\\\\)"


def test_deletions_are_found_in_any_text() -> None:
    plain = read_text("{{c1::Rome}} is in {{c2::Italy}}\tEurope, *south*\nsun\tstar")
    assert [(card.term, card.definition) for card in plain] == [
        ("[...] is in Italy", "Rome\n\nEurope, \\*south\\*"),
        ("Rome is in [...]", "Italy\n\nEurope, \\*south\\*"),
        ("sun", "star"),
    ]
    assert any("deletions" in notice.message for notice in plain.report.notices)
    behind = read_text("Geography\t{{c1::Rome}} is in Italy")
    assert [(card.term, card.definition) for card in behind] == [("Geography\n\n[...] is in Italy", "Rome")]


def test_sentences_with_deletions_are_not_split_at_their_commas() -> None:
    text = "The {{c1::cat}}, big - and old, sat.\nThe {{c1::dog}}, small, ran.\n"
    assert [(card.term, card.definition) for card in read_text(text)] == [
        ("The [...], big - and old, sat.", "cat"),
        ("The [...], small, ran.", "dog"),
    ]
    (card,) = read_text('"{{c1::Rome}}, Italy",Europe\n', TextOptions(is_csv=True))
    assert card.definition == "Rome\n\nEurope"


def test_deletion_with_the_number_0_is_a_text() -> None:
    (card,) = read_text("{{c0::Rome}}\tb")
    assert (card.term, card.definition) == ("{{c0::Rome}}", "b")


def test_our_own_exports_keep_their_braces() -> None:
    (card,) = read_text("term (Markdown)\tdefinition (Markdown)\n{{c1::a}}\tb")
    assert card.term == "{{c1::a}}"


def test_note_with_a_third_field_asks_for_both_sides() -> None:
    head = "#separator:tab\n#notetype column:1\n"
    rows = "Basic (optional reversed card)\ta\tb\ty\nBasic (optional reversed card)\tc\td\t\n"
    parsed = read_text(head + rows)
    assert [(card.definition, card.side_choice) for card in parsed] == [("b", "both"), ("d", "definition")]
    assert not parsed.report.skipped


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Basic", "single"),
        ("basic (type in the answer)", "single"),
        ("Einfach (und die umgekehrte Richtung)", "both"),
        ("Basic (and reversed card)-1a2b3", "both"),
        ("Cloze+", "cloze"),
        ("Cloze copy", "cloze"),
        ("填空题", "cloze"),
        ("基本型（含反向卡片）", "both"),
        ("My vocabulary", ""),
        ("Basics of law", ""),
        ("-" * 100_000, ""),
    ],
)
def test_own_note_types_of_anki_are_known_by_name(name: str, kind: str) -> None:
    assert stock_kind(name) == kind


def test_no_name_is_of_two_types() -> None:
    assert len({name.casefold() for names in NAMES.values() for name in names}) == sum(
        len({name.casefold() for name in names}) for names in NAMES.values()
    )


def test_drawings_are_counted() -> None:
    counts = counted(read_text(HEAD + "g\tX\t{{c1::image-occlusion:rect:left=.1}}\tmap.png\n"))
    assert (counts.cards, counts.report.skipped) == (0, {"image occlusion cards": 1})


def test_note_with_too_many_deletions_is_left_out() -> None:
    long = "".join(f"{{{{c{number}::word}}}}" for number in range(1, 999)) + "x" * 5_000
    counts = counted(read_text(f"{HEAD}g\tCloze\t{long}\t\n"))
    assert counts.report.skipped == {"notes that are too large": 1}


HEADS = {
    "columns by name": ("#columns:Back\tFront\tTags\nb\ta\tx y\n", ("x", "y")),
    "columns without names": ("#columns:One\tTwo\tThree\na\tb\tc\n", ()),
    "tags behind the fields": ("#notetype:Basic\na\tb\tx y\n", ("x", "y")),
    "cells behind": ("#separator:Semicolon;;;\n#tags column:3;;;\na;b;x y\n", ("x", "y")),
    "comments between": ("# made by hand\n#separator:Pipe\n#unknown:1\n# more\n#tags:x y\na|b\n", ("x", "y")),
    "tags for all": ("tags: x y\na\tb\n", ("x", "y")),
    "a note type in each row": ("#notetype:Basic\n#notetype column:1\nBasic\ta\tb\tx y\n", ()),
    "capitals": ("#SEPARATOR:Comma\n#Tags Column: 1\nx y,a,b\n", ("x", "y")),
}


@pytest.mark.parametrize(("text", "tags"), HEADS.values(), ids=HEADS)
def test_lines_at_the_beginning_are_followed(text: str, tags: tuple[str, ...]) -> None:
    assert [(card.term, card.definition, card.tags) for card in read_text(text)] == [("a", "b", tags)]


def test_column_far_away_makes_no_columns() -> None:
    assert len(read_text("#tags column:100\na\tb").columns) > 2
    assert len(read_text("#tags column:101\na\tb").columns) == 2


def test_lines_of_no_settings_are_cards() -> None:
    assert [card.term for card in read_text("# one\t1\n# two\t2")] == ["\\# one", "\\# two"]


def test_deck_and_note_type_of_all_notes() -> None:
    (card,) = read_text("#deck:Bio::Cells\n#notetype:Basic (and reversed card)\n#html:false\na\tb<br>")
    assert (card.deck, card.side_choice, card.definition) == (("Bio", "Cells"), "both", "b\\<br>")


@pytest.mark.parametrize(
    ("row", "side"), [("a\tb", "both"), ("\tb", "term"), ("<br>\tb", "term"), ("a\t<br>", "definition")]
)
def test_empty_question_is_not_asked_for(row: str, side: str) -> None:
    (card,) = read_text(f"#separator:tab\n#html:true\n#notetype:Basic (and reversed card)\n{row}\n")
    assert card.side_choice == side


@pytest.mark.parametrize(("name", "tag"), [("Studysite", 'a::"b"'), ("Basic", "a∷ˮbˮ")])
def test_signs_in_tags_are_turned_back_on_our_own_notes_alone(name: str, tag: str) -> None:
    (card,) = read_text(f"#separator:tab\n#notetype column:1\n#tags column:4\n{name}\ta\tb\ta∷ˮbˮ\n")
    assert card.tags == (tag,)


def test_columns_can_be_chosen_over_those_of_anki() -> None:
    chosen = ("key", "", "definition", "term")
    (card,) = read_text(HEAD + "g\tMine\ta\tb\n", TextOptions(columns=chosen))
    assert (card.term, card.definition, card.key) == ("b", "a", "g")
