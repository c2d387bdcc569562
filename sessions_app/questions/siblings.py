"""Which questions are held back: those whose sibling shows their answer too soon.

The two questions of a card that asks for both sides are siblings. A question is held back while its sibling was
asked on the same study day, in the same session, or is open in another session of the learner. An answer that was
undone or taken out of the log counts here too: the learner has seen it.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet

from cards.models import Card, SideChoice
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, Step, StudySession
from sessions_app.study.days import day_end
from sessions_app.study.types import CardSide, Side
from studysite.queries.compiled import compiled

IS_OPEN = Q(answered_at=None, retired_at=None)


class Siblings:
    """What is held back in ``session`` on the study day ``today``."""

    def __init__(self, session: StudySession, enrollment: Enrollment, today: date) -> None:
        self.session, self.enrollment, self.today = session, enrollment, today

    @cached_property
    def are_possible(self) -> bool:
        """Whether a question may be held back; False only if none is."""
        until = self.enrollment.siblings_until
        return self.enrollment.has_siblings or (until is not None and until >= self.session.study_day)

    @cached_property
    def of_steps(self) -> frozenset[CardSide]:
        """Those that are held back because of a step, and of which no progress of today tells."""
        if not self.are_possible:
            return frozenset()
        steps = _steps_that_hold(
            session=self.session.pk,
            learner=self.session.learner_id,
            deck=self.session.deck_id,
            day_start=day_end(self.today - timedelta(days=1), self.session.learner.zone),
            is_of_today=self.session.study_day == self.today,
        )
        return frozenset(
            CardSide(one, Side(side)).sibling for card, side, cards in steps for one in cards or [card] if one
        )

    @cached_property
    def held_by_side(self) -> Mapping[Side, list[int]]:
        """The cards of `of_steps` by the side that is held back."""
        cards: dict[Side, list[int]] = {}
        for asks in sorted(self.of_steps):
            cards.setdefault(asks.side, []).append(asks.card_id)
        return cards

    def any(self) -> bool:
        """Whether something may be held back; False only if nothing is."""
        if not self.are_possible or self.enrollment.has_siblings:
            return self.are_possible
        # Perhaps another side was chosen today.
        choice = self.enrollment.side_choice
        own_side = F("card__studied_side") if choice == SideChoice.AUTO else choice
        answered = self._answered_today().filter(card__removed_at=None)
        return self._is_some_step_held() or answered.exclude(side=own_side).exists()

    def _is_some_step_held(self) -> bool:
        """Whether a card asks for one of `of_steps`."""
        if self.enrollment.side_choice != SideChoice.AUTO:
            return self.enrollment.side_choice in self.held_by_side
        held = [Q(pk__in=cards, studied_side=side) for side, cards in self.held_by_side.items()]
        return bool(held) and Card.objects.present().filter(reduce(or_, held)).exists()

    def among(self, questions: Collection[CardSide]) -> frozenset[CardSide]:
        """Those of ``questions`` that are held back."""
        if not self.are_possible:
            return frozenset()
        answered = self._answered_today().values_list("card_id", "side")
        held = {CardSide(card, Side(side)).sibling for card, side in answered} | self.of_steps
        return frozenset(held.intersection(questions))

    def _answered_today(self) -> CardProgressQuerySet:
        """The learner's progress in the deck with an answer of today."""
        return CardProgress.objects.filter(**self._mine, last_day=self.today)

    @property
    def _mine(self) -> Mapping[str, int]:
        return {"learner": self.session.learner_id, "deck": self.session.deck_id}


@compiled
def _steps_that_hold(
    *, session: int | None, learner: int, deck: int, day_start: datetime, is_of_today: bool
) -> QuerySet[Step, tuple[Any, ...]]:
    """The card, side and cards of steps that have shown an answer of which no progress of today tells.

    These are the session's own steps that were taken back, and of the learner's other sessions those that are open
    or were taken back today; what a test of today left blank counts as open. If the session is of an earlier day,
    also all of its own answers.
    """
    of_today = Q(finished_at=None) | Q(finished_at__gte=day_start)
    sessions = StudySession.objects.filter(of_today, learner=learner, deck=deck)
    is_here = Q(session=session)
    taken_back = Q(verdict="") | Q(retired_at__isnull=False)
    own = is_here & ~IS_OPEN & taken_back if is_of_today else is_here & ~IS_OPEN
    of_day = Q(answered_at__gte=day_start, on_paper=False)
    steps = Step.objects.filter(session__in=sessions.values("pk"))
    steps = steps.filter(own | (~is_here & (IS_OPEN | (of_day & taken_back))))
    return steps.values_list("card_id", "side", "question__cards")
