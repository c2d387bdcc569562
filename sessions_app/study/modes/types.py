"""The interface between a mode and the site: its queue of cards, its settings, and the answers so far."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from random import Random
from typing import Any, NamedTuple, Protocol, Self

from sessions_app.study.questions.types import CardPool, fields_from_json
from sessions_app.study.types import CardSide, Kind, Level, StudyCard


class SameDayStep(NamedTuple):
    """A question in a same-day step, and when it is due."""

    asks: CardSide
    due: datetime


class Scheduled(NamedTuple):
    """A question in the review state, with what of its memory decides when it comes."""

    asks: CardSide
    stability: float
    last_review: datetime


class Asked(NamedTuple):
    """An answered step of the session; ``asks`` is None if its card was deleted.

    ``verdict`` is empty if the answer was taken out of the log.
    """

    asks: CardSide | None
    origin: str
    verdict: str
    kind: str = Kind.FLIP.value
    round: int = 0


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What the learner chose when the session started.

    ``queue`` names what is studied, a word of the mode. ``new_limit`` is the most new cards in this session.
    ``starred`` asks only starred cards, ``tag`` only cards with the tag of this key (0: all), ``cards`` only
    these cards (empty: all). ``learn_ahead`` is the number of minutes by which a same-day step may come
    early. ``kinds`` are the kinds of question that may be asked. ``size`` is the number of questions to
    choose from at the start of the session, ``cards_to_ask`` that of their cards (0: as many); of a deck's cards
    only the first hundreds are counted (`DeckQueue.sizes`). ``seconds`` is its time limit (0: none). ``typed``
    asks for typed answers if they can be typed, ``strict`` forgives no slips in them, and with ``retype`` a
    missed answer is typed once more. ``questions`` is the number of questions on a paper, ``side`` what they
    ask for: a side, or both (empty: what each card asks).
    """

    queue: str = ""
    new_limit: int = 0
    starred: bool = False
    learn_ahead: int = 20
    tag: int = 0
    cards: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    size: int = 0
    cards_to_ask: int = 0
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
    """The learner's cards of one deck, for the mode that draws a question; read only when they are asked for.

    While it ``holds_back``, no method returns a question whose sibling was asked today or in this session.
    """

    holds_back: bool

    @property
    def has_siblings(self) -> bool:
        """Whether some card of the deck asks for both sides."""

    def is_holding(self) -> bool:
        """Whether there are questions that are held back."""

    @property
    def settings(self) -> SessionSettings: ...

    @property
    def asked(self) -> Sequence[Asked]:
        """The session's answered steps that were not taken back, oldest first."""

    @property
    def last_asked(self) -> CardSide | None:
        """What the last of them asked; None without one, or if its card was deleted."""

    @property
    def asked_by_origin(self) -> Counter[str]:
        """How many of them there are, by their origin."""

    @property
    def plan(self) -> Sequence[CardSide]:
        """The plan of the round that the last of them belongs to."""

    @property
    def started_at(self) -> datetime: ...

    def learning(self, *, before: datetime) -> Sequence[SameDayStep]:
        """Questions in a same-day step that are due before ``before``, earliest first."""

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        """Questions in the review state that are due by the study day ``until`` (None: all), earliest first."""

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        """Questions with a memory, least stable first."""

    def unseen(self, *, limit: int) -> Sequence[CardSide]:
        """Questions without a memory, in the deck's order; what is released of the last card comes last."""

    def choosable(self) -> Sequence[CardSide]:
        """All questions that can be asked, in the deck's order, also those that are held back."""

    def levels(self, asks: Collection[CardSide], *, below: Level, limit: int) -> Mapping[CardSide, Level]:
        """The levels of those ``asks`` that are neither suspended nor buried, then of up to ``limit`` others.

        The others are above New and below ``below``; those that were not answered for longest come first.
        """

    def new_questions(self, *, besides: Collection[CardSide], limit: int) -> Sequence[CardSide]:
        """Questions at level New, in the deck's order, without ``besides``.

        While the queue holds back, without the siblings of ``besides`` too, and one for each card.
        """

    def reached(self, *, level: Level, limit: int) -> Sequence[CardSide]:
        """Questions that have reached ``level``, least remembered first."""

    def card(self, asks: CardSide) -> StudyCard:
        """The card of a question that another method has returned, asking for its side."""

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        """A card with the pool that its question is made from; None if the deck no longer asks it."""
