"""A choice: the answer among up to three wrong options."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from sessions_app.study import distractors
from sessions_app.study.questions.kinds.base import (
    LETTERS,
    LONGEST_RESPONSE,
    QuestionKind,
    mistaken_for,
    number_among,
    verdict_of,
)
from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import JudgedBy, Kind

OPTIONS = 4


class Choice(QuestionKind):
    """The response is ``option``, the number of an option from 0."""

    kind = Kind.CHOICE
    draw_rank = 3
    can_be_right_too = True

    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        card = pool.card
        options = distractors.options(card, pool.deck, count=OPTIONS - 1, rng=rng, confusions=pool.confusions)
        if not options:
            return None
        owners = distractors.owners_of(options, pool.deck, card.side)
        return replace(question, options=options, option_cards=owners)

    def grade(self, question: Question, response: Mapping[str, str]) -> Graded:
        number = number_among(response, "option", len(question.options))
        if not number:
            raise InvalidResponseError("Choose one of the answers.")
        picked = int(number["option"])
        verdict = verdict_of(is_right=picked == right_option(question))
        return Graded(
            question.card_id,
            self.evidence,
            verdict,
            response=question.options[picked][:LONGEST_RESPONSE],
            mistaken_for=mistaken_for(question, picked, verdict),
            judged_by=JudgedBy.CHOICE,
        )

    def ways(self, question: Question) -> Sequence[tuple[str, str, bool]]:
        return [(text, text[:LONGEST_RESPONSE], text == question.answer) for text in question.options]

    def fields(self, question: Question) -> Sequence[str]:
        return ["option"]

    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        return number_among(data, "option", len(question.options))

    def given(self, question: Question, saved: Mapping[str, str], place: int) -> str:
        return question.options[int(saved["option"])] if "option" in saved else ""

    def answer_key(self, question: Question) -> list[tuple[str, str]]:
        number = right_option(question)
        return [("" if number is None else LETTERS[number], question.answer)]


def right_option(question: Question) -> int | None:
    """The number of the option that is the answer, from 0.

    None if only one of their texts was erased, as happened to cards with the same answer.
    """
    return question.options.index(question.answer) if question.answer in question.options else None
