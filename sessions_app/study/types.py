"""The types that all of the engine shares. Migrations name the enums.

Times are timezone-aware datetimes in UTC; a study day is a date (see `days`); stability and intervals are in
days; difficulty is 1 to 10; probabilities are 0 to 1.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple


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
    """What a response shows: the learner produced the answer without help, or chose it from what was shown.

    ``PRACTICE`` shows nothing: the learner went through the card again outside the schedule of another program
    (in Anki, a filtered deck that does not reschedule). It counts for answers, time and study days only.
    """

    RECALL = "recall"
    RECOGNITION = "recognition"
    PRACTICE = "practice"


class Verdict(StrEnum):
    """The verdict on a response; ``ASK``: the learner has to decide."""

    CORRECT = "correct"
    WRONG = "wrong"
    ASK = "ask"


class JudgedBy(StrEnum):
    """Who gave a verdict: the judge of typed answers, the choice that was made, or the learner."""

    JUDGE = "judge"
    CHOICE = "choice"
    LEARNER = "learner"


class Rating(IntEnum):
    """How easy a recall was, with the numbers of FSRS."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Level(IntEnum):
    """How well a learner knows a card, calculated from the log."""

    NEW = 0
    RECOGNISED = 1
    RECALLED = 2
    LEARNED = 3
    MASTERED = 4


class State(IntEnum):
    """The state of a card's memory, with the numbers of FSRS."""

    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


class CardSide(NamedTuple):
    """A card and the side that it asks for: what is drawn, planned and counted.

    A card that asks for both sides has two of them, which are siblings: the one shows the answer to the other.
    """

    card_id: int
    side: Side

    @property
    def sibling(self) -> "CardSide":
        return CardSide(self.card_id, self.side.other)


@dataclass(frozen=True, slots=True)
class StudyCard:
    """A card: two Markdown sources, the side that it asks for, and what its owner has set.

    ``twins`` are the ids of the cards that the owner marked as meaning the same, ``distinct`` of those marked as
    not meaning the same. ``language`` is the language tag of the terms; ``definition_language`` is
    empty if it is the same.
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
    definition_language: str = ""

    @property
    def asks(self) -> CardSide:
        return CardSide(self.id, self.side)

    def text(self, side: Side) -> str:
        return self.term if side is Side.TERM else self.definition

    def language_of(self, side: Side) -> str:
        return self.language if side is Side.TERM else self.definition_language or self.language

    def accepted(self, side: Side) -> tuple[str, ...]:
        """The other accepted answers, if the card asks for this side."""
        return self.accepted_terms if side is Side.TERM else self.accepted_definitions

    def wrong(self, side: Side) -> tuple[str, ...]:
        """The card's own wrong options, if it asks for this side."""
        return self.wrong_terms if side is Side.TERM else self.wrong_definitions


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question is drawn: the instant, and the learner's study day at that instant."""

    now: datetime
    today: date
