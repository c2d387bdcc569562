"""A learner's cards of one deck, as the modes read them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from random import Random
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cards.models import Card, CardQuerySet, SideChoice
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, StudySession
from sessions_app.questions.pool import FIELDS, card_pool, study_card
from sessions_app.study.modes.types import Asked, Scheduled, SessionSettings
from sessions_app.study.questions.types import CardPool
from sessions_app.study.types import Level, Side, State, StudyCard

STEPS_AT_ONCE = 100


@dataclass
class DeckQueue:
    """`sessions_app.study.modes.types.CardQueue` over the database, for one draw in one session.

    It keeps what it has returned, so that the page needs no further queries: ``progress`` by card, and in
    ``waiting`` how many cards each part of the queue holds. ``first_unseen`` is the position of the deck's first
    unseen card, if that was found.
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
        names = ("card_id", "origin", "verdict", "question__kind", "question__round", "question__plan")
        return [
            Asked(card, origin, verdict, kind, number or 0, tuple(plan or ()))
            for card, origin, verdict, kind, number, plan in steps.values_list(*names)
        ]

    @property
    def started_at(self) -> datetime:
        return self.session.started_at

    def count(self) -> int:
        """How many cards can be asked: not suspended, not buried, and chosen by the settings."""
        return self._askable().count()

    def choosable(self) -> list[int]:
        """The keys of the cards that can be asked, in the deck's order."""
        return list(self._askable().in_order().values_list("pk", flat=True))

    def learning(self, *, before: datetime) -> Sequence[Scheduled]:
        rows = self._progress().filter(state__in=[State.LEARNING, State.RELEARNING], due__lte=before)
        return self._scheduled("learning", rows.order_by("due", "card_id")[:STEPS_AT_ONCE])

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        if until is not None:
            rows = rows.filter(due_day__lte=until)
        return self._scheduled("review", rows.order_by("due_day", "card_id")[:limit])

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        return self._scheduled("review", rows.order_by("stability", "card_id")[:limit])

    def unseen(self, *, limit: int) -> Sequence[StudyCard]:
        cards = list(self._unseen().only(*FIELDS, "position").in_order()[:limit])
        self.waiting["unseen"] = len(cards)
        if cards and self._sees_all():
            self.first_unseen = cards[0].position
        self.progress.update((card.pk, self._unseen_progress(card)) for card in cards)
        return [self._study_card(card) for card in cards]

    def levels(self, cards: Collection[int], *, below: Level, limit: int) -> Mapping[int, Level]:
        underway = Q(level__gt=Level.NEW, level__lt=below) & ~self._is_put_aside() & self._rows_chosen()
        waiting = self._rows().filter(underway).order_by("last_reviewed_at", "card_id")
        # Keys alone are sorted: whole rows of a large deck take three times as long.
        chosen = Q(card__in=cards) | Q(pk__in=waiting.values("pk")[: len(cards) + limit])
        found = self._rows().filter(chosen).order_by("last_reviewed_at", "card_id")
        known = {row.card_id: row for row in found}
        self.progress.update(known)
        standing = dict.fromkeys(cards, Level.NEW)
        standing.update((card, Level(row.level)) for card, row in known.items())
        return {
            card: level
            for card, level in standing.items()
            if card not in known or not known[card].is_put_aside(self.now)
        }

    def new_cards(self, *, besides: Collection[int], limit: int) -> Sequence[int]:
        if not self.enrollment.new_count:
            return []
        hidden = self._mine().filter(Q(level__gt=Level.NEW) | self._is_put_aside())
        cards = self._chosen().filter(~Exists(hidden)).exclude(pk__in=besides)
        return list(cards.in_order().values_list("pk", flat=True)[:limit])

    def reached(self, *, level: Level, limit: int) -> Sequence[int]:
        rows = (
            self._progress()
            .filter(level__gte=level)
            .order_by(F("due_day").asc(nulls_first=True), "card_id")[:limit]
        )
        self.progress.update((row.card_id, row) for row in rows)
        return [row.card_id for row in rows]

    def card_pool(self, card_id: int, rng: Random) -> CardPool | None:
        return card_pool(card_id, self.enrollment, rng)

    def _unseen_progress(self, card: Any) -> CardProgress:
        """An unsaved row for a card without a memory: it may be starred, or have a level from Learn."""
        return CardProgress(card_id=card.pk, level=card.own_level, starred=card.own_star)

    def _sees_all(self) -> bool:
        """Whether the first unseen card found is the deck's first, since no filter hides an earlier one."""
        buried_until, settings = self.enrollment.buried_until, self.settings
        is_whole = not (settings.starred or settings.tag or settings.cards)
        return is_whole and (buried_until is None or buried_until <= self.now)

    def _unseen(self) -> CardQuerySet:
        deck, mine = self.session.deck, self._mine()
        cards = self._chosen().filter(~Exists(mine.filter(Q(due__isnull=False) | self._is_put_aside())))
        own_level = Coalesce(Subquery(mine.values("level")[:1]), Level.NEW.value)
        cards = cards.annotate(own_level=own_level, own_star=Exists(mine.filter(starred=True)))
        if self.enrollment.unseen_version == deck.order_version:
            cards = cards.filter(position__gte=self.enrollment.unseen_from)
        return cards

    def _mine(self) -> CardProgressQuerySet:
        """The learner's progress on the card of the outer query, on the side that it asks them for."""
        side = self.enrollment.side_choice
        return CardProgress.objects.filter(
            learner=self.session.learner_id,
            card=OuterRef("pk"),
            side=OuterRef("studied_side") if side == SideChoice.AUTO else side,
        )

    def _chosen(self) -> CardQuerySet:
        """The deck's cards that the settings choose."""
        cards, settings = Card.objects.present().filter(deck=self.session.deck), self.settings
        if settings.starred:
            cards = cards.filter(Exists(self._mine().filter(starred=True)))
        if settings.tag:
            cards = cards.filter(tags=settings.tag)
        return cards.filter(pk__in=settings.cards) if settings.cards else cards

    def _askable(self) -> CardQuerySet:
        """The chosen cards that are neither suspended nor buried."""
        return self._chosen().filter(~Exists(self._mine().filter(self._is_put_aside())))

    def _is_put_aside(self) -> Q:
        return Q(suspended=True) | Q(buried_until__isnull=False, buried_until__gt=self.now)

    def _rows(self) -> CardProgressQuerySet:
        """The learner's progress on the deck's cards, on the side that each asks them for."""
        rows = CardProgress.objects.filter(learner=self.session.learner_id, deck=self.session.deck_id)
        return rows.asked(self.enrollment.side_choice)

    def _rows_chosen(self) -> Q:
        settings = self.settings
        wanted = Q(starred=True) if settings.starred else Q()
        if settings.tag:
            wanted &= Q(card__tags=settings.tag)
        return wanted & Q(card__in=settings.cards) if settings.cards else wanted

    def _progress(self) -> CardProgressQuerySet:
        rows = self._rows().active().unburied(self.now).filter(self._rows_chosen())
        return rows.select_related("card").defer("card__term_html", "card__definition_html")

    def _study_card(self, card: Card) -> StudyCard:
        """The card as the engine sees it, asking for this learner's side."""
        return study_card(card, Side(self.enrollment.asked_side(card)), self.session.deck.language)

    def _scheduled(self, part: str, rows: Iterable[CardProgress]) -> list[Scheduled]:
        rows = list(rows)
        self.progress.update((row.card_id, row) for row in rows)
        items = [Scheduled(self._study_card(row.card), row.memory) for row in rows if row.memory]
        self.waiting[part] = len(items)
        return items
