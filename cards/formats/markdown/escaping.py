"""Plain text -> Markdown that renders as exactly that text, with as few backslashes as will do. Pure.

Follows what `cards.text.markdown` means by Markdown: no raw HTML, pictures, underlined headings or indented code,
a line break is a line break, formulas stand between dollars.
"""

import re

from cards.text.markdown import PLAIN

# Characters inside a line that could mean something where they stand. An underscore between letters, an asterisk
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

# What would start a heading, quotation, list item, line or the second line of a table.
LINE_START = re.compile(
    r"^(?:(?=\#{1,6}(?:\s|$)|>|[-+*](?:\s|$)|-[- ]*$|[|:\- ]+$)|(?P<number>\d{1,9})(?=[.)](?:\s|$)))",
    re.MULTILINE,
)


def escape_inline(text: str, *, money: bool = False) -> str:
    """``text`` with backslashes before what has a meaning inside a line.

    A single dollar is left alone where ``money`` says that no other can stand in the same source.
    """
    text = INLINE.sub(r"\\\g<0>", text)
    return text if money and text.count("$") < 2 else text.replace("$", r"\$")


def escape_line_starts(text: str) -> str:
    """``text`` with backslashes before what has a meaning at the start of a line."""
    return LINE_START.sub(lambda match: (match["number"] or "") + "\\", text)


def escape_plain(text: str) -> str:
    """The Markdown whose rendering is ``text``, line by line, with the space around each line taken away.

    "1986. Chernobyl" becomes no list, ``__init__`` not bold, and "$5 or $6" no formula.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if "\n" in text or text[:1].isspace() or text[-1:].isspace():
        text = "\n".join(line.strip() for line in text.split("\n")).strip("\n")
    if PLAIN.fullmatch(text):
        return text
    return escape_line_starts(escape_inline(text, money=True))
