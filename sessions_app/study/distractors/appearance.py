"""What an answer looks like, so that the right option does not stand out by its appearance."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

SHORT_WORDS = 5
# In a text of up to this many words an operator between spaces makes a formula: "input × output + biases".
FORMULA_WORDS = 12
# The share of a text's characters inside "$" that makes the text a formula.
TYPESET = 0.4

# An option's length divided by the answer's: in the first range it is not noticed, in the second a little.
ALIKE = (0.6, 1.6)
NOT_FAR = (0.35, 2.8)
# Added to both lengths: the lengths of very short words do not matter.
SLACK = 3

NUMBER = re.compile(
    r"[~≈<>≤≥±+−–-]?\s?[$€£¥]?\d[\d.,:\s]*(?:[-–×x/^*]\s?\d[\d.,]*)*\s?(?:[%‰°]?[^\W\d]{0,12}[/^²³\w]{0,6}|%)"
)
# As the site renders cards: "$5 and $10" is money.
MATHS = re.compile(r"\$\$[^$]+\$\$|\$(?!\s)[^$]+(?<!\s)\$(?!\d)")
OPERATOR = re.compile(r"\s[=+×·*÷<>≤≥≈→]\s|[=√∑∫^]|^[A-Za-z]{1,2}\d*(?:[A-Z][a-z]?\d*)+$")
COMMAND = re.compile(r"\\[A-Za-z]+|\\.|[{}$_^&]")
# LaTeX that takes no space on the page.
SILENT = {"\\" + name for name in "text mathrm frac left right operatorname , ; : !".split()} | set("{}$_^&")
DIGIT = re.compile(r"\d")
SPACES = re.compile(r"[ \t]+")


class Shape(StrEnum):
    FORMULA = "formula"
    NUMBER = "number"
    TERM = "term"
    SENTENCE = "sentence"


ALIKE_SHAPES = ({Shape.FORMULA, Shape.NUMBER}, {Shape.TERM, Shape.SENTENCE})


class Appearance(NamedTuple):
    """What a reader sees of a text at once: its shape, length, lines and first word, and how it is written."""

    shape: Shape
    length: int
    lines: int
    opening: str
    has_digits: bool
    is_capital: bool


@lru_cache(maxsize=8_192)
def appearance_of(text: str) -> Appearance:
    text = text.strip()
    words = text.split(maxsplit=1)
    return Appearance(
        shape=shape_of(text),
        length=max(1, len(read(text))),
        lines=text.count("\n") + 1,
        opening=words[0].casefold() if words else "",
        has_digits=bool(DIGIT.search(text)),
        is_capital=text[:1].isupper(),
    )


def shape_of(text: str) -> Shape:
    if len(text) <= 40 and NUMBER.fullmatch(text):
        return Shape.NUMBER
    if "$" in text and is_typeset(text):
        return Shape.FORMULA
    words = len(text.split())
    if "$" not in text and words <= FORMULA_WORDS and OPERATOR.search(text):
        return Shape.FORMULA
    return Shape.TERM if words <= SHORT_WORDS and "\n" not in text else Shape.SENTENCE


def is_typeset(text: str) -> bool:
    """Whether the text is mostly a formula, or its first line is one."""
    typeset = sum(map(len, MATHS.findall(text)))
    return typeset >= TYPESET * len(text) or bool(MATHS.fullmatch(text.split("\n", 1)[0].strip()))


def read(text: str) -> str:
    """The text with about its length on the page: a LaTeX command becomes one sign, or none."""
    if "$" not in text:
        return text
    return SPACES.sub(" ", COMMAND.sub(lambda found: "" if found[0] in SILENT else "x", text))


def misfit(one: Appearance, other: Appearance) -> int:
    """How different an option looks from the answer: from 0 (almost the same) to 4 (something else)."""
    ratio = (other.length + SLACK) / (one.length + SLACK)
    longer = 0 if ALIKE[0] <= ratio <= ALIKE[1] else 1 if NOT_FAR[0] <= ratio <= NOT_FAR[1] else 3
    if one.shape is other.shape:
        return longer
    return min(3, longer + 1) if {one.shape, other.shape} in ALIKE_SHAPES else 3 + (longer == 3)
