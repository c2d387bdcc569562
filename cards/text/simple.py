r"""Texts that need no Markdown engine: paragraphs of words, with at most simple marks. Pure.

Most cards are like this, and the engine takes ten times as long. `is_simple` is strict: where it says yes, the
engine would return exactly what `cards.text.markdown` makes of `marked` (a property test compares them). It leaves
to the engine whatever could be a block (lists, quotations, tables, code), a link, HTML, or marks that depend on
what surrounds them.
"""

import html
import re
from collections.abc import Callable, Iterator

CONTROLS = r"\x00-\x1f\x7f-\x9f\ud800-\udfff"
# Spaces other than the usual one, at which the engine's rules for marks look.
OTHER_SPACES = r"\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WORDS = rf"[^&<>$*\[\]\\_`{CONTROLS}{OTHER_SPACES}]"

# Beside a dollar the engine asks `str.isdigit`, which knows more digits: raised, lowered, in circles, in brackets.
DIGITS = (
    r"\d\xb2\xb3\xb9\u1369-\u1371\u19da\u2070-\u2079\u2080-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
    r"\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a"
)

# A formula between dollars that cannot be anything else: no digit outside touches a dollar.
LATEX = rf"(?<![{DIGITS}\\])\$(?=[^\s$])[^$\n{CONTROLS}]*(?<![\s\\])\$(?![{DIGITS}$])"
# Emphasis whose first marker can only open, and whose last can only close: a letter or digit inside, and outside
# a space, a bracket or the end of a sentence.
BEFORE, AFTER = r"(?<![^\s(])", r"(?=[\s).,;:!?]|\Z)"
INSIDE = rf"[^\W_](?:[^*&<>$\[\]\\_`~{CONTROLS}{OTHER_SPACES}]*[^\W_])?"
STRONG = rf"{BEFORE}\*\*{INSIDE}\*\*{AFTER}"
EMPHASIS = rf"{BEFORE}\*{INSIDE}\*{AFTER}"
CODE = rf"(?<!`)`[^`\s{CONTROLS}](?:[^`\n{CONTROLS}{OTHER_SPACES}]*[^`\s{CONTROLS}])?`(?!`)"
ESCAPED = r"\\[!-/:-@\[-`{-~]"
MARK = rf"(?:{LATEX}|{STRONG}|{EMPHASIS}|{CODE}|{ESCAPED})"
# Signs that are markup in another place only.
HARMLESS = r"&(?![\w#]+;)|<(?=[ =\d])|>|[\[\]]|(?<=[^\W_])_(?=[^\W_])"

# The start of a line is no start of a block: no list ("1. ", "- "), heading, quotation or line.
START = rf"(?:[^\W\d_]|(?!\d{{1,9}}[.)](?:\s|\Z))\d|[\[(\"'“”„‘’«»‹›¿¡…]|{MARK})"
LINE = rf"{START}(?:{WORDS}++|{MARK}|{HARMLESS})*+"
PARAGRAPH = re.compile(rf"{LINE}(?:\n{LINE})*+")
NEVER = re.compile(r"  | \n| \Z|~~|\]\(")

MARKS = re.compile(rf"({MARK})")
FORMULA = re.compile(LATEX)


def is_simple(text: str) -> bool:
    """Whether ``text`` is one paragraph that needs no engine. Lines have no spaces at their ends."""
    return NEVER.search(text) is None and PARAGRAPH.fullmatch(text) is not None and not needs_guard(text)


def needs_guard(paragraph: str) -> bool:
    """Whether a formula at its start needs `cards.text.markdown.guard_first_dollar`."""
    return paragraph[:1] == "$" and (paragraph[-1] == "\\" or paragraph[-1].isdigit())


def is_formula(line: str) -> bool:
    """Whether ``line`` is one formula and nothing else."""
    return FORMULA.fullmatch(line) is not None


def formulas_in(text: str) -> Iterator[str]:
    """The LaTeX of each formula of a simple paragraph."""
    for mark in MARKS.findall(text) if "$" in text else ():
        if mark[0] == "$":
            yield mark[1:-1]


def likely_formulas(source: str) -> Iterator[str]:
    """The LaTeX between dollars in any text, of which a few may turn out to be none."""
    for mark in FORMULA.findall(source) if "$" in source else ():
        yield mark[1:-1]


def marked(line: str, typeset: Callable[[str], str] | None = None) -> str:
    """The HTML of a line of a simple paragraph; ``typeset`` gives that of a formula's LaTeX.

    With it, quotation marks are escaped as well, so that no text looks like an attribute of a formula.
    """
    pieces = MARKS.split(line)
    pieces[::2] = [html.escape(text, quote=bool(typeset)) for text in pieces[::2]]
    pieces[1::2] = [mark_html(mark, typeset) for mark in pieces[1::2]]
    return "".join(pieces)


def mark_html(mark: str, typeset: Callable[[str], str] | None) -> str:
    if mark[0] == "$" and typeset:
        return typeset(mark[1:-1])
    escaped = html.escape(mark, quote=bool(typeset))
    if mark[0] == "\\":
        return escaped[1:]
    if mark[0] == "`":
        return f"<code>{escaped[1:-1]}</code>"
    return f"<strong>{escaped[2:-2]}</strong>" if mark.startswith("**") else f"<em>{escaped[1:-1]}</em>"
