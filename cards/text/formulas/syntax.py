r"""Checks the delimiters of a formula before it is passed to the converter. Pure.

The converter tries every way to pair parentheses and other delimiters, so its work doubles with each open one,
and it recurses into nested groups. Both are limited here, by reading the formula once. If this reads something
differently than the converter does, `cards.text.formulas.process` limits the converter.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

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
SPACES_BEFORE_BRACE = re.compile(r"\s+(?=\{)")
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


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token without its surroundings. Formulas consist of the same few, so it is found once.

    ``name`` is the command of a token with a delimiter or an environment. ``end`` closes the group that it opens.
    ``is_whole`` is a complete argument.
    """

    text: str
    name: str
    end: str
    is_end: bool
    is_whole: bool
    is_opening: bool
    is_closing: bool
    takes_next: bool
    takes_brackets: bool


@lru_cache(maxsize=1_000)
def token_of(text: str) -> Token:
    # A command without its delimiter, an environment with its name.
    name = text if ENVIRONMENT.match(text) else (COMMAND.match(text) or [text])[0]
    kind = unicodedata.category(name) if len(name) == 1 else ""
    takes_next = TAKES_NEXT.fullmatch(text) is not None
    return Token(
        text,
        name,
        rf"\end{name[6:]}" if name.startswith(r"\begin{") else ENDS.get(name, ""),
        is_end=name in CLOSING or name.startswith(r"\end{"),
        is_whole=name == "{" or (COMMAND.fullmatch(text) is not None and not takes_next),
        is_opening=name in OPENING or kind == "Ps",
        is_closing=name in SHUTTING or kind == "Pe",
        takes_next=takes_next,
        takes_brackets=TAKES_BRACKETS.fullmatch(text) is not None,
    )


START = token_of("")
ORDINARY = token_of(" ")
"""Letters, digits or spaces: only what they are before matters, and they are no command."""


class Delimiters:
    """The groups that are open while a formula is read, token by token."""

    def __init__(self) -> None:
        self.groups = [Group("", "")]
        self.opened = self.left_open = 0

    def take(self, token: Token, before: Token) -> None:
        """Raises FormulaError if ``token``, after the token ``before``, closes a group that is not open."""
        group, name = self.groups[-1], token.name
        if before.text in SURROUNDS and not token.is_whole:
            group.open += 1
        if token.end:
            self.groups.append(Group(token.end, token.text))
        elif name == "[" and before.takes_brackets:
            self.groups.append(Group("]", before.text + token.text))
        elif name == group.end:
            self.end_of(self.groups.pop())
        elif token.is_end:
            raise FormulaError(f"“{token.text}” closes something that was not opened.")
        elif name in NEXT_CELL:
            self.end_of(group)
        # Any closing parenthesis or similar counts as the other half of any opening one.
        elif token.is_opening:
            self.opened += 1
            group.open += 1
        elif token.is_closing and group.open and not before.takes_next:
            group.open -= 1

    def end_of(self, group: Group) -> None:
        """At the end of a group or of a table cell, its open delimiters can no longer be closed."""
        self.left_open += group.open
        group.open = 0


def check_delimiters(latex: str) -> None:
    """Raises FormulaError if ``latex`` has groups that are not closed, overlap, or are too many."""
    found, before, dollars = Delimiters(), START, 0
    for match in TOKEN.finditer(latex):
        text, kind = match[0], match.lastgroup
        if kind == "comment" or (kind == "space" and before.text != r"\\"):
            continue
        if kind is None:
            # There may be spaces before an environment's name.
            token = token_of(SPACES_BEFORE_BRACE.sub("", text) if len(text) > 1 else text)
            dollars += text == "$"
            found.take(token, before)
            before = token
        else:
            before = ORDINARY
    if len(found.groups) > 1:
        raise FormulaError(f"“{found.groups[-1].start}” is not closed.")
    if dollars % 2:
        raise FormulaError("“$” is not closed.")
    found.end_of(found.groups[0])
    if found.opened > MAX_OPENERS:
        raise FormulaError(f"A formula has at most {MAX_OPENERS} opening parentheses and similar.")
    if found.left_open > MAX_OPEN:
        raise FormulaError(f"At most {MAX_OPEN} parentheses and similar of a formula can be left open.")
