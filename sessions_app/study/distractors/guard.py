"""Keeping out wrong options that are right, that may be right, or that are the same as another option."""

from collections.abc import Sequence
from enum import IntEnum

from rapidfuzz import fuzz

from sessions_app.study.distractors.appearance import Shape, appearance_of
from sessions_app.study.distractors.similarity import all_names, names, stands_in, stems
from sessions_app.study.distractors.twins import are_marked
from sessions_app.study.judging import Judgement, Reason, judge
from sessions_app.study.text.meanings import NEGATIONS
from sessions_app.study.types import StudyCard, Verdict

# `judge` does not compare longer texts, in words.
JUDGED_WORDS = 8
# A text with this share of another one's words, and no other words, says the same with less detail.
DETAIL = 0.75
# The most misspelled words in two texts that say the same.
MISSPELLED = 2
# Texts that are less similar than this, in percent, are different without asking `judge`. Only the first
# characters, this many, are compared.
NEAR = 60
JUDGED = 1_000


class Doubt(IntEnum):
    """Whether a text may be right: certainly not, possibly, or certainly."""

    NONE = 0
    SOME = 1
    RIGHT = 2


class Guard:
    """Checks one card's options against its answer, and against the cards whose answers may be right as well."""

    def __init__(self, card: StudyCard, rivals: Sequence[StudyCard]) -> None:
        self.card, self.side = card, card.side
        self.answer = card.text(card.side)
        self.accepted = card.accepted(card.side)
        self.answers = (self.answer, *self.accepted)
        marked = [other for other in rivals if are_marked(card, other)]
        self.right = all_names(self.answers)
        self.twins = all_names(text for other in marked for text in self.answers_of(other))
        self.rivals = all_names(text for other in rivals for text in self.answers_of(other))
        self.twins_texts = [other.text(self.side) for other in marked]
        self.prompt = names(card.text(card.side.other))

    def answers_of(self, card: StudyCard) -> tuple[str, ...]:
        return (card.text(self.side), *card.accepted(self.side))

    def allows_own(self, text: str) -> bool:
        """Whether one of the owner's wrong options can be used: the owner decides, but a right text is refused."""
        same = names(text)
        if not same.whole or same.meets(self.right) or same.meets(self.twins):
            return False
        judgement = judge(text, self.answer, accepted=self.accepted)
        return judgement.verdict is not Verdict.CORRECT and not self.is_taken(text)

    def doubt_of(self, text: str, accepted: Sequence[str] = ()) -> Doubt:
        """Whether another card's answer, ``text`` with its ``accepted`` answers, may be right."""
        same = names(text)
        if not same.whole or any(map(same.meets, (self.right, self.rivals, self.prompt))):
            return Doubt.RIGHT
        if all_names(accepted).meets(self.right):
            return Doubt.RIGHT
        if any(holds(text, answer) or nearly_equal(text, answer) for answer in self.answers):
            return Doubt.RIGHT
        judgement = judge(text, self.answer, accepted=self.accepted)
        if judgement.verdict is Verdict.CORRECT or self.is_taken(text):
            return Doubt.RIGHT
        return self.doubt_by(judgement, text)

    def is_taken(self, text: str) -> bool:
        """Whether the answer would be accepted for the text, or the text for a marked twin's answer."""
        return (are_near(self.answer, text) and judge(self.answer, text).verdict is Verdict.CORRECT) or any(
            judge(text, twin).verdict is Verdict.CORRECT for twin in self.twins_texts
        )

    def doubt_by(self, judgement: Judgement, text: str) -> Doubt:
        """Whether the text, typed as an answer, would be for the learner to judge.

        It does not count if the only reasons are the text's length or similar letters: an option is printed.
        """
        if judgement.verdict is not Verdict.ASK or judgement.reason is Reason.LONG:
            return Doubt.NONE
        if judgement.reason is not Reason.UNSURE:
            return Doubt.SOME
        # The option is shown with its remark in brackets, so that it is compared with the whole answer.
        matched = self.answer if has_remark(text) else judgement.matched
        words, others = (stems(each, self.card.language_of(self.side)) for each in (text, matched))
        return Doubt.SOME if words <= others or others <= words else Doubt.NONE


def has_remark(text: str) -> bool:
    found = names(text)
    return found.whole != found.loose


def are_same(one: str, other: str) -> bool:
    """Whether a reader sees no difference between two options."""
    if names(one).meets(names(other)):
        return True
    return are_near(one, other) and Verdict.CORRECT in (judge(one, other).verdict, judge(other, one).verdict)


def are_near(one: str, other: str) -> bool:
    """Whether two texts are similar enough to ask `judge` whether one counts as the other."""
    one, other = one[:JUDGED], other[:JUDGED]
    figures = {appearance_of(one).shape, appearance_of(other).shape} <= {Shape.FORMULA, Shape.NUMBER}
    return figures or fuzz.ratio(one.casefold(), other.casefold()) > NEAR


def holds(one: str, other: str) -> bool:
    """Whether one of two texts is part of the other.

    False for two formulas or numbers, which may be part of each other without being alike, and if only one text
    has a negating word.
    """
    shapes = {appearance_of(one).shape, appearance_of(other).shape}
    if shapes <= {Shape.FORMULA, Shape.NUMBER} or are_opposed(stems(one, ""), stems(other, "")):
        return False
    return stands_in(one, other) or stands_in(other, one)


def are_opposed(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one set of words has a negating word that the other has not."""
    return not NEGATIONS.isdisjoint(words ^ others)


def nearly_equal(one: str, other: str) -> bool:
    """Whether two longer texts say the same except for small words, misspellings or some detail."""
    if min(len(one.split()), len(other.split())) <= JUDGED_WORDS:
        return False
    words, others = stems(one, ""), stems(other, "")
    if are_opposed(words, others):
        return False
    left, right = sorted(words - others), sorted(others - words)
    if not left or not right:
        return len(words & others) >= DETAIL * max(len(words), len(others))
    return len(left) == len(right) <= MISSPELLED and all(
        judge(typed, word).verdict is Verdict.CORRECT for typed, word in zip(left, right, strict=True)
    )
