"""Marking the words of a search in texts and in HTML, by the rules of `cards.text.words` that find them. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from html.parser import HTMLParser
from itertools import groupby

from cards.text.words import IS_UNSPACED, RUN, Word, folded, pieces

# What can be part of a word: letters, numbers and marks, invisible characters between them, and + and #.
TOKEN = re.compile(r"(?:[^\W_]|[+#\u0300-\u036f\u0483-\u0487\u0591-\u06ff\u200b-\u200f\ufe00-\ufe0f])+")
SNIPPET = 160
"""Characters of a text that are shown around its first match."""

BEFORE = 40
"""Characters of these that come before it."""

MATHS = "math"


def matches(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """The places in ``text``, first to last, that one of ``words`` finds: start and end of each, in order."""
    return [place for token in TOKEN.finditer(text) for place in _in_token(token[0], token.start(), words)]


def _in_token(token: str, start: int, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    if not IS_UNSPACED.search(token):
        if any(word.is_in([piece]) for piece in pieces(token) for word in words):
            yield start, start + len(token)
        return
    for run in RUN.finditer(token):
        if not IS_UNSPACED.match(run[0]):
            yield from _in_token(run[0], start + run.start(), words)
            continue
        found = set()
        for word in words:
            # Folding keeps the number of these characters, but for a few that it takes apart: they are not marked.
            plain, wanted = folded(run[0]), word.text
            if len(plain) == len(run[0]):
                found |= {at + n for at in _places(plain, wanted) for n in range(len(wanted))}
        for _, group in groupby(enumerate(sorted(found)), key=lambda pair: pair[1] - pair[0]):
            places = [place for _, place in group]
            yield start + run.start() + places[0], start + run.start() + places[-1] + 1


def _places(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def marked(text: str, words: Sequence[Word]) -> str:
    """``text`` as HTML, with its matches in ``<mark>``."""
    parts, end = [], 0
    for first, last in matches(text, words):
        parts += [escape(text[end:first]), "<mark>", escape(text[first:last]), "</mark>"]
        end = last
    return "".join([*parts, escape(text[end:])])


def snippet(text: str, words: Sequence[Word]) -> str:
    """The part of a long ``text`` around its first match, with "…" where it is cut."""
    if len(text) <= SNIPPET:
        return text
    found = matches(text, words)
    first = found[0][0] if found else 0
    start = 0 if first <= BEFORE else text.find(" ", first - BEFORE, first) + 1 or first
    end = start + SNIPPET
    if end < len(text):
        end = max(text.rfind(" ", start + SNIPPET // 2, end), start + SNIPPET // 2)
        # Not between a letter and its marks.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def marked_html(html: str, words: Sequence[Word]) -> str:
    """A card's stored HTML, which is clean, with matches in its texts marked; formulas stay as they are."""
    marker = _Marker(words)
    marker.feed(html)
    marker.close()
    return "".join(marker.parts)


class _Marker(HTMLParser):
    """Copies HTML, and marks matches in the texts between its tags."""

    def __init__(self, words: Sequence[Word]) -> None:
        super().__init__(convert_charrefs=False)
        self.words, self.parts, self.in_maths = words, list[str](), 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.in_maths += tag == MATHS
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.in_maths -= tag == MATHS
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self.in_maths else marked(data, self.words))

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")
