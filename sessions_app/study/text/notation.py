"""One notation for numbers in words, digits or Roman numerals, for abbreviations, and for Greek letters."""

import re

from sessions_app.study.text.formulas import GREEK

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
CARDINALS = {name: value for value, name in enumerate(SMALL)}
CARDINALS |= {name: 10 * value for value, name in enumerate(TENS, 2)}
CARDINALS |= {f"{ten} {one}": CARDINALS[ten] + CARDINALS[one] for ten in TENS for one in SMALL[1:10]}

ORDINAL_ENDINGS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def ordinal(name: str) -> str:
    """Return the ordinal of a number's English name: "twenty-first" of "twenty-one"."""
    head, space, last = name.rpartition(" ")
    if last.endswith("y"):
        return f"{head}{space}{last[:-1]}ieth"
    return head + space + ORDINAL_ENDINGS.get(last, f"{last}th")


ORDINALS = {ordinal(name): value for name, value in CARDINALS.items() if value}
NUMBER_WORDS = {name: str(value) for name, value in CARDINALS.items()}
NUMBER_WORDS |= {name: f"{value}th" for name, value in ORDINALS.items()}
NUMBER_WORD = re.compile(r"\b(" + "|".join(sorted(NUMBER_WORDS, key=len, reverse=True)) + r")\b")
ORDINAL_DIGITS = re.compile(r"\b(\d+)(?:st|nd|rd)\b")
GREEK_NAMES = {letter: name for name, letter in GREEK.items() if letter.islower()}
# Letters with breathings (U+1F00 to U+1FFF) make words of ancient Greek.
IN_GREEK_WORD = "[α-ωά-ώ\u1f00-\u1fff]"
GREEK_LETTER = re.compile(f"(?<!{IN_GREEK_WORD})[{''.join(GREEK_NAMES)}](?!{IN_GREEK_WORD})")
# "Henry the Eighth"
THE_ORDINAL = re.compile(r"(?<=\w) the (\d+)th$")

# Up to 39: longer ones are years, and other letters are words.
# It reads folded texts: IGNORECASE would also take letters that only look like these, as a dotless i.
ROMAN = re.compile(r"(?<=[^\W\d_][ (])(?=[ivx]+(?:\)|\b))(x{0,3})(ix|iv|v?i{0,3})(?=\)|\b)")
ROMAN_VALUES = {numeral: value for value, numeral in enumerate(" i ii iii iv v vi vii viii ix".split(" "))}

ABBREVIATIONS = {
    "st": "saint", "mt": "mount", "ft": "fort", "dr": "doctor", "mr": "mister", "prof": "professor",
    "jr": "junior", "sr": "senior", "vs": "v", "versus": "v", "govt": "government", "dept": "department",
    "univ": "university", "approx": "approximately", "blvd": "boulevard",
    "wwi": "world war 1", "ww1": "world war 1", "wwii": "world war 2", "ww2": "world war 2",
}  # fmt: skip
# These are words, unless a number follows: modern art, Art. 5.
BEFORE_NUMBERS = {
    "art": "article",
    "sec": "section",
    "ch": "chapter",
    "fig": "figure",
    "nr": "number",
    "vol": "volume",
}
ABBREVIATED = re.compile(rf"\b({'|'.join(ABBREVIATIONS)})\b(?!')|\b({'|'.join(BEFORE_NUMBERS)})(?= \d)")
FULL = ABBREVIATIONS | BEFORE_NUMBERS

ROMANS = [f"{tens}{ones}" for tens in ("", "x", "xx", "xxx") for ones in ROMAN_VALUES]
# A text without any of these and without an ordinal in digits already is in the one notation.
NOTED = frozenset([*" ".join(NUMBER_WORDS).split(), *FULL, *GREEK_NAMES, *ROMANS])


def one_notation(tidied: str, folded: str, words: tuple[str, ...]) -> str:
    """Return a folded text with its numbers in digits and its abbreviations written out.

    A single letter is a Roman numeral only if it is a capital in ``tidied``, the text with its case.
    """
    if NOTED.isdisjoint(words) and not ORDINAL_DIGITS.search(folded):
        return folded
    text = NUMBER_WORD.sub(lambda found: NUMBER_WORDS[found[0]], folded)
    text = ORDINAL_DIGITS.sub(r"\1th", text)
    if GREEK_LETTER.search(text):
        text = GREEK_LETTER.sub(lambda found: GREEK_NAMES[found[0]], text)
    text = THE_ORDINAL.sub(r" \1", text)
    text = ROMAN.sub(lambda found: in_digits(found, tidied), text)
    if " " in text or text.startswith("ww"):
        text = ABBREVIATED.sub(lambda found: FULL[found[0]], text)
    return text


def in_digits(found: re.Match[str], tidied: str) -> str:
    numeral = found[0]
    if len(numeral) == 1 and not re.search(rf"(?<=[ (]){numeral.upper()}(?=\W|$)", tidied):
        return numeral
    return str(10 * len(found[1]) + ROMAN_VALUES[found[2]])
