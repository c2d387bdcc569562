"""Questions and what grading them returns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sessions_app.study.judging import Judgement
from sessions_app.study.types import CardSide, Evidence, JudgedBy, Kind, Rating, Side, StudyCard, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks, frozen when it is drawn: later edits of the card do not change it.

    ``side`` is the side asked for; ``prompt`` and ``answer`` are Markdown sources; ``origin`` is why the card was
    drawn, a word of the mode. A mode with rounds stores the ``round``, from 1, and its ``plan``.

    A choice has ``options``, exactly one of which is right; a true/false question has one, its statement.
    ``option_cards`` are the cards whose answers the options are; 0 for a wrong option that the card's owner wrote.
    For a typed answer ``accepted``, ``others`` and ``twins`` are the texts that `judging.judge` compares with, and
    with ``strict`` no slips are forgiven.

    A matching block is about several ``cards``. Its ``prompts`` are in the same order; its options are their
    answers in another order. Its own prompt and answer are empty.
    """

    kind: Kind
    card_id: int
    side: Side
    prompt: str
    answer: str
    origin: str
    round: int = 0
    plan: tuple[CardSide, ...] = ()
    options: tuple[str, ...] = ()
    option_cards: tuple[int, ...] = ()
    accepted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    strict: bool = False
    cards: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()

    @property
    def asks(self) -> CardSide:
        return CardSide(self.card_id, self.side)

    def to_json(self) -> dict[str, Any]:
        """The question as it is stored; optional fields that are empty are left out."""
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
        optional = fields_from_json(data, cls.OPTIONAL)
        if "plan" in optional:
            optional["plan"] = plan_from_json(optional["plan"])
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
    """What a response says about one card of its question.

    ``mistaken_for`` is the card whose answer was given instead; ``judged_by`` is who gave the verdict. With the
    verdict ``ASK`` the question stays open: the ``response`` is stored, and the learner is asked whether it is
    right. ``judgement`` says how a typed response compares with the answer; None for other kinds.
    """

    card_id: int
    evidence: Evidence
    verdict: Verdict
    rating: Rating | None = None
    response: str = ""
    mistaken_for: int | None = None
    judged_by: JudgedBy = JudgedBy.LEARNER
    judgement: Judgement | None = None


def fields_from_json(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of those ``names`` that ``data`` has; JSON's lists become tuples."""
    known = ((name, data[name]) for name in names if name in data)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known}


def plan_from_json(data: Iterable[Any]) -> tuple[CardSide, ...]:
    """The plan of a round as `Question.to_json` stored it.

    Sessions that ended before cards had two questions stored cards without a side: those are left out.
    """
    return tuple(CardSide(one[0], Side(one[1])) for one in data if not isinstance(one, int))


class InvalidResponseError(ValueError):
    """The response does not answer the question; ``str()`` is a message for the learner."""


@dataclass(frozen=True, slots=True)
class CardPool:
    """A card, and the cards that its wrong options come from: its deck, or a part of a large deck.

    ``deck`` includes the card itself; all of them ask for the card's side. ``confusions`` maps the id of another
    card to how often this learner confused it with this one.
    """

    card: StudyCard
    deck: Sequence[StudyCard]
    confusions: Mapping[int, int]
