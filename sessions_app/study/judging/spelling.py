"""Two spellings of one word: British and American, one word or two, umlauts written as two letters."""

import re

from sessions_app.study.text.meanings import NEGATIONS

# Shorter texts may be other words without their space: "a part", "apart".
SHORTEST_JOINED = 6
# Words that change the meaning when they are joined to the next one or separated from it: "not able", "notable".
TURNING_APART = NEGATIONS - {"non"} | {"a", "an", "in", "to", "be", "re", "s", "all", "may"}

# A pattern is only tried on a text with its hint; one without a hint, on a text that is not of letters alone.
# Each pattern is narrow enough not to turn a word into another one.
VARIANTS = (
    # SHA-256
    ("", r"(?<=[a-z][a-z])[- ](?=\d)", ""),
    ("our", r"(?<=\w\w)our(?=\b|s\b|ed\b|ing\b|al\b|able\b|ful\b)", "or"),
    ("is", r"(?<=\w\w\w)is(?=e\b|es\b|ed\b|er\b|ing\b|ation\b|ations\b)", "iz"),
    ("lys", r"(?<=\w\wal)ys(?=e\b|ed\b|ing\b)", "yz"),
    # Not French: monter is no montre.
    (
        "re",
        r"(?<=cent|heat|.lit|.met|.fib|alib|pect|meag|somb|goit|noit)re\b|(?<=\blit|\bmet|\bfib)re\b",
        "er",
    ),
    # Greek words: anaemia, paediatric, archaeology, oestrogen, diarrhoea.
    ("ae", r"ae(?=m|sth|tio|gis|di|o|c[aou]|ca)", "e"),
    ("oe", r"oe(?=str|soph|dem|uv|ba\b|bic|liac|lom)|(?<=f)oe(?=t)|(?<=rrh)oe(?=a|i)|(?<=hom)oe(?=o)", "e"),
    ("ll", r"(?<=\w\w\w[ea])ll(?=ed\b|ing\b|er\b)", "l"),
    ("ogue", r"(?<=\w\w\w)ogue\b", "og"),
    ("sulph", r"\bsulph", "sulf"),
    ("aluminium", r"\baluminium\b", "aluminum"),
    # Names from other alphabets: Dostoyevsky, Dostoevski.
    ("sk", r"(?<=\w\w\w\w)sk(?:y|ij|iy|i)\b", "ski"),
    # A possessive with, without or before its apostrophe.
    ("'s", r"(?<= \w\w\w)'s\b|(?<=\w\w)(?<!\bit)(?<!\bhe)(?<!\blet)'s(?= )|(?<=\d)'s\b", "s"),
    ("s' ", r"(?<=\w\ws)'(?= )", ""),
    # Articles inside a text; "a" may be a letter: "vitamin A".
    (" the ", r"(?<=\w )the ", ""),
    ("", r" ?([-+§°()/&#%:]) ?", r"\1"),
)
PATTERNS = tuple((hint, re.compile(pattern), letters) for hint, pattern, letters in VARIANTS)
POSSESSIVE = re.compile(r"(?<=\w\w)'s?(?= \w)")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
GAPS = re.compile(r"(?<=[^\W\d_])[ ']+(?=[^\W\d_])")


def one_spelling(plain: str) -> str:
    """Return a text without accents in the one spelling in which variants are compared."""
    is_letters = plain.replace(" ", "").isalpha()
    for hint, pattern, letters in PATTERNS:
        if hint in plain and (hint or not is_letters):
            plain = pattern.sub(letters, plain)
    return plain


def without_possessives(plain: str) -> str:
    return POSSESSIVE.sub("", plain) if "'" in plain else plain


def joined(plain: str) -> str:
    return GAPS.sub("", plain)


def may_join(words: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a space or apostrophe more or less keeps the meaning: in long texts without words that change it."""
    odd = set(words) ^ set(other)
    return len(joined(" ".join(words))) >= SHORTEST_JOINED and not odd & (TURNING_APART)
