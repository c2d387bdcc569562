"""Which questions are held back: those whose sibling shows their answer too soon.

The two questions of a card that asks for both sides are siblings. A question is held back while its sibling was
asked on the same study day, in the same session, or is open in another session of the learner.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from cards.models import SideChoice
from sessions_app.models import CardProgress, CardProgressQuerySet, Step, StudySession
from sessions_app.questions.sides import AskedSide, DeckSides
from sessions_app.study.types import CardSide, Side

NAMES = ("session", "card", "origin", "verdict", *(f"question__{name}" for name in ("side", "kind", "round")))
PLANS = ("question__plan", "question__cards")


class Siblings:
    """What is held back in ``session`` on the study day ``today``."""

    def __init__(self, session: StudySession, sides: DeckSides, today: date) -> None:
        self.session, self.sides, self.today = session, sides, today

    @cached_property
    def are_possible(self) -> bool:
        """Whether a question may be held back; False only if none is."""
        until = self.sides.enrollment.siblings_until
        return self.sides.have_siblings or (until is not None and until >= self.session.study_day)

    @cached_property
    def answered_steps(self) -> Sequence[Mapping[str, Any]]:
        """The answered steps of the session, oldest first, by `NAMES` and `PLANS`."""
        return [step for step in self._steps if step["session"] == self.session.pk]

    @cached_property
    def _steps(self) -> Sequence[Mapping[str, Any]]:
        """The session's answered steps; if the deck has siblings, also the open steps of the learner's others."""
        steps = Step.objects.standing()
        if self.sides.have_siblings:
            others = StudySession.objects.open().filter(**self._mine)
            is_open_elsewhere = Q(session__in=others.exclude(pk=self.session.pk), answered_at=None)
            steps = steps.filter(Q(session=self.session.pk, answered_at__isnull=False) | is_open_elsewhere)
        elif self.session.pk is None:
            return []
        else:
            steps = steps.filter(session=self.session.pk).exclude(answered_at=None)
        return list(steps.order_by("position").values(*NAMES, *PLANS))

    @cached_property
    def of_steps(self) -> frozenset[CardSide]:
        """Those that are held back because of a step, and of which no progress of today tells."""
        if not self.are_possible:
            return frozenset()
        steps = [step for step in self._steps if self._tells_no_progress(step)]
        return frozenset(
            CardSide(card, Side(step["question__side"])).sibling
            for step in steps
            for card in step["question__cards"] or [step["card"]]
            if card
        )

    def _tells_no_progress(self, step: Mapping[str, Any]) -> bool:
        """Whether the step is open, was answered on another day, or its answer was taken out of the log."""
        is_earlier = self.session.study_day != self.today
        return is_earlier or not step["verdict"] or step["session"] != self.session.pk

    @cached_property
    def _cards_of_steps(self) -> Mapping[Side, list[int]]:
        """The cards of `of_steps` by the side that is held back."""
        cards: dict[Side, list[int]] = {}
        for asks in sorted(self.of_steps):
            cards.setdefault(asks.side, []).append(asks.card_id)
        return cards

    def any(self) -> bool:
        """Whether something may be held back; False only if nothing is."""
        if not self.are_possible or self.sides.have_siblings or self.of_steps:
            return self.are_possible
        answered, choice = (
            self._answered_today().filter(card__removed_at=None),
            self.sides.enrollment.side_choice,
        )
        own_side = F("card__studied_side") if choice == SideChoice.AUTO else choice
        return answered.exclude(side=own_side).exists()

    def among(self, questions: Collection[CardSide]) -> frozenset[CardSide]:
        """Those of ``questions`` that are held back."""
        if not self.are_possible:
            return frozenset()
        answered = self._answered_today().values_list("card_id", "side")
        held = {CardSide(card, Side(side)).sibling for card, side in answered} | self.of_steps
        return frozenset(held.intersection(questions))

    def rows(self) -> Q:
        """Whether a row of progress is on a question that is held back; call it if that `are_possible`."""
        held = Q(Exists(self._answered_on(OuterRef("card")).exclude(side=OuterRef("side"))))
        for side, cards in self._cards_of_steps.items():
            held |= Q(side=side, card__in=cards)
        return held

    def questions(self, asked: AskedSide) -> Q:
        """Whether a card's question on this side is held back; call it if that `are_possible`."""
        held = Q(Exists(self._answered_on(OuterRef("pk")).exclude(side=asked.side)))
        for side, cards in self._cards_of_steps.items():
            if asked.fixed is None:
                held |= Q(pk__in=cards, studied_side=side)
            elif asked.fixed is side:
                held |= Q(pk__in=cards)
        return held

    def _answered_on(self, card: OuterRef) -> CardProgressQuerySet:
        """The learner's progress on the outer query's card with an answer of today.

        Without the deck, by which a database would look through the whole deck for each card.
        """
        return CardProgress.objects.filter(learner=self.session.learner_id, card=card, last_day=self.today)

    def _answered_today(self) -> CardProgressQuerySet:
        """The learner's progress in the deck with an answer of today."""
        return CardProgress.objects.filter(**self._mine, last_day=self.today)

    @property
    def _mine(self) -> Mapping[str, int]:
        return {"learner": self.session.learner_id, "deck": self.session.deck_id}
