"""Questions and what grading them returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sessions_app.study.judging import Judgement
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, Side, StudyCard, Verdict, from_stored


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
        optional = from_stored(data, cls.OPTIONAL)
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
    ``judgement`` says how a typed response compares with the answer; None for other kinds.
    """

    card_id: int
    evidence: Evidence
    verdict: Verdict
    rating: Rating | None = None
    response: str = ""
    mistaken_for: int | None = None
    judged_by: JudgedBy = JudgedBy.LEARNER
    judgement: Judgement | None = None


class InvalidResponseError(ValueError):
    """The response does not answer the question; ``str()`` says why in words for the learner."""


@dataclass(frozen=True, slots=True)
class CardPool:
    """A card among the cards that its wrong options come from: the deck, or of a large one a part.

    ``deck`` holds the card itself too; all of them ask for the card's side. ``confusions`` counts how often this
    learner gave a card's answer for this one's.
    """

    card: StudyCard
    deck: Sequence[StudyCard]
    confusions: Mapping[int, int]
