"""LaTeX to MathML within bounds: an overflow of the converter's stack would end the process."""

import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formulas import MAX_FORMULA, MAX_OPENERS, FormulaError, to_mathml

NESTS = {
    "braces": ("{", "}"),
    "roots": (r"\sqrt{", "}"),
    "bare roots": (r"\sqrt", ""),
    "powers": ("x^{", "}"),
    "fractions": (r"\frac1", ""),
    "brackets": (r"\left(", r"\right)"),
    "matrices": (r"\begin{matrix}", r"\end{matrix}"),
    "styles": (r"\displaystyle ", ""),
    "colours": (r"\color{red}", ""),
    "over": (r"{a\over ", "}"),
    "moduli": (r"\pmod{", "}"),
    "parentheses": ("(", ")"),
    "square brackets": ("[", "]"),
}


@pytest.mark.parametrize("opening", NESTS)
@pytest.mark.parametrize("stack", [512 * 1024, 8 * 1024 * 1024])
def test_deep_nesting_never_ends_the_process(opening: str, stack: int) -> None:
    """At the deepest that is let through, in threads with little stack and with much."""
    before, after = NESTS[opening]
    for depth in (MAX_OPENERS // 2, MAX_OPENERS, (MAX_FORMULA - 1) // len(before + after)):
        run_with_stack(stack, before * depth + "x" + after * depth)


def run_with_stack(size: int, latex: str) -> None:
    def convert() -> None:
        with suppress(FormulaError):
            to_mathml(latex, display=True)

    previous = threading.stack_size(size)
    try:
        thread = threading.Thread(target=convert)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        ("x" * (MAX_FORMULA + 1), "at most 1,000 characters"),
        (r"\pi" * (MAX_OPENERS + 1), "at most 200 commands"),
        (r"\newcommand{\a}{\a}\a", "cannot define"),
        (r"\def\a{\a\a}\a", "cannot define"),
        (r"\global\let\a=b", "cannot define"),
        (r"\foo", r'Unknown command "\\foo"'),
        ("x^", "reached end of input"),
    ],
)
def test_what_cannot_be_typeset_says_why(latex: str, reason: str) -> None:
    with pytest.raises(FormulaError, match=reason):
        to_mathml(latex, display=False)


@pytest.mark.parametrize("latex", [r"\cdots", r"a \pmod n", r"A \iff B", r"\ket{x}", r"\textcolor{red}{x}"])
def test_the_converters_own_macros_work(latex: str) -> None:
    assert "<math" in to_mathml(latex, display=False)


@given(st.text(alphabet=st.sampled_from(r"\{}[]()^_&'$%#~ax1 frcsqtlebgin")) | st.text())
def test_any_text_is_typeset_or_refused(latex: str) -> None:
    latex = latex.encode("utf-8", "replace").decode("utf-8")
    with suppress(FormulaError):
        assert to_mathml(latex, display=False).startswith("<math")
