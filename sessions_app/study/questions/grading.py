"""Grading a response to a question of any kind, and what pages need to show how it was graded."""

from collections.abc import Mapping

from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.kinds.base import LONGEST_RESPONSE
from sessions_app.study.questions.kinds.flip import lines_of
from sessions_app.study.questions.kinds.true_false import states_truth
from sessions_app.study.questions.kinds.typed import judged
from sessions_app.study.questions.types import Graded, Question
from sessions_app.study.types import Verdict

__all__ = ["LONGEST_RESPONSE", "grade", "judged", "lines_of", "states_truth"]


def grade(question: Question, response: Mapping[str, str]) -> Graded:
    """What ``response`` says about the card of ``question``.

    ``response["unknown"]`` means "I don't know", which is wrong. What else is read depends on the kind: its class
    in `kinds` says so.

    Raises:
        InvalidResponseError: the response does not answer the question.
    """
    kind = KINDS[question.kind]
    if "unknown" in response:
        return Graded(question.card_id, kind.evidence, Verdict.WRONG)
    return kind.grade(question, response)
