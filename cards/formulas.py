"""LaTeX formulas -> MathML, within bounds: what a formula costs does not depend on who wrote it. Pure."""

import re

from math_core import LatexError, LatexToMathML

MAX_FORMULA = 1_000
"""Characters; a long one of those that people typeset has about 300."""

# The converter recurses on the stack of the calling thread, and an overflow ends the whole process. A formula
# cannot nest deeper than it has openers; measured, 190 levels of `\sqrt{` fit into a stack of 512 KiB.
MAX_OPENERS = 200
OPENER = re.compile(r"\{|\\[a-zA-Z]+")

# The converter expands its own macros (\cdots, \pmod), so expansion stays on; but only a command that the
# formula defines itself could expand without end or into something deeper than its source.
DEFINITION = re.compile(r"\\(?:(?:re)?newcommand|providecommand|g?def|let|global)(?![a-zA-Z])")

converter = LatexToMathML(max_expansions=MAX_OPENERS, fancy_error=False)


class FormulaError(ValueError):
    """Why a formula cannot be typeset, in words for its author."""


def to_mathml(latex: str, *, display: bool) -> str:
    """The MathML of one formula; ``display`` sets it on a line of its own.

    The markup may carry ``style`` attributes and ids: it is for `cards.rendering`, which takes them out.
    Raises FormulaError where ``latex`` is no LaTeX that is known here, or beyond the bounds above.
    """
    if len(latex) > MAX_FORMULA:
        raise FormulaError(f"A formula has at most {MAX_FORMULA:,} characters.")
    if len(OPENER.findall(latex)) > MAX_OPENERS:
        raise FormulaError(f"A formula has at most {MAX_OPENERS} commands and opening braces.")
    if DEFINITION.search(latex):
        raise FormulaError("A formula cannot define commands.")
    try:
        return converter.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        # The message starts with an offset into the formula: "12: Unknown command".
        raise FormulaError(str(error).split(": ", 1)[-1]) from None
