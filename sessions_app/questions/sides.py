"""What the cards of a deck ask a learner for, in queries."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q

from cards.models import CardQuerySet, Deck, SideChoice
from cards.text.studied_side import BOTH_SIDES, sides_of
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment
from sessions_app.study.types import CardSide, Side


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
        return CardSide(card, self.fixed or Side(sides_of(studied_side)[0]))


class DeckSides:
    """The questions that the cards of ``deck`` have for the learner of ``enrollment``."""

    def __init__(self, deck: Deck, enrollment: Enrollment) -> None:
        self.deck, self.enrollment = deck, enrollment

    @property
    def have_siblings(self) -> bool:
        """Whether some card has two questions."""
        return self.deck.question_count(self.enrollment.side_choice) > self.deck.card_count

    @cached_property
    def all(self) -> list[AskedSide]:
        """The questions that a card can have, in the order in which they are introduced."""
        choice = self.enrollment.side_choice
        if choice in (SideChoice.TERM, SideChoice.DEFINITION):
            return [AskedSide(Q(), Side(choice), Side(choice))]
        if not self.have_siblings:
            return [AskedSide(Q(), OuterRef("studied_side"), None)]
        sides = map(Side, BOTH_SIDES)
        if choice == SideChoice.BOTH:
            return [AskedSide(Q(), side, side) for side in sides]
        return [AskedSide(Q(studied_side__in=[side, SideChoice.BOTH]), side, side) for side in sides]

    def progress(self, side: AskedSide) -> CardProgressQuerySet:
        """The learner's progress on this side of the card of the outer query."""
        learner = self.enrollment.learner_id
        return CardProgress.objects.filter(learner=learner, card=OuterRef("pk"), side=side.side)

    def having(self, cards: CardQuerySet, condition: Callable[[AskedSide], Q]) -> CardQuerySet:
        """Those ``cards`` of which a question meets the ``condition``, annotated for `questions_of`."""
        if len(self.all) == 1:
            return cards.filter(self.all[0].cards, condition(self.all[0]))
        meets = {f"asks_{side.suffix}": truth(Q(side.cards, condition(side))) for side in self.all}
        return cards.annotate(**meets).filter(reduce(or_, (Q(**{name: True}) for name in meets)))

    def questions_of(self, cards: Iterable[Any]) -> Iterator[tuple[CardSide, AskedSide, Any]]:
        """The questions that met the condition of `having`, each with its card, in the order of the cards."""
        for card in cards:
            for side in self.all:
                if getattr(card, f"asks_{side.suffix}", True):
                    yield side.of(card.pk, card.studied_side), side, card

    def keys_of(self, cards: CardQuerySet) -> Iterator[CardSide]:
        """The same questions without their cards, which takes a fraction of the time."""
        meets = [f"asks_{side.suffix}" for side in self.all] if len(self.all) > 1 else []
        for card, studied_side, *flags in cards.values_list("pk", "studied_side", *meets):
            for side, is_met in zip(self.all, flags or [True], strict=True):
                if is_met:
                    yield side.of(card, studied_side)

    def is_asked(self, side: str, *, studied_side: str) -> bool:
        """Whether a card with this studied side asks the learner for ``side``."""
        choice = self.enrollment.side_choice
        return side in sides_of(studied_side if choice == SideChoice.AUTO else choice)


def truth(condition: Q) -> ExpressionWrapper:
    """``condition`` as a column."""
    return ExpressionWrapper(condition, BooleanField())
