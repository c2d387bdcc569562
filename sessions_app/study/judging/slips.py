"""Whether two different words are a typing mistake or two words."""

import re

from rapidfuzz.distance import OSA, Postfix, Prefix

from sessions_app.study.judging.confusables import CONFUSABLES
from sessions_app.study.text.meanings import (
    ALIKE_ENDINGS,
    ALIKE_PREFIXES,
    CHEMICAL_ENDINGS,
    CHEMICAL_STEMS,
    INFLECTIONS,
    NEGATIONS,
    PREFIX_SET,
)
from sessions_app.study.text.word_lists import is_another_word, is_complete, is_english, is_known

# A word longer than this is not compared letter by letter.
LONGEST_WORD = 100
SHORT, MIDDLE, LONG = 4, 8, 9
# In shorter words one letter more or less makes too many other words.
SAFE = 6
MOST_SHARE = 0.15

CHEMICAL = re.compile(rf"(?P<stem>[a-z]*(?:{'|'.join(CHEMICAL_STEMS)}))(?:{'|'.join(CHEMICAL_ENDINGS)})")
ALPHABETIC = re.compile(r"[a-zß-ÿ\u0100-\u024f\u0370-\u03ff\u0400-\u052f']+")
# Endings whose words differ by one letter in another tense: French, German and Spanish.
TENSE_ENDINGS = ("ons", "nen", "mos")
VOWELS = frozenset("aeiouy")
# Consonants that are confused because they sound alike.
BY_EAR = frozenset({"cs", "ck", "sz", "gj", "mn", "fv", "dt", "kq", "cz", "bp"})
# Rows of the usual keyboard.
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Endings in which one other letter means another substance, person or tense.
TELLING_ENDINGS = re.compile(
    r"(?:[aeiy]n[eo]|[aeio]ls?|[ao]ses?|[aei]tes?|i[dn]es?|mos|ste|mus|tis|en|ns|nt)$"
)


def most_edits(length: int) -> int:
    """Return how many edits a text of this many letters may have and still be a slip."""
    if length <= SHORT:
        return 0
    return 1 if length <= MIDDLE else min(2, int(length * MOST_SHARE))


def are_confused(left: str, right: str) -> bool:
    """Whether two words are often confused, or differ in a prefix that changes the meaning."""
    return (
        right in CONFUSABLES.get(left, ())
        or prefix_differs(left, right)
        or chemical_ending_differs(left, right)
    )


def chemical_ending_differs(left: str, right: str) -> bool:
    """Whether two words are names of substances that differ by their endings: ethanal, ethanol."""
    if Prefix.similarity(left, right) < 3:
        return False
    one, other = CHEMICAL.fullmatch(left), CHEMICAL.fullmatch(right)
    return bool(one and other and left != right and one["stem"] == other["stem"])


def prefix_differs(left: str, right: str) -> bool:
    """Whether two words have one stem and different prefixes (or one has none).

    The stem has at least three letters, so that "in" and "on" are no prefixes.
    """
    stem = Postfix.similarity(left, right)
    if stem < 3:
        return False
    # Letters that are in both prefixes may also belong to the stem: "hypo|osmotic", "hyper|osmotic".
    for size in range(stem, max(2, stem - 5), -1):
        one, other = left[: len(left) - size], right[: len(right) - size]
        if any({one, other} <= alike for alike in ALIKE_PREFIXES):
            continue
        if (
            one != other
            and {one, other} <= PREFIX_SET | {""}
            and not (one and other and 1 in (len(one), len(other)))
        ):
            return True
    return False


def is_slip(typed: str, word: str, *, among_english: bool = False) -> bool:
    """Whether ``typed`` is certainly a slip for ``word``: similar enough, and with mistakes that fingers make.

    More is forgiven in a word of the word lists, because the words that it could be confused with are listed too.
    So it is ``among_english`` words, where a word of another language is not meant.
    """
    if typed == word:
        return True
    if not (ALPHABETIC.fullmatch(typed) and ALPHABETIC.fullmatch(word)):
        return False
    most = most_edits(min(len(word), len(typed) + 1))
    if not most or OSA.distance(typed, word, score_cutoff=most) > most:
        return False
    if word in NEGATIONS or typed in NEGATIONS or are_confused(typed, word):
        return False
    if not all_slips(typed, word, known=among_english or is_complete(word)):
        return False
    return not (is_english(typed) if among_english and is_english(word) else is_another_word(typed, word))


def is_other_word(typed: str, word: str) -> bool:
    """Whether ``typed`` is certainly another word: both are words, and not two forms of one English word.

    In other languages the forms of a word are often what is learned.
    """
    if typed == word or not is_known(word) or not is_another_word(typed, word):
        return False
    if not is_english(word):
        return True
    if not is_english(typed):
        return False
    stem = Prefix.similarity(typed, word)
    endings = {typed[stem:], word[stem:]}
    return stem < 3 or not (endings <= INFLECTIONS or any(endings <= alike for alike in ALIKE_ENDINGS))


def is_other_foreign_word(typed: str, word: str) -> bool:
    """Whether both are words, and neither is English: Anreise, Anreiz."""
    return is_another_word(typed, word) and not is_english(typed) and not is_english(word)


def is_plural(typed: str, word: str) -> bool:
    """Whether one of two English words is the other's plural."""
    shorter, longer = sorted((typed, word), key=len)
    return longer in (f"{shorter}s", f"{shorter}es") and is_english(shorter)


def all_slips(typed: str, word: str, *, known: bool) -> bool:
    """Whether each difference is a swap, a letter more or less, or a letter that sounds alike."""
    if typed[0] != word[0] or (not known and typed.endswith(TENSE_ENDINGS) and word.endswith(TENSE_ENDINGS)):
        return False
    at = here = 0
    while at < len(typed) and here < len(word):
        if typed[at] == word[here]:
            at, here = at + 1, here + 1
            continue
        step = slip_at(typed, at, word, here, known=known)
        if step is None:
            return False
        at, here = at + step[0], here + step[1]
    # A letter at the end is a plural, a tense or a gender, unless the key bounced.
    rest = typed[at:] or word[here:]
    return not rest or is_bounce(typed, word) or (known and word[here:] == "e" and len(word) >= SAFE)


def is_bounce(typed: str, word: str) -> bool:
    """Whether the last letter was typed twice or once by mistake, in a word where that makes no other word."""
    if len(word) >= SAFE and len(typed) == len(word) - 1:
        return word[-1] == word[-2] and word[-1] not in "se"
    return (
        len(typed) == len(word) + 1 and typed[-1] == typed[-2] and len(word) > SHORT and word[-1] not in "se"
    )


def slip_at(typed: str, at: int, word: str, here: int, *, known: bool) -> tuple[int, int] | None:
    """Return the length of the slip at these places in both words, or None if it is no slip."""
    left, right = typed[at:], word[here:]
    if left[1:2] == right[:1] and len(left) - len(right) in (1, 2):
        return (1, 0) if is_safe_letter(typed, at, word, known=known) else None
    if left[:1] == right[1:2] and len(right) - len(left) in (1, 2):
        return (0, 1) if is_safe_letter(word, here, word, known=known) else None
    if len(right) > 1 and left[:2] == right[1::-1]:
        return None if not known and is_tense(word, right) else (2, 2)
    if typed[at] == typed[at - 1] and right[:1] == right[1:2]:
        # The wrong letter was doubled: vaccum.
        return (1, 1) if known else None
    is_near = is_near_in_known(left, right) if known else is_near_sound(left, right, word)
    return (1, 1) if is_near else None


def is_tense(word: str, rest: str) -> bool:
    """Whether a German strong verb swaps ie and ei: schreiben, schrieben."""
    return rest[:2] in ("ie", "ei") and word.endswith("en")


def is_safe_letter(longer: str, at: int, word: str, *, known: bool) -> bool:
    """Whether a letter more or less, at this place of the longer word, makes no other word."""
    if longer[at] in (longer[at - 1], longer[at + 1 : at + 2]):
        # Long and short vowels make other words, as in Finnish and Japanese.
        return known or (len(word) >= SAFE and longer[at] not in VOWELS)
    return len(word) >= SAFE and at < len(longer) - (
        1 if known and (longer is word or len(word) >= LONG) else 2
    )


def is_near_in_known(left: str, right: str) -> bool:
    """Whether two letters of a known word sound alike or are neighbours on the keyboard, and do not end it."""
    pair = {left[0], right[0]}
    beside = any(abs(row.find(left[0]) - row.find(right[0])) == 1 for row in KEYS if pair <= set(row))
    return len(right) > 1 and (pair <= VOWELS or "".join(sorted(pair)) in BY_EAR or beside)


def is_near_sound(left: str, right: str, word: str) -> bool:
    """Whether two letters of a long word sound alike, and are not in an ending that changes the meaning."""
    pair = "".join(sorted(left[0] + right[0]))
    if len(word) < MIDDLE or len(right) < 3 or (len(right) <= 4 and TELLING_ENDINGS.search(right)):
        return TELLING_SPELLING.search(right) is not None and len(word) >= MIDDLE and set(pair) == {"a", "e"}
    if word.endswith(("mos", "en")):
        return False
    return set(pair) <= VOWELS or pair in BY_EAR


# In English -ant and -ent, -ance and -ence are one ending with two spellings.
TELLING_SPELLING = re.compile(r"^[ae]n(?:t|ts|ce|cy|tly)$")


def edits(left: str, right: str, most: int) -> int:
    """Return the edits between two short texts, or more than ``most``."""
    if max(len(left), len(right)) > 10 * LONGEST_WORD:
        return most + 1
    return OSA.distance(left, right, score_cutoff=most)
