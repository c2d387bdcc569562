"""True or false: one statement, which is the answer or a wrong option."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from sessions_app.study import distractors
from sessions_app.study.questions.kinds.base import QuestionKind, mistaken_for, verdict_of
from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import JudgedBy, Kind

VALUES = ("true", "false")


class TrueFalse(QuestionKind):
    """The response is ``truth``: "true" or "false"."""

    kind = Kind.TRUE_FALSE
    draw_rank = 4

    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        stated = distractors.statement(pool.card, pool.deck, rng=rng, confusions=pool.confusions)
        if stated is None:
            return None
        options = stated[:1]
        owners = distractors.owners_of(options, pool.deck, question.side)
        return replace(question, options=options, option_cards=owners)

    def grade(self, question: Question, response: Mapping[str, str]) -> Graded:
        truth = response.get("truth", "")
        if truth not in VALUES:
            raise InvalidResponseError("Choose true or false.")
        verdict = verdict_of(is_right=(truth == "true") == states_truth(question))
        return Graded(
            question.card_id,
            self.evidence,
            verdict,
            response=truth,
            mistaken_for=mistaken_for(question, 0, verdict) if truth == "true" else None,
            judged_by=JudgedBy.CHOICE,
        )

    def ways(self, question: Question) -> Sequence[tuple[str, str, bool]]:
        answer = VALUES[0] if states_truth(question) else VALUES[1]
        return [(word.capitalize(), word, word == answer) for word in VALUES]

    def stated(self, question: Question) -> str:
        return question.options[0]

    def fields(self, question: Question) -> Sequence[str]:
        return ["truth"]

    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        return {"truth": data["truth"]} if data.get("truth") in VALUES else {}

    def answer_key(self, question: Question) -> list[tuple[str, str]]:
        return [("True" if states_truth(question) else "False", question.answer)]


def states_truth(question: Question) -> bool:
    """Whether the statement of a true/false question is true."""
    return question.options[0] == question.answer
