"""One line of Markdown, made from text, styles and finished pieces. Pure.

While it is built, a line contains marks, which are control characters that no text has: for the start and end of
styles, and placeholders for pieces that are Markdown already (formulas, links, code). `Pieces.finish` escapes the
rest and replaces the marks.
"""

import re

from cards.formats.markdown.escaping import escape_inline, escape_line_starts

KEPT, STRONG, EM, STRIKE, END = "\x01", "\x02", "\x03", "\x04", "\x08"
MARKERS = {STRONG: "**", EM: "*", STRIKE: "~~"}
MARKS = re.compile(rf"([{STRONG}{EM}{STRIKE}{END}])")
STAND_IN = re.compile(rf"{KEPT}(\d+){KEPT}")
LAST_STAND_IN = re.compile(rf"{KEPT}(\d+){KEPT}\Z")
BESIDE_DIGITS = re.compile(rf"([0-9]*){KEPT}(\d+){KEPT}([0-9]*)")
TOUCHING = re.compile(rf"([^\x00-\x7f]|{KEPT})(?={KEPT}(\d+){KEPT})|(?<={KEPT})([^\x00-\x7f])")

SPACES = re.compile(r"[ \t\r\n\xa0]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def without_controls(text: str) -> str:
    """``text`` without control characters, which mark places here."""
    return text if text.isprintable() else CONTROLS.sub("", text)


def without_marks(line: str) -> str:
    return MARKS.sub("", line)


class Pieces:
    """The finished pieces of one side. Makes lines from them."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, piece: str) -> str:
        """A placeholder for a finished ``piece`` of Markdown, which is not escaped again."""
        if not piece:
            return ""
        self.kept.append(piece)
        return f"{KEPT}{len(self.kept) - 1}{KEPT}"

    def finish(self, line: str) -> str:
        """The Markdown of ``line``: text is escaped, styles become asterisks, placeholders their pieces."""
        line = SPACES.sub(" ", line).strip(" ")
        if "~" in line and END in line:
            # Two of them may meet once a style between them is replaced.
            line = line.replace("~", self.keep(r"\~"))
        line = escape_inline(line)
        if KEPT in line:
            line = self.apart(BESIDE_DIGITS.sub(self.take_digits, line))
        if END in line:
            line = self.styled(line)
        # After the styles: a dropped style leaves its text at the start of the line.
        return self.resolve(escape_line_starts(line.strip())).strip()

    def resolve(self, line: str) -> str:
        """``line`` with its pieces. Links contain styles, and styles contain formulas."""
        for _ in range(8):
            if KEPT not in line:
                break
            line = STAND_IN.sub(lambda match: self.kept[int(match[1])], line)
        return line

    def take_digits(self, match: re.Match[str]) -> str:
        """Move digits that touch a formula into it: next to a digit, a dollar would be money."""
        piece = self.kept[int(match[2])]
        if not piece.startswith("$") or not (match[1] or match[3]):
            return match[0]
        edge = "$$" if piece.startswith("$$") else "$"
        inner = piece.removeprefix(edge).removesuffix(edge)
        return self.keep(f"{edge}{match[1]}{inner}{match[3]}{edge}")

    def apart(self, line: str) -> str:
        """``line`` with a space between a formula and another one, or a digit that LaTeX does not support."""

        def space(match: re.Match[str]) -> str:
            if match[3]:
                return f" {match[3]}" if match[3].isdigit() else match[3]
            is_formula = self.kept[int(match[2])].startswith("$")
            return f"{match[1]} " if is_formula and (match[1] == KEPT or match[1].isdigit()) else match[1]

        return TOUCHING.sub(space, line)

    def styled(self, line: str) -> str:
        """Replace the line's styles by asterisks and tildes, if these would be read as markers."""
        tokens = [token for token in MARKS.split(line) if token]
        following = next_texts(tokens)
        stack: list[tuple[str, list[str]]] = [("", [])]
        for token, after in zip(tokens, following, strict=True):
            if token in MARKERS:
                stack.append((token, []))
            elif token != END:
                stack[-1][1].append(token)
            elif len(stack) > 1:
                mark, inner = stack.pop()
                before = next((pieces[-1] for _, pieces in reversed(stack) if pieces), "")
                if made := self.style(mark, "".join(inner), before, after, is_inside=len(stack) > 1):
                    stack[-1][1].append(made)
        return "".join(piece for _, pieces in stack for piece in pieces)

    def style(self, mark: str, inner: str, before: str, after: str, *, is_inside: bool) -> str:
        """``inner`` between its markers, with spaces at its ends moved out."""
        text = inner.strip(" ")
        if not text:
            return inner
        start = inner.index(text)
        lead, tail = inner[:start], inner[start + len(text) :]
        if not self.is_understood(text, lead or before, tail or after, is_inside=is_inside):
            return inner
        marker = MARKERS[mark]
        return f"{lead}{self.keep(f'{marker}{text}{marker}')}{tail}"

    def is_style(self, number: str) -> bool:
        return self.kept[int(number)][-1] in "*~"

    def is_understood(self, text: str, before: str, after: str, *, is_inside: bool) -> bool:
        """Whether markers around ``text`` are read as markers.

        Next to a letter outside they need one inside (CommonMark's flanking). In nested styles, a marker that
        could both open and close might end the wrong one, so a space or a sign outside has to decide.
        """
        if (last := LAST_STAND_IN.search(before)) and self.is_style(last[1]):
            return False
        first_out, last_out = before[-1:], after[:1]
        if text[0] == "*" or text[-1] in "*\\":
            return False
        nested = is_inside or any(map(self.is_style, STAND_IN.findall(text)))
        return is_flank(first_out, text[0], nested=nested) and is_flank(last_out, text[-1], nested=nested)


def is_flank(outside: str, inside: str, *, nested: bool) -> bool:
    """Whether a marker between these characters is read as intended, and if ``nested``, only so."""
    if not outside.strip():
        return True
    if nested:
        return inside.isalnum() and not outside.isalnum()
    return inside.isalnum() or not outside.isalnum()


def next_texts(tokens: list[str]) -> list[str]:
    """For each token the text after it, without marks. Empty if there is none."""
    found, text = [], ""
    for token in reversed(tokens):
        found.append(text)
        text = text if MARKS.match(token) else token
    return found[::-1]
