"""The interface between a mode and the site: its queue of cards, its settings, and the answers so far."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Protocol, Self

from sessions_app.study.questions.types import CardPool, fields_from_json
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Kind, Level, StudyCard


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A card of the queue with its memory."""

    card: StudyCard
    memory: Memory


@dataclass(frozen=True, slots=True)
class Asked:
    """An answered step of the session; ``card_id`` is None if the card was deleted.

    ``verdict`` is empty if the answer was taken out of the log.
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

    ``queue`` names what is studied, a word of the mode. ``new_limit`` is the most new cards in this session.
    ``starred`` asks only starred cards, ``tag`` only cards with the tag of this key (0: all), ``cards`` only
    these cards (empty: all). ``learn_ahead`` is the number of minutes by which a same-day step may come early.
    ``kinds`` are the kinds of question that may be asked. ``size`` is the number of cards to choose from at the
    start of the session, ``seconds`` its time limit (0: none). ``typed`` asks for typed answers if they can be
    typed, ``strict`` forgives no slips in them, and with ``retype`` a missed answer is typed once more.
    ``questions`` is the number of questions on a paper, ``side`` the only side that they ask for (empty: each
    card's own).
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
        """The settings as a session stored them; names that this version does not know are ignored."""
        return cls(**fields_from_json(data, cls.__slots__))


class CardQueue(Protocol):
    """The learner's cards of one deck, for the mode that draws a question; read only when they are asked for."""

    @property
    def settings(self) -> SessionSettings: ...

    @property
    def asked(self) -> Sequence[Asked]:
        """The session's answered steps that were not taken back, oldest first."""

    @property
    def started_at(self) -> datetime: ...

    def learning(self, *, before: datetime) -> Sequence[Scheduled]:
        """Cards in a same-day step that are due before ``before``, earliest first."""

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        """Cards in the review state that are due by the study day ``until`` (None: all), earliest first."""

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        """Cards with a memory, least stable first."""

    def unseen(self, *, limit: int) -> Sequence[StudyCard]:
        """Cards without a memory, in the deck's order."""

    def levels(self, cards: Collection[int], *, below: Level, limit: int) -> Mapping[int, Level]:
        """The levels of those ``cards`` that are neither suspended nor buried, then of up to ``limit`` others.

        The others are above New and below ``below``; those that were not answered for longest come first.
        """

    def new_cards(self, *, besides: Collection[int], limit: int) -> Sequence[int]:
        """Cards at level New, in the deck's order, without ``besides``."""

    def reached(self, *, level: Level, limit: int) -> Sequence[int]:
        """Cards that have reached ``level``, least remembered first."""

    def card_pool(self, card_id: int, rng: Random) -> CardPool | None:
        """A card with the pool that its question is made from; None if it is no longer in the deck."""
