"""The words by which texts are found: cut here, so that every database finds the same. Pure.

A word is a run of letters, digits and marks. Case, compatibility forms (NFKC) and most accents make no difference:
"uber" finds "über". Scripts that put no spaces between words are cut into overlapping pairs of characters, so that
東京 is found within a sentence.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_WORD = 64
"""Characters of a word, in texts and in queries alike; the rest is ignored."""

MAX_FOLDED = 20_000
"""Characters of a text that are cut into words; PostgreSQL's vectors have a limit."""

MAX_QUERY = 200
"""Characters of a query; the rest is ignored."""

MAX_QUERY_WORDS = 32

SHORTEST_PREFIX = 2
"""Characters from which the last word of a query also finds longer words."""

IN_TITLE = "="
"""Comes before a word that is in the title; no word begins with it."""

# Han, kana, Bopomofo, Hangul, Thai, Lao, Burmese and Khmer. Signs between words are spaces by then.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
RUN = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")
FIRST_UNSPACED = UNSPACED[0]

# C++, C#, Na+: signs at the end of a word that begins with a letter.
SIGNED = re.compile(r"[^\W\d_][^+#]*(?:\+{1,2}|#)")

# Accents of Latin, Greek and Cyrillic letters; points and vowel signs of Hebrew and Arabic, with the tatweel. In
# other scripts marks make other letters.
ACCENTS: tuple[range, ...] = (
    range(0x300, 0x370),
    range(0x591, 0x5C8),
    range(0x610, 0x61B),
    range(0x640, 0x641),
)
ACCENTS += (range(0x64B, 0x660), range(0x670, 0x671), range(0x6D6, 0x6EE), range(0xFE00, 0xFE10))


class Folding(dict[int, str]):
    """What `str.translate` makes of each character: itself if it is part of a word, nothing, or a space."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Cf" or (category[0] in "ML" and any(code in accents for accents in ACCENTS)):
            folded = ""
        else:
            folded = character if category[0] in "LNM" or character in "+#" else " "
        # Not for all of Unicode: a hostile text could have all of it.
        if code <= 0xFFFF:
            self[code] = folded
        return folded


FOLDING = Folding()


def pieces(text: str) -> Iterator[str]:
    """The folded words of ``text``, and its runs of unspaced characters; a signed word comes after its letters."""
    spaced = folded(text)
    # Most texts have only plain words, which need no second look.
    if "+" not in spaced and "#" not in spaced and (spaced.isascii() or not IS_UNSPACED.search(spaced)):
        return (word[:MAX_WORD] for word in spaced.split())
    return (
        piece
        for token in spaced.split()
        for piece in ([token[:MAX_WORD]] if token.isascii() and token.isalnum() else pieces_of(token))
    )


def folded(text: str) -> str:
    """``text`` without differences that nobody searches for, with spaces between its words."""
    if text.isascii():
        return text[:MAX_FOLDED].lower().translate(FOLDING)
    composed = unicodedata.normalize("NFKC", text[:MAX_FOLDED])[:MAX_FOLDED].casefold()
    spread = unicodedata.normalize("NFKD", composed).translate(FOLDING)
    return unicodedata.normalize("NFC", spread)[:MAX_FOLDED]


def pieces_of(token: str) -> Iterator[str]:
    for part in re.split(r"[+#]+", token):
        for run in RUN.findall(part):
            yield run if IS_UNSPACED.match(run) else run[:MAX_WORD]
    if SIGNED.fullmatch(token):
        yield token[-MAX_WORD:]


def cut(text: str) -> dict[str, None]:
    """The words of ``text``, each once, in order. Never raises an error, whatever the text.

    A run of unspaced characters becomes all pairs of neighbours, and its last character, so that each single
    character begins a word.
    """
    words: dict[str, None] = {}
    for piece in pieces(text):
        if piece[0] < FIRST_UNSPACED or not IS_UNSPACED.match(piece):
            words[piece] = None
        else:
            words |= dict.fromkeys(piece[start : start + 2] for start in range(len(piece)))
    return words


def words_of(title: str, *others: str) -> str:
    """The words of texts as they are stored: with spaces between them, those of the title once more, marked."""
    in_title = cut(title)
    words = dict(in_title)
    for other in others:
        words |= cut(other)
    return " ".join([*words, *(IN_TITLE + word for word in in_title)])


@dataclass(frozen=True)
class Word:
    """A word of a query; with ``is_prefix`` it also stands for each longer word that begins with it."""

    text: str
    is_prefix: bool = False

    @property
    def in_title(self) -> "Word":
        return Word(IN_TITLE + self.text, self.is_prefix)

    @property
    def exact(self) -> "Word":
        return Word(self.text)

    def is_in(self, words: Iterable[str]) -> bool:
        """Whether ``words``, a set of them for speed, have it."""
        return self.text in words or (self.is_prefix and any(word.startswith(self.text) for word in words))


def query_of(text: str) -> tuple[Word, ...]:
    """The words that a learner searches for, each once; a text has to have all of them.

    The last word may be unfinished, so from two characters on it is a prefix. A single unspaced character always
    is. Nothing in ``text`` is an operator.
    """
    found = list(pieces(text[:MAX_QUERY]))
    words: dict[str, bool] = {}
    for piece in found:
        if not IS_UNSPACED.match(piece):
            words[piece] = False
        elif len(piece) == 1:
            words[piece] = True
        else:
            words |= dict.fromkeys((piece[start : start + 2] for start in range(len(piece) - 1)), False)
    if found and not IS_UNSPACED.match(found[-1]) and len(found[-1]) >= SHORTEST_PREFIX:
        words[found[-1]] = True
    return tuple(Word(word, is_prefix) for word, is_prefix in list(words.items())[:MAX_QUERY_WORDS])
