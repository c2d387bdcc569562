"""The types of scheduling: memory, outcome, progress, and what an outcome adds to a study day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sessions_app.study.types import Evidence, Kind, Level, Rating, Side, State, Verdict


@dataclass(frozen=True, slots=True)
class Memory:
    """The FSRS state of one card for one learner.

    ``stability`` is the number of days after which recall falls to 90 %, ``difficulty`` 1 to 10; ``step`` is
    the position among the same-day steps, None in the review state.

    A card in a same-day step is due at the instant ``due``. Any other card is due on the study day ``due_day``, a
    date without a zone; its ``due`` only says how long after the answer that is. Both are what FSRS returns.
    ``last_review`` is the instant of the memory's last update, ``day`` the latest study day with an update.
    """

    stability: float
    difficulty: float
    state: State
    step: int | None
    due: datetime
    due_day: date
    last_review: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one response says about one card.

    ``rating``: the learner's rating of the recall; with one the recall always updates the memory.
    ``gap``: how many other questions there were since this card's last recall on the same study day; None without
    one. ``gap_needed``: how many were needed between two recalls, in a deck of the size that it had then.
    ``since``: answers before this moment did not count any more when this was answered, because the learner had
    started over or the card had become a new question. None if everything counted.
    ``memory``: the memory that another program had calculated; it is used unchanged.
    """

    side: Side
    kind: Kind
    evidence: Evidence
    verdict: Verdict
    rating: Rating | None
    reviewed_at: datetime
    study_day: date
    gap: int | None
    gap_needed: int
    since: datetime | None = None
    memory: Memory | None = None

    @property
    def is_recall(self) -> bool:
        return self.evidence is Evidence.RECALL

    @property
    def is_practice(self) -> bool:
        return self.evidence is Evidence.PRACTICE

    @property
    def is_answer(self) -> bool:
        """False for a line that only holds the memory that another program has of a card nobody has answered."""
        holds_memory = self.memory is not None and self.rating is None
        return not (holds_memory and self.evidence is Evidence.RECOGNITION)

    @property
    def is_correct(self) -> bool:
        return self.verdict is Verdict.CORRECT


@dataclass(frozen=True, slots=True)
class Progress:
    """What a card's outcomes on one side add up to. The default is a card that was never answered.

    ``peak`` is the highest level reached: one recall restores a lost level. ``recall_days`` is the number of study
    days with a right recall, ``lapses`` of those on which the card was forgotten after it had left the same-day
    steps.
    """

    level: Level = Level.NEW
    peak: Level = Level.NEW
    recalls: int = 0
    misses: int = 0
    lapses: int = 0
    recall_days: int = 0
    last_recall_day: date | None = None
    last_miss_day: date | None = None
    last_lapse_day: date | None = None
    last_day: date | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What outcomes add to a learner's study day.

    ``introduced`` counts cards that got a memory. ``recalls`` and ``recalls_right`` count only the first recall of
    a day on a card that had a memory before, because only these show forgetting.
    """

    answers: int = 0
    introduced: int = 0
    recalls: int = 0
    recalls_right: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answers + other.answers,
            self.introduced + other.introduced,
            self.recalls + other.recalls,
            self.recalls_right + other.recalls_right,
        )

    def __neg__(self) -> "Tally":
        return Tally(-self.answers, -self.introduced, -self.recalls, -self.recalls_right)


@dataclass(frozen=True, slots=True)
class Fold:
    """The progress after some outcomes, and what each of them added to its study day."""

    progress: Progress
    tallies: Sequence[Tally]


class Need(StrEnum):
    """What a right recall also needs, to raise a card to the next level."""

    RECALL = "recall"
    APART = "apart"
    LATER_DAY = "later_day"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What raises a card to the next ``level``: right recalls on ``days`` different study days.

    The first of them may be at once (``RECALL``), after some other questions or on a later study day (``APART``),
    or only on a later study day than today (``LATER_DAY``).
    """

    level: Level
    need: Need
    days: int = 1
