"""HTML of other programs as Markdown: the same text is shown, and nothing else is kept."""

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.formats.markdown.from_html import convert
from cards.formats.markdown.tags import MAX_HTML_SOURCE
from cards.formats.types import ImageRef
from cards.text.markdown import plain, render

CASES = {
    "<b>bold</b> and <i>slanted</i>": "**bold** and *slanted*",
    "<b>a </b>b": "**a** b",
    "<b>a</b><b>b</b>": "**ab**",
    "(<b>(x)</b>y)": "((x)y)",
    "a<div>b</div><div>c</div>": "a\nb\nc",
    "a<br><br>b": "a\n\nb",
    "<p>a</p><p>b</p>": "a\n\nb",
    "<b>one<br>two</b>": "**one**\n**two**",
    "<ul><li>a</li><li>b<ol start=3><li>c</li></ol></li></ul>d": "- a\n- b\n  3. c\n\nd",
    "<blockquote>a<br>b</blockquote>c": "> a\n> b\n\nc",
    "<pre><code>x = `1`\n  y</code></pre>": "```\nx = `1`\n  y\n```",
    "<table><tr><th>a<th>b<tr><td>1|2<td>3</table>": "| a | b |\n| --- | --- |\n| 1\\|2 | 3 |",
    "<h2>Head</h2>text": "## Head\n\ntext",
    '<a href="https://a.b/?c&amp;d">e</a>': "[e](<https://a.b/?c&d>)",
    '<a href="javascript:alert(1)">e</a>': "e",
    "H<sub>2</sub>O, x<sup>2</sup>, e<sup>x+y</sup>, 1<sup>st</sup>": "H₂O, x², e^(x+y), 1st",
    "<code>a_b</code>": "`a_b`",
    "a &lt; b &amp;amp; c": "a < b \\&amp; c",
    "1. no list": "1\\. no list",
    "1986\\(x\\)": "$1986x$",
    "<script>alert(1)</script><style>p{}</style>a<!-- b -->c": "ac",
    "&nbsp;a&nbsp;b": "a b",
}
FORMULAS = {
    r"\(a &lt; b\)": "$a < b$",
    r"\[\frac{a}{b}\]": r"$$\frac{a}{b}$$",
    "[$]x_1[/$] and [$$]y[/$$]": "$x_1$ and $$y$$",
    "[latex]\\begin{align}a&amp;=b\\end{align}[/latex]": r"$$\begin{align}a&=b\end{align}$$",
    "[latex]\\begin{displaymath}a\\end{displaymath}[/latex]": "$$a$$",
    "[latex]text $x$ more[/latex]": "text $x$ more",
    "<anki-mathjax block='true'>x</anki-mathjax>": "$$x$$",
    r"\(a<br>b\)": "$a b$",
    r"\(a\)\(b\)": "$a$ $b$",
    r"costs $5 or \(x\)": r"costs \$5 or $x$",
    r"\( \)": "",
    r"no end \(x": r"no end \\(x",
}

text = st.text(st.sampled_from(list("ab1 .(*_`$[]\\~#-+|>!é\n")), max_size=8).map(html.escape)
inline = st.recursive(
    text,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["b", "i", "s", "span", "strong", "u"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


def words_of(marked: str) -> str:
    """The text that HTML shows, without any space."""
    return re.sub(r"\s", "", html.unescape(re.sub(r"<[^<>]*>", "", marked)))


@pytest.mark.parametrize(("marked", "expected"), [*CASES.items(), *FORMULAS.items()])
def test_html_becomes_markdown(marked: str, expected: str) -> None:
    assert convert(marked).text == expected


@pytest.mark.slow
@settings(max_examples=400)
@given(st.lists(inline, max_size=5).map("".join))
def test_styles_do_not_change_the_text(marked: str) -> None:
    if "\\(" not in marked and "\\[" not in marked:
        assert re.sub(r"\s", "", plain(convert(marked).text)) == words_of(marked)


TANGLE = [
    *(
        "<b>",
        "</i>",
        "<ul>",
        "<li>",
        "</ul>",
        "<table>",
        "<td>",
        "<pre>",
        "</a>",
        "<a href=",
        "<!--",
        "-->",
        "<script>",
    ),
    *(
        "</script>",
        "\\(",
        "\\)",
        "[latex]",
        "[/latex]",
        "<img src=x onerror=y>",
        "&#1;",
        "\x01",
        "\x017\x01",
        "\x08",
    ),
    *("x", "<sup>", "</sup>", "<h1>", "<blockquote>", "\n"),
]


@given(st.lists(st.sampled_from(TANGLE), max_size=40).map("".join))
def test_any_nesting_of_tags_is_read(marked: str) -> None:
    converted = convert(marked)
    assert not re.search(r"[\x00-\x08]", converted.text)
    assert "<script" not in render(converted.text)


def test_images_sounds_and_remote_media_are_distinguished() -> None:
    converted = convert(
        '<img src="a%20b.png" alt="A &amp; B">[sound:x.mp3]<img src="https://c.d/e.png">'
        '<img src="data:image/png;base64,AAAA">[anki:play:q:0]text'
    )
    assert converted.text == "text"
    assert converted.images == [ImageRef("a b.png", "A & B")]
    assert (converted.sounds, converted.outside_images, converted.embedded_images) == (2, 1, 1)


PIECES = [
    *(
        "<",
        "<a",
        "<!--",
        "\\(",
        "[latex]",
        "<b>",
        "</b><i>",
        "<table>",
        "<td>",
        "<ul><li>",
        "<pre>",
        '<a href="',
        "&#",
    ),
    *(
        "[sound:",
        "<b><i>x",
        "`",
        "<sup>",
        "data:",
        "</a><a>",
        "<!---->",
        "\\(\\)",
        "\\(x\\)1",
        "~<b>x</b>",
        "\\",
    ),
]


@pytest.mark.parametrize("piece", PIECES)
def test_conversion_time_is_not_quadratic(piece: str) -> None:
    """It takes a tenth of a second; time that grows with the square of the length would be minutes."""
    start = time.process_time()
    convert(piece * (MAX_HTML_SOURCE // len(piece)))
    assert time.process_time() - start < 10
