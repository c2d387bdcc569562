"""Cutting texts and queries into words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.text.words import (
    IN_TITLE,
    MAX_QUERY_WORDS,
    MAX_WORD,
    Word,
    cut,
    folded,
    query_of,
    words_of,
)

ANY = st.text(max_size=200) | st.text(
    alphabet="aA1ß+#=\"'*:-&|!()\0\ud800東京かガ한국ไทยéё\u0301\u200b_ .", max_size=60
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("The cat, the CAT!", "the cat"),
        ("Straße STRASSE", "strasse"),
        ("über cafe\u0301 Ελλάδα Ёж", "uber cafe ελλαδα еж"),
        ("ｆｕｌｌ ﬁne H₂O x²", "full fine h2o x2"),
        ("שָׁלוֹם مُحَمَّد", "שלום محمد"),
        ("हिन्दी", "हिन्दी"),
        ("**bold** [link](https://a.org) `code` ~~x~~", "bold link https a org code x"),
        (r"$\frac{a}{b} \leq x_1$", "frac a b leq x 1"),
        ("C++ C# C F# Na+ a+b #tag +5 c+++", "c c++ c# f f# na na+ a b tag 5"),
        ("don't e-mail snake_case soft\xadhyphen", "don t e mail snake case softhyphen"),
        ("東京に行く", "東京 京に に行 行く く"),
        ("3月 が ﾊﾟﾝ", "3 月 が パン ン"),
        ("한국어 ไทย", "한국 국어 어 ไท ทย ย"),
        ("a" * 100, "a" * MAX_WORD),
        ("!?*&|:\"'()-\0\ud800", ""),
    ],
)
def test_words_of_a_text(text: str, words: str) -> None:
    assert " ".join(cut(text)) == words


def test_words_of_the_title_are_marked() -> None:
    assert words_of("The cat", "a cat sat") == "the cat a sat =the =cat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (' "*" -- : NEAR(', [Word("near", is_prefix=True)]),
        ("the cat", [Word("the"), Word("cat", is_prefix=True)]),
        ("cat the ", [Word("cat"), Word("the", is_prefix=True)]),
        ("vitamin c", [Word("vitamin"), Word("c")]),
        ("c++", [Word("c"), Word("c++", is_prefix=True)]),
        ("東", [Word("東", is_prefix=True)]),
        ("東京都", [Word("東京"), Word("京都")]),
        ("cat cat", [Word("cat", is_prefix=True)]),
    ],
)
def test_words_of_a_query(text: str, words: list[Word]) -> None:
    assert list(query_of(text)) == words


@pytest.mark.parametrize(
    "text", ["a1 " * 5_000, "東京" * 5_000, "x" * 10_000, "\ufdfa" * 10_000, "\0" * 10_000]
)
def test_long_input_is_bounded(text: str) -> None:
    assert len(query_of(text)) <= MAX_QUERY_WORDS
    # PostgreSQL's vectors hold a megabyte.
    assert len(words_of(text, text).encode()) < 500_000


@given(ANY)
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(ANY)
def test_words_hold_no_operator_and_no_mark(text: str) -> None:
    for word in cut(text):
        assert 0 < len(word) <= MAX_WORD
        assert not word.startswith(IN_TITLE)
        for character in word:
            assert character in "+#" or unicodedata.category(character)[0] in "LNM"


@given(ANY)
def test_text_is_found_by_itself(text: str) -> None:
    stored = set(words_of("", text).split())
    assert all(word.is_in(stored) for word in query_of(text))


@given(ANY, ANY)
def test_text_is_found_by_its_beginning(text: str, more: str) -> None:
    stored = set(words_of("", f"{text} {more}").split())
    assert all(word.is_in(stored) for word in query_of(text))


@given(ANY)
def test_case_and_composition_make_no_difference(text: str) -> None:
    assert set(query_of(unicodedata.normalize("NFD", text))) == set(
        query_of(unicodedata.normalize("NFC", text))
    )
    assert cut(text.lower()).keys() == cut(text).keys() or text.lower().casefold() != text.casefold()
