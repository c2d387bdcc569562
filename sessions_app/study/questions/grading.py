"""Grading a response to a question of any kind: what it says about the card, as evidence and verdict."""

import re
from collections.abc import Mapping

from sessions_app.study.judging import Judgement, Reason, judge
from sessions_app.study.questions.types import Graded, InvalidResponseError, Question
from sessions_app.study.types import Evidence, JudgedBy, Kind, Verdict

LONGEST_RESPONSE = 2_000
# An answer of more lines than this is one thing to say, not a list to tick.
MOST_LINES = 12
BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
# A table, a fence of code or a formula of its own belongs together.
# Spaces of the line alone: over empty lines, too, a search takes the square of their number.
WHOLE = re.compile(r"^[^\S\n]*(?:\||```|~~~|\$\$)", re.MULTILINE)

RIGHT, WRONG = "correct", "wrong"


def grade(question: Question, response: Mapping[str, str]) -> Graded:
    """What ``response`` says about the card of ``question``.

    ``response["unknown"]`` is a "don't know", which is a miss. Otherwise the kind says what is read: ``option``
    (the number of a choice's option), ``truth`` (true or false), ``typed``, or ``knew`` (yes or no) and
    ``line-0``, ``line-1`` ... (the lines of a self-graded answer that were recalled). A typed answer that was in
    doubt is ``held`` and comes with the learner's own ``verdict``.

    Raises:
        InvalidResponseError: the response does not answer the question.
    """
    if "unknown" in response:
        return Graded(question.card_id, evidence_of(question.kind), Verdict.WRONG)
    return GRADERS[question.kind](question, response)


def evidence_of(kind: Kind) -> Evidence:
    """What an answer to a question of this kind shows."""
    return Evidence.RECALL if kind in (Kind.TYPED, Kind.FLIP) else Evidence.RECOGNITION


def judged(question: Question, typed: str) -> Judgement:
    """How a typed response to ``question`` is judged."""
    return judge(
        typed,
        question.answer,
        accepted=question.accepted,
        prompt=question.prompt,
        others=question.others,
        twins=question.twins,
        strict=question.strict,
    )


def lines_of(answer: str) -> list[str]:
    """The lines of a self-graded answer, each to be ticked; one where it cannot be taken apart."""
    lines = [BULLET.sub("", line).strip() for line in answer.split("\n") if line.strip()]
    if len(lines) > MOST_LINES or WHOLE.search(answer):
        return [answer]
    return lines or [answer]


def right_option(question: Question) -> int:
    """The number of the option that is the answer."""
    return question.options.index(question.answer)


def states_truth(question: Question) -> bool:
    """Whether the statement of a true/false question is true."""
    return question.options[0] == question.answer


def _choice(question: Question, response: Mapping[str, str]) -> Graded:
    number = response.get("option", "")
    if number not in {str(index) for index in range(len(question.options))}:
        raise InvalidResponseError("Choose one of the answers.")
    picked = int(number)
    verdict = _verdict(is_right=picked == right_option(question))
    return Graded(
        question.card_id,
        Evidence.RECOGNITION,
        verdict,
        response=question.options[picked][:LONGEST_RESPONSE],
        mistaken_for=_mistaken_for(question, picked, verdict),
        judged_by=JudgedBy.CHOICE,
    )


def _true_false(question: Question, response: Mapping[str, str]) -> Graded:
    truth = response.get("truth", "")
    if truth not in {"true", "false"}:
        raise InvalidResponseError("Choose true or false.")
    verdict = _verdict(is_right=(truth == "true") == states_truth(question))
    mistaken_for = _mistaken_for(question, 0, verdict) if truth == "true" else None
    return Graded(
        question.card_id,
        Evidence.RECOGNITION,
        verdict,
        response=truth,
        mistaken_for=mistaken_for,
        judged_by=JudgedBy.CHOICE,
    )


def _typed(question: Question, response: Mapping[str, str]) -> Graded:
    typed = response.get("typed", "")
    if len(typed) > LONGEST_RESPONSE:
        raise InvalidResponseError(f"At most {LONGEST_RESPONSE:,} characters.")
    judgement = judged(question, typed)
    if judgement.reason is Reason.EMPTY:
        raise InvalidResponseError("Type an answer, or choose “Don’t know”.")
    if judgement.reason is Reason.PROMPT:
        raise InvalidResponseError("That is the question itself. Type its answer.")
    verdict, judged_by = judgement.verdict, JudgedBy.JUDGE
    if verdict is Verdict.ASK and "held" in response and response.get("verdict") in (RIGHT, WRONG):
        verdict, judged_by = Verdict(response["verdict"]), JudgedBy.LEARNER
    return Graded(
        question.card_id,
        Evidence.RECALL,
        verdict,
        response=typed,
        judged_by=judged_by,
        judgement=judgement,
    )


def _flip(question: Question, response: Mapping[str, str]) -> Graded:
    lines = lines_of(question.answer)
    if len(lines) == 1:
        knew = response.get("knew", "")
        if knew not in {"yes", "no"}:
            raise InvalidResponseError("Say whether you knew it.")
        return Graded(question.card_id, Evidence.RECALL, _verdict(is_right=knew == "yes"))
    ticked = sum(f"line-{number}" in response for number in range(len(lines)))
    verdict = _verdict(is_right=ticked == len(lines))
    return Graded(question.card_id, Evidence.RECALL, verdict, response=f"{ticked} of {len(lines)}")


def _verdict(*, is_right: bool) -> Verdict:
    return Verdict.CORRECT if is_right else Verdict.WRONG


def _mistaken_for(question: Question, option: int, verdict: Verdict) -> int | None:
    """The card whose answer the option is, where it was taken for the right one."""
    if verdict is Verdict.CORRECT or option >= len(question.option_cards):
        return None
    return question.option_cards[option] or None


GRADERS = {
    Kind.CHOICE: _choice,
    Kind.TRUE_FALSE: _true_false,
    Kind.TYPED: _typed,
    Kind.FLIP: _flip,
}
