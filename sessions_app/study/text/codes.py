"""Codes: chemical formulas, and short texts in which upper and lower case mean different things."""

import re

from sessions_app.study.text.formulas import SUBS, SUPERS

ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr"
    " Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os"
    " Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr".split()
)
COMPOUND = re.compile(r"(?:[A-Z][a-z]?\d*)+")
ELEMENT = re.compile(r"[A-Z][a-z]?")
GENOTYPE = re.compile(r"(?:([a-z])\1)+", re.IGNORECASE)
GROUPED = re.compile(r"\d*(?:[A-Z][a-z]?\d*|[()·]\d*)+(?:\d*[+-])?")
HINT = re.compile("[-+0-9₀-₉⁺⁻]")
CHEMICAL = re.compile(r"[\d+-]")
# Raised digits are a charge or they are mathematics.
RAISED = re.compile(r"\^(?!\{?\d*[+-])")
RAISED_DIGITS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?![⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹])")
MARKUP = str.maketrans({**dict.fromkeys("^_{}$ "), "*": "·", ".": "·", "⋅": "·"})
LONGEST_COMPOUND = 60
# An option of a command: -r is not -R.
OPTION = re.compile(r"(?:^|\s)-[A-Za-z]+\b")
# Words of two letters that mean the same with a capital.
COMMON_WORDS = frozenset({"no", "ja", "da", "go", "ok"})
LONGEST = 12


def case_matters(response: str, answer: str) -> bool:
    """Whether two tidy texts that differ only in case may mean different things."""
    if response == answer:
        return False
    if OPTION.search(answer):
        return True
    if len(answer) > LONGEST or " " in answer:
        return False
    if len(answer) == 1 or GENOTYPE.fullmatch(answer):
        return True
    if response.casefold() in COMMON_WORDS and not is_upper_pair(answer):
        return False
    return (is_compound(response) and is_compound(answer)) or (len(answer) == 2 and is_ambiguous_pair(answer))


def is_compound(text: str) -> bool:
    return bool(COMPOUND.fullmatch(text)) and all(symbol in ELEMENTS for symbol in ELEMENT.findall(text))


def flattened(tidied: str) -> str:
    """Return a text as a chemical formula is typed without raised and lowered digits."""
    return tidied.translate(SUBS).translate(SUPERS).translate(MARKUP)


def compound(tidied: str) -> str | None:
    """Return a chemical formula in its flat spelling: SO4^2- and SO₄²⁻ are SO42-. None for other texts."""
    if len(tidied) > LONGEST_COMPOUND or not HINT.search(tidied):
        return None
    if RAISED.search(tidied) or RAISED_DIGITS.search(tidied):
        return None
    flat = flattened(tidied)
    is_one = CHEMICAL.search(flat) and GROUPED.fullmatch(flat)
    return flat if is_one and all(symbol in ELEMENTS for symbol in ELEMENT.findall(flat)) else None


def is_upper_pair(text: str) -> bool:
    return len(text) == 2 and text.isupper()


def is_ambiguous_pair(text: str) -> bool:
    """Whether two letters are an element in one spelling and two elements in another, as Co and CO."""
    return text.title() in ELEMENTS and set(text.upper()) <= ELEMENTS
