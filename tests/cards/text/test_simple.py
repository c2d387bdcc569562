import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cards.text import simple
from cards.text.markdown import BLANK_LINES, normal, render, render_with_engine, rendering_together

LETTERS = [*"aBé .,12$$$\\\n_{}&<>-+#!()\"'*~=ß|:;/^%@?`[]\t²東ª"]
PIECES = [
    *("  ", "x^2", r"\frac{1}{2}", " $y$ ", "\n$z$\n", "$$", "$a*b$", "$a`b$", r"\$", r"\*", r"\\", "\n\n"),
    *(
        "**",
        "**a**",
        " **b c** ",
        "*a*",
        " *d* ",
        "***",
        "__a__",
        "a_b",
        "`x`",
        " `a b` ",
        "(**a**)",
        "**a**.",
    ),
    *(
        "AT&T",
        "&amp;",
        "a < b",
        "<b>",
        "[...]",
        "[a](b)",
        "![x]",
        "~5",
        "1986. ",
        "12) ",
        "\n- a",
        "--",
        "\n|-|\n",
    ),
    *(
        '\n style="color:red" ',
        "http://x.y",
        "<http://x.y>",
        "\u00a0",
        "\u2028",
        "“",
        "¿",
        "word",
        "two words",
    ),
]


def is_all_simple(source: str) -> bool:
    return bool(source) and all(map(simple.is_simple, BLANK_LINES.split(source)))


@pytest.mark.slow
@settings(max_examples=1_000)
@given(st.lists(st.sampled_from(LETTERS + PIECES), max_size=14).map("".join).map(normal))
@example("$y$ is 2")
@example("$A$ is in m²")
@example("$z$²")
@example("so:\n$E = mc^2$\nand")
@example("it costs 5$x$")
@example('a style="color:red" $y$')
@example("**a** *b* `c` \\* [d] e_f & < g\n\n1st")
def test_simple_text_is_rendered_as_the_engine_does(source: str) -> None:
    if is_all_simple(source):
        assert render(source) == render_with_engine(source)


@pytest.mark.parametrize(
    "source",
    [
        *(
            "Term **12**",
            "*one* (**two**).",
            "the `code` of a_b",
            "The capital is [...]",
            "A & B",
            "x < 3 and y > 2",
        ),
        *("1789", "(an aside)", "“quoted”", "P(A|B)", "about ~5 km", r"1\. no list", "two\n\nparagraphs"),
        *("The loss is $\\frac{1}{2}x^2$, see $y$.", "$x$", "one\n$x$\ntwo"),
    ],
)
def test_usual_cards_need_no_engine(source: str) -> None:
    assert is_all_simple(source)


@pytest.mark.parametrize(
    "source",
    [
        *(
            "- a",
            "1. a",
            "2) a",
            "# a",
            "> a",
            "---",
            "```\na\n```",
            "| a |\n|---|",
            "a  b",
            "a \nb",
            " a",
            "a ",
        ),
        *(
            "[a](b)",
            "<b>",
            "<http://a.b>",
            "&amp;",
            "a**b**",
            "**a** b**",
            "**a *b* c**",
            "_a_",
            "~~a~~",
            "``a``",
        ),
        *("$ a$", "$a $", "5$a$", "$a$5", "$a$²", "$$a$$", "$a", "$a$ is 5", "a\u00a0b", "a\\"),
    ],
)
def test_whatever_could_be_markup_is_left_to_the_engine(source: str) -> None:
    assert not is_all_simple(source)


def test_digits_beside_a_dollar_are_those_of_the_engine() -> None:
    others = filter(
        lambda sign: sign.isdigit() and simple.is_simple(f"$a${sign}"), map(chr, range(sys.maxunicode))
    )
    assert list(others) == []


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a ",
        "*a* ",
        "**a",
        "**a**",
        "`a",
        "`a` ",
        "$a",
        "$a$ ",
        "\\*",
        "&a",
        "[a",
        "a_",
        "1",
        "(",
        "~a",
        "<",
    ],
)
def test_hostile_text_is_recognised_fast(unit: str) -> None:
    source = unit * (10_000 // len(unit))
    started = time.process_time()
    is_all_simple(source)
    list(simple.likely_formulas(source))
    # Less than a millisecond; time that grows with the square takes seconds.
    assert time.process_time() - started < 1


SOURCES = [
    "one **bold** word",
    "the $x^2$ of it",
    "- a list with $y$",
    r"\$3 or $x^2$",
    "$\\nonsense$",
    "",
    "$$z$$",
]


def test_texts_are_rendered_together_as_separately() -> None:
    separately = [render(source) for source in SOURCES]
    with rendering_together(SOURCES * 2):
        assert [render(source) for source in SOURCES * 2] == separately * 2
    assert [render(source) for source in SOURCES] == separately


def test_texts_that_are_not_announced_are_rendered_too() -> None:
    with rendering_together([]):
        assert "<math" in render("the $x^2$ of it")
