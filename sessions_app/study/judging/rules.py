"""The rules for a response and one accepted form: each accepts, refuses, asks the learner, or returns None."""

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from sessions_app.study.judging.reasons import Reason
from sessions_app.study.judging.slips import (
    SHORT,
    are_confused,
    edits,
    is_other_foreign_word,
    is_other_word,
    is_plural,
    is_slip,
    most_edits,
)
from sessions_app.study.judging.spelling import UMLAUTS, joined, may_join, one_spelling, without_possessives
from sessions_app.study.text.answer_forms import Form
from sessions_app.study.text.codes import case_matters, flattened
from sessions_app.study.text.dates import are_same
from sessions_app.study.text.formulas import differ_surely, solution, spelled
from sessions_app.study.text.meanings import ACCENT_TURNS, ARTICLES, HEDGES, NEGATIONS, ORDERING, QUALIFIERS
from sessions_app.study.text.normal import plain, words
from sessions_app.study.text.word_lists import SHORTEST, has_bare_twin, is_another_word, is_english
from sessions_app.study.types import Verdict

Finding = tuple[Verdict, Reason]
Rule = Callable[[Form, Form], Finding | None]

MOST_WORDS = 8
# A response of fewer words is no long answer in other words.
FEW_WORDS = 3
# With up to this share of edits a text is near enough to ask; a part of at least this share may mean the whole.
NEAR_SHARE = 0.25
PART_SHARE = 0.45
# Letters by which two spellings of a text may differ in length.
MOST_RESPELLED = 12
# A longer unit is a word, in which case makes no difference.
LONGEST_UNIT = 4
# In a longer text the other words show which word is meant.
MOST_ALONE = 2

FOREIGN_ARTICLES = ARTICLES - {"the", "a", "an", "to", "i", "as"}
PLAIN_ARTICLES = frozenset({"the ", "a ", "an "})
# Money or weight.
POUNDS = {"£", "lb"}
POWERS_OF_TEN = frozenset(Fraction(10) ** tens for tens in range(-12, 13))
DOUBLED = re.compile(r"(.)\1")
# Parts of a name that have no capital: "de", "von", "the".
SMALL_PART = 3
NAME_GAP = re.compile(r"[ '-]")
UMLAUT = re.compile("[äöü]")
# Marks of tone: without them it is another word.
TONES = re.compile("[\u0309\u031b\u0323]|[aeiou\u00fc]\u030c")
# Spanish past and future: hablo, habló; llegara, llegará.
TELLING_ACCENTS = ("ó", "rá", "ré")
DIGITS = re.compile(r"\d+")
JOINERS = frozenset("/-&_+~*")


def same_text(response: Form, form: Form) -> Finding | None:
    if response.folded != form.folded:
        return None
    if case_matters(response.tidied, form.tidied) or cased_unlike(response, form):
        return Verdict.ASK, Reason.CASE
    return Verdict.CORRECT, Reason.EXACT if form.is_whole else Reason.ALTERNATIVE


def cased_unlike(response: Form, form: Form) -> bool:
    """Whether two texts that differ only in case are different quantities or formulas."""
    if response.tidied == form.tidied:
        return False
    one, other = response.quantity, form.quantity
    if one and other and max(len(one.unit), len(other.unit)) > LONGEST_UNIT:
        return False
    return one != other or response.formula != form.formula


def number(response: Form, form: Form) -> Finding | None:
    if (other := form.quantity) is None or (one := response.quantity) is None:
        return None
    if one.unit == other.unit:
        return same_unit(one.values, other.values)
    if {one.unit, other.unit} == {"", "%"}:
        share = one.values[0] * (1 if one.unit else 100) == other.values[0] * (1 if other.unit else 100)
        return Verdict.ASK if share or one.values[0] == other.values[0] else Verdict.WRONG, Reason.NUMBER
    if one.values[0] != other.values[0]:
        scale = one.values[0] / other.values[0] if other.values[0] else 0
        rescaled = bool(one.unit and other.unit) and scale in POWERS_OF_TEN
        return Verdict.ASK if rescaled else Verdict.WRONG, Reason.NUMBER
    if {one.unit, other.unit} == {"", "AD"}:
        return Verdict.CORRECT, Reason.NUMBER
    if {one.unit, other.unit} == POUNDS:
        return Verdict.ASK, Reason.NUMBER
    unclear = not one.unit or not other.unit or one.unit.casefold() == other.unit.casefold()
    return Verdict.ASK if unclear else Verdict.WRONG, Reason.NUMBER


def same_unit(values: tuple[Fraction, ...], others: tuple[Fraction, ...]) -> Finding:
    if values[0] == others[0]:
        return Verdict.CORRECT, Reason.NUMBER
    return Verdict.ASK if set(values) & set(others) else Verdict.WRONG, Reason.NUMBER


def date(response: Form, form: Form) -> Finding | None:
    if not form.dates or not response.dates:
        return None
    same = are_same(response.dates, form.dates)
    if same is None:
        return Verdict.ASK, Reason.DATE
    return Verdict.CORRECT if same else Verdict.WRONG, Reason.DATE


def chemical(response: Form, form: Form) -> Finding | None:
    if form.compound is None:
        return None
    typed = flattened(response.tidied)
    if typed == form.compound or (typed.islower() and typed == form.compound.casefold()):
        return Verdict.CORRECT, Reason.FORMULA
    if response.compound is None:
        return None
    same_atoms = sorted(response.compound) == sorted(form.compound)
    return Verdict.ASK if same_atoms else Verdict.WRONG, Reason.FORMULA


def formula(response: Form, form: Form) -> Finding | None:
    if form.formula is None:
        is_same = response.formula is not None and response.formula == form.tidied
        return (Verdict.CORRECT, Reason.FORMULA) if is_same else None
    one, other = response.formula or spelled(response.tidied), form.formula
    if one == other or sorted(one.split("=")) == sorted(other.split("=")) or one == solution(other):
        return Verdict.CORRECT, Reason.FORMULA
    if one.casefold() == other.casefold() or one in other.split("=") or other in one.split("="):
        return Verdict.ASK, Reason.FORMULA
    return Verdict.WRONG if differ_surely(one, other) else Verdict.ASK, Reason.FORMULA


def article(response: Form, form: Form) -> Finding | None:
    one, other = response.article, form.article
    if not one and not other:
        return None
    rest, noun = response.folded[len(one) :], form.folded[len(other) :]
    if rest not in (noun, noun.translate(UMLAUTS)) and (
        rest != plain(noun) or (accent_tells(noun) and not is_name(form))
    ):
        return None
    unlike = one and other and one != other and not {one, other} <= PLAIN_ARTICLES
    return Verdict.ASK if unlike else Verdict.CORRECT, Reason.ARTICLE


def accent(response: Form, form: Form) -> Finding | None:
    if response.folded == form.folded.translate(UMLAUTS):
        return Verdict.CORRECT, Reason.ACCENT
    if response.plain != form.plain:
        return None
    left_out = response.folded == response.plain
    telling = len(form.words) <= MOST_ALONE and not is_name(form) and any(map(accent_tells, form.words))
    telling = telling or is_short_word(form)
    return Verdict.CORRECT if left_out and not telling else Verdict.ASK, Reason.ACCENT


def accent_tells(word: str) -> bool:
    """Whether the word without its accents is, or may be, another word."""
    if word.isascii():
        return False
    decomposed = unicodedata.normalize("NFD", word)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return (
        bare in ACCENT_TURNS
        or has_bare_twin(word)
        or word.endswith(TELLING_ACCENTS)
        or bool(TONES.search(decomposed))
    )


def is_name(form: Form) -> bool:
    """Whether the text is a name of several words. German nouns have capitals too, and may differ in umlauts."""
    parts = NAME_GAP.split(form.tidied)
    has_capitals = form.tidied[:1].isupper() and all(p[0].isupper() for p in parts if len(p) > SMALL_PART)
    return len(parts) > 1 and has_capitals and not UMLAUT.search(form.folded)


def is_short_word(form: Form) -> bool:
    """Whether the text is one word of up to three Latin letters: other accents mostly make another word."""
    return len(form.words) == 1 and len(form.plain) < SHORT and form.plain.isascii()


def negation(response: Form, form: Form) -> Finding | None:
    left, right = (sorted(NEGATIONS.intersection(each.words)) for each in (response, form))
    if left == right:
        return None
    rest, other = ({*each.words} - NEGATIONS for each in (response, form))
    shared = bool(rest & other)
    return Verdict.WRONG, Reason.NEGATION if shared else Reason.WRONG


def spelling(response: Form, form: Form) -> Finding | None:
    if abs(len(response.plain) - len(form.plain)) > MOST_RESPELLED:
        return None
    if response.notation == form.notation:
        return Verdict.CORRECT, Reason.SPELLING
    most = min(MOST_RESPELLED, 2 + len(form.plain) // 4)
    if edits(response.plain, form.plain, most) > most:
        return None
    one, other = one_spelling(response.plain), one_spelling(form.plain)
    if one == other or without_possessives(response.plain) == without_possessives(form.plain):
        is_other = any(is_other_foreign_word(*pair) for pair in odd_pairs(response, form))
        return None if is_other else (Verdict.CORRECT, Reason.SPELLING)
    if joined(one) != joined(other):
        return None
    return Verdict.CORRECT if may_join(response.words, form.words) else Verdict.ASK, Reason.SPELLING


def symbol(response: Form, form: Form) -> Finding | None:
    if response.symbols == form.symbols:
        return numerals(response, form)
    odd = set(response.symbols) ^ set(form.symbols)
    if odd and odd <= JOINERS and response.words == form.words and " " in response.folded:
        return Verdict.ASK, Reason.SYMBOL
    near = bool({*response.words} & {*form.words}) or len(response.words) == len(form.words) == 1
    if len(form.words) > MOST_WORDS:
        return Verdict.ASK, Reason.LONG
    return Verdict.WRONG, Reason.SYMBOL if near else Reason.WRONG


def numerals(response: Form, form: Form) -> Finding | None:
    """Refuse a text that has different numbers in words or in Roman numerals."""
    one, other = DIGITS.findall(response.notation), DIGITS.findall(form.notation)
    if not one or not other or one == other:
        return None
    return Verdict.WRONG, Reason.SYMBOL


def long(response: Form, form: Form) -> Finding | None:
    """Ask about a long answer: the response may say it in other words, unless it is one or two other words."""
    if len(form.words) <= MOST_WORDS:
        return None
    is_other = len(response.words) < FEW_WORDS and not {*response.words} & {*form.words}
    return (Verdict.WRONG, Reason.WRONG) if is_other else (Verdict.ASK, Reason.LONG)


def typo(response: Form, form: Form) -> Finding | None:
    pairs = odd_pairs(response, form)
    if not pairs:
        return None
    among_english = is_english_text({*form.words} - {word for _, word in pairs})
    if all(is_slip(typed, word, among_english=among_english) for typed, word in pairs):
        total = sum(edits(typed, word, 9) for typed, word in pairs)
        if total <= most_edits(len(form.plain)):
            return Verdict.CORRECT, Reason.TYPO
    return None


def is_english_text(rest: set[str]) -> bool:
    """Whether the words of a text are English; only words that are long enough for the list are checked."""
    telling = [word for word in rest if len(word) >= SHORTEST]
    return bool(telling) and rest.isdisjoint(FOREIGN_ARTICLES) and all(map(is_english, telling))


def confused(response: Form, form: Form) -> Finding | None:
    pairs = odd_pairs(response, form)
    if any(are_confused(typed, word) for typed, word in pairs):
        return Verdict.WRONG, Reason.CONFUSED
    return None


# Cached because three rules in a row need the pairs of the same two forms.
@lru_cache(maxsize=8)
def odd_pairs(response: Form, form: Form) -> tuple[tuple[str, str], ...]:
    """Return the pairs of words in which the texts differ; none if the texts have different numbers of words."""
    typed, needed = words(bare(response, form)), words(bare(form, response))
    if len(typed) != len(needed) or len(needed) > MOST_WORDS:
        return ()
    return tuple(pair for pair in zip(typed, needed, strict=True) if pair[0] != pair[1])


def bare(form: Form, other: Form) -> str:
    """Return the text without accents and, if the other text has no article, without its article."""
    return form.plain if other.article else plain(form.folded[len(form.article) :])


def near(response: Form, form: Form) -> Finding | None:
    """Ask if one text has all words of the other, or if nearly all letters are the same."""
    have, need = set(response.words), set(form.words)
    if have and need and (need <= have or have < need):
        return shared(response, form, have ^ need)
    if any(is_other_short_word(*pair) for pair in odd_pairs(response, form)):
        return Verdict.WRONG, Reason.WRONG
    most = max(1, int(NEAR_SHARE * len(form.plain)))
    if len(form.plain) > SHORT + 1 and response.plain[:1] == form.plain[:1]:
        most = max(2, most)
    if edits(bare(response, form), bare(form, response), most) > most:
        return None
    if any(is_other_word(*pair) for pair in odd_pairs(response, form)):
        return Verdict.ASK if is_misspelled_name(response, form) else Verdict.WRONG, Reason.CONFUSED
    return Verdict.ASK, Reason.UNSURE


def is_misspelled_name(response: Form, form: Form) -> bool:
    """Whether the answer is a name and the response a likely misspelling of it: Micheal Faraday."""
    if is_name(form):
        return edits(response.plain, form.plain, 1) == 1
    return form.tidied[:1].isupper() and DOUBLED.sub(r"\1", response.plain) == DOUBLED.sub(r"\1", form.plain)


def shared(response: Form, form: Form, odd: set[str]) -> Finding | None:
    """Judge two texts one of which has all words of the other; ``odd`` are the words that only one has."""
    if any(word in QUALIFIERS or len(word) == 1 for word in odd):
        return Verdict.WRONG, Reason.WRONG
    if odd & HEDGES and len(odd) > 1 and len(response.words) > len(form.words):
        return Verdict.WRONG, Reason.WRONG
    if not odd:
        turned = ORDERING.intersection(form.words) and len(form.words) > 2
        return Verdict.WRONG if turned else Verdict.ASK, Reason.UNSURE
    much = sum(map(len, response.words)) >= PART_SHARE * sum(map(len, form.words))
    return (Verdict.ASK, Reason.UNSURE) if much or is_surname(response, form) else None


def is_surname(response: Form, form: Form) -> bool:
    """Whether the response is the last word of a name: Einstein for Albert Einstein."""
    return response.folded == form.words[-1] and all(word[0].isupper() for word in form.tidied.split()[-2:])


def is_other_short_word(typed: str, word: str) -> bool:
    """Whether two words differ, and one is too short for the difference to be a slip or a swap of letters."""
    if min(len(typed), len(word)) > SHORT or sorted(typed) == sorted(word) or is_plural(typed, word):
        return False
    is_mistyped = len(typed) == SHORT < len(word) and edits(typed, word, 1) == 1
    return not is_mistyped or is_another_word(typed, word)


# In the order in which they are tried; the first one that returns a finding decides.
RULES: tuple[Rule, ...] = (
    same_text, number, date, chemical, formula, article, accent, spelling, negation, symbol, long, typo, confused,
    near,
)  # fmt: skip
