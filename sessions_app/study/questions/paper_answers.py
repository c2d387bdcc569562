"""What is filled in on a paper: reading it from a form, knowing what is left to judge, and grading it.

A response is kept as the names and values that `grading` reads; an empty one is a blank, graded as nothing.
A self-graded question is answered in writing (``typed``) or in the head (``said``).
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from sessions_app.study.questions import grading
from sessions_app.study.questions.types import Graded, InvalidResponseError, Question
from sessions_app.study.types import Evidence, JudgedBy, Kind, Verdict

ON = "on"
# The fields of a paper's form: what belongs to the question at position 3 is named q3-option, q3-revision ...
FIELD = re.compile(r"q(\d{1,4})-([a-z0-9-]{1,20})", re.ASCII)


def by_position(data: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """What a form sends, by the position of the question; other names are passed over."""
    found: dict[int, dict[str, str]] = {}
    for name, value in data.items():
        if match := FIELD.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return found


def points(question: Question) -> int:
    """How many questions it counts as: a block one for each pair."""
    return len(question.cards) or 1


def cards_of(question: Question) -> tuple[int, ...]:
    """The cards that the question is about, in order."""
    return question.cards or (question.card_id,)


def read(question: Question, data: Mapping[str, str]) -> dict[str, str]:
    """What of ``data`` answers the question; other names, and values that were never offered, are passed over.

    Raises:
        InvalidResponseError: a text is too long to be kept.
    """
    if question.kind is Kind.CHOICE:
        return _among(data, "option", len(question.options))
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": data["truth"]} if data.get("truth") in ("true", "false") else {}
    if question.kind is Kind.BLOCK:
        pairs = [_among(data, pair_name(place), len(question.options)) for place in range(points(question))]
        return {name: value for pair in pairs for name, value in pair.items()}
    typed = data.get("typed", "").strip()
    if len(typed) > grading.LONGEST_RESPONSE:
        raise InvalidResponseError(f"At most {grading.LONGEST_RESPONSE:,} characters.")
    response = {"typed": typed} if typed else {}
    if question.kind is Kind.FLIP and data.get("said") == ON:
        response["said"] = ON
    return response


def read_judgement(question: Question, saved: Mapping[str, str], data: Mapping[str, str]) -> dict[str, str]:
    """``saved`` with what ``data`` says of the learner's own judgement, in place of what it said before."""
    response = {name: saved[name] for name in ("typed", "said") if name in saved}
    if question.kind is Kind.TYPED:
        verdict = data.get("verdict")
        return response | ({"verdict": verdict} if verdict in (grading.RIGHT, grading.WRONG) else {})
    lines = len(grading.lines_of(question.answer))
    if lines == 1:
        return response | ({"knew": data["knew"]} if data.get("knew") in ("yes", "no") else {})
    ticked = {f"line-{number}": ON for number in range(lines) if f"line-{number}" in data}
    return response | ticked | {"judged": ON}


def pair_name(place: int) -> str:
    """The name of a block's answer to the prompt at ``place``, from 0."""
    return f"pair-{place}"


def filled(question: Question, saved: Mapping[str, str]) -> int:
    """How many of the question's points are answered."""
    if question.kind is Kind.BLOCK:
        return len(saved)
    return int(bool(saved))


def asks(question: Question, saved: Mapping[str, str]) -> bool:
    """Whether the answer needs the learner's own judgement: a self-graded one, or a typed one that is in doubt."""
    if question.kind is Kind.FLIP:
        return bool(saved)
    return bool(
        question.kind is Kind.TYPED
        and saved
        and grading.judged(question, saved["typed"]).verdict is Verdict.ASK
    )


def is_judged(question: Question, saved: Mapping[str, str]) -> bool:
    """Whether the learner has judged the answer that needs her judgement."""
    return not {"verdict", "knew", "judged"}.isdisjoint(saved)


def grade(question: Question, saved: Mapping[str, str]) -> list[Graded]:
    """What the saved response says of each card that it answers; nothing of a blank.

    What the learner should have judged and has not is wrong, and so is a prompt typed back.
    """
    if not filled(question, saved):
        return []
    if question.kind is Kind.BLOCK:
        return [graded for place in range(points(question)) if (graded := _pair(question, saved, place))]
    try:
        # What the learner has said of her answer counts, as for one that was held.
        graded = grading.grade(question, {**saved, "held": "yes"})
    except InvalidResponseError:
        evidence = grading.evidence_of(question.kind)
        graded = Graded(question.card_id, evidence, Verdict.WRONG, judged_by=JudgedBy.JUDGE)
    if graded.verdict is Verdict.ASK:
        graded = replace(graded, verdict=Verdict.WRONG)
    return [replace(graded, response=saved["typed"])] if saved.get("typed") else [graded]


def right_pair(question: Question, place: int) -> int:
    """The number of the option that belongs to the block's prompt at ``place``."""
    return question.option_cards.index(question.cards[place])


def _pair(question: Question, saved: Mapping[str, str], place: int) -> Graded | None:
    picked = saved.get(pair_name(place))
    if picked is None:
        return None
    card, taken = question.cards[place], question.option_cards[int(picked)]
    is_right = card == taken
    return Graded(
        card,
        Evidence.RECOGNITION,
        Verdict.CORRECT if is_right else Verdict.WRONG,
        response=question.options[int(picked)][: grading.LONGEST_RESPONSE],
        mistaken_for=None if is_right else taken,
        judged_by=JudgedBy.CHOICE,
    )


def _among(data: Mapping[str, str], name: str, count: int) -> dict[str, str]:
    """The value of a name where it is one of the numbers from 0 to below ``count``."""
    value = data.get(name)
    return {name: value} if value is not None and value in {str(number) for number in range(count)} else {}
