"""One response against one accepted form that it does not equal: the rules that forgive, refuse or ask."""

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction

from sessions_app.study.answers.codes import case_matters
from sessions_app.study.answers.forms import Form
from sessions_app.study.answers.formulas import differ_surely, spelled
from sessions_app.study.answers.meanings import ACCENT_TURNS, ARTICLES, NEGATIONS
from sessions_app.study.answers.reasons import Reason
from sessions_app.study.answers.slips import SHORT, are_confused, edits, is_slip, most_edits
from sessions_app.study.answers.spelling import UMLAUTS, joined, may_join, one_spelling
from sessions_app.study.answers.text import plain
from sessions_app.study.types import Verdict

Finding = tuple[Verdict, Reason]
Rule = Callable[[Form, Form], Finding | None]

MOST_WORDS = 8
# Up to this share of edits a text is near enough to ask; a part this large may be meant as the whole.
NEAR_SHARE = 0.25
PART_SHARE = 0.6
# Letters by which two spellings of a text may differ in length.
MOST_RESPELLED = 6
# In a longer text the other words tell which word is meant.
MOST_ALONE = 2

ARTICLE = re.compile(r"(?:l'|(?:" + "|".join(ARTICLES) + r") )(?=..)")
PLAIN_ARTICLES = frozenset({"the ", "a ", "an "})
POWERS_OF_TEN = frozenset(Fraction(10) ** tens for tens in range(-12, 13))
# Marks of tone: without them it is another word.
TONES = re.compile("[\u0309\u031b\u0323]|[aeiou\u00fc]\u030c")
# Spanish past and future: hablo, habló; llegara, llegará.
TELLING_ACCENTS = ("ó", "rá", "ré")
JOINERS = frozenset("/-&_+~*")


def same_text(response: Form, form: Form) -> Finding | None:
    if response.folded != form.folded:
        return None
    if case_matters(response.tidied, form.tidied) or cased_unlike(response, form):
        return Verdict.ASK, Reason.CASE
    return Verdict.CORRECT, Reason.EXACT if form.is_whole else Reason.ALTERNATIVE


def cased_unlike(response: Form, form: Form) -> bool:
    """Whether two texts that differ in case only are unlike as quantities or formulas."""
    return (response.quantity, response.formula) != (form.quantity, form.formula)


def number(response: Form, form: Form) -> Finding | None:
    one, other = response.quantity, form.quantity
    if one is None or other is None:
        return None
    if one.unit == other.unit:
        return same_unit(one.values, other.values)
    if one.values[0] != other.values[0]:
        scale = one.values[0] / other.values[0] if other.values[0] else 0
        rescaled = bool(one.unit and other.unit) and scale in POWERS_OF_TEN
        return Verdict.ASK if rescaled else Verdict.WRONG, Reason.NUMBER
    unclear = not one.unit or not other.unit or one.unit.casefold() == other.unit.casefold()
    return Verdict.ASK if unclear else Verdict.WRONG, Reason.NUMBER


def same_unit(values: tuple[Fraction, ...], others: tuple[Fraction, ...]) -> Finding:
    if values[0] == others[0]:
        return Verdict.CORRECT, Reason.NUMBER
    return Verdict.ASK if set(values) & set(others) else Verdict.WRONG, Reason.NUMBER


def formula(response: Form, form: Form) -> Finding | None:
    if form.formula is None:
        is_same = response.formula is not None and response.formula == form.tidied
        return (Verdict.CORRECT, Reason.FORMULA) if is_same else None
    one, other = response.formula or spelled(response.tidied), form.formula
    if one == other or sorted(one.split("=")) == sorted(other.split("=")):
        return Verdict.CORRECT, Reason.FORMULA
    if one.casefold() == other.casefold() or one in other.split("=") or other in one.split("="):
        return Verdict.ASK, Reason.FORMULA
    return Verdict.WRONG if differ_surely(one, other) else Verdict.ASK, Reason.FORMULA


def article(response: Form, form: Form) -> Finding | None:
    one, other = ARTICLE.match(response.folded), ARTICLE.match(form.folded)
    if not one and not other:
        return None
    rest, noun = response.folded[one.end() if one else 0 :], form.folded[other.end() if other else 0 :]
    if rest != noun and (rest != plain(noun) or accent_tells(noun)):
        return None
    unlike = one and other and not {one[0], other[0]} <= PLAIN_ARTICLES
    return Verdict.ASK if unlike else Verdict.CORRECT, Reason.ARTICLE


def accent(response: Form, form: Form) -> Finding | None:
    if response.folded == form.folded.translate(UMLAUTS):
        return Verdict.CORRECT, Reason.ACCENT
    if response.plain != form.plain:
        return None
    left_out = response.folded == response.plain
    telling = (len(form.words) <= MOST_ALONE and any(map(accent_tells, form.words))) or is_short_word(form)
    return Verdict.CORRECT if left_out and not telling else Verdict.ASK, Reason.ACCENT


def accent_tells(word: str) -> bool:
    """Whether a word without its accents is, or may be, another word."""
    if word.isascii():
        return False
    decomposed = unicodedata.normalize("NFD", word)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare in ACCENT_TURNS or word.endswith(TELLING_ACCENTS) or bool(TONES.search(decomposed))


def is_short_word(form: Form) -> bool:
    """Whether the text is one word of up to three Latin letters: with other accents mostly another word."""
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
    one, other = one_spelling(response.plain), one_spelling(form.plain)
    if one == other:
        return Verdict.CORRECT, Reason.SPELLING
    if joined(one) != joined(other):
        return None
    return Verdict.CORRECT if may_join(response.words, form.words) else Verdict.ASK, Reason.SPELLING


def symbol(response: Form, form: Form) -> Finding | None:
    if response.symbols == form.symbols:
        return None
    odd = set(response.symbols) ^ set(form.symbols)
    if odd and odd <= JOINERS and response.words == form.words and " " in response.folded:
        return Verdict.ASK, Reason.SYMBOL
    near = bool({*response.words} & {*form.words}) or len(response.words) == len(form.words) == 1
    if len(form.words) > MOST_WORDS:
        return Verdict.ASK, Reason.LONG
    return Verdict.WRONG, Reason.SYMBOL if near else Reason.WRONG


def long(response: Form, form: Form) -> Finding | None:
    return (Verdict.ASK, Reason.LONG) if len(form.words) > MOST_WORDS else None


def typo(response: Form, form: Form) -> Finding | None:
    pairs = odd_pairs(response, form)
    if pairs and all(is_slip(typed, word) for typed, word in pairs):
        total = sum(edits(typed, word, 9) for typed, word in pairs)
        if total <= most_edits(len(form.plain)):
            return Verdict.CORRECT, Reason.TYPO
    return None


def confused(response: Form, form: Form) -> Finding | None:
    pairs = odd_pairs(response, form)
    if any(are_confused(typed, word) for typed, word in pairs):
        return Verdict.WRONG, Reason.CONFUSED
    return None


def odd_pairs(response: Form, form: Form) -> list[tuple[str, str]]:
    """Return the words, side by side, in which the texts differ; none where they are not the same in number."""
    typed, words = response.plain.split(), form.plain.split()
    if len(typed) != len(words) or len(words) > MOST_WORDS:
        return []
    return [pair for pair in zip(typed, words, strict=True) if pair[0] != pair[1]]


def near(response: Form, form: Form) -> Finding | None:
    """Ask where the texts share all words or nearly all letters."""
    have, need = set(response.words), set(form.words)
    if have and need and need <= have:
        return Verdict.ASK, Reason.UNSURE
    if have and have < need and sum(map(len, response.words)) >= PART_SHARE * sum(map(len, form.words)):
        return Verdict.ASK, Reason.UNSURE
    if any(map(is_other_short_word, odd_pairs(response, form))):
        return Verdict.WRONG, Reason.WRONG
    most = max(1, int(NEAR_SHARE * len(form.plain)))
    if len(form.plain) > SHORT + 1 and response.plain[:1] == form.plain[:1]:
        most = max(2, most)
    is_near = edits(response.plain, form.plain, most) <= most
    return (Verdict.ASK, Reason.UNSURE) if is_near else None


def is_other_short_word(pair: tuple[str, str]) -> bool:
    """Whether two words differ and one is too short for that to be a slip, unless its letters are swapped."""
    return min(map(len, pair)) <= SHORT and sorted(pair[0]) != sorted(pair[1])


# In the order in which they are tried; the first finding stands.
RULES: tuple[Rule, ...] = (
    same_text, number, formula, article, accent, spelling, negation, symbol, long, typo, confused, near,
)  # fmt: skip
