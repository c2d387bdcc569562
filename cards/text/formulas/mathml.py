"""LaTeX formulas -> MathML, with limits, so that no formula can take too much time or memory. Pure."""

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from cards.text.formulas.process import SECONDS, ConverterGoneError, EndlessFormulaError, converter
from cards.text.formulas.syntax import MAX_OPENERS, FormulaError, check_delimiters

MAX_FORMULA = 1_000
"""Characters of a formula. Long ones in practice have about 300."""

OPENER = re.compile(r"\{|\\[a-zA-Z]+")

# Only a command that the formula itself defines could expand endlessly, or into something deeper than its source.
DEFINITION = re.compile(r"\\(?:(?:re)?newcommand|providecommand|g?def|let|global)(?![a-zA-Z])")

MAX_SECONDS = 3 * SECONDS
"""Seconds of processor time of the converter for one text, or for everything that a request renders."""

MOST_AT_ONCE = 200
"""Formulas of several texts in one request. A thousand usual ones take a few hundredths of a second."""

REMEMBERED, REMEMBERED_FOR = 1_000, 3600.0
"""How many formulas that ended the converter are refused without trying again, and for how many seconds."""

Formula = tuple[str, bool]
"""LaTeX, and whether it is displayed: set on a line of its own."""

TOO_MANY = "Other formulas took too long to typeset, so it was not tried."


class Allowance:
    """The remaining seconds for the converter."""

    def __init__(self) -> None:
        self.left = MAX_SECONDS


class Refused:
    """The formulas that ended the converter recently, by hash, shared by all threads. The oldest are removed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[bytes, tuple[float, str]] = {}

    def why(self, key: bytes) -> str:
        """Why the formula was refused. Empty if it was not."""
        if not self.known:
            return ""
        at, why = self.known.get(key, (0.0, ""))
        return why if why and time.monotonic() - at < REMEMBERED_FOR else ""

    def add(self, key: bytes, why: str) -> None:
        with self.lock:
            self.known.pop(key, None)
            self.known[key] = time.monotonic(), why
            if len(self.known) > REMEMBERED:
                del self.known[next(iter(self.known))]


refused = Refused()
allowed: ContextVar[Allowance | None] = ContextVar("allowed", default=None)


typeset_before: ContextVar[Mapping[Formula, str | FormulaError]] = ContextVar(
    "typeset_before", default=MappingProxyType({})
)
"""The formulas of this block of `typesetting_before`."""


@contextmanager
def typesetting_before(latex: Iterable[str]) -> Iterator[None]:
    """Typeset the formulas of many texts with one request, each as a formula in a line, for the block.

    Each request to the converter takes longer than typesetting one formula. If one of them ends the converter,
    `typeset` asks again for each text, as without this.
    """
    found: dict[Formula, str | FormulaError] = {}
    formulas = checked(dict.fromkeys((one.strip(), False) for one in latex), found)
    try:
        with one_allowance() as allowance:
            for start in range(0, len(formulas), MOST_AT_ONCE):
                if allowance.left <= 0:
                    break
                some = formulas[start : start + MOST_AT_ONCE]
                answers, seconds = converter.convert(some)
                found |= zip(some, answers, strict=True)
                allowance.left -= seconds
    except (ConverterGoneError, EndlessFormulaError):
        # It does not count: the one that ended it will count when its text is typeset.
        pass
    token = typeset_before.set(found)
    try:
        yield
    finally:
        typeset_before.reset(token)


@contextmanager
def one_allowance() -> Iterator[Allowance]:
    """Let everything that is typeset in the block share one time limit: the request's, if there is one already."""
    if there := allowed.get():
        yield there
        return
    token = allowed.set(allowance := Allowance())
    try:
        yield allowance
    finally:
        allowed.reset(token)


def to_mathml(latex: str, *, display: bool) -> str:
    """`typeset` for one formula. Raises FormulaError."""
    found = typeset([(latex, display)])[latex, display]
    if isinstance(found, FormulaError):
        raise found
    return found


def typeset(formulas: Iterable[Formula]) -> dict[Formula, str | FormulaError]:
    """The MathML of formulas, or an error for each that is unknown LaTeX or beyond the limits above.

    The markup may have ``style`` attributes and ids, which `cards.text.markdown` removes.
    """
    known = typeset_before.get()
    found: dict[Formula, str | FormulaError] = {}
    unknown = []
    for formula in dict.fromkeys(formulas):
        if formula in known:
            found[formula] = known[formula]
        else:
            unknown.append(formula)
    wanted = checked(unknown, found)
    return found | convert(wanted) if wanted else found


def checked(formulas: Iterable[Formula], found: dict[Formula, str | FormulaError]) -> list[Formula]:
    """The formulas that may reach the converter. For the others ``found`` gets the error."""
    wanted = []
    for formula in formulas:
        try:
            check(formula)
        except FormulaError as error:
            found[formula] = error
        else:
            wanted.append(formula)
    return wanted


def convert(formulas: Sequence[Formula]) -> dict[Formula, str | FormulaError]:
    """The converter's answers to checked formulas: asked together, or separately if one of them ends it."""
    with one_allowance() as allowance:
        if allowance.left <= 0:
            return dict.fromkeys(formulas, FormulaError(TOO_MANY))
        try:
            answers, seconds = converter.convert(formulas)
        except ConverterGoneError as error:
            return dict.fromkeys(formulas, error)
        except EndlessFormulaError as error:
            allowance.left -= SECONDS
            if len(formulas) > 1:
                return {formula: convert([formula])[formula] for formula in formulas}
            refused.add(key_of(formulas[0]), str(error))
            return {formulas[0]: error}
        allowance.left -= seconds
        return dict(zip(formulas, answers, strict=True))


def key_of(formula: Formula) -> bytes:
    latex, display = formula
    return hashlib.sha256(f"{display:d}{latex}".encode("utf-8", "replace")).digest()


def check(formula: Formula) -> None:
    """Raises FormulaError for a formula that must not reach the converter."""
    latex, _ = formula
    if len(latex) > MAX_FORMULA:
        raise FormulaError(f"A formula has at most {MAX_FORMULA:,} characters.")
    if len(OPENER.findall(latex)) > MAX_OPENERS:
        raise FormulaError(f"A formula has at most {MAX_OPENERS} commands and opening braces.")
    if DEFINITION.search(latex):
        raise FormulaError("A formula cannot define commands.")
    check_delimiters(latex)
    if why := refused.why(key_of(formula)):
        raise EndlessFormulaError(why)
