"""Anki's card templates: what is hidden, what an answer repeats, and where a deletion ends."""

import pytest

from cards.formats.anki import cloze, notes, templates
from cards.formats.anki.reader import read_anki
from cards.formats.anki.repeats import without_question
from cards.formats.markdown.from_html import Converted, convert
from cards.formats.types import ImageRef, ParsedCard, Report
from tests.cards.formats import packages
from tests.cards.formats.packages import BASIC, CLOZE, cards_of, note, package

FIELDS = ("Front", "Back", "Hint")
PLAIN = ("{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}")


@pytest.fixture
def type_with(monkeypatch: pytest.MonkeyPatch):
    """Gives the basic note type another template, and returns the cards of some notes."""

    def made(question: str, answer: str, *notes: tuple[str, ...]) -> list[ParsedCard]:
        types = packages.NOTE_TYPES | {BASIC: ("Basic", FIELDS, [(question, answer)], False)}
        monkeypatch.setattr(packages, "NOTE_TYPES", types)
        return cards_of(package([note([*fields, "", ""][:3], guid=str(n)) for n, fields in enumerate(notes)]))

    return made


# --- Filters


def test_hint_is_hidden_on_the_question_and_shown_on_the_answer(type_with) -> None:
    (card,) = type_with("{{Front}}<br>{{hint:Hint}}", "{{FrontSide}}<hr id=answer>{{Back}}", ("q", "a", "h"))
    assert (card.term, card.definition) == ("q", "a")
    (card,) = type_with("{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}<br>{{hint:Hint}}", ("q", "a", "h"))
    assert (card.term, card.definition) == ("q", "a\nh")


def test_hint_in_a_chain_of_filters_is_hidden(type_with) -> None:
    (card,) = type_with("{{Front}} {{hint:furigana:Hint}}", PLAIN[1], ("q", "a", " 水[みず]"))
    assert card.term == "q"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{text:Front}}", "bold x"),
        ("{{unknown:Front}}", "**bold** x"),
        ("<!-- {{Back}} -->{{Front}}", "**bold** x"),
        ("{{=<% %>=}}<%Front%>", "**bold** x"),
        ("{{#Deck}}{{Front}}{{/Deck}}{{^Type}}never{{/Type}}", "**bold** x"),
        ("{{kanji:Hint}}", "水 x[sound:a.mp3]"),
    ],
)
def test_filters_and_signs_of_templates(template: str, text: str) -> None:
    fields = templates.Fields({"Front": "<b>bold</b> x", "Hint": " 水[みず] x[sound:a.mp3]"})
    made = templates.render(templates.parse(templates.normal(template)), fields).strip()
    assert (made if "[" in text else convert(made).text) == text


def test_fields_that_a_template_shows_again_and_again_have_an_end() -> None:
    fields = templates.Fields({"Front": "abc", "Back": "d"}, room=4)
    assert templates.render(templates.parse("{{Front}}{{Front}}{{Back}}"), fields) == "abcd"


# --- Repeated questions


STYLED = '<div class="front small">{{Front}}</div><div class=back>{{Back}}</div>'


@pytest.mark.parametrize(
    "answer",
    [
        STYLED,
        "<b>{{Front}}</b>: {{Back}}",
        "{{#Front}}<h1>{{Front}}</h1>{{/Front}}<hr>{{Back}}",
        "<div>{{furigana:Front}}</div>{{Back}}",
        "<h2>{{Front}}</h2><hr>A: {{Back}}",
    ],
)
def test_question_in_another_style_is_no_part_of_the_definition(type_with, answer: str) -> None:
    """Seen in the template alone, even for one note."""
    (card,) = type_with("<h2>{{Front}}</h2>", answer, ("Hund", "dog"))
    assert card.definition == "dog"


def test_other_signs_around_fields_are_read_on_both_sides(type_with) -> None:
    signs = "{{=<% %>=}}"
    (card,) = type_with(f"{signs}<%Front%>", f"{signs}<%FrontSide%><hr id=answer><%Back%>", ("q", "a"))
    assert (card.term, card.definition) == ("q", "a")


def test_answer_of_the_questions_fields_alone_stays(type_with) -> None:
    (card,) = type_with("{{kanji:Front}}", "{{furigana:Front}}", (" 水[みず]",))
    assert (card.term, card.definition) == ("水", "水(みず)")


@pytest.mark.parametrize(
    "repeat",
    [
        "{0} – {1}",
        "<i>{0}</i><br>{1}",
        "<div>{0}</div><div>{1}</div>",
        "{1}<br>{0}",
        "<b>{0}</b>: {1}",
        "{0}: {1}",
    ],
)
def test_field_that_repeats_the_question_in_nearly_all_notes(type_with, repeat: str) -> None:
    pairs = [
        ("Hund", "dog"),
        ("Katze", "cat"),
        ("die <b>Maus</b>", "mouse"),
        ("Pferd", "horse"),
        ("Kuh", "cow"),
    ]
    notes = [(front, repeat.format(front, back)) for front, back in pairs]
    cards = type_with(*PLAIN, *notes, ("Esel", "donkey"))
    assert [card.definition for card in cards] == ["dog", "cat", "mouse", "horse", "cow", "donkey"]


def test_question_with_readings_in_another_field(type_with) -> None:
    words = [("食べる", " 食[た]べる", "eat"), ("犬", "犬[いぬ]", "dog"), ("お茶", "お 茶[ちゃ]", "tea")]
    notes = [(word, meaning, reading) for word, reading, meaning in words]
    cards = type_with("{{Front}}", "{{furigana:Hint}}<br>{{Back}}", *notes)
    assert [card.definition for card in cards] == ["eat", "dog", "tea"]


def test_cognates_stay(type_with) -> None:
    notes = [("Hotel", "hotel"), ("Hand", "hand."), ("Arm", "ARM"), ("Wind", "wind<br>noun")]
    cards = type_with(*PLAIN, *notes)
    assert [card.definition for card in cards] == ["hotel", "hand.", "ARM", "wind\nnoun"]


def test_beginning_that_some_notes_share_stays(type_with) -> None:
    """Two of four begin with their term: by chance, or because it belongs there."""
    notes = [("cell", "cell<br>of a battery"), ("ion", "an atom"), ("ATP", "energy"), ("gas", "gas: a state")]
    cards = type_with(*PLAIN, *notes)
    assert [card.definition for card in cards] == ["cell\nof a battery", "an atom", "energy", "gas: a state"]


def test_two_notes_are_no_rule(type_with) -> None:
    cards = type_with(*PLAIN, ("a", "a: 1"), ("b", "b: 2"))
    assert [card.definition for card in cards] == ["a: 1", "b: 2"]


def test_principal_parts_stay(type_with) -> None:
    """What people have written themselves, after a sign that separates nothing."""
    notes = [("go", "go, went, gone"), ("see", "see, saw, seen"), ("x", "x - y"), ("Haus", "Haus/Häuser")]
    cards = type_with(*PLAIN, *notes)
    assert [card.definition for card in cards] == [definition for _, definition in notes]


@pytest.mark.parametrize(
    ("answer", "definition"),
    [
        ("{{Back}}<hr>{{Front}}", "dog"),
        ("{{Back}} <i>({{Front}})</i>", "dog"),
        ("{{Front}} is not {{Back}}", "is not dog"),
        ("{{Front}} means: {{Back}}", "dog"),
        ("{{Front}}<br>Meaning {{Back}}", "dog"),
        ("{{#Hint}}{{Hint}}{{/Hint}}{{Back}}<br>{{Front}}", "hdog"),
    ],
)
def test_question_at_the_end_and_words_between(type_with, answer: str, definition: str) -> None:
    (card,) = type_with("{{Front}}", answer, ("Hund", "dog", "h"))
    assert card.definition == definition


def test_second_direction_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "<b>{{Front}}</b> {{Back}}"
    both = [("{{Front}}", answer), ("{{Back}}", answer)]
    types = packages.NOTE_TYPES | {BASIC: ("Basic", FIELDS, both, False)}
    monkeypatch.setattr(packages, "NOTE_TYPES", types)
    (card,) = cards_of(package([note(["q", "a", ""], ords=[0, 1])]))
    assert (card.term, card.definition, card.side_choice) == ("q", "a", "both")


def test_definitions_that_only_begin_with_the_letters_stay(type_with) -> None:
    notes = [("go", "goes"), ("see", "sees"), ("run", "runs"), ("sit", "sits")]
    assert [card.definition for card in type_with(*PLAIN, *notes)] == ["goes", "sees", "runs", "sits"]


@pytest.mark.parametrize(
    ("question", "answer", "rest"),
    [
        ("a", "a", None),
        ("a", "b", None),
        ("", "b", None),
        ("a b", "**a** b\n\nc", "c"),
        ("a", "b\n\n*a*\n\nc", "b\n\nc"),
        ("a", "**a b**", None),
        ("a", "**a: b**", None),
        ("5", "5 - 3", None),
        ("go", "go, went, gone", None),
        ("Haus", "Haus/Häuser", None),
        ("a", "a=-b", None),
        ("cat", "| cat | Katze |\n| --- | --- |", None),
        ("x", "x\n- one\n- two", "- one\n- two"),
        ("食べる", "食(た)べる\nto eat", "to eat"),
        ("犬", "to bark\n\n**犬**\\[いぬ\\]\n\ndog", "to bark\n\ndog"),
        ("汉字", "汉(hàn)字(zi4): character", "character"),
        ("食(た)べる", "食べる\nto eat", "to eat"),
        ("犬", "犬(dog)\nnoun", None),
        ("水", "水(みず)", None),
        ("水", "水\n(みず)\nwater", "(みず)\nwater"),
        ("水", "水(1)\nwater", None),
        ("dog", "DOG.\nan animal", "an animal"),
        ("The dog.", "**the dog**: an animal", "an animal"),
        ("犬", "an animal\n*犬*。", "an animal"),
        ("5", "5\\.\nfive", "five"),
        ("Straße", "STRASSE\nroad", None),
        ("Hotel", "hotel.", None),
        ("dog", "DOG. An animal", None),
        ("go", "Go, went, gone.", None),
    ],
)
def test_rest_of_an_answer(question: str, answer: str, rest: str | None) -> None:
    found = without_question(Converted(question), Converted(answer))
    assert (found and found.text) == rest


def test_image_of_the_question_is_not_repeated() -> None:
    heart, vein = ImageRef("heart.png"), ImageRef("vein.png")
    found = without_question(Converted("", [heart]), Converted("the heart", [heart, vein]))
    assert found is not None
    assert (found.text, found.images) == ("the heart", [vein])


def test_rule_is_the_same_in_every_slice(type_with) -> None:
    """It is found by the first notes, whichever note a slice begins with."""
    notes = [(f"term {n}", f"term {n}: definition {n}") for n in range(6)] + [("other", "other")]
    type_with(*PLAIN, *notes)
    data = package([note([*fields, ""], guid=str(n)) for n, fields in enumerate(notes)])
    with read_anki(data) as parsed:
        whole = [card.definition for card in parsed]
        place = None
        for count in range(len(notes)):
            (card,), place = next(parsed.make_units(parsed.report, place))
            assert card.definition == whole[count]
    assert whole == [*(f"definition {n}" for n in range(6)), "other"]


# --- Deletions in formulas


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (r"\({{c1::\frac{1}{2}}}\)", r"\(\frac{1}{2}\)"),
        (r"\(x={{c1::\frac{1}{\sqrt{2}}}}\)", r"\(\frac{1}{\sqrt{2}}\)"),
        (r"[$]{{c1::x_{1}}}[/$]", r"[$]x_{1}[/$]"),
        (r"\({{c1::\{1,2\}}}\)", r"\(\{1,2\}\)"),
        (r"\({{c1::a{{c2::b^{3}}}}}\)", r"\(ab^{3}\)"),
        (r"\({{c1::\frac{1}{2}::half}}\)", r"\(\frac{1}{2}\)"),
        (r"\({{c1::\frac{1}{\sqrt{2}}+x}}\)", r"\(\frac{1}{\sqrt{2}}+x\)"),
        (r"\({{c1::x\right\}}}\)", r"\(x\right\}\)"),
        # The formula is in the deletion.
        (r"{{c1::\(\frac{1}{\sqrt{2}}\)}} end", r"\(\frac{1}{\sqrt{2}}\)"),
        (r"{{c1::\(x_{a_{b}}\)}}", r"\(x_{a_{b}}\)"),
        (r"{{c1::[$]x_{a_{b}}[/$], \[y_{c_{d}}\] e::hint}} {{c2::f}}", r"[$]x_{a_{b}}[/$], \[y_{c_{d}}\] e"),
        (r"{{c1::\(x_{y_{z}}\)}} and {{c2::\(a", r"\(x_{y_{z}}\)"),
        (r"{{c1::\({{cos x}}\)}}", r"\({{cos x}}\)"),
        (r"{{c1::\(a {{c2::b}} c\)}}", r"\(a b c\)"),
        (r"{{c2::\(a {{c1::b_{c_{d}}}} e_{f_{g}}\)}}", r"\(b_{c_{d}}\)"),
        (r"{{c1::a \(x_{y_{z}}\) {{c2::\(b_{c_{d}}\)}} e}}", r"a \(x_{y_{z}}\) \(b_{c_{d}}\) e"),
        # As Anki: a formula without an end, or whose end is that of another one.
        (r"{{c1::\(a}} b", r"\(a"),
        (r"{{c1::\(a}} and {{c2::\(b\)}}", r"\(a"),
        (r"{{c1::\(x_{a}} and \(b\)", r"\(x_{a"),
        (r"{{c1::\(x_{a_{b}} and {{c2::c}}", r"\(x_{a_{b"),
        # As Anki: a deletion without an end behind the formula.
        (r"{{c1::\(x_{a_{b}}\) end", r"\(x_{a_{b"),
        # As Anki: a brace that is missing, and braces that are no formula's.
        (r"\({{c1::x^{2}} + y\)", r"\(x^{2\)"),
        ("{{c1::{a}}}", "{a"),
        ("{{c1::a}}}", "a"),
    ],
)
def test_deletion_ends_behind_its_formulas_own_braces(text: str, hidden: str) -> None:
    assert cloze.answers(text, 1) == [hidden]


def test_field_without_the_cards_deletion_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Anki: otherwise the other fields of an overlapping cloze would show the answer."""
    template = "{{cloze:Text}} {{cloze:Extra}}"
    types = packages.NOTE_TYPES | {packages.CLOZE: ("Cloze", ("Text", "Extra"), [(template, template)], True)}
    monkeypatch.setattr(packages, "NOTE_TYPES", types)
    fields = ["{{c1::Mercury}}, ...", "Mercury, {{c2::Venus}}"]
    cards = cards_of(package([note(fields, kind=packages.CLOZE, ords=[0, 1])]))
    assert [(card.term, card.definition) for card in cards] == [
        ("[...], ...", "Mercury"),
        ("Mercury, [...]", "Venus"),
    ]


def test_typed_deletion_alone_is_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    types = packages.NOTE_TYPES | {
        packages.CLOZE: ("Cloze", ("Text", "Extra"), [("{{type:cloze:Text}}", "{{type:cloze:Text}}")], True)
    }
    monkeypatch.setattr(packages, "NOTE_TYPES", types)
    (card,) = cards_of(package([note(["{{c1::Paris}} is in France", ""], kind=packages.CLOZE)]))
    assert card.definition == "Paris"


# --- What is left out


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display: none">b</span>',
        '<div style="color:red;display:none"><div>b</div>b</div>',
        "<div hidden>b</div>",
        '<p class=x hidden="">b</p>',
        '<img src="b.png" hidden>',
    ],
)
def test_what_browsers_hide_is_left_out(hidden: str) -> None:
    assert convert(f"a{hidden}c") == Converted("ac")


def test_hidden_word_in_a_class_hides_nothing() -> None:
    assert convert('<span class="hidden none">b</span>').text == "b"


def test_code_begins_at_its_first_line() -> None:
    assert convert("\n\n<pre><code>x\n  y</code></pre>").text == "```\nx\n  y\n```"


def test_brackets_for_browsers_without_ruby_are_left_out() -> None:
    assert convert("<ruby>日本<rp>(</rp><rt>にほん</rt><rp>)</rp></ruby>").text == "日本(にほん)"


def test_drawings_are_counted() -> None:
    drawing = "<svg viewBox='0 0 1 1'><path d='M0'/><text>x</text></svg>"
    with read_anki(package([note([f"q {drawing}", f"a{drawing}{drawing}"])])) as parsed:
        (card,) = parsed
        assert (card.term, card.definition, parsed.report.skipped) == ("q", "a", {"drawings (SVG)": 3})


def test_page_of_a_dictionary_is_cut_down_to_its_text() -> None:
    word = "<style>.a{color:red}</style>\n\t<span lang=de>Wort</span>"
    entry = f'<div class="entry x y" data-id="12345678">{word}</div>'
    page = "<script>" + "var x = 1;" * 5_000 + "</script>" + entry * 1_500
    assert len(page) > 150_000
    assert convert(page).text == "\n".join(["Wort"] * 1_500)


def test_attributes_that_are_read_survive_a_long_page() -> None:
    padding = f"<i class='{'x' * 200}'>a</i>" * 600
    made = convert(f'{padding}<img src="b.png" alt="B &amp; C" class=x><a href="http://x.y">z</a>')
    assert made.images == [ImageRef("b.png", "B & C")]
    assert made.text.endswith("[z](<http://x.y>)")


LONG = "x" * 300
UNREAD = {
    "style": f"<style>{LONG}</style>word",
    "attribute": f"<b class='{LONG}'>bold</b>",
    "hidden": f"a<div hidden>{LONG}</div>b",
    "comment": f"a<!--{LONG}-->b",
    "drawing": f"a<svg>{LONG}</svg>b",
    "images": f"<img class={LONG} src='b &amp;.png' alt='B'><img src='data:image/png;base64,{LONG}'>a",
    "link and list": f"<a class={LONG} href=http://x.y/z>z</a><ol class=x start='3'><li>c</ol>",
    "element that is alone": f"a<style class={LONG} />b",
    "formulas": f"<i class={LONG}></i>\\(a<b\\) and c>d <anki-mathjax class=x block=true>x</anki-mathjax>",
    "deletion": f"{{{{c1::<style>a{{b:{LONG}}}</style>word::hint}}}} end",
    "code": f"<pre class={LONG}>a\n  b</pre>",
}


@pytest.mark.parametrize("field", UNREAD.values(), ids=UNREAD)
def test_long_note_is_read_as_a_short_one(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    kind = CLOZE if "{{c" in field else BASIC
    data = package([note(["q", field] if kind == BASIC else [field, ""], kind=kind)], media={"b &.png": b"x"})
    with read_anki(data) as parsed:
        whole, left_out = list(parsed), parsed.report.skipped
    monkeypatch.setattr(notes, "MAX_NOTE", 200)
    with read_anki(data) as parsed:
        assert (list(parsed), parsed.report.skipped) == (whole, left_out)
        assert whole


def test_deletions_that_are_not_shown_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MAX_NOTE", 200)
    data = package([note([f"{{{{c1::a}}}}<i hidden>{LONG}{{{{c2::b}}}}</i>", ""], kind=CLOZE, ords=[0, 1])])
    with read_anki(data) as parsed:
        assert not list(parsed)
        assert parsed.report.skipped == {"notes that are too large": 1}


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (f"<i class=x>{LONG}</i>", "The note has 309 characters; at most 200 are read."),
        (f"<style>{LONG}{LONG}</style>a", "The note has 618 characters; at most 500 are read."),
    ],
)
def test_long_note_is_told_as_it_was_counted(monkeypatch: pytest.MonkeyPatch, field: str, why: str) -> None:
    report = Report()
    monkeypatch.setattr(notes, "MAX_NOTE", 200)
    assert notes.read_note((1, "guid", 1, "", f"q\x1f{field}"), report, looked_at=500) is None
    assert [notice.message for notice in report.notices] == [why]
