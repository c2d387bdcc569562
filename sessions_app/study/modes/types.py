"""What a mode is given and gives back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Protocol, Self

from sessions_app.study.questions.types import CardPool
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Kind, Level, StudyCard, from_stored


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
        return cls(**from_stored(data, cls.__slots__))


class CardQueue(Protocol):
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

    def levels(self, cards: Collection[int], *, below: Level, limit: int) -> Mapping[int, Level]:
        """The levels of those of ``cards`` that are not put aside, then of at most ``limit`` others between New
        and ``below``, longest unanswered first."""

    def new_cards(self, *, besides: Collection[int], limit: int) -> Sequence[int]:
        """Cards at level New, in the deck's order, without those of ``besides``."""

    def reached(self, *, level: Level, limit: int) -> Sequence[int]:
        """Cards that have reached ``level``, least remembered first."""

    def card_pool(self, card_id: int, rng: Random) -> CardPool | None:
        """A card with what its question is made of; None where it is in the deck no more."""
