"""The words of the engine as frozen types.

Times are timezone-aware datetimes in UTC; a study day is a date (see `days`); stability and intervals are in
days; difficulty is 1 to 10; probabilities are 0 to 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any


class Side(StrEnum):
    """A side of a card; the studied side is the one that the card asks for."""

    TERM = "term"
    DEFINITION = "definition"

    @property
    def other(self) -> "Side":
        return Side.DEFINITION if self is Side.TERM else Side.TERM


class Kind(StrEnum):
    """How a question is asked."""

    FLIP = "flip"
    TYPED = "typed"
    CHOICE = "choice"
    TRUE_FALSE = "true_false"
    BLOCK = "block"

    @property
    def raises_level(self) -> bool:
        """Whether a right answer shows knowledge: a guess at true or false is right half of the time."""
        return self is not Kind.TRUE_FALSE


class Evidence(StrEnum):
    """What a response shows: the answer produced unaided, or picked from what was shown."""

    RECALL = "recall"
    RECOGNITION = "recognition"


class Verdict(StrEnum):
    """The judgement of a response; ``ASK`` leaves it to the learner."""

    CORRECT = "correct"
    WRONG = "wrong"
    ASK = "ask"


class JudgedBy(StrEnum):
    """Whose word a verdict is: the judge of typed answers, the choice that was made, or the learner's own."""

    JUDGE = "judge"
    CHOICE = "choice"
    LEARNER = "learner"


class Rating(IntEnum):
    """How a recall felt, as FSRS numbers it."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Level(IntEnum):
    """What the log adds up to for a learner and a card."""

    NEW = 0
    RECOGNISED = 1
    RECALLED = 2
    LEARNED = 3
    MASTERED = 4


class State(IntEnum):
    """The phase of a card's memory, as FSRS numbers it."""

    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class StudyCard:
    """A card as the engine sees it: two source texts, the side asked for, and what its owner said about it.

    ``twins`` are the ids of the cards that the owner marked as meaning the same, ``distinct`` of those marked as
    not meaning the same. ``language`` is the deck's, as a language tag.
    """

    id: int
    term: str
    definition: str
    side: Side
    accepted_terms: tuple[str, ...] = ()
    accepted_definitions: tuple[str, ...] = ()
    wrong_terms: tuple[str, ...] = ()
    wrong_definitions: tuple[str, ...] = ()
    tags: frozenset[int] = frozenset()
    twins: frozenset[int] = frozenset()
    distinct: frozenset[int] = frozenset()
    language: str = "en"

    def text(self, side: Side) -> str:
        return self.term if side is Side.TERM else self.definition

    def accepted(self, side: Side) -> tuple[str, ...]:
        """What also counts as the answer, where this side is asked for."""
        return self.accepted_terms if side is Side.TERM else self.accepted_definitions

    def wrong(self, side: Side) -> tuple[str, ...]:
        """The card's own wrong options, where this side is asked for."""
        return self.wrong_terms if side is Side.TERM else self.wrong_definitions


def from_stored(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of ``names`` that were stored as JSON, whose lists were tuples."""
    known = ((name, data[name]) for name in names if name in data)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question is drawn: the instant, and the learner's study day in which it lies."""

    now: datetime
    today: date
