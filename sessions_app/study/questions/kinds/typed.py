"""A typed answer: short texts without formulas, compared by the judge."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from sessions_app.study.distractors.twins import twins_of
from sessions_app.study.judging import Judgement, Reason, judge
from sessions_app.study.questions.kinds.base import LONGEST_RESPONSE, QuestionKind, read_text, too_long
from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import Evidence, JudgedBy, Kind, StudyCard, Verdict

MOST_TYPED_WORDS = 5
# Dollars that touch a formula on the inside; "$5 and $10" is money.
FORMULA = re.compile(r"\$\$?(?=\S)[^$]*\S\$|\$\S\$")
# The answers of other cards that are stored with a question: those nearest in length, which it could be taken for.
MOST_OTHERS = 60
LONGEST_OTHER = 200

# The learner's own verdict on an answer that is in doubt.
OWN_VERDICTS = (Verdict.CORRECT.value, Verdict.WRONG.value)


class Typed(QuestionKind):
    """The response is ``typed``.

    An answer that was in doubt is sent once more with ``held`` and the learner's own ``verdict``.
    """

    kind = Kind.TYPED
    evidence = Evidence.RECALL
    draw_rank = 1
    is_typed = True

    def can_ask(self, card: StudyCard) -> bool:
        """Whether the answer is short and has no formula, or the card has accepted answers."""
        answer = card.text(card.side)
        if not answer.strip():
            return False
        is_short = len(answer.split()) <= MOST_TYPED_WORDS and not FORMULA.search(answer)
        return is_short or bool(card.accepted(card.side))

    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        card, side = pool.card, pool.card.side
        twins = twins_of(card, pool.deck)
        own = {text.strip().casefold() for text in (question.answer, *card.accepted(side))}
        others = dict.fromkeys(one.text(side) for one in pool.deck if one.id not in {card.id, *twins})
        # A card with the same answer has no other answer.
        others = dict.fromkeys(text for text in others if text.strip().casefold() not in own)
        nearest = sorted(others, key=lambda text: abs(len(text) - len(question.answer)))
        return replace(
            question,
            accepted=card.accepted(side),
            others=tuple(text for text in nearest[:MOST_OTHERS] if text and len(text) <= LONGEST_OTHER),
            twins=tuple(one.text(side) for one in pool.deck if one.id in twins),
            strict=strict,
        )

    def grade(self, question: Question, response: Mapping[str, str]) -> Graded:
        typed = response.get("typed", "")
        if len(typed) > LONGEST_RESPONSE:
            raise InvalidResponseError(too_long())
        judgement = judged(question, typed)
        if judgement.reason is Reason.EMPTY:
            raise InvalidResponseError("Type an answer, or choose “Don’t know”.")
        if judgement.reason is Reason.PROMPT:
            raise InvalidResponseError("That is the question itself. Type its answer.")
        verdict, judged_by = judgement.verdict, JudgedBy.JUDGE
        if verdict is Verdict.ASK and "held" in response and response.get("verdict") in OWN_VERDICTS:
            verdict, judged_by = Verdict(response["verdict"]), JudgedBy.LEARNER
        return Graded(
            question.card_id,
            self.evidence,
            verdict,
            response=typed,
            judged_by=judged_by,
            judgement=judgement,
        )

    def fields(self, question: Question) -> Sequence[str]:
        return ["typed", "verdict"]

    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        return read_text(data)

    def read_judgement(
        self, question: Question, saved: Mapping[str, str], data: Mapping[str, str]
    ) -> dict[str, str]:
        response = {"typed": saved["typed"]}
        verdict = data.get("verdict")
        return response | ({"verdict": verdict} if verdict in OWN_VERDICTS else {})

    def needs_judgement(self, question: Question, saved: Mapping[str, str]) -> bool:
        return bool(saved) and judged(question, saved["typed"]).verdict is Verdict.ASK


def judged(question: Question, typed: str) -> Judgement:
    """How a typed response to ``question`` compares with the answer."""
    return judge(
        typed,
        question.answer,
        accepted=question.accepted,
        prompt=question.prompt,
        others=question.others,
        twins=question.twins,
        strict=question.strict,
    )
