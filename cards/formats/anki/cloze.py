"""Cloze deletions: ``{{c1::hidden::hint}}`` in a text, nested or not. Pure.

Anki ends a deletion at the next two closing braces. A formula with braces of its own is torn apart by that, and
its question has a brace too many. So the braces of a formula are matched first, whether the deletion is in the
formula or around it. If they do not match, only those at the end of the hidden text are.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from cards.formats.markdown.maths import Span, spans

BEGIN = r"\{\{c(\d{1,3}(?:,\d{1,3})*)::"
MARK = re.compile(rf"{BEGIN}|\}}\}}")
SIGN = re.compile(rf"{BEGIN}|\\.|[{{}}]", re.DOTALL)
BRACE, CLOSING = re.compile(r"\\.|[{}]", re.DOTALL), re.compile(r"\}{2,20}")
MAX_DEPTH = 8

# Mark the hidden text temporarily. Control characters, which no field contains.
START, STOP = "\x0e", "\x0f"
HIDDEN = re.compile(f"{START}([^{START}{STOP}]*){STOP}")


@dataclass(slots=True)
class Deletion:
    """The content of one pair of braces: texts and nested deletions. The whole text is one without numbers."""

    numbers: frozenset[int] = frozenset()
    parts: "list[str | Deletion]" = field(default_factory=list)


def parse(text: str) -> Deletion:
    """The deletions of ``text``. Braces that do not match are text."""
    stack = [Deletion()]
    # Where the hidden text of each open deletion begins.
    begins = [0]
    # Usually there are no other braces than those of deletions.
    usual = 2 * len(re.findall(BEGIN, text))
    formulas = list(spans(text)) if (text.count("{"), text.count("}")) != (usual, usual) else []
    starts = [span.source for span in formulas]
    own = matched(text, formulas)
    last = text.rfind("}}")
    position = at = 0
    while match := MARK.search(text, at):
        start, at = match.span()
        closes = match[1] is None
        if (closes and len(stack) == 1) or (not closes and len(stack) > MAX_DEPTH):
            continue
        around = bisect_right(starts, start)
        if closes and around and start < formulas[around - 1].end:
            span = formulas[around - 1]
            # A deletion around the formula must have an end behind it.
            if start in own and (begins[-1] > span.start or last >= span.end):
                at = start + 1
                continue
            more = own_braces(text, begins[-1], start)
            start, at = start + more, at + more
        stack[-1].parts.append(text[position:start])
        position = at
        if closes:
            begins.pop()
            inner = stack.pop()
            stack[-1].parts.append(inner)
        else:
            begins.append(at)
            stack.append(Deletion(frozenset(map(int, match[1].split(",")))))
    stack[-1].parts.append(text[position:])
    while len(stack) > 1:  # Never closed, so its content is text.
        inner = stack.pop()
        stack[-1].parts += inner.parts
    return stack[0]


def matched(text: str, formulas: list[Span]) -> set[int]:
    """Where the closing braces of formulas are, of those whose braces and deletions all match."""
    found: set[int] = set()
    for span in formulas:
        if text.find("}}", span.source, span.closer) < 0:
            continue
        own: list[int] = []
        # What is open: braces, and deletions.
        stack: list[str] = []
        ended = span.source
        for sign in SIGN.finditer(text, span.source, span.closer):
            if sign.start() < ended:
                continue  # The second brace of a deletion's end.
            if sign[0] == "\\}":
                own.append(sign.start() + 1)
            elif sign[0] == "}":
                if stack[-1:] == ["{"]:
                    own.append(sign.start())
                elif stack and text.startswith("}}", sign.start(), span.closer):
                    ended = sign.start() + 2
                else:
                    break
                stack.pop()
            elif sign[0][0] == "{":
                stack.append(sign[0])
        else:
            found.update(() if stack else own)
    return found


def own_braces(text: str, begin: int, end: int) -> int:
    """How many closing braces at ``end`` belong to the hidden formula, which begins at ``begin``."""
    run = CLOSING.match(text, end)
    spare = len(run[0]) - 2 if run else 0
    if spare <= 0:
        return 0
    # With the first brace of the run, which a backslash may escape.
    braces = BRACE.findall(MARK.sub("", text[begin:end]) + "}")
    is_escaped = braces[-1] != "}"
    opened = braces.count("{") - braces.count("}") + (not is_escaped)
    return max(0, min(opened + is_escaped, spare))


def numbers(deletion: Deletion) -> set[int]:
    """The numbers of all deletions in a text."""
    found = set(deletion.numbers)
    for part in deletion.parts:
        if isinstance(part, Deletion):
            found |= numbers(part)
    return found


def split_hint(deletion: Deletion) -> "tuple[list[str | Deletion], str]":
    """The hidden text, and the hint after ``::``."""
    for index, part in enumerate(deletion.parts):
        if isinstance(part, str) and "::" in part:
            before, _, hint = part.partition("::")
            return [*deletion.parts[:index], before], hint
    return deletion.parts, ""


def shown(deletion: Deletion, number: int, *, as_question: bool) -> str:
    """The text for card ``number``: for a question with hints instead of its deletions, otherwise complete."""
    parts, hint = split_hint(deletion) if deletion.numbers else (deletion.parts, "")
    if as_question and number in deletion.numbers:
        return f"[{hint or '...'}]"
    return "".join(
        part if isinstance(part, str) else shown(part, number, as_question=as_question) for part in parts
    )


def answers(text: str, number: int) -> list[str]:
    """The texts that card ``number`` hides, in order. Each one inside a formula becomes a separate formula."""
    whole = marked(parse(text), number)
    formulas = list(spans(whole))
    found = []
    for match in HIDDEN.finditer(whole):
        around = next((span for span in formulas if span.source <= match.start() < span.closer), None)
        inner = match[1]
        if around:
            inner = whole[around.start : around.source] + inner + whole[around.closer : around.end]
        found.append(inner)
    return found


def marked(deletion: Deletion, number: int) -> str:
    """The complete text, with marks around the texts that card ``number`` hides."""
    if number in deletion.numbers:
        return f"{START}{shown(deletion, number, as_question=False)}{STOP}"
    parts = split_hint(deletion)[0] if deletion.numbers else deletion.parts
    return "".join(part if isinstance(part, str) else marked(part, number) for part in parts)
