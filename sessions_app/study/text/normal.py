"""The normal form of a text: differences that never matter are removed.

Compatibility characters stay different (² is not 2); only the width of letters and digits is made the same.
"""

import re
import unicodedata

QUOTES = dict.fromkeys(map(ord, '"“”„‟«»″'), None)
APOSTROPHES = dict.fromkeys(map(ord, "’‘‛`´ʼ′"), "'")
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-")
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), None)
CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], " ")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
EVEN = CONTROLS | QUOTES | APOSTROPHES | DASHES | INVISIBLE | WIDE | {ord("…"): "..."}

# Sorting marks takes long if one run has more of them than any script needs (Unicode's limit for streams).
MARKS = "".join(chr(code) for code in range(0x20000) if unicodedata.combining(chr(code)))
MARKS_TOO_MANY = re.compile(f"([{MARKS}]{{30}})[{MARKS}]+")
NARROW_KANA = re.compile("[\uff61-\uff9f]+")
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
CJK_SPACE = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
# A factorial and an ion keep their sign: only marks after a word of two letters or more are removed.
CLOSING = ".,;:。、．！？"
FINAL = re.compile(r"(?<=[^\W\d_]{2})[!?]+$")
# Commas that are not between the digits of a number; in brackets those too.
LISTING_COMMA = re.compile(r"(?:(?<!\d),|,(?!\d)) ?")
TUPLE_COMMA = re.compile(", ?")
LETTER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
# Raised and lowered digits count as symbols, although for Unicode they belong to words.
WORDY = re.compile(f"(?:[^\\W\\d_²³¹¼-¾\u2070-\u209c]|[ ,;:'().{MARKS}])+")
# The points of abbreviations: "U.S.A.", "Dr. Strange".
ABBREVIATION = re.compile(r"\b([^\W\d_]{1,3})\.(?= |[^\W\d_]\b)")
NUMBER_MARKS = re.compile(r"(\d)[.,](?=\d)")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# None of these is another word without its apostrophe.
CONTRACTIONS = {
    "cant": "can not",
    "cannot": "can not",
    "wont": "will not",
    "can't": "can not",
    "won't": "will not",
}
CONTRACTIONS |= {
    verb + end: f"{verb} not"
    for verb in "do does did is are was were has have had should would could must".split()
    for end in ("n't", "nt")
}
CONTRACTION = re.compile(r"\b(?:" + "|".join(sorted(CONTRACTIONS, key=len, reverse=True)) + r")\b")

UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е"})
LATIN_MARK = re.compile("(?<=[a-zα-ω])[\u0300-\u036f]+")
# Letters and their marks in one character: the quick way to the same result.
BARE = UNDECOMPOSED | {
    code: decomposed[0]
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x2000)]
    if len(decomposed := unicodedata.normalize("NFD", chr(code))) > 1
    and LATIN_MARK.sub("", decomposed) == decomposed[0]
}
# Vowel points of Hebrew and Arabic, which are rarely written.
POINTS = re.compile("[\u05b0-\u05bc\u05c1\u05c2\u064b-\u0652]")


def tidy(text: str) -> str:
    """Return the text with one form of spaces, quotes, dashes and width; its case stays."""
    if text.isascii():
        return " ".join(text.translate(EVEN).split())
    text = NARROW_KANA.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text.translate(EVEN))
    text = MARKS_TOO_MANY.sub(r"\1", text)
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return CJK_SPACE.sub("", text)


def fold(text: str) -> str:
    """Return a tidy text without case, final punctuation, hyphens in words, and contractions."""
    folded = unicodedata.normalize("NFC", text.casefold()).lstrip("¿¡")
    if len(folded) > 2 and folded[0] == folded[-1] == "'":
        folded = folded[1:-1]
    closed = folded.rstrip(CLOSING)
    folded = (closed if closed != folded else FINAL.sub("", folded)).strip() or folded
    if "nt" in folded or "n't" in folded or "cannot" in folded:
        folded = CONTRACTION.sub(lambda found: CONTRACTIONS[found[0]], folded)
    if "." in folded:
        folded = ABBREVIATION.sub(r"\1", folded)
    folded = folded.replace(" & ", " and ")
    if "," in folded:
        folded = TUPLE_COMMA.sub(" ", folded) if folded[0] in "([{" else LISTING_COMMA.sub(" ", folded)
    return LETTER_HYPHEN.sub(" ", folded) if "-" in folded else folded


def normalised(text: str) -> str:
    """Return a text without the differences that never matter."""
    return fold(tidy(text))


def plain(folded: str) -> str:
    """Return a folded text without accents and vowel points; the marks of other scripts stay."""
    if folded.isascii():
        return folded
    bare = folded.translate(BARE)
    if bare.isascii():
        return bare
    decomposed = unicodedata.normalize("NFD", bare)
    bare = POINTS.sub("", LATIN_MARK.sub("", decomposed))
    return unicodedata.normalize("NFC", bare)


def words(folded: str) -> list[str]:
    """Return the words of a folded text, without symbols."""
    return WORD.findall(folded)


def symbols(folded: str) -> str:
    """Return the digits and symbols of a folded text, in order: a slip never changes them.

    Points and commas in numbers are symbols; between words they are none, nor are brackets and apostrophes.
    """
    if folded.isascii() and folded.replace(" ", "").isalpha():
        return ""
    return WORDY.sub("", NUMBER_MARKS.sub(r"\1~", folded))
