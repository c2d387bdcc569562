"""Judging typed answers: a table of labelled cases, and properties for all texts."""

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.distractors.appearance import appearance_of
from sessions_app.study.distractors.similarity import names
from sessions_app.study.distractors.twins import are_twins, weights_of
from sessions_app.study.judging import Judgement, Reason, judge
from sessions_app.study.judging.reasons import TEXTS
from sessions_app.study.questions.grading import lines_of
from sessions_app.study.text import word_lists
from sessions_app.study.types import Side, StudyCard, Verdict

CASES_FILE = Path(__file__).with_name("answers.txt")
DOCS = Path(__file__).parents[3] / "docs" / "answers.md"

# Surrogates and NUL included: a client may send anything.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
TRICKY = st.text(st.sampled_from("aZ0 9.,;:/$\\^{}()-'’é\u0301½²xX×=\x00\ud800ßıﬁ٣中が％"), max_size=25)
GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώΐΰΥϒἐῥ"
# Letters that fold to others, or that only look like them.
LOOKALIKES = "ıİſKÅµßẞŉǰẖⅠⅳ²½٣𝟛"
HALF_TYPED = st.lists(
    st.sampled_from(
        r"\frac \frac{ \frac{} \frac{a}{} \frac12 {} } { ^ ^{ _ _{ \sqrt{ \left( $ \text{ \upsilon \omicron \ &"
        r" 5 10^ ×10⁻ 1,000 1/ e9 mıllion billion kg % 4 July 1776- . chapter ı ii x the not ; / ( )".split()
    )
    | st.sampled_from([*GREEK, *LOOKALIKES, " ", "\u0345", "\u202e"]),
    max_size=8,
)
PIECED = st.builds(str.join, st.sampled_from(["", " "]), HALF_TYPED)
TEXTS_OF_ALL_KINDS = ANY_TEXT | TRICKY | PIECED


def sections() -> dict[str, list[tuple[str, str, str]]]:
    """The labelled cases under their headings."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in CASES_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            rows = found.setdefault(line[2:], [])
        elif line:
            verdict, response, answer = line.split(" | ", 2)
            rows.append((verdict, response, answer))
    return found


SECTIONS = sections()
CASES = [case for cases in SECTIONS.values() for case in cases]


@pytest.mark.parametrize("heading", SECTIONS)
def test_labelled_cases_are_judged_as_labelled(heading):
    misjudged = []
    for verdict, response, answer in SECTIONS[heading]:
        found = judge(response, answer).verdict
        if found != verdict and not (verdict == "refused" and found is not Verdict.CORRECT):
            misjudged.append((verdict, found.value, response, answer))
    assert not misjudged


@pytest.mark.parametrize(
    ("response", "answer", "reason"),
    [
        ("Paris", "Paris.", Reason.EXACT),
        ("hound", "dog; hound", Reason.ALTERNATIVE),
        ("cafe", "café", Reason.ACCENT),
        ("dog", "the dog", Reason.ARTICLE),
        ("colour", "color", Reason.SPELLING),
        ("recieve", "receive", Reason.TYPO),
        ("1000", "1,000", Reason.NUMBER),
        ("4 July 1776", "July 4, 1776", Reason.DATE),
        ("Henry the Eighth", "Henry VIII", Reason.SPELLING),
        ("SO4^2-", "SO₄²⁻", Reason.FORMULA),
        ("x²", "$x^2$", Reason.FORMULA),
        ("not contagious", "contagious", Reason.NEGATION),
        ("hyponym", "hypernym", Reason.CONFUSED),
        ("CO", "Co", Reason.CASE),
        ("L1", "L2", Reason.SYMBOL),
        (" \t", "Paris", Reason.EMPTY),
        ("\u200b", "Paris", Reason.EMPTY),
        ("Paris, France", "Paris", Reason.UNSURE),
        ("Berlin", "Paris", Reason.WRONG),
        ("it makes sugar", "the way in which all green plants make sugar out of light", Reason.LONG),
    ],
)
def test_judgement_gives_the_expected_reason(response, answer, reason):
    assert judge(response, answer).reason is reason


def test_accepted_answer_counts_and_is_named():
    assert judge("canine", "dog", accepted=["canine"]) == Judgement(
        Verdict.CORRECT, Reason.ALTERNATIVE, "canine"
    )


def test_slip_in_an_accepted_answer_counts():
    assert judge("mitochondira", "powerhouse", accepted=["mitochondria"]).matched == "mitochondria"


def test_prompt_typed_back_is_asked_about():
    assert judge("capital of France", "Paris", prompt="Capital of France?").reason is Reason.PROMPT


def test_prompt_that_is_the_answer_counts():
    assert judge("taxi", "taxi", prompt="taxi").verdict is Verdict.CORRECT


@pytest.mark.parametrize("response", ["efferent", "Efferent."])
def test_other_cards_answer_is_wrong(response):
    assert judge(response, "outgoing", others=["efferent"]) == Judgement(
        Verdict.WRONG, Reason.OTHER_CARD, "outgoing"
    )


def test_other_cards_answer_is_no_slip():
    assert judge("gradeint", "gradient").verdict is Verdict.CORRECT
    assert judge("gradeint", "gradient", others=["gradeint"]).verdict is Verdict.WRONG


def test_slip_equally_close_to_another_card_is_asked_about():
    assert judge("calcitolin", "calcitonin", others=["calcitolim"]).verdict is not Verdict.CORRECT
    assert judge("photosythesis", "photosynthesis", others=["photosythesix"]).verdict is Verdict.ASK


def test_twins_answer_is_asked_about():
    assert judge("less overfitting", "smaller size", twins=["less overfitting"]).reason is Reason.TWIN


def test_own_answer_on_another_card_counts():
    assert judge("Paris", "Paris", others=["Paris"], twins=["Paris"]).verdict is Verdict.CORRECT


def test_part_of_the_answer_that_is_another_cards_is_asked_about():
    assert judge("happy", "happy (glad)", others=["happy (lucky)"]).verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("response", "answer"),
    [("recieve", "receive"), ("cafe", "café"), ("dog", "the dog"), ("colour", "color")],
)
def test_strict_forgives_nothing(response, answer):
    assert judge(response, answer).verdict is Verdict.CORRECT
    assert judge(response, answer, strict=True).verdict is Verdict.WRONG


@pytest.mark.parametrize(("response", "answer"), [("PARIS", "Paris."), ("1000", "1,000"), ("x²", "$x^2$")])
def test_strict_takes_another_notation(response, answer):
    assert judge(response, answer, strict=True).verdict is Verdict.CORRECT


@given(TEXTS_OF_ALL_KINDS, TEXTS_OF_ALL_KINDS, TEXTS_OF_ALL_KINDS)
def test_any_texts_get_a_judgement(response, answer, other):
    judgement = judge(
        response, answer, accepted=[other], prompt=other, others=[other, answer], twins=[response]
    )
    assert judgement.reason is not Reason.FAILED


@pytest.mark.parametrize("letter", [*GREEK, *LOOKALIKES])
@pytest.mark.parametrize(
    "text", ["ο/{} γιατρός", "{}", "chapter {}", "5 m{}llion", "\\frac{{{}}}{{}}", "\\{}"]
)
def test_letters_that_fold_or_look_like_others_are_judged(letter, text):
    answers = [text.format(other) for other in "aiου"]
    assert not [other for other in answers if judge(text.format(letter), other).reason is Reason.FAILED]


@given(TEXTS_OF_ALL_KINDS, TEXTS_OF_ALL_KINDS)
def test_other_text_functions_take_any_text(text, other):
    card, another = (StudyCard(key, text, other, Side.DEFINITION) for key in (1, 2))
    are_twins(card, another, weights_of([card, another]))
    assert names(text).whole is not None
    assert appearance_of(text).lines
    assert lines_of(text)


@pytest.mark.parametrize("letter", ["ο", "υ", "ω", "Υ"])
def test_greek_letters_are_known_by_name(letter):
    name = unicodedata.name(letter).split()[-1].title()
    assert judge(name if letter.isupper() else name.lower(), letter).verdict is not Verdict.WRONG


@pytest.mark.parametrize("typed", ["ο γιατρός", "η γιατρός", "γιατρός", "ο/η γιατρος"])
def test_single_greek_letter_is_judged(typed):
    assert judge(typed, "ο/η γιατρός").reason in (Reason.SYMBOL, Reason.ACCENT)


@pytest.mark.parametrize("typed", ["\\frac{}{2}", "\\frac{1}{}", "\\frac{}{}", "\\frac{"])
def test_half_a_fraction_is_judged_as_a_formula(typed):
    judgement = judge(typed, "$\\frac{1}{2}$")
    assert judgement.reason is Reason.FORMULA
    assert judgement.verdict is not Verdict.CORRECT


@given(TEXTS_OF_ALL_KINDS.filter(str.strip))
def test_answer_itself_is_right(answer):
    assert judge(answer, answer).verdict is Verdict.CORRECT


@given(st.sampled_from(CASES))
def test_width_spaces_and_composition_make_no_difference(case):
    _, response, answer = case
    assert judge(f"  {response.replace(' ', '   ')} ", answer).verdict is judge(response, answer).verdict


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "ab ",
        "中",
        "\u0301",
        "\u0315\u0300\u0323",
        "{",
        "\\frac{",
        "…",
        "\n",
        "1,",
        "(",
        "; ",
        " / ",
        "'",
        "$x^",
        "\ud800",
    ],
)
def test_hostile_length_is_bounded(unit):
    text = (unit * 20_000)[:20_000]
    for response, answer in [
        (text, text + "x"),
        (text, "Paris"),
        ("Paris", text),
        (text[:1_000], text[:999]),
    ]:
        begun = time.process_time()
        judge(response, answer)
        # Ten times the target: a busy machine is not a fault of the rules.
        assert time.process_time() - begun < 0.2


@pytest.mark.parametrize(
    ("response", "answer"), [("hablamas", "hablamos"), ("montre", "monter"), ("pala", "palla")]
)
def test_other_words_of_other_languages_are_no_slips(response, answer):
    assert judge(response, answer).verdict is not Verdict.CORRECT


@pytest.fixture
def unloaded(tmp_path, monkeypatch):
    """The word lists as if not loaded yet, made of two words, and stored in their own directory."""
    monkeypatch.setattr(word_lists, "_lists", [])
    monkeypatch.setattr(word_lists, "_kept", None)
    monkeypatch.setattr(word_lists, "made", lambda: [word_lists.checksums(["liebe", "lieber"])] * 9)
    word_lists.keep_in(tmp_path)
    return tmp_path


def test_lists_are_made_once_and_kept(unloaded, monkeypatch):
    word_lists.lists()
    monkeypatch.setattr(word_lists, "_lists", [])
    monkeypatch.setattr(word_lists, "made", None)
    assert word_lists.is_english("liebe")
    assert not word_lists.is_english("leibe")
    assert len(list(unloaded.iterdir())) == 1


def test_truncated_word_lists_are_rebuilt(unloaded, monkeypatch):
    word_lists.lists()
    (file,) = unloaded.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    monkeypatch.setattr(word_lists, "_lists", [])
    assert word_lists.is_english("lieber")
    assert file.read_bytes() == whole


def test_unreadable_word_lists_are_rebuilt(unloaded):
    word_lists._kept.mkdir()
    assert word_lists.is_english("liebe")


def test_word_lists_that_cannot_be_stored_are_used(unloaded):
    word_lists.keep_in(unloaded / "missing")
    assert word_lists.is_english("liebe")


def test_every_reason_has_a_text():
    assert set(TEXTS) == set(Reason)


def test_docs_hold_every_reason_with_its_text():
    rows = [
        line.split("|") for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    assert {row[1].strip(" `"): row[2].strip() for row in rows} == {
        reason.value: reason.text for reason in Reason
    }


@pytest.mark.parametrize(
    "row", [line for line in DOCS.read_text(encoding="utf-8").splitlines() if " → " in line]
)
def test_examples_in_the_docs_are_true(row):
    texts, result = row.strip("- ").split(" → ")
    response, answer = [text.strip("` ") for text in texts.split(" for ")]
    verdict, reason = result.split(", ")
    judgement = judge(response, answer)
    assert (judgement.verdict.value, judgement.reason.value) == (verdict, reason)
