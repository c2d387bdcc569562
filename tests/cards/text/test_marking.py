"""Marking matches in texts and in HTML."""

import re
from html import unescape
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.text.markdown import plain, render
from cards.text.marking import marked, marked_html, matches, snippet, source_snippet
from cards.text.words import query_of

MARK = re.compile("</?mark>")


def found(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in matches(text, query_of(query))]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Das ist über Nacht", "uber", ["über"]),
        ("STRASSE und Straße", "strasse", ["STRASSE", "Straße"]),
        ("networks of neurons", "neu", ["neurons"]),
        ("neural neurons", "neural neu", ["neural", "neurons"]),
        ("彼は東京に住む", "東京", ["東京"]),
        ("東京都", "東京都", ["東京都"]),
        ("C++ and D", "c++", ["C++"]),
        ("H₂O", "h2o", ["H₂O"]),
        ("snake_case", "case", ["case"]),
        ("nothing here", "elsewhere", []),
        ("", "a", []),
        ("a b", "", []),
    ],
)
def test_matches(text: str, query: str, expected: list[str]) -> None:
    assert found(text, query) == expected


def test_text_is_escaped() -> None:
    assert marked("<b>&bold", query_of("bold")) == "&lt;b&gt;&amp;<mark>bold</mark>"


def test_html_is_kept_and_formulas_are_left_alone() -> None:
    html = render("The **gradient** of $gradient$ is `gradient`")
    out = marked_html(html, query_of("gradient"))
    assert out.count("<mark>gradient</mark>") == 2
    assert MARK.sub("", out) == html


@given(st.text(), st.text(max_size=20))
def test_marking_changes_no_text(text: str, query: str) -> None:
    assert unescape(MARK.sub("", marked(text, query_of(query)))) == unescape(marked(text, ()))
    places = list(matches(text, query_of(query)))
    assert all(start < end for start, end in places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))


@given(st.text(alphabet="ab *_`$<>&\n東京é|1.-", max_size=80), st.sampled_from(["ab", "a b", "東京", "é"]))
def test_marked_html_is_the_html_with_marks(source: str, query: str) -> None:
    html = render(source)
    assert MARK.sub("", marked_html(html, query_of(query))) == html


@given(st.text(), st.text(max_size=20))
def test_snippet_is_a_part_of_the_text(text: str, query: str) -> None:
    words = query_of(query)
    part = snippet(text, words)
    assert part.strip("…") in text
    assert len(part) < 400


@given(
    st.text(alphabet="ab *_`$<>&\n東京é|1.-[]()", max_size=300),
    st.integers(0, 9),
    st.sampled_from(["ab", "東京"]),
)
def test_snippet_of_markdown_has_a_bound(source: str, times: int, query: str) -> None:
    part = source_snippet(source * times, query_of(query))
    assert len(part) < 400
    assert MARK.sub("", marked(part, query_of(query))) == marked(part, ())


def test_snippet_of_long_markdown_shows_the_match_without_signs() -> None:
    source = "word **bold** $x$ " * 200 + "the *needle* here" + " and `more` of it" * 200
    part = source_snippet(source, query_of("needle"))
    assert "the needle here and more of it" in part
    assert part.startswith("…")
    assert part.endswith("…")


def test_snippet_of_a_short_text_brings_a_far_match_near() -> None:
    text = "a " * 50 + "needle"
    assert snippet(text, query_of("needle")).index("needle") < 50
    assert snippet("a needle " + "b " * 60, query_of("needle")).startswith("a needle")


def test_match_at_the_end_of_a_long_formula_changes_nothing() -> None:
    html = render('a $x > needle$ needle [needle](https://example.org/needle?a=1&b=2 "needle > 1")')
    out = marked_html(html, query_of("needle"))
    assert out.count("<mark>needle</mark>") == 2
    assert MARK.sub("", out) == html


def test_snippet_shows_the_match() -> None:
    text = plain("word " * 300 + "needle " + "word " * 300)
    part = snippet(text, query_of("needle"))
    assert "needle" in part
    assert part.startswith("…")
    assert part.endswith("…")
