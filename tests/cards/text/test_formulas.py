r"""LaTeX to MathML within limits: formulas that would take long or overflow the stack are refused first."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cards.text.formulas import mathml
from cards.text.formulas.mathml import MAX_FORMULA, MAX_SECONDS, Refused, to_mathml
from cards.text.formulas.process import SECONDS, ConverterGoneError, EndlessFormulaError
from cards.text.formulas.syntax import MAX_OPEN, MAX_OPENERS, FormulaError, check_delimiters
from cards.text.markdown import render, rendering_together

NESTS = {
    "braces": ("{", "}"),
    "roots": (r"\sqrt{", "}"),
    "bare roots": (r"\sqrt ", ""),
    "powers": ("x^{", "}"),
    "fractions": (r"\frac1", ""),
    "fences": (r"\left(", r"\right)"),
    "matrices": (r"\begin{matrix}", r"\end{matrix}"),
    "styles": (r"\displaystyle ", ""),
    "colours": (r"\color{red}", ""),
    "over": (r"{a\over ", "}"),
    "moduli": (r"\pmod{", "}"),
    "parentheses": ("(", ")"),
    "square brackets": ("[", "]"),
}


class Spy:
    """Replaces the converter and records its formulas; one that begins with ``slow`` ends it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.seconds = 0.0

    def convert(self, formulas: Sequence[tuple[str, bool]]) -> tuple[list[str | FormulaError], float]:
        self.asked += [latex for latex, _ in formulas]
        if slow := [latex for latex, _ in formulas if latex.startswith("slow")]:
            self.ended.append(slow[0] if len(formulas) == 1 else "several")
            raise EndlessFormulaError("It takes too long to typeset.")
        return ["<math><mi>x</mi></math>"] * len(formulas), self.seconds


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spy]:
    spy = Spy()
    monkeypatch.setattr(mathml, "converter", spy)
    monkeypatch.setattr(mathml, "refused", Refused())
    yield spy
    mathml.allowed.set(None)


@pytest.mark.parametrize("opening", NESTS)
def test_deep_nesting_is_typeset_or_refused(opening: str) -> None:
    before, after = NESTS[opening]
    for depth in (MAX_OPENERS // 2, MAX_OPENERS, (MAX_FORMULA - 1) // len(before + after)):
        with suppress(FormulaError):
            to_mathml(before * depth + "x" + after * depth, display=True)
    assert to_mathml(before * 9 + "x" + after * 9, display=True)


UNBALANCED = [
    *("{x", "x}", "{x}}", "{{x}", r"\frac{1}{2", r"\text{a", r"x_{1", r"\{x}", r"{x\}"),
    *(r"\left(x", r"x\right)", r"\left(\left[x\right]", r"\left\{x\right", r"\left{x}"),
    *(r"\begin{matrix}x", r"x\end{matrix}", r"\begin{matrix}x\end{pmatrix}", r"\begin{matrix", r"\begin x"),
    *(r"{\left(x}\right)", r"\left(\begin{matrix}x\right)\end{matrix}", r"\begin{cases}{x\end{cases}}"),
    *(r"\sqrt[3{x}", r"\sqrt [3{x}", r"\xrightarrow[a{b}", r"a\\[2pt", r"{\sqrt[3}]{x}", r"\cfrac[l{1}{2}"),
    *("$", "$x", r"\text{$x}", r"\(x", r"x\)", r"\[x", r"x\]", r"\begingroup x", r"x\endgroup"),
    *("{x % }", "\\left( % \\right)\n x", "\\sqrt % root\n[3{x}", r"\begin {matrix} x"),
]
UNBALANCED = [one for one in UNBALANCED if one != r"\left\{x\right"]


@pytest.mark.parametrize("latex", UNBALANCED)
def test_unbalanced_formulas_do_not_reach_the_converter(spy: Spy, latex: str) -> None:
    with pytest.raises(FormulaError, match=r"is not closed|closes something that was not opened"):
        to_mathml(latex, display=False)
    assert spy.asked == []


BALANCED = [
    *(
        "]0,1[",
        "[0,1)",
        "(0,1]",
        r"x \in [0, \infty[",
        r"\langle x |",
        r"\lvert x |",
        "a)",
        r"\{ x",
        r"\text{a) b)}",
    ),
    *(
        r"\left( x \right]",
        r"\left. x \right|",
        r"\left\{ x \right.",
        r"\left<x\middle|y\right>",
        r"\bigl( x \bigr)",
    ),
    *(r"\sqrt[3]{x}", r"\sqrt{x}[1]", r"\sqrt x [0,1)", r"f(\xi)", r"\xi [0,1)", r"a\\[2pt]b", r"a\\ [0,1)"),
    *(r"\begin {matrix} a & b \\ c & d \end{matrix}", r"\begin{array}{c|c} ( & ) \end{array}", r"\{ % }"),
    *(r"\ket\psi", r"\ket{\psi}", r"\pmod n", r"\pmod{n}", r"\$", r"\%", "}{".join(["{", "}"])),
]


@pytest.mark.parametrize("latex", BALANCED)
def test_usual_unbalanced_delimiters_are_typeset(spy: Spy, latex: str) -> None:
    to_mathml(latex, display=False)
    assert spy.asked == [latex]


OPENERS = [
    "(",
    "[",
    r"\{",
    r"\langle ",
    r"\lvert ",
    r"\lfloor ",
    r"\bigl(",
    "⟨",
    r"\mathopen|",
    "f(x",
    "()(",
    "((x)",
    "{(}",
]


@pytest.mark.parametrize("opener", OPENERS)
def test_open_delimiters_are_limited(spy: Spy, opener: str) -> None:
    """Each of these leaves one parenthesis or similar sign open."""
    most = 5 if opener == r"\mathopen|" else MAX_OPEN
    check_delimiters(opener * most)
    with pytest.raises(FormulaError, match="can be left open"):
        to_mathml(opener * (MAX_OPEN + 1), display=False)
    assert spy.asked == []


@pytest.mark.parametrize(
    "closed", ["(_)", r"(\hat)", r"(\mathrm)", r"({)}", r"(\text{)}", "(&)", r"(\\)", r"\ket^"]
)
def test_apparently_closed_delimiters_count_as_open(spy: Spy, closed: str) -> None:
    with pytest.raises(FormulaError, match="can be left open"):
        to_mathml(closed * (MAX_OPEN + 1), display=False)
    assert spy.asked == []


@pytest.mark.parametrize(
    "latex", [r"\pi", "{}", r"\left(\right)", r"\begin{x}\end{x}", r"\sqrt[2]{x}", "()", "[]", r"\{\}", "⟨⟩"]
)
def test_openers_of_each_kind_are_limited(spy: Spy, monkeypatch: pytest.MonkeyPatch, latex: str) -> None:
    monkeypatch.setattr(mathml, "MAX_FORMULA", 100_000)
    with pytest.raises(FormulaError, match="at most 200"):
        to_mathml(latex * (MAX_OPENERS + 1), display=False)
    assert spy.asked == []


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
def test_refused_formula_says_why(latex: str, reason: str) -> None:
    with pytest.raises(FormulaError, match=reason):
        to_mathml(latex, display=False)


@pytest.mark.parametrize("latex", [r"\cdots", r"a \pmod n", r"A \iff B", r"\ket{x}", r"\textcolor{red}{x}"])
def test_macros_of_the_converter_work(latex: str) -> None:
    assert "<math" in to_mathml(latex, display=False)


@given(st.text(alphabet=st.sampled_from(r"\{}[]()^_&'$%#~ax1 frcsqtlebgin")) | st.text())
def test_any_text_is_typeset_or_refused(latex: str) -> None:
    latex = latex.encode("utf-8", "replace").decode("utf-8")
    with suppress(FormulaError):
        assert to_mathml(latex, display=False).startswith("<math")


@given(st.text(alphabet=st.sampled_from(r"\{}[]()$&%_ leftrightbeginendxa⟨⟩")))
def test_delimiters_of_any_text_are_counted(latex: str) -> None:
    with suppress(FormulaError):
        check_delimiters(latex)


def test_text_stops_typesetting_at_its_deadline(spy: Spy) -> None:
    """The rest is shown as source, with a reason. It is not remembered, because it may be valid."""
    source = " ".join(f"$slow{n}$" for n in range(50)) + " $fine$"
    rendered = render(source)
    assert spy.ended == ["several", "slow0", "slow1"]
    assert rendered.count("This formula could not be typeset: It takes too long") == 2
    assert rendered.count("Other formulas took too long") == 50 - 2 + 1
    assert "<math" in render("$fine$")


def test_fast_formulas_beside_a_slow_one_are_typeset(spy: Spy) -> None:
    assert render("$a$ $slow$ $b$").count("<math") == 2


def test_formulas_of_several_texts_are_asked_for_once(spy: Spy) -> None:
    texts = ["the $a$", "- $b$ and $a$", "$c$"]
    with rendering_together(texts):
        assert sorted(spy.asked) == ["a", "b", "c"]
        assert [render(text).count("<math") for text in texts] == [1, 2, 1]
        assert len(spy.asked) == 3


def test_slow_formula_of_one_text_leaves_the_others_alone(spy: Spy) -> None:
    texts = ["the $a$", "the $slow$", "$b$"]
    with rendering_together(texts):
        assert [render(text).count("<math") for text in texts] == [1, 0, 1]
    assert spy.ended == ["several", "slow"]


def test_texts_after_the_deadline_are_not_asked_for(spy: Spy) -> None:
    mathml.allowed.set(allowance := mathml.Allowance())
    allowance.left = 0
    with rendering_together(["the $a$"]):
        assert "Other formulas took too long" in render("the $a$")
    assert spy.asked == []


def test_repeated_formula_is_typeset_once(spy: Spy) -> None:
    assert render("- $a$ $b$ $a$\n- $a$").count("<math") == 4
    assert spy.asked == ["a", "b"]


def test_slow_formula_is_not_retried_for_a_while(spy: Spy, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert "It takes too long" in render("$slow$ and $fine$")
    assert spy.ended == ["several", "slow"]
    later = time.monotonic() + mathml.REMEMBERED_FOR + 1
    monkeypatch.setattr(mathml.time, "monotonic", lambda: later)
    render("$slow$")
    assert spy.ended[-1] == "slow"
    assert len(spy.ended) == 3


def test_remembered_refusals_are_limited() -> None:
    refused = Refused()
    for number in range(mathml.REMEMBERED + 1):
        refused.add(str(number).encode(), "why")
    assert (refused.why(b"0"), refused.why(b"1")) == ("", "why")
    assert len(refused.known) == mathml.REMEMBERED


def test_formula_is_typeset_once_the_converter_is_back(spy: Spy, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(formulas: Sequence[tuple[str, bool]]) -> tuple[list[str | FormulaError], float]:
        raise ConverterGoneError("Formulas cannot be typeset at the moment.")

    with monkeypatch.context() as patch:
        patch.setattr(spy, "convert", gone)
        assert "at the moment" in render("$x$")
    assert "<math" in render("$x$")


@pytest.mark.django_db
def test_request_stops_typesetting_at_its_deadline(spy: Spy, owner_client: Client) -> None:
    """For any number of cards; here the preview of ten pasted ones."""
    cards = "term (Markdown)\tdefinition (Markdown)\n" + "\n".join(f"term {n}\t$slow{n}$" for n in range(10))
    response = owner_client.post("/import/", {"text": cards})
    preview = owner_client.get(response["Location"])
    assert preview.status_code == 200
    assert len(spy.ended) == MAX_SECONDS // SECONDS


def test_slow_but_finished_formulas_count_towards_the_deadline(spy: Spy) -> None:
    spy.seconds = SECONDS - 0.1
    mathml.allowed.set(mathml.Allowance())
    assert ["<math" in render(f"${letter}$") for letter in "abcdef"] == [True] * 4 + [False] * 2
    assert spy.asked == list("abcd")
