r"""Checks the delimiters of a formula before it is passed to the converter. Pure.

The converter tries every way to pair parentheses and other delimiters, so its work doubles with each open one,
and it recurses into nested groups. Both are limited here, by reading the formula once. If this reads something
differently than the converter does, `cards.text.formulas.process` limits the converter.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_OPENERS = 200
"""Commands and opening braces of a formula, and, counted separately, its opening parentheses and similar.

The depth of nesting is never larger than the number of openers.
"""

MAX_OPEN = 8
r"""Parentheses and similar that are never closed, as in ``]0,1[`` or ``\langle x |``."""

# A delimiter after \left and similar commands belongs to it. A brace never does.
FENCE = r"\\(?:left|right|middle|[bB]igg?[lmr]?)(?![a-zA-Z])"
TOKEN = re.compile(
    r"(?P<comment>%[^\n]*)|(?P<space>\s+)|(?P<ordinary>[a-zA-Z0-9+=,.-]+)"
    rf"|\\(?:begin|end)\s*\{{[^{{}}]*\}}|{FENCE}\s*(?:\\(?:[a-zA-Z]+|.)|[^\s{{}}\\%])?|\\[a-zA-Z]+|\\.|.",
    re.DOTALL,
)
COMMAND = re.compile(r"\\[a-zA-Z]+")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{")

# By the command only: \left and \right may have different delimiters.
ENDS = {
    "{": "}",
    r"\left": r"\right",
    r"\begin": r"\end",
    r"\begingroup": r"\endgroup",
    r"\(": r"\)",
    r"\[": r"\]",
}
CLOSING = frozenset(ENDS.values())
NEXT_CELL = frozenset({"&", r"\\", r"\cr", r"\newline", r"\middle"})

# Commands with an argument in square brackets. After a line end it must follow directly.
TAKES_BRACKETS = re.compile(r"\\(?:sqrt|cfrac|smash|x[a-zA-Z]{4,}|\\)")
# Whatever follows these is their argument.
TAKES_NEXT = re.compile(
    r"[_^]|\\(?:acute|angl|bar|[bx]?cancel|boxed|breve|check|cramped|d*dot|emph|grave|hat|mathring|not|phase|prescript"
    r"|sqrt|tilde|vec"
    r"|[hv]?phantom|[bB]raket|[bB]ra|[kK]et|Set|[a-z]*(?:binom|frac|ref|set|stack|style)"
    r"|(?:math|operator|over|Over|text|under|wide|x[a-zA-Z]{2})[a-zA-Z]{2,})"
)
# Macros that put delimiters around their argument. The second one is lost if that is not complete.
SURROUNDS = frozenset({r"\bra", r"\braket", r"\ket", r"\pmod", r"\pod"})

NAMES = (
    "angle ang Angle brace Brace brack ceil floor group moustache paren vert Vert langle lbracket lparenthesis"
).split()
OPENING = frozenset(
    {"(", "[", r"\{", r"\ulcorner", r"\llcorner", r"\mathopen", "⌜", "⌞", "⎰"}
    | {rf"\l{name}" for name in NAMES}
    | {rf"\{size}l" for size in ("big", "Big", "bigg", "Bigg")}
)
SHUTTING = frozenset(
    {")", "]", r"\}", r"\urcorner", r"\lrcorner"}
    | {rf"\r{name}".replace(r"\rl", r"\rr") for name in NAMES}
    | {rf"\{size}r" for size in ("big", "Big", "bigg", "Bigg")}
)


class FormulaError(ValueError):
    """A formula cannot be typeset. ``str()`` is a message for its author."""


@dataclass(slots=True)
class Group:
    """A group that ``end`` must close: how it was opened, and how many delimiters are open in it."""

    end: str
    start: str
    open: int = 0


class Delimiters:
    """The groups that are open while a formula is read, token by token."""

    def __init__(self) -> None:
        self.groups = [Group("", "")]
        self.opened = self.left_open = 0

    def take(self, token: str, before: str) -> None:
        """Raises FormulaError if ``token``, after the token ``before``, closes a group that is not open."""
        group = self.groups[-1]
        # A command without its delimiter, an environment with its name.
        name = token if ENVIRONMENT.match(token) else (COMMAND.match(token) or [token])[0]
        is_whole = name == "{" or (COMMAND.fullmatch(token) and not TAKES_NEXT.fullmatch(token))
        group.open += before in SURROUNDS and not is_whole
        if name in ENDS:
            self.groups.append(Group(ENDS[name], token))
        elif name.startswith(r"\begin{"):
            self.groups.append(Group(rf"\end{name[6:]}", token))
        elif name == "[" and TAKES_BRACKETS.fullmatch(before):
            self.groups.append(Group("]", before + token))
        elif name == group.end:
            self.end_of(self.groups.pop())
        elif name in CLOSING or name.startswith(r"\end{"):
            raise FormulaError(f"“{token}” closes something that was not opened.")
        elif name in NEXT_CELL:
            self.end_of(group)
        else:
            self.pair(name, group, is_argument=TAKES_NEXT.fullmatch(before) is not None)

    def pair(self, name: str, group: Group, *, is_argument: bool) -> None:
        """Count a parenthesis or similar. Any closing one counts as the other half of any opening one."""
        kind = unicodedata.category(name) if len(name) == 1 else ""
        if name in OPENING or kind == "Ps":
            self.opened += 1
            group.open += 1
        elif (name in SHUTTING or kind == "Pe") and group.open and not is_argument:
            group.open -= 1

    def end_of(self, group: Group) -> None:
        """At the end of a group or of a table cell, its open delimiters can no longer be closed."""
        self.left_open += group.open
        group.open = 0


def check_delimiters(latex: str) -> None:
    """Raises FormulaError if ``latex`` has groups that are not closed, overlap, or are too many."""
    found, before, dollars = Delimiters(), "", 0
    for match in TOKEN.finditer(latex):
        token = match[0]
        if match.lastgroup == "comment" or (match.lastgroup == "space" and before != r"\\"):
            continue
        if match.lastgroup is None:
            # There may be spaces before an environment's name.
            token = re.sub(r"\s+(?=\{)", "", token)
            dollars += token == "$"  # noqa: S105
            found.take(token, before)
        before = token
    if len(found.groups) > 1:
        raise FormulaError(f"“{found.groups[-1].start}” is not closed.")
    if dollars % 2:
        raise FormulaError("“$” is not closed.")
    found.end_of(found.groups[0])
    if found.opened > MAX_OPENERS:
        raise FormulaError(f"A formula has at most {MAX_OPENERS} opening parentheses and similar.")
    if found.left_open > MAX_OPEN:
        raise FormulaError(f"At most {MAX_OPEN} parentheses and similar of a formula can be left open.")
