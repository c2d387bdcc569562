"""The judge: compares a response with all accepted answers, and with the answers of other cards."""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from sessions_app.study.judging.failures import log_failure
from sessions_app.study.judging.reasons import Judgement, Reason
from sessions_app.study.judging.rules import MOST_WORDS, RULES, Finding
from sessions_app.study.text.answer_forms import LONGEST, Form, folded_set, forms_of, split_response
from sessions_app.study.types import Verdict

# Reasons that are forgiven, unless answers have to be exact.
FORGIVEN = frozenset({Reason.ARTICLE, Reason.ACCENT, Reason.SPELLING, Reason.TYPO})
RANKS = {Verdict.CORRECT: 2, Verdict.ASK: 1, Verdict.WRONG: 0}


def judge(
    response: str,
    answer: str,
    *,
    accepted: Sequence[str] = (),
    prompt: str = "",
    others: Sequence[str] = (),
    twins: Sequence[str] = (),
    strict: bool = False,
) -> Judgement:
    """Judge a typed response against a card's answer and its other accepted answers.

    ``others`` are the answers of the deck's other cards, ``twins`` of the cards that mean the same as this one.
    ``strict`` forgives no slips, missing accents, articles or other spellings. In doubt the verdict is ``ASK``.
    Raises nothing for any text: if a rule fails, that is logged, and the verdict is ``ASK``. docs/answers.md has
    the rules.
    """
    try:
        judgement = judged(response, answer, tuple(accepted), prompt, tuple(others), tuple(twins))
    except Exception as error:
        log_failure("Judging", error)
        return Judgement(Verdict.ASK, Reason.FAILED, answer)
    if strict and judgement.reason in FORGIVEN and judgement.verdict is Verdict.CORRECT:
        return Judgement(Verdict.WRONG, judgement.reason, judgement.matched)
    return judgement


def judged(
    response: str,
    answer: str,
    accepted: tuple[str, ...],
    prompt: str,
    others: tuple[str, ...],
    twins: tuple[str, ...],
) -> Judgement:
    if not response.strip():
        return Judgement(Verdict.WRONG, Reason.EMPTY, answer)
    if response in (answer, *accepted):
        return Judgement(
            Verdict.CORRECT, Reason.EXACT if response == answer else Reason.ALTERNATIVE, response
        )
    if len(response) > LONGEST:
        return oversized(answer)
    typed = Form(response)
    if not typed.folded:
        return Judgement(Verdict.WRONG, Reason.EMPTY, answer)
    forms = forms_of((answer, *accepted))
    best = best_of(typed, forms, answer)
    return beside_others(typed, best, forms, prompt, others, twins)


def oversized(answer: str) -> Judgement:
    """The judgement of a response that is too long to compare: wrong, unless the answer is long too."""
    is_long = len(answer) > LONGEST or len(answer.split()) > MOST_WORDS
    return Judgement(Verdict.ASK if is_long else Verdict.WRONG, Reason.LONG, answer)


def best_of(typed: Form, forms: Sequence[Form], answer: str) -> Judgement:
    """Return the best verdict among the accepted forms, the first of equal ones."""
    pieces = split_response(typed.tidied)
    if len(pieces) > 1 and {*pieces} <= {form.folded for form in forms}:
        return Judgement(Verdict.CORRECT, Reason.ALTERNATIVE, answer)
    best = Judgement(Verdict.WRONG, Reason.WRONG, answer)
    for form in forms:
        verdict, reason = finding(typed, form)
        known = best.reason is Reason.WRONG and reason is not Reason.WRONG and verdict is best.verdict
        if RANKS[verdict] > RANKS[best.verdict] or known:
            best = Judgement(verdict, reason, form.shown)
    return best


def finding(typed: Form, form: Form) -> Finding:
    if len(form.shown) > LONGEST:
        return Verdict.ASK, Reason.LONG
    for rule in RULES:
        found = rule(typed, form)
        if found is not None:
            return found
    return Verdict.WRONG, Reason.WRONG


def beside_others(
    typed: Form,
    best: Judgement,
    forms: Sequence[Form],
    prompt: str,
    others: tuple[str, ...],
    twins: tuple[str, ...],
) -> Judgement:
    """Return ``best``, unless the response is the prompt or fits another card's answer better."""
    if best.verdict is Verdict.CORRECT and best.reason in (
        Reason.EXACT,
        Reason.NUMBER,
        Reason.DATE,
        Reason.FORMULA,
    ):
        return best
    if best.verdict is Verdict.CORRECT and best.reason is Reason.ALTERNATIVE:
        taken = typed.folded in folded_set(others) and typed.folded in {
            form.folded for form in forms if form.is_part
        }
        return Judgement(Verdict.ASK, Reason.OTHER_CARD, best.matched) if taken else best
    if prompt and typed.folded in folded_set((prompt,)):
        return Judgement(Verdict.ASK, Reason.PROMPT, best.matched)
    if typed.folded in folded_set(twins):
        return Judgement(Verdict.ASK, Reason.TWIN, best.matched)
    if typed.folded in folded_set(others):
        return Judgement(Verdict.WRONG, Reason.OTHER_CARD, best.matched)
    if (
        best.verdict is Verdict.CORRECT
        and best.reason is Reason.TYPO
        and is_nearer(typed, best.matched, others + twins)
    ):
        return Judgement(Verdict.ASK, Reason.OTHER_CARD, best.matched)
    return best


def is_nearer(typed: Form, matched: str, others: tuple[str, ...]) -> bool:
    """Whether another card's answer differs from the response in no more letters than the matched text."""
    distance = OSA.distance(typed.folded, Form(matched).folded)
    return (
        process.extractOne(typed.folded, folded_set(others), scorer=OSA.distance, score_cutoff=distance)
        is not None
    )
