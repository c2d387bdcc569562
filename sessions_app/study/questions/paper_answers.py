"""The answers on a test's paper: read from a form, judged by the learner if necessary, and graded.

An answer is stored as the names and values that its kind of question grades; an empty one is a blank. What differs
from kind to kind is in `kinds`.
"""

import re
from collections.abc import Mapping

from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import Graded, Question

# The fields of a paper's form: those of the question at position 3 are named q3-option, q3-revision ...
FIELD = re.compile(r"q(\d{1,4})-([a-z0-9-]{1,20})", re.ASCII)


def by_position(data: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """The fields of a form by the position of their question; other names are ignored."""
    found: dict[int, dict[str, str]] = {}
    for name, value in data.items():
        if match := FIELD.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return found


def points(question: Question) -> int:
    """As how many questions it counts: a block as one for each pair."""
    return len(cards_of(question))


def cards_of(question: Question) -> tuple[int, ...]:
    """The cards that the question is about, in order."""
    return question.cards or (question.card_id,)


def read(question: Question, data: Mapping[str, str]) -> dict[str, str]:
    """The part of ``data`` that answers the question; other names, and values that were not offered, are ignored.

    Raises:
        InvalidResponseError: a text is longer than `kinds.base.LONGEST_RESPONSE`.
    """
    return KINDS[question.kind].read(question, data)


def read_judgement(question: Question, saved: Mapping[str, str], data: Mapping[str, str]) -> dict[str, str]:
    """The ``saved`` answer with the learner's own judgement from ``data`` in place of an earlier one."""
    return KINDS[question.kind].read_judgement(question, saved, data)


def filled(question: Question, saved: Mapping[str, str]) -> int:
    """How many of the question's points are answered."""
    return KINDS[question.kind].filled(question, saved)


def needs_judgement(question: Question, saved: Mapping[str, str]) -> bool:
    """Whether the learner has to judge the answer: a self-graded one, or a typed one that is in doubt."""
    return KINDS[question.kind].needs_judgement(question, saved)


def is_judged(saved: Mapping[str, str]) -> bool:
    """Whether the learner has judged the answer, which needs their judgement."""
    return not {"verdict", "knew", "judged"}.isdisjoint(saved)


def grade(question: Question, saved: Mapping[str, str]) -> list[Graded]:
    """What the saved answer says about each card that it answers; an empty list for a blank.

    An answer that the learner should have judged and has not is wrong, and so is a prompt typed as its own answer.
    """
    return KINDS[question.kind].grade_saved(question, saved) if filled(question, saved) else []
