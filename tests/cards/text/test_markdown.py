"""Sources of cards as HTML: the intended markup, and nothing else."""

import html
import re
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.management.library import read_source
from cards.text.markdown import (
    CODE_LANGUAGES,
    MAX_HTML,
    MAX_SOURCE,
    PLAIN,
    normal,
    plain,
    render,
    render_with_engine,
)
from cards.text.sanitizing import HTML_TAGS, MATHML_TAGS, cleaner
from tests.load.fuzz_rendering import texts

# Pieces with a meaning in Markdown, LaTeX, HTML or the plugins; the test joins them.
PIECES = [
    *(
        "*",
        "**",
        "_",
        "__",
        "~~",
        "`",
        "```",
        "```python\n",
        "~~~",
        "# ",
        "> ",
        "- ",
        "+",
        "1. ",
        "1) ",
        "---",
        "=",
    ),
    *(
        "|",
        "|-",
        "|-|\n",
        "a|b\n-|-\n",
        "$",
        "$$",
        "$x$",
        "$$x$$",
        "\\",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "[a](",
    ),
    *(
        "<",
        "</",
        "<script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<math><style>",
        "<!--",
        "-->",
    ),
    *("&", "&amp;", "&#x6a;", "&lt;", '"', "'", ":", "javascript:alert(1)", "[x](javascript:alert(1))"),
    *(
        "<javascript:alert(1)>",
        "[x](data:text/html,1)",
        "[x](/relative)",
        "[x](//host)",
        "<a@b.c>",
        "https://a.b",
    ),
    *(
        "a",
        "1",
        " ",
        "\n",
        "\n\n",
        "\t",
        "\u00a0",
        "\u2028",
        "\0",
        "\ud800",
        "\x0b",
        "é",
        "漢",
        "😀",
        "{",
        "}",
        "^",
    ),
    *(
        r"\frac",
        r"\text{",
        r"\color{red}",
        r"\begin{matrix}",
        r"\end{matrix}",
        r"\href{javascript:x}",
        r"\eqref{x}",
    ),
    *(
        r"\tag{<b>}",
        r"\left(",
        r"\right)",
        r"\text{" + '" onclick="x}',
        r"\textcolor{" + '"onload=1}{x}',
        r"\label{x}",
    ),
    *(' style="color:red"', r"\cancel{x}", "[x]: http://a.b", "&", "%"),
]
hostile = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


class Elements(HTMLParser):
    """The elements of a piece of HTML, with their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def formulas_of_the_deck() -> list[str]:
    sides = [card[side] for card in read_source()["cards"] for side in ("term", "definition")]
    return [formula for side in sides for formula in re.findall(r"\$[^$]+\$", side)]


@given(hostile)
def test_any_text_renders_to_safe_html(source: str) -> None:
    for tag, attributes in Elements(render(source)).found:
        assert tag in HTML_TAGS | MATHML_TAGS
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "id", "src")]
        assert urlsplit(attributes.get("href") or "http:").scheme in ("http", "https", "mailto")


@given(hostile)
def test_rendering_is_deterministic_and_already_clean(source: str) -> None:
    assert cleaner.clean(render(source)) == render(source)


@given(st.text(alphabet="aé.,-1()7×“ \n:;!?'\"=+#%/\u00a0\u2028\t0", max_size=60))
def test_fast_path_for_plain_text_equals_the_engine(source: str) -> None:
    source = normal(source)
    if source and PLAIN.fullmatch(source):
        assert render(source) == render_with_engine(source)


@pytest.mark.parametrize("source", ["Hinge loss", "A (b), c: d – e!\nf = g", "Why stack 3×3?", "k-NN vs 7"])
def test_ordinary_cards_take_the_fast_path(source: str) -> None:
    assert PLAIN.fullmatch(source)


@pytest.mark.parametrize("formula", formulas_of_the_deck())
def test_every_formula_of_the_deck_is_typeset(formula: str) -> None:
    rendered = render(formula)
    assert "<math" in rendered
    assert "maths-error" not in rendered


@pytest.mark.parametrize(
    ("source", "formulas"),
    [
        ("It costs $5 and $10", 0),
        ("$5, or $10.50", 0),
        ("$5-$10", 0),
        ("a $ b $ c", 0),
        ("5$x$", 0),
        (r"\$x\$", 0),
        ("$x$", 1),
        ("$x$ is 5", 1),
        ("$x$ and \\", 1),
        ("a $x$, $y$.", 2),
        ("a $$x$$ b", 1),
        ("$$\nx\n$$", 1),
        ("`$x$`", 0),
    ],
)
def test_dollar_amounts_are_not_formulas(source: str, formulas: int) -> None:
    assert render(source).count("<math") == formulas


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        (" \n ", ""),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("a\r\nb", "<p>a<br>\nb</p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("# a", '<p class="card-heading">a</p>'),
        ("a\n---", "<p>a</p>\n<hr>"),
        ("    a", "<p>a</p>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("[a]: http://b.c", "<p>[a]: http://b.c</p>"),
        ("[a](http://b.c)", '<p><a href="http://b.c" rel="nofollow noopener">a</a></p>'),
        ("```\n<a>\n```", '<pre class="highlight"><code>&lt;a&gt;\n</code></pre>'),
    ],
)
def test_markdown_renders_as_expected(source: str, expected: str) -> None:
    assert render(source) == expected


def test_table_alignment_becomes_classes() -> None:
    assert '<td class="align-right">1</td>' in render("|a|\n|-:|\n|1|")


def test_markdown_images_become_links() -> None:
    rendered = render("![a cat](https://b.c/cat.png)")
    assert "<img" not in rendered
    assert 'href="https://b.c/cat.png"' in rendered


def test_code_is_highlighted_by_classes() -> None:
    assert '<span class="k">def</span>' in render("```python\ndef f(): pass\n```")


def test_code_beyond_the_limit_is_not_highlighted() -> None:
    block = "```python\ndef f(): pass\n" + "x = 1\n" * 150 + "```\n"
    assert render(block).count('class="k"') == render(block * 2).count('class="k"')


@pytest.mark.parametrize("language", sorted(CODE_LANGUAGES))
def test_every_listed_language_has_a_lexer(language: str) -> None:
    assert "<span" in render(f"```{language}\n+x = 1\n# y <a> :b {{c}} \\d\n```")


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\begin{aligned}a&=b\end{aligned}", 'class="align-right pad-right-0"'),
        (r"\begin{array}{c|c}a&b\end{array}", 'class="line-right"'),
        (r"\textcolor{red}{x}", 'mathcolor="#FF0000"'),
        (r"a\!b", 'class="back-thin"'),
    ],
)
def test_styles_of_formulas_become_classes(latex: str, expected: str) -> None:
    assert expected in render(f"${latex}$")


def test_formula_alone_on_its_line_is_display_style() -> None:
    assert render("$x$\nwhere $x$ is").count('displaystyle="true"') == 1


def test_invalid_formula_shows_its_source_and_the_reason() -> None:
    rendered = render(r"$\foo<x$")
    assert '<code class="maths-error"' in rendered
    assert r"\foo&lt;x</code>" in rendered
    assert "Unknown command" in html.unescape(rendered)


HOSTILE_UNITS = [
    *(
        "[",
        "![",
        "[a](",
        "[[]",
        "*[",
        "[*",
        "~~[",
        "[`",
        "[$",
        "**a",
        "*a_",
        "***a",
        "`a``b",
        "<a:",
        "&",
        "\\",
    ),
    *(
        "$",
        "$$",
        "$a",
        "$a$",
        "$'$",
        "$x$ ",
        "$$a$b",
        "> ",
        "- ",
        "- a\n",
        "1.\n",
        "# a\n",
        "a\n\n",
        "|",
        "|-",
        "(",
        "<",
    ),
    *(
        "a|b\n-|-\n",
        "|-|\n",
        "```python\n'\n```\n",
        "```c\n\n\n\n",
        "<a@b.c>",
        "é",
        "\0",
        "\ud800",
        " ",
        "\t",
        "\n",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE_UNITS)
def test_longest_hostile_sources_stay_within_limits(unit: str) -> None:
    source = unit * (MAX_SOURCE // len(unit))
    started = time.process_time()
    rendered = render(source)
    # It takes milliseconds on an idle machine; time that grows with the square takes many seconds.
    assert time.process_time() - started < 2
    assert len(rendered) <= 2 * MAX_HTML


@pytest.mark.parametrize("columns", [2, 12, 60, 1_500])
def test_tables_do_not_multiply_the_output(columns: int) -> None:
    table = "|".join("a" * columns) + "\n" + "|".join("-" * columns) + "\n"
    assert len(render(table + "|\n" * ((MAX_SOURCE - len(table)) // 2))) < 5 * MAX_SOURCE


@pytest.mark.parametrize("unit", ["\n", " \n", "a\n", "a ", "'", "\\", "a.", "<a", '"\\', "{a"])
@pytest.mark.parametrize("language", ["c", "java", "python", "typescript", "scala", "julia", "css"])
def test_highlighting_hostile_code_stays_fast(language: str, unit: str) -> None:
    source = f"```{language}\n" + (unit * 1_200)[:1_199] + "\n```"
    started = time.process_time()
    render(source)
    assert time.process_time() - started < 2


def test_too_long_source_is_truncated() -> None:
    assert render("a" * MAX_SOURCE + "b") == f"<p>{'a' * MAX_SOURCE}</p>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n\n**b**  c", "a b c"),
        ("- a\n- $x^2$", "a x^2"),
        ("[a](http://b.c) `d`", "a d"),
        ("| a | b |\n|---|---|\n| c | d |", "a b c d"),
        ("$5", "$5"),
        ("", ""),
    ],
)
def test_plain_returns_one_line_without_markup(source: str, expected: str) -> None:
    assert plain(source) == expected


@pytest.mark.slow
def test_random_texts_are_rendered() -> None:
    """A slice of `tests.load.fuzz_rendering`, which measures many more."""
    for _, source in texts(80, seed=2):
        assert len(render(source)) <= 5 * MAX_HTML
        assert "\n" not in plain(source)


@given(hostile)
def test_plain_takes_any_text(source: str) -> None:
    assert len(plain(source).splitlines()) <= 1
