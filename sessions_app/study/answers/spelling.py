"""One word spelled in two ways: British and American, joined or apart, umlauts written out."""

import re

from sessions_app.study.answers.meanings import NEGATIONS

# Shorter texts joined are other words: "a part", "apart".
SHORTEST_JOINED = 8
# Words that joined to the next one, or standing apart, make another meaning: "not able", "notable".
TURNING_APART = NEGATIONS - {"non"} | {"a", "an", "in", "to", "be", "re", "s"}

VARIANTS = (
    (re.compile(r"(?<=\w\w)our(?=\b|s\b|ed\b|ing\b|al\b|able\b|ful\b)"), "or"),
    (re.compile(r"(?<=\w\w\w)is(?=e\b|es\b|ed\b|er\b|ing\b|ation\b|ations\b)"), "iz"),
    (re.compile(r"(?<=\w\wal)ys(?=e\b|ed\b|ing\b)"), "yz"),
    (re.compile(r"(?<=[a-z][a-z][tb])re\b"), "er"),
    (re.compile(r"(?<!c)ae|oe"), "e"),
    (re.compile(r"(?<=[aeiou])ll(?=ed\b|ing\b|er\b)"), "l"),
    (re.compile(r"(?<=\w\w\w)ogue\b"), "og"),
    (re.compile(r"\bsulph"), "sulf"),
    (re.compile(r"\baluminium\b"), "aluminum"),
)
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
GAPS = re.compile(r"(?<=[^\W\d_])[ ']+(?=[^\W\d_])")


def one_spelling(plain: str) -> str:
    """Return a text without accents in the spelling in which variants are compared."""
    for pattern, letters in VARIANTS:
        plain = pattern.sub(letters, plain)
    return plain


def joined(plain: str) -> str:
    return GAPS.sub("", plain)


def may_join(words: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a space or apostrophe more or less leaves the meaning: in long texts without a turning word."""
    odd = set(words) ^ set(other)
    return sum(map(len, words)) >= SHORTEST_JOINED and not odd & (TURNING_APART)
