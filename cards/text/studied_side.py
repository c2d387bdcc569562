"""Which side a card asks for if it is automatic: a rule for the two texts. Pure.

The side is a property of the card, the same for every mode, so it is decided once when the card is saved.
The rule looks for an answer that can be produced: a short definition, a number or a formula; otherwise a term that
is a name; otherwise the definition, which learners say and grade themselves.
"""

import re

TERM = "term"
DEFINITION = "definition"
SIDES = (TERM, DEFINITION)

BOTH = "both"
"""The studied side of a card that asks for both: it has two questions."""

BOTH_SIDES = (DEFINITION, TERM)
"""The questions of such a card, in the order in which they are introduced (as in Anki, the definition first)."""

SHORT_ANSWER_WORDS = 5
NAME_WORDS = 3

# Words that make a term a heading ("Purpose of pooling"), which cannot be asked for, by language.
HEADING_WORDS = {
    "en": frozenset(
        "advantage advantages benefit benefits cause causes compare comparison consequence consequences "
        "definition describe difference differences disadvantage disadvantages effect effects example examples "
        "explain goal how importance limitation limitations list meaning need problem problems purpose reason "
        "reasons role usefulness uses versus vs what when where which who whom whose why".split()
    ),
    "de": frozenset(
        "aufgabe bedeutung beispiel beispiele definition erkläre folge folgen grund gründe "
        "nachteil nachteile nenne nutzen problem rolle unterschied unterschiede ursache ursachen vergleich "
        "vorteil vorteile wann warum was welche welcher welches wer weshalb wie wieso wirkung wo wozu ziel zweck "
        "gegen vs".split()
    ),
    "fr": frozenset(
        "avantage avantages but cause causes combien comment comparaison conséquence définition différence effet "
        "exemple exemples explique où pourquoi problème quand que quel quelle quels quelles qui "
        "quoi raison rôle vs".split()
    ),
    "es": frozenset(
        "causa causas cómo comparación consecuencia cuál cuáles cuándo cuánto definición diferencia dónde efecto "
        "ejemplo ejemplos explica finalidad papel porqué problema propósito qué quién razón "
        "ventaja ventajas vs".split()
    ),
}

NUMBER = re.compile(r"[-+−]?\d[\d.,\s]*(?:[eE][-+]?\d+)?\s*[%\w°µ/^²³]{0,12}")
ONE_FORMULA = re.compile(r"\$\$?[^$]+\$\$?")
WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*", re.UNICODE)


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case. A hyphenated word or an abbreviation with a slash is one word."""
    return [word.lower() for word in WORD.findall(text)]


def is_short(text: str) -> bool:
    """Whether ``text`` can be asked for completely: at most five words, a number, or one formula."""
    text = text.strip()
    if not text:
        return False
    if NUMBER.fullmatch(text) or ONE_FORMULA.fullmatch(text):
        return True
    return "$" not in text and len(text.split()) <= SHORT_ANSWER_WORDS


def is_name(term: str, *, language: str) -> bool:
    """Whether ``term`` is a name: at most three words, no brackets, no question, no heading word."""
    if not term.strip() or len(term.split()) > NAME_WORDS or re.search(r"[()\[\]{}?¿$\n]", term):
        return False
    return HEADING_WORDS.get(language.split("-")[0].lower(), frozenset()).isdisjoint(words(term))


def sides_of(studied_side: str) -> tuple[str, ...]:
    """The sides that a card with this studied side asks for, in the order in which they are introduced."""
    return BOTH_SIDES if studied_side == BOTH else (studied_side,)


def automatic_side(term: str, definition: str, *, language: str = "en") -> str:
    """The side that a card with these texts asks for: ``"term"`` or ``"definition"``.

    A card with one empty side asks for the definition if the term is empty, otherwise for the term.
    """
    if not definition.strip():
        return TERM
    if not term.strip() or is_short(definition):
        return DEFINITION
    return TERM if is_name(term, language=language) else DEFINITION
