"""The words of the engine as frozen types.

Times are timezone-aware datetimes in UTC; a study day is a date (see `days`); stability and intervals are in
days; difficulty is 1 to 10; probabilities are 0 to 1.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from random import Random
from typing import Any, ClassVar, Protocol, Self


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
class Memory:
    """The FSRS state of one card for one learner.

    ``stability`` is the number of days after which recall falls to 90 %, ``difficulty`` 1 to 10; ``step`` is
    the position among the same-day steps, None in the review state.

    A card in a same-day step is due at the instant ``due``. Any other is due on the study day ``due_day``, a date
    without a zone, and its ``due`` says no more than how long after the answer that is. Both are plain FSRS.
    ``last_review`` is the instant at which the memory was last fed, ``day`` the latest study day on which it was.
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

    ``rating`` is given where the learner (or Spaced) rated the recall; it then always feeds the memory.
    ``gap`` counts the other questions since this card's last recall on the same study day (None where there
    was none), ``gap_needed`` how many would have kept the two recalls apart in a deck of that size then.
    ``since`` is the moment before which nothing counted any more when this was answered: the learner had started
    over, or the card had become a new question. None where everything counted.
    ``memory`` is given where the answer comes from another program, with what that had made of it: it is taken as
    it is.
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
    def is_correct(self) -> bool:
        return self.verdict is Verdict.CORRECT


@dataclass(frozen=True, slots=True)
class Progress:
    """What a card's outcomes on one side add up to. The default is a card never answered.

    ``peak`` is the highest level reached: a lost step is won back by one recall. ``recall_days`` counts the
    study days with a right unaided recall. ``lapses`` counts the study days on which a card was forgotten that had
    left the same-day steps.
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

    ``introduced`` counts cards that got a memory; ``recalls`` and ``recalls_right`` count only the first recall
    of a day on cards that had a memory before: the ones in which forgetting shows.
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


def _from_stored(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of ``names`` that were stored as JSON, whose lists were tuples."""
    known = ((name, data[name]) for name in names if name in data)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known}


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks, frozen when it is drawn: later edits of the card change nothing.

    ``side`` is the side asked for; ``prompt`` and ``answer`` are Markdown sources; ``origin`` is the reason
    for which the card was drawn, a word of the mode that drew it. A mode that goes in rounds notes the ``round``,
    from 1, and the cards of its ``plan``.

    A choice has ``options``, exactly one of which is right; a true/false question has the one that it states.
    ``option_cards`` says whose answers they are: 0 for a wrong option that the card's owner wrote. For a typed
    answer ``accepted``, ``others`` and ``twins`` are the texts that `answers.judge` compares with, and ``strict``
    forgives nothing.

    A matching block is about several ``cards`` with their ``prompts``, in the same order; its options are their
    answers, in another. It has neither a prompt nor an answer of its own.
    """

    kind: Kind
    card_id: int
    side: Side
    prompt: str
    answer: str
    origin: str
    round: int = 0
    plan: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    option_cards: tuple[int, ...] = ()
    accepted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    strict: bool = False
    cards: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What is stored; names that a kind does not use are left out."""
        known = {
            "kind": self.kind.value,
            "card": self.card_id,
            "side": self.side.value,
            "prompt": self.prompt,
            "answer": self.answer,
            "origin": self.origin,
        }
        return known | {name: getattr(self, name) for name in self.OPTIONAL if getattr(self, name)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        optional = _from_stored(data, cls.OPTIONAL)
        return cls(
            Kind(data["kind"]),
            data["card"],
            Side(data["side"]),
            data["prompt"],
            data["answer"],
            data["origin"],
            **optional,
        )

    OPTIONAL: ClassVar[tuple[str, ...]] = (
        *("round", "plan", "options", "option_cards"),
        *("accepted", "others", "twins", "strict", "cards", "prompts"),
    )


@dataclass(frozen=True, slots=True)
class Graded:
    """A mode's judgement of a response: one entry for each card that the question was about.

    ``mistaken_for`` is the card whose answer was given instead, ``judged_by`` whose word the verdict is. With the
    verdict ``ASK`` nothing is answered yet: the ``response`` is kept, and the learner is asked how it was.
    """

    card_id: int
    evidence: Evidence
    verdict: Verdict
    rating: Rating | None = None
    response: str = ""
    mistaken_for: int | None = None
    judged_by: JudgedBy = JudgedBy.LEARNER


class InvalidResponseError(ValueError):
    """The response does not answer the question; ``str()`` says why in words for the learner."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A card with its memory, as the queue sees it."""

    card: StudyCard
    memory: Memory


@dataclass(frozen=True, slots=True)
class Asked:
    """An answered step of the session; ``card_id`` is None where the card is gone.

    ``verdict`` is empty where the answer was taken out of the log and counts neither way.
    """

    card_id: int | None
    origin: str
    verdict: str
    kind: str = Kind.FLIP.value
    round: int = 0
    plan: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What the learner chose when the session started.

    ``queue`` names what is studied, in the mode's own words; ``new_limit`` counts cards of this session;
    ``starred`` leaves out all but starred cards, and ``tag`` all but those that have the tag of this key;
    ``cards`` names the only ones that are asked, where it names any. ``learn_ahead`` is the number of minutes by
    which a same-day step may come early. ``kinds`` are the kinds of question that may be asked, ``size`` the
    number of cards to choose from when the session started, ``seconds`` its time limit (0: none). ``typed``
    asks for typed answers where they can be typed, ``strict`` forgives nothing in them, and ``retype`` has a
    missed one typed once more. ``questions`` is how many are on a paper, ``side`` the only side that they ask for.
    """

    queue: str = ""
    new_limit: int = 0
    starred: bool = False
    learn_ahead: int = 20
    tag: int = 0
    cards: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    size: int = 0
    seconds: int = 0
    typed: bool = False
    strict: bool = False
    retype: bool = False
    questions: int = 0
    side: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The settings as a session stored them; a name that this version does not know is passed over."""
        return cls(**_from_stored(data, cls.__slots__))


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question is drawn: the instant, and the learner's study day in which it lies."""

    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A card among the cards that its wrong options come from: the deck, or of a large one a part.

    ``deck`` holds the card itself too; all of them ask for the card's side. ``confusions`` counts how often this
    learner gave a card's answer for this one's.
    """

    card: StudyCard
    deck: Sequence[StudyCard]
    confusions: Mapping[int, int]


class Desk(Protocol):
    """What a mode may look at when it draws: the learner's cards of one deck, read only when asked for."""

    @property
    def settings(self) -> SessionSettings: ...

    @property
    def asked(self) -> Sequence[Asked]:
        """The session's answered steps that stand, oldest first."""

    @property
    def started_at(self) -> datetime: ...

    def learning(self, *, before: datetime) -> Sequence[Scheduled]:
        """Cards in a same-day step that are due before ``before``, earliest first."""

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        """Cards in the review state that are due by the study day ``until`` (None: whenever), earliest first."""

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        """Cards with a memory, least stable first."""

    def unseen(self, *, limit: int) -> Sequence[StudyCard]:
        """Cards without a memory, in the deck's order."""

    def standing(self, cards: Collection[int], *, below: Level, limit: int) -> Mapping[int, Level]:
        """The levels of those of ``cards`` that are not put aside, then of at most ``limit`` others between New
        and ``below``, longest unanswered first."""

    def fresh(self, *, besides: Collection[int], limit: int) -> Sequence[int]:
        """Cards at level New, in the deck's order, without those of ``besides``."""

    def settled(self, *, level: Level, limit: int) -> Sequence[int]:
        """Cards that have reached ``level``, least remembered first."""

    def surroundings(self, card_id: int, rng: Random) -> Surroundings | None:
        """A card with what its question is made of; None where it is in the deck no more."""


@dataclass(frozen=True, slots=True)
class Fold:
    """The progress after some outcomes, and what each of them added to its study day."""

    progress: Progress
    tallies: Sequence[Tally]


class Need(StrEnum):
    """What a right recall needs besides being right, to lift a card to the next level."""

    RECALL = "recall"
    APART = "apart"
    LATER_DAY = "later_day"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What takes a card to the next ``level``: right recalls on ``days`` different study days.

    The first of them may come at once (``RECALL``), after some other questions or on a later study day
    (``APART``), or only on a later study day than today (``LATER_DAY``).
    """

    level: Level
    need: Need
    days: int = 1
