"""A self-graded answer: the learner says it, sees the answer, and says whether they knew it."""

import re
from collections.abc import Mapping, Sequence
from random import Random

from sessions_app.study.questions.kinds.base import ON, QuestionKind, read_text, verdict_of
from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import Evidence, Kind

# A list of more lines than this is graded as a whole.
MOST_LINES = 12
BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
# A table, a code block or a formula on lines of its own is one thing.
# Only spaces of the same line: across empty lines, a search would take time with the square of their number.
WHOLE = re.compile(r"^[^\S\n]*(?:\||```|~~~|\$\$)", re.MULTILINE)


class Flip(QuestionKind):
    """The response is ``knew`` ("yes" or "no"), or of an answer of several lines the ones that were recalled.

    These are ``line-0``, ``line-1`` ... On a paper the answer is first written (``typed``) or said (``said``).
    """

    kind = Kind.FLIP
    evidence = Evidence.RECALL
    draw_rank = 5
    has_response = False
    is_self_graded = True

    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        return question

    def grade(self, question: Question, response: Mapping[str, str]) -> Graded:
        lines = lines_of(question.answer)
        if len(lines) == 1:
            knew = response.get("knew", "")
            if knew not in {"yes", "no"}:
                raise InvalidResponseError("Say whether you knew it.")
            return Graded(question.card_id, self.evidence, verdict_of(is_right=knew == "yes"))
        ticked = sum(f"line-{number}" in response for number in range(len(lines)))
        verdict = verdict_of(is_right=ticked == len(lines))
        return Graded(question.card_id, self.evidence, verdict, response=f"{ticked} of {len(lines)}")

    def fields(self, question: Question) -> Sequence[str]:
        lines = range(len(lines_of(question.answer)))
        return ["typed", "said", "knew", *(f"line-{number}" for number in lines)]

    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        return read_text(data) | ({"said": ON} if data.get("said") == ON else {})

    def read_judgement(
        self, question: Question, saved: Mapping[str, str], data: Mapping[str, str]
    ) -> dict[str, str]:
        response = {name: saved[name] for name in ("typed", "said") if name in saved}
        lines = len(lines_of(question.answer))
        if lines == 1:
            return response | ({"knew": data["knew"]} if data.get("knew") in ("yes", "no") else {})
        ticked = {f"line-{number}": ON for number in range(lines) if f"line-{number}" in data}
        return response | ticked | {"judged": ON}

    def needs_judgement(self, question: Question, saved: Mapping[str, str]) -> bool:
        return bool(saved)


def lines_of(answer: str) -> list[str]:
    """The lines of a self-graded answer, each of which is ticked; the whole answer if it cannot be split."""
    lines = [BULLET.sub("", line).strip() for line in answer.split("\n") if line.strip()]
    if len(lines) > MOST_LINES or WHOLE.search(answer):
        return [answer]
    return lines or [answer]
