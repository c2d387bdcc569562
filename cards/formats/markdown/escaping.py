"""Plain text -> Markdown that renders as exactly this text, with as few backslashes as possible. Pure.

For the Markdown of `cards.text.markdown`: no raw HTML, pictures, underlined headings or indented code,
a line break is a line break, and formulas are between dollars.
"""

import re

from cards.text.markdown import PLAIN

# Characters inside a line that could be markup in their context. An underscore between letters, an asterisk
# between spaces, brackets without an address, "a < b" and "AT&T" cannot.
INLINE = re.compile(
    r"""
      \\(?=[\x01-\x08!-/:-@\[-`{-~]|$)  # a backslash that would escape, or break a line
    | `
    | (?<!\s)\*|\*(?!\s|\Z)
    | (?<![^\W_])_|_(?![^\W_])
    | ~(?=~)|(?<=~)~
    | \](?=\()
    | <(?=[^<>\s]*>)
    | &(?=\#?[A-Za-z0-9]+;)
    """,
    re.VERBOSE | re.MULTILINE,
)

# Without one of these there is nothing to escape.
SIGNS = re.compile(r"[\\`*_~\]<&]")

# The start of a heading, quotation, list item, line or the second line of a table.
LINE_START = re.compile(
    r"^(?:(?=\#{1,6}(?:\s|$)|>|[-+*](?:\s|$)|-[- ]*$|[|:\- ]+$)|(?P<number>\d{1,9})(?=[.)](?:\s|$)))",
    re.MULTILINE,
)


def escape_inline(text: str, *, money: bool = False) -> str:
    """``text`` with backslashes before markup inside a line.

    With ``money``, a single dollar is not escaped: the source has no other one with which it could make a formula.
    """
    if SIGNS.search(text):
        text = INLINE.sub(r"\\\g<0>", text)
    return text if money and text.count("$") < 2 else text.replace("$", r"\$")


def escape_line_starts(text: str) -> str:
    """``text`` with a backslash before markup at the start of a line."""
    if "\n" not in text and text[:1].isalpha():
        return text
    return LINE_START.sub(lambda match: (match["number"] or "") + "\\", text)


def escape_plain(text: str) -> str:
    """The Markdown that renders as ``text``, line by line, without spaces around the lines.

    "1986. Chernobyl" becomes no list, ``__init__`` not bold, and "$5 or $6" no formula.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if "\n" in text or text[:1].isspace() or text[-1:].isspace():
        text = "\n".join(line.strip() for line in text.split("\n")).strip("\n")
    if PLAIN.fullmatch(text):
        return text
    return escape_line_starts(escape_inline(text, money=True))
