"""What the cards of a deck ask a learner for, in queries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q

from cards.models import CardQuerySet, SideChoice
from cards.text.studied_side import BOTH, BOTH_SIDES, sides_of
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment
from sessions_app.study.types import CardSide, Side

FIRST_SIDE = {choice: Side(sides_of(choice)[0]) for choice in (*Side, BOTH)}
"""The side that is introduced first, by a card's studied side."""


@dataclass(frozen=True)
class AskedSide:
    """One question of cards: ``cards`` are those that have it, ``side`` is its side as a subquery names it.

    ``fixed`` is that side; None if each card has its own.
    """

    cards: Q
    side: Side | OuterRef
    fixed: Side | None

    @property
    def suffix(self) -> str:
        """Ends the names of annotations about this side."""
        return self.fixed or "own"

    def of(self, card: int, studied_side: str) -> CardSide:
        """The question of the card with this primary key and studied side."""
        return CardSide(card, self.fixed or FIRST_SIDE[studied_side])


@dataclass(frozen=True)
class DeckSides:
    """The questions that the cards of a deck have for a learner with this ``choice`` of sides.

    ``have_siblings`` says whether some card has two questions.
    """

    choice: str
    have_siblings: bool

    @classmethod
    def of(cls, enrollment: Enrollment) -> "DeckSides":
        return cls(enrollment.side_choice, enrollment.has_siblings)

    @cached_property
    def all(self) -> list[AskedSide]:
        """The questions that a card can have, in the order in which they are introduced."""
        if self.choice in (SideChoice.TERM, SideChoice.DEFINITION):
            return [AskedSide(Q(), Side(self.choice), Side(self.choice))]
        if not self.have_siblings:
            return [AskedSide(Q(), OuterRef("studied_side"), None)]
        sides = map(Side, BOTH_SIDES)
        if self.choice == SideChoice.BOTH:
            return [AskedSide(Q(), side, side) for side in sides]
        return [AskedSide(Q(studied_side__in=[side, SideChoice.BOTH]), side, side) for side in sides]

    def having(self, cards: CardQuerySet, condition: Callable[[AskedSide], Q]) -> CardQuerySet:
        """Those ``cards`` of which a question meets the ``condition``, annotated for `keys_of`."""
        if len(self.all) == 1:
            return cards.filter(self.all[0].cards, condition(self.all[0]))
        pairs = zip(self.flags, self.all, strict=True)
        meets = {name: truth(Q(side.cards, condition(side))) for name, side in pairs}
        return cards.annotate(**meets).filter(reduce(or_, (Q(**{name: True}) for name in meets)))

    @cached_property
    def flags(self) -> list[str]:
        """The annotations of `having`, if there are two questions: whether each meets the condition."""
        return [f"asks_{side.suffix}" for side in self.all] if len(self.all) > 1 else []

    def keys_of(self, cards: CardQuerySet) -> Iterator[CardSide]:
        """The questions that met the condition of `having`, in the order of the cards."""
        for card, studied_side, *flags in cards.values_list("pk", "studied_side", *self.flags):
            yield from self.keys(card, studied_side, flags)

    def keys(self, card: int, studied_side: str, flags: Sequence[bool]) -> Iterator[CardSide]:
        """The questions of a card, whose `flags` say which of them are meant."""
        for side, is_met in zip(self.all, flags or (True,), strict=True):
            if is_met:
                yield side.of(card, studied_side)

    def is_asked(self, side: str, *, studied_side: str) -> bool:
        """Whether a card with this studied side asks the learner for ``side``."""
        return side in sides_of(studied_side if self.choice == SideChoice.AUTO else self.choice)


def progress_on(side: AskedSide, learner: int) -> CardProgressQuerySet:
    """The learner's progress on this side of the card of the outer query."""
    return CardProgress.objects.filter(learner=learner, card=OuterRef("pk"), side=side.side)


def truth(condition: Q) -> ExpressionWrapper:
    """``condition`` as a column."""
    return ExpressionWrapper(condition, BooleanField())
