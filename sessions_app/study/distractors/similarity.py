"""How similar two texts are: by the stems of their content words, or by their forms for comparison (`Names`).

Stems are Snowball's (PyStemmer), by the language of the side; words of a language that Snowball does not know are
not stemmed. Scripts without spaces are cut into pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import NamedTuple

import Stemmer

from sessions_app.study.text.answer_forms import LONGEST, SEPARATOR, parts
from sessions_app.study.text.formulas import LONGEST as FORMULA_LONGEST
from sessions_app.study.text.formulas import looks_like, spelled
from sessions_app.study.text.normal import CJK, fold, tidy

# Words that do not say what a text is about. Words that change the meaning (not, no, without) are not among them.
STOP_WORDS = {
    "en": "a an the this that these those it its of in on at to for from by with as and or but so than then if"
    " is are was were be been being am do does did has have had can will would may might which who whose"
    " what when where how why you your we our they their he she his her i me my them us there vs versus eg"
    " ie",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber als wie von vom zu zum zur in"
    " im an am auf für mit bei ist sind war waren sein wird werden hat haben kann können es er sie ihr"
    " ihre ihren sich man was wer wo wann warum welche welcher welches dass wenn so auch dies diese dieser"
    " dieses",
    "fr": "le la les l un une des du de d et ou mais à au aux en dans par pour sur avec est sont était être a"
    " ont avoir il elle ils elles on ce cet cette ces qui que quoi dont où quand comment pourquoi quel"
    " quelle son sa ses leur leurs se s plus comme si",
    "es": "el la los las un una unos unas de del y e o u pero en a al por para con es son era ser está están"
    " estar ha han haber hay se su sus lo le les que qué quien quién cual cuál cuando cuándo donde dónde"
    " como cómo más este esta estos estas ese esa",
}  # fmt: skip
NONE: frozenset[str] = frozenset()
STOPS = {language: frozenset(listed.split()) for language, listed in STOP_WORDS.items()}

# Only this many characters from the beginning of a text are read.
READ = 300

MARKS = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code))[0] == "M")
# A formula is one word; so are 3×3, 1.5, C++ and 1e-3.
TOKEN = re.compile(rf"\$(?!\s)[^$]+(?<!\s)\$(?!\d)|\d+(?:[.,×*/^-]\d+)+|(?:[^\W_]|[{MARKS}])+(?:\+\+|#)?")
UNSPACED = re.compile(f"[{CJK}]+")

# Markdown that only changes how letters look.
MARKED = re.compile(r"[-*+#_`]")
EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|`)(?=\S)([^$\n]+?)(?<=\S)\1")
LIST_MARK = re.compile(r"^\s*(?:[-*+]|#{1,6})\s+", re.MULTILINE)


def stems(text: str, language: str) -> frozenset[str]:
    """The stems of the content words at the beginning of a text; of all words, if all are stop words."""
    return _stems(text[:READ], language)


@lru_cache(maxsize=8_192)
def _stems(text: str, language: str) -> frozenset[str]:
    code = language.split("-")[0].lower()
    folded = even(text)
    found = TOKEN.findall(folded)
    if "$" in folded or not folded.isascii():
        found = [word for token in found for word in _words(token)]
    # Many decks in other languages have English definitions.
    stops = STOPS["en"] | STOPS.get(code, NONE) if code != "en" else STOPS["en"]
    content = [word for word in found if word not in stops] or found
    try:
        # A new stemmer for each call: threads must not share one.
        return frozenset(Stemmer.Stemmer(code).stemWords(content))
    except (KeyError, ValueError):
        return frozenset(content)


def even(text: str) -> str:
    """The text without differences of case, width and composition."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text.casefold())


def _words(token: str) -> Iterator[str]:
    if token.startswith("$"):
        yield spelled(token)
    elif token.isascii() or not UNSPACED.search(token):
        yield token
    else:
        for run in UNSPACED.findall(token):
            yield from (run[place : place + 2] for place in range(max(1, len(run) - 1)))
        yield from filter(None, UNSPACED.sub(" ", token).split())


class WordValues(dict[str, float]):
    """A value for each known word, and one for all other words."""

    def __init__(self, words: dict[str, float], other: float) -> None:
        super().__init__(words)
        self.other = other

    def __missing__(self, word: str) -> float:
        return self.other


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The weight of each word among some texts: the logarithm of (number of texts / number with the word).

    A word that all texts have weighs 0; a word that no text has weighs as much as the rarest. (Inverse document
    frequency, Spärck Jones, 1972.) ``squares`` are the squares of the weights.
    """

    words: WordValues
    squares: WordValues

    def of(self, words: Iterable[str]) -> float:
        """The sum of the words' weights."""
        return sum(map(self.words.__getitem__, words))

    def share(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The share of the lighter of two sets of words that is also in the other, by weight, 0 to 1."""
        lighter = min(self.of(one), self.of(other))
        return self.of(one & other) / lighter if lighter else float(one == other)

    def length(self, words: Iterable[str]) -> float:
        """The length of the vector of the words' weights."""
        return float(sum(map(self.squares.__getitem__, words)) ** 0.5)

    def likeness(self, one: frozenset[str], other: frozenset[str], length: float | None = None) -> float:
        """How similar two sets of words are, 0 to 1: their vectors' cosine. ``length`` is that of ``one``."""
        common = self.length(one & other)
        return common * common / ((length or self.length(one)) * self.length(other)) if common else 0.0


@lru_cache(maxsize=64)
def weigh_sides(*sides: tuple[tuple[str, ...], str]) -> Weights:
    """The weights of the words of the texts of ``sides``, each with its language; cached."""
    counts = Counter(word for texts, language in sides for text in texts for word in stems(text, language))
    most = log(max(1, sum(len(texts) for texts, _ in sides)))
    words = {word: most - log(count) for word, count in counts.items()}
    squares = {word: weight * weight for word, weight in words.items()}
    return Weights(WordValues(words, most), WordValues(squares, most * most))


class Names(NamedTuple):
    """The forms of a text for comparison; ``loose`` also has those without a remark in brackets."""

    whole: frozenset[str]
    loose: frozenset[str]

    def meets(self, other: "Names") -> bool:
        """Whether the texts may be the same. Texts with different remarks are not: "to be (at a place)"."""
        return not (self.whole.isdisjoint(other.loose) and self.loose.isdisjoint(other.whole))


def names(text: str) -> Names:
    """The forms of a text and of its alternatives; none if there is nothing to read."""
    return _names(text[: LONGEST + 1])


@lru_cache(maxsize=4_096)
def _names(text: str) -> Names:
    plain = unmarked(text)
    pieces = [plain, *SEPARATOR.split(plain)]
    known = {piece: fold(tidy(piece[:LONGEST])) for piece in {*pieces, *parts(plain)}}
    loose = {known[part] for part in parts(plain)}
    # A text that `parts` does not split is a formula or too long.
    whole = {known[plain], *(known[piece] for piece in pieces if known[piece] in loose)}
    tidied = tidy(plain) if len(plain) <= FORMULA_LONGEST else ""
    if looks_like(tidied):
        whole.add(spelled(tidied))
    whole.discard("")
    return Names(frozenset(whole), frozenset(whole | loose - {""}))


def all_names(texts: Iterable[str]) -> Names:
    """The forms of several texts together."""
    found = [names(text) for text in texts]
    return Names(
        frozenset().union(*(each.whole for each in found)), frozenset().union(*(each.loose for each in found))
    )


def unmarked(text: str) -> str:
    """The text without Markdown's emphasis, headings and list marks, in which texts may differ unseen."""
    return EMPHASIS.sub(r"\2", LIST_MARK.sub("", text)) if MARKED.search(text) else text


@lru_cache(maxsize=1_024)
def run_of_words(text: str) -> str:
    """All words in order, with a space before and after each, for searching one text in another."""
    return f" {' '.join(TOKEN.findall(even(text)))} "


def stands_in(text: str, other: str) -> bool:
    """Whether the words of ``text`` are in ``other``, in the same order and without others in between."""
    inner, outer = run_of_words(text[:LONGEST]), run_of_words(other[:LONGEST])
    if not inner.strip():
        return False
    # In a script without spaces a single character is part of too many texts.
    unspaced = len(inner.strip()) > 1 and UNSPACED.search(inner)
    return inner.strip() in outer if unspaced else inner in outer
