"""A learner's cards of one deck as the modes look at them: each question to the database is asked once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cards.models import Card, CardQuerySet, SideChoice
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, StudySession
from sessions_app.study.types import (
    Asked,
    Level,
    Scheduled,
    SessionSettings,
    Side,
    State,
    StudyCard,
)

STEPS_AT_ONCE = 100
TEXTS = ("id", "term", "definition", "studied_side")


@dataclass
class DeckDesk:
    """`sessions_app.study.types.Desk` over the database, for one draw in one session.

    It remembers what it has handed out, so that the page can show counts and the card's standing without asking
    again.
    """

    session: StudySession
    enrollment: Enrollment
    now: datetime
    first_unseen: int | None = None
    waiting: dict[str, int] = field(default_factory=dict)
    progress: dict[int, CardProgress] = field(default_factory=dict)

    @cached_property
    def settings(self) -> SessionSettings:
        return SessionSettings.from_json(self.session.settings)

    @cached_property
    def asked(self) -> Sequence[Asked]:
        if self.session.pk is None:
            return []
        steps = self.session.steps.standing().exclude(answered_at=None).order_by("position")
        return [Asked(*step) for step in steps.values_list("card_id", "origin", "verdict")]

    def learning(self, *, before: datetime) -> Sequence[Scheduled]:
        rows = self._progress().filter(state__in=[State.LEARNING, State.RELEARNING], due__lte=before)
        return self._hand_out("learning", rows.order_by("due", "card_id")[:STEPS_AT_ONCE])

    def review(self, *, before: datetime | None, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        if before is not None:
            rows = rows.filter(due__lt=before)
        return self._hand_out("review", rows.order_by("due", "card_id")[:limit])

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        return self._hand_out("review", rows.order_by("stability", "card_id")[:limit])

    def unseen(self, *, limit: int) -> Sequence[StudyCard]:
        cards = list(self._unseen().only(*TEXTS, "position", "deck_id").in_order()[:limit])
        self.waiting["unseen"] = len(cards)
        if cards and self._sees_all():
            self.first_unseen = cards[0].position
        self.progress.update((card.pk, self._unseen_progress(card)) for card in cards)
        return [self._study_card(card) for card in cards]

    def _unseen_progress(self, card: Any) -> CardProgress:
        """What is known of an unseen card: it may be starred, or recognised already. Not to be saved."""
        return CardProgress(card_id=card.pk, level=card.own_level, starred=card.own_star)

    def _sees_all(self) -> bool:
        """Whether the first unseen card that was found is the deck's first: no filter hid an earlier one."""
        buried_until = self.enrollment.buried_until
        return not self.settings.starred and (buried_until is None or buried_until <= self.now)

    def _unseen(self) -> CardQuerySet:
        deck = self.session.deck
        side = self.enrollment.side_choice
        mine = CardProgress.objects.filter(
            learner=self.session.learner_id,
            card=OuterRef("pk"),
            side=OuterRef("studied_side") if side == SideChoice.AUTO else side,
        )
        hidden = mine.filter(Q(due__isnull=False) | Q(suspended=True) | Q(buried_until__gt=self.now))
        cards = Card.objects.present().filter(~Exists(hidden), deck=deck)
        own_level = Coalesce(Subquery(mine.values("level")[:1]), Level.NEW.value)
        cards = cards.annotate(own_level=own_level, own_star=Exists(mine.filter(starred=True)))
        if self.settings.starred:
            cards = cards.filter(own_star=True)
        if self.enrollment.unseen_version == deck.order_version:
            cards = cards.filter(position__gte=self.enrollment.unseen_from)
        return cards

    def _progress(self) -> CardProgressQuerySet:
        rows = CardProgress.objects.filter(learner=self.session.learner_id, deck=self.session.deck_id)
        rows = rows.asked(self.enrollment.side_choice).active().unburied(self.now)
        if self.settings.starred:
            rows = rows.filter(starred=True)
        return rows.select_related("card").defer("card__term_html", "card__definition_html")

    def _study_card(self, card: Card) -> StudyCard:
        """The card as it asks this learner."""
        choice = self.enrollment.side_choice
        side = Side(card.studied_side if choice == SideChoice.AUTO else choice)
        return StudyCard(card.pk, card.term, card.definition, side)

    def _hand_out(self, pile: str, rows: Iterable[CardProgress]) -> list[Scheduled]:
        rows = list(rows)
        self.progress.update((row.card_id, row) for row in rows)
        items = [Scheduled(self._study_card(row.card), row.memory) for row in rows if row.memory]
        self.waiting[pile] = len(items)
        return items
