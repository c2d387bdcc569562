r"""Formulas in the notations of other programs, ``\(..\)`` or ``[$]..[/$]`` -> between dollars. Pure."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OPENERS = re.compile(r"\\\(|\\\[|\[\$\]|\[\$\$\]|\[latex\]|<anki-mathjax[^<>]*>", re.IGNORECASE)
CLOSERS = {
    "\\(": "\\)",
    "\\[": "\\]",
    "[$]": "[/$]",
    "[$$]": "[/$$]",
    "[latex]": "[/latex]",
}
TAG = re.compile(r"<[^<>]*>")
BREAK = re.compile(r"<(?:br|/?div|/?p)\b[^<>]*>", re.IGNORECASE)
DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")
IN_DOLLARS = re.compile(r"(?<!\\)\$\$([^$]+)\$\$|(?<!\\)\$([^$]+)\$")
ENVIRONMENT = re.compile(r"\\begin\{((?:display)?math|equation\*?)\}.*\\end\{\1\}\Z", re.DOTALL)


def latex_of(marked: str) -> str:
    """The LaTeX inside a piece of HTML, on one line."""
    text = html.unescape(TAG.sub("", BREAK.sub(" ", marked)))
    return " ".join(text.replace("\0", "").split())


def formula(latex: str, *, display: bool) -> str:
    """``latex`` between dollars, as in this site's Markdown. Empty if there is no LaTeX."""
    latex = DOLLAR.sub(r"\1\\$", latex).strip()
    # A final backslash would escape the closing dollar.
    while (len(latex) - len(latex.rstrip("\\"))) % 2:
        latex = latex[:-1].rstrip()
    if not latex:
        return ""
    return f"$${latex}$$" if display else f"${latex}$"


def latex_document(source: str, keep_formula: Callable[[str], str]) -> str:
    """The content of ``[latex]..[/latex]``: text with formulas between dollars, or one formula."""
    if IN_DOLLARS.search(source):

        def keep(match: re.Match[str]) -> str:
            return keep_formula(formula(match[1] or match[2], display=bool(match[1])))

        return html.escape(IN_DOLLARS.sub(keep, source), quote=False)
    if source.startswith("\\[") and source.endswith("\\]"):
        source = source[2:-2]
    elif ENVIRONMENT.match(source):
        source = source[source.index("}") + 1 : source.rindex("\\end")]
    return keep_formula(formula(source, display=True))


@dataclass(frozen=True, slots=True)
class Span:
    """A formula in a piece of HTML: where its opener, its source and its closer start, and where it ends."""

    opener: str
    start: int
    source: int
    closer: int
    end: int


def spans(marked: str) -> Iterator[Span]:
    """The formulas of ``marked``, in order. An opener without a closer is ignored."""
    start = 0
    # Openers that have no closer: searched once, since searching for each would take quadratic time.
    unclosed: set[str] = set()
    while match := OPENERS.search(marked, start):
        start = match.end()
        closer = CLOSERS.get(match[0].lower(), "</anki-mathjax>")
        end = -1 if closer in unclosed else find_closer(marked, closer, start)
        if end < 0:
            unclosed.add(closer)
            continue
        yield Span(match[0].lower(), match.start(), start, end, end + len(closer))
        start = end + len(closer)


def take_formulas(marked: str, keep_formula: Callable[[str], str]) -> str:
    """``marked`` HTML with each formula replaced by what ``keep_formula`` returns for it between dollars."""
    if "\\" not in marked and "[" not in marked and "<anki-" not in marked:
        return marked
    parts, done = [], 0
    for span in spans(marked):
        latex = latex_of(marked[span.source : span.closer])
        if span.opener == "[latex]":
            kept = latex_document(latex, keep_formula)
        else:
            display = span.opener in ("\\[", "[$$]") or bool(re.search(r"block=.?true", span.opener))
            kept = keep_formula(formula(latex, display=display))
        parts += [marked[done : span.start], kept]
        done = span.end
    return "".join([*parts, marked[done:]])


def find_closer(marked: str, closer: str, start: int) -> int:
    r"""Where ``closer`` is, but not the ``\)`` of ``\\)``, which is a line end before a bracket."""
    end = marked.find(closer, start)
    while end > start and closer[0] == "\\":
        before = marked[start:end]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            break
        end = marked.find(closer, end + 1)
    return end
