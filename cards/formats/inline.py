"""One line of Markdown, put together from text, styles and finished pieces. Pure.

While a line grows it holds marks, control characters that no text has: a style's start and end, and stand-ins
for pieces that are Markdown already (formulas, links, code). `Pieces.finish` escapes the rest and settles the
marks.
"""

import re

from cards.formats.escaping import escape_inline, escape_line_starts

KEPT, STRONG, EM, STRIKE, END = "\x01", "\x02", "\x03", "\x04", "\x08"
MARKERS = {STRONG: "**", EM: "*", STRIKE: "~~"}
MARKS = re.compile(rf"([{STRONG}{EM}{STRIKE}{END}])")
STAND_IN = re.compile(rf"{KEPT}(\d+){KEPT}")
LAST_STAND_IN = re.compile(rf"{KEPT}(\d+){KEPT}\Z")
BESIDE_DIGITS = re.compile(rf"([0-9]*){KEPT}(\d+){KEPT}([0-9]*)")
TOUCHING = re.compile(rf"([^\x00-\x7f]|{KEPT})(?={KEPT}(\d+){KEPT})|(?<={KEPT})([^\x00-\x7f])")

SPACES = re.compile(r"[ \t\r\n\xa0]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def without_marks(line: str) -> str:
    return MARKS.sub("", line)


class Pieces:
    """The finished pieces of one side, and what makes lines of them."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, piece: str) -> str:
        """A stand-in for a finished ``piece`` of Markdown, which is not escaped any more."""
        if not piece:
            return ""
        self.kept.append(piece)
        return f"{KEPT}{len(self.kept) - 1}{KEPT}"

    def finish(self, line: str) -> str:
        """The Markdown of ``line``: text escaped, styles as asterisks, stand-ins resolved."""
        line = escape_line_starts(escape_inline(SPACES.sub(" ", line).strip(" ")))
        if KEPT in line:
            line = self.apart(BESIDE_DIGITS.sub(self.take_digits, line))
        if END in line:
            line = self.styled(line)
        return self.resolve(line).strip()

    def resolve(self, line: str) -> str:
        """``line`` with its pieces in place; links hold styles, and styles formulas."""
        for _ in range(8):
            if KEPT not in line:
                break
            line = STAND_IN.sub(lambda match: self.kept[int(match[1])], line)
        return line

    def take_digits(self, match: re.Match[str]) -> str:
        """Take digits that touch a formula into it: beside a digit, a dollar would be money."""
        piece = self.kept[int(match[2])]
        if not piece.startswith("$") or not (match[1] or match[3]):
            return match[0]
        edge = "$$" if piece.startswith("$$") else "$"
        inner = piece.removeprefix(edge).removesuffix(edge)
        return self.keep(f"{edge}{match[1]}{inner}{match[3]}{edge}")

    def apart(self, line: str) -> str:
        """``line`` with a space where a formula touches another, or a digit that LaTeX does not know."""

        def space(match: re.Match[str]) -> str:
            if match[3]:
                return f" {match[3]}" if match[3].isdigit() else match[3]
            is_formula = self.kept[int(match[2])].startswith("$")
            return f"{match[1]} " if is_formula and (match[1] == KEPT or match[1].isdigit()) else match[1]

        return TOUCHING.sub(space, line)

    def styled(self, line: str) -> str:
        """The line's styles as stand-ins with asterisks and tildes, where these would be understood."""
        tokens = [token for token in MARKS.split(line) if token]
        stack: list[tuple[str, list[str]]] = [("", [])]
        for index, token in enumerate(tokens):
            if token in MARKERS:
                stack.append((token, []))
            elif token != END:
                stack[-1][1].append(token)
            elif len(stack) > 1:
                mark, inner = stack.pop()
                before = next((pieces[-1] for _, pieces in reversed(stack) if pieces), "")
                after = next((text for text in tokens[index + 1 : index + 7] if not MARKS.match(text)), "")
                stack[-1][1].append(self.style(mark, "".join(inner), before, after))
        return "".join(piece for _, pieces in stack for piece in pieces)

    def style(self, mark: str, inner: str, before: str, after: str) -> str:
        """``inner`` between its markers, with the space at its ends moved out."""
        text = inner.strip(" ")
        if not text:
            return inner
        start = inner.index(text)
        lead, tail = inner[:start], inner[start + len(text) :]
        if not self.is_understood(text, lead or before, tail or after):
            return inner
        marker = MARKERS[mark]
        return f"{lead}{self.keep(f'{marker}{text}{marker}')}{tail}"

    def is_understood(self, text: str, before: str, after: str) -> bool:
        """Whether markers around ``text`` are read as such: beside a letter outside they need one inside."""
        if (last := LAST_STAND_IN.search(before)) and self.kept[int(last[1])][-1] in "*~":
            return False
        if text[0] in "*~" or text[-1] in "*~\\":
            return False
        return (text[0].isalnum() or not before[-1:].isalnum()) and (
            text[-1].isalnum() or not after[:1].isalnum()
        )
