"""Plain text as Markdown: the rendered page shows the text."""

import html
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cards.formats.markdown.escaping import escape_plain
from cards.text.markdown import MAX_SOURCE, plain, render
from tests.cards.text.test_markdown import PIECES

MARKUP = re.compile(r"</?(?:p|br)>")
texts = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=200),
    st.lists(st.sampled_from([piece for piece in PIECES if piece not in ("\0", "\ud800")]), max_size=30).map(
        "".join
    ),
)


def lines(text: str) -> list[str]:
    """The visible lines, without the space around them and without empty ones."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line.strip() for line in text.split("\n") if line.strip()]


def shown(source: str) -> list[str]:
    marked = render(source)
    assert not re.search(r"<(?!/?p>|br>)", marked), marked
    return lines(html.unescape(MARKUP.sub("", marked)))


@settings(max_examples=400)
@given(texts)
@example("1986. Chernobyl")
@example("__init__")
@example("$5 or $6")
@example("a\\\nb")
@example("|a|\n|-|\n|b|")
@example("a|b\n-|-\nc|d")
@example("[a](http://b.c)")
@example("\\$x$")
@example("* * *")
@example("*\u00a0a*")
@example("x\n---")
@example("<http://a.b>")
@example("&amp; &#65; \\&amp;")
def test_escaped_text_renders_as_written(text: str) -> None:
    assert shown(escape_plain(text)) == lines(text)[:MAX_SOURCE]


@pytest.mark.parametrize(
    "text",
    [
        "snake_case and well-known",
        "It costs $5.",
        "5 * 3 = 15 (not 16)",
        "a [bracket], a < b, AT&T, 50 %",
        r"C:\Users\me",
        "What? Yes! #1",
        "1914 - 1918",
    ],
)
def test_text_without_markup_is_not_escaped(text: str) -> None:
    assert escape_plain(text) == text


def test_plain_of_an_escaped_text_is_the_text() -> None:
    text = "1. **a** _b_ `c` $d$ [e](f) <g@h.i> &lt; ~~j~~"
    assert plain(escape_plain(text)) == text
