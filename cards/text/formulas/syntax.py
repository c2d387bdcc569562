r"""What must be right about a formula's delimiters before the converter sees it. Pure.

The converter tries every way to pair parentheses and the like, so that its work doubles with each that stays open;
and it recurses into what is nested. Both are bounded here, by reading the formula once. What this should read
otherwise than the converter does, `cards.text.formulas.process` ends.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_OPENERS = 200
"""Commands and opening braces of a formula; and, counted by themselves, its parentheses and the like that open.

Nothing nests deeper than it has openers.
"""

MAX_OPEN = 8
r"""Parentheses and the like that nothing closes, as in ``]0,1[`` or ``\langle x |``."""

# A delimiter after \left and its like belongs to it; a brace never does.
FENCE = r"\\(?:left|right|middle|[bB]igg?[lmr]?)(?![a-zA-Z])"
TOKEN = re.compile(
    r"(?P<comment>%[^\n]*)|(?P<space>\s+)|(?P<ordinary>[a-zA-Z0-9+=,.-]+)"
    rf"|\\(?:begin|end)\s*\{{[^{{}}]*\}}|{FENCE}\s*(?:\\(?:[a-zA-Z]+|.)|[^\s{{}}\\%])?|\\[a-zA-Z]+|\\.|.",
    re.DOTALL,
)
COMMAND = re.compile(r"\\[a-zA-Z]+")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{")

# By the command alone: what \left has behind it need not be what \right has.
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

# Commands with an argument in square brackets; a line's end takes one only if nothing stands between.
TAKES_BRACKETS = re.compile(r"\\(?:sqrt|cfrac|smash|x[a-zA-Z]{4,}|\\)")
# What follows these is their argument, whatever it is.
TAKES_NEXT = re.compile(
    r"[_^]|\\(?:acute|angl|bar|[bx]?cancel|boxed|breve|check|cramped|d*dot|emph|grave|hat|mathring|not|phase|prescript"
    r"|sqrt|tilde|vec"
    r"|[hv]?phantom|[bB]raket|[bB]ra|[kK]et|Set|[a-z]*(?:binom|frac|ref|set|stack|style)"
    r"|(?:math|operator|over|Over|text|under|wide|x[a-zA-Z]{2})[a-zA-Z]{2,})"
)
# Macros that put delimiters around their argument. The second of the two is lost where that is not whole.
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
    """Why a formula cannot be typeset, in words for its author."""


@dataclass(slots=True)
class Group:
    """Something that ``end`` must close: how it was opened, and how many delimiters are open in it."""

    end: str
    start: str
    open: int = 0


class Delimiters:
    """What is open while a formula is read, token by token."""

    def __init__(self) -> None:
        self.groups = [Group("", "")]
        self.opened = self.left_open = 0

    def take(self, token: str, before: str) -> None:
        """Raises FormulaError where ``token``, after the one ``before``, closes what is not open."""
        group = self.groups[-1]
        # Of a command with its delimiter the command alone; of an environment with its name all.
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
            raise FormulaError(f"“{token}” closes nothing that is open.")
        elif name in NEXT_CELL:
            self.end_of(group)
        else:
            self.pair(name, group, is_argument=TAKES_NEXT.fullmatch(before) is not None)

    def pair(self, name: str, group: Group, *, is_argument: bool) -> None:
        """Count a parenthesis or the like; any that shuts is taken for the other half of any that opens."""
        kind = unicodedata.category(name) if len(name) == 1 else ""
        if name in OPENING or kind == "Ps":
            self.opened += 1
            group.open += 1
        elif (name in SHUTTING or kind == "Pe") and group.open and not is_argument:
            group.open -= 1

    def end_of(self, group: Group) -> None:
        """What is open in a group, or in the cell of a table, nothing outside of it shuts."""
        self.left_open += group.open
        group.open = 0


def check_delimiters(latex: str) -> None:
    """Raises FormulaError where something in ``latex`` is not closed, crossed, or opened too often."""
    found, before, dollars = Delimiters(), "", 0
    for match in TOKEN.finditer(latex):
        token = match[0]
        if match.lastgroup == "comment" or (match.lastgroup == "space" and before != r"\\"):
            continue
        if match.lastgroup is None:
            # An environment's name may stand apart.
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
        raise FormulaError(f"A formula has at most {MAX_OPENERS} opening parentheses and the like.")
    if found.left_open > MAX_OPEN:
        raise FormulaError(f"At most {MAX_OPEN} parentheses and the like of a formula can stay open.")
