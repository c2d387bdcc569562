"""Marking the words of a search in texts and in HTML, by the rules of `cards.text.words` that find them. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from html.parser import HTMLParser
from itertools import groupby

from cards.text.markdown import plain
from cards.text.words import IS_UNSPACED, RUN, Word, folded, pieces

# What can be part of a word: letters, numbers and marks, invisible characters between them, and + and #.
TOKEN = re.compile(r"(?:[^\W_]|[+#\u0300-\u036f\u0483-\u0487\u0591-\u06ff\u200b-\u200f\ufe00-\ufe0f])+")
SNIPPET = 160
"""Characters of a text that are shown around its first match."""

BEFORE = 40
"""Characters of these that come before it."""

NEAR = 70
"""Characters before the first match of a short text that is shown whole; with more, a phone would not show it."""

READ_BEFORE, READ_AFTER = 300, 700
"""Characters of a long source around its first match that are read as Markdown."""

FORMULA = re.compile(r"(<math\b.*?</math>)", re.DOTALL)


def matches(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """The places in ``text``, first to last, that one of ``words`` finds: start and end of each, in order."""
    # Most texts of a card have no match: folding them whole is quicker than looking at each word.
    whole = folded(text)
    if any(word.text in whole for word in words):
        for token in TOKEN.finditer(text):
            yield from _in_token(token[0], token.start(), words)


def first_match(text: str, words: Sequence[Word]) -> int | None:
    """Where the first match in ``text`` starts."""
    return next((start for start, _ in matches(text, words)), None)


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
    """The part of ``text`` around its first match, with "…" where it is cut; a short text is shown whole."""
    first = first_match(text, words) or 0
    if len(text) <= SNIPPET and first <= NEAR:
        return text
    start = 0 if first <= BEFORE else text.find(" ", first - BEFORE, first) + 1 or first
    end = start + SNIPPET
    if end < len(text):
        end = max(text.rfind(" ", start + SNIPPET // 2, end), start + SNIPPET // 2)
        # Not between a letter and its marks.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def source_snippet(source: str, words: Sequence[Word]) -> str:
    """The same of Markdown, without its signs. Of a long ``source`` only the part around the match is read."""
    start = max((first_match(source, words) or 0) - READ_BEFORE, 0)
    end = start + READ_BEFORE + READ_AFTER
    part = snippet(plain(source[start:end]), words)
    before = "…" if start and not part.startswith("…") else ""
    after = "…" if end < len(source) and not part.endswith("…") else ""
    return f"{before}{part}{after}"


def marked_html(html: str, words: Sequence[Word]) -> str:
    """A card's stored HTML, which is clean, with matches in its texts marked; formulas stay as they are."""
    parts = FORMULA.split(html)
    parts[::2] = [_marked_part(part, words) for part in parts[::2]]
    return "".join(parts)


def _marked_part(html: str, words: Sequence[Word]) -> str:
    marker = _Marker(words)
    marker.feed(html)
    marker.close()
    return "".join(marker.parts)


class _Marker(HTMLParser):
    """Copies HTML, and marks matches in the texts between its tags."""

    def __init__(self, words: Sequence[Word]) -> None:
        super().__init__(convert_charrefs=False)
        self.words, self.parts = words, list[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(marked(data, self.words))

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")
