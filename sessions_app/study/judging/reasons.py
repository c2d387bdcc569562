"""What a judgement says, and the text of each reason. docs/answers.md lists the reasons."""

from dataclasses import dataclass
from enum import StrEnum

from sessions_app.study.types import Verdict


class Reason(StrEnum):
    """Why a response got its verdict: a stable key; ``text`` is what the learner reads."""

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
    Reason.ALTERNATIVE: "It is another accepted answer.",
    Reason.CASE: "Only upper and lower case differ, and here that may matter.",
    Reason.ACCENT: "Accents differ.",
    Reason.ARTICLE: "An article or “to” differs.",
    Reason.SPELLING: "It is spelled or spaced differently.",
    Reason.TYPO: "It looks like a typing mistake.",
    Reason.NUMBER: "Numbers are compared by value and unit.",
    Reason.DATE: "Dates are compared by day, month and year.",
    Reason.FORMULA: "Formulas are compared by what they mean, not how they are written.",
    Reason.OTHER_CARD: "It is the answer of another card.",
    Reason.TWIN: "It is the answer of a card that means the same.",
    Reason.PROMPT: "It is the question itself.",
    Reason.NEGATION: "A word or prefix that changes the meaning differs.",
    Reason.CONFUSED: "It is a different word that is easily confused with the answer.",
    Reason.SYMBOL: "A digit or symbol differs.",
    Reason.EMPTY: "Nothing was typed.",
    Reason.LONG: "Compare long answers yourself.",
    Reason.UNSURE: "It is close to the answer, but may mean something else.",
    Reason.FAILED: "It could not be compared. Say whether it is right.",
    Reason.WRONG: "It is not the answer.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason; ``matched`` is the accepted text that the response was compared with."""

    verdict: Verdict
    reason: Reason
    matched: str
