"""What a judgement says, and the words for it."""

from dataclasses import dataclass
from enum import StrEnum

from sessions_app.study.types import Verdict


class Reason(StrEnum):
    """Why a response was judged as it was: a stable key; ``text`` is for people."""

    EXACT = "exact"
    ALTERNATIVE = "alternative"
    CASE = "case"
    ACCENT = "accent"
    ARTICLE = "article"
    SPELLING = "spelling"
    TYPO = "typo"
    NUMBER = "number"
    DATE = "date"
    FORMULA = "formula"
    OTHER_CARD = "other-card"
    TWIN = "twin"
    PROMPT = "prompt"
    NEGATION = "negation"
    CONFUSED = "confused"
    SYMBOL = "symbol"
    EMPTY = "empty"
    LONG = "long"
    UNSURE = "unsure"
    FAILED = "failed"
    WRONG = "wrong"

    @property
    def text(self) -> str:
        return TEXTS[self]


TEXTS = {
    Reason.EXACT: "It is the answer.",
    Reason.ALTERNATIVE: "It is one of the answers that count.",
    Reason.CASE: "Only capital and small letters differ, and here they may matter.",
    Reason.ACCENT: "Accents differ.",
    Reason.ARTICLE: "An article or “to” differs.",
    Reason.SPELLING: "It is spelled or spaced in another way.",
    Reason.TYPO: "It looks like a slip of the keys.",
    Reason.NUMBER: "Numbers are compared by value and unit.",
    Reason.DATE: "Dates are compared by day, month and year.",
    Reason.FORMULA: "Formulas are compared by what they write, not how.",
    Reason.OTHER_CARD: "It is the answer of another card.",
    Reason.TWIN: "It is the answer of a card that means the same.",
    Reason.PROMPT: "It is the question itself.",
    Reason.NEGATION: "A word or beginning that turns the meaning differs.",
    Reason.CONFUSED: "It is a different word that is easily mixed up with the answer.",
    Reason.SYMBOL: "A digit or symbol differs.",
    Reason.EMPTY: "Nothing was typed.",
    Reason.LONG: "Long answers are for you to compare.",
    Reason.UNSURE: "It is close to the answer, but may mean something else.",
    Reason.FAILED: "It could not be compared here: say whether it is right.",
    Reason.WRONG: "It is not the answer.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason; ``matched`` is the accepted text that the response was compared with."""

    verdict: Verdict
    reason: Reason
    matched: str
