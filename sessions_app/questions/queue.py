"""A learner's questions of one deck, as the modes read them: what each card asks for, a side or both.

The two questions of one card are siblings: the one shows the answer to the other. A queue holds a question back
while its sibling was asked on the same study day, in the same session, or is open in another one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from heapq import merge
from itertools import islice
from random import Random
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cards.models import Card, CardQuerySet, SideChoice
from cards.text.studied_side import BOTH_SIDES, sides_of
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, Step, StudySession
from sessions_app.questions.pool import FIELDS, card_pool, study_card
from sessions_app.study.days import study_day
from sessions_app.study.modes.types import Asked, Scheduled, SessionSettings
from sessions_app.study.questions.types import CardPool, plan_from_json
from sessions_app.study.types import CardSide, Level, Side, State, StudyCard

STEPS_AT_ONCE = 100


@dataclass(frozen=True)
class AskedSide:
    """One question of cards: the ``cards`` that have it, and the ``side`` as a subquery on progress names it.

    ``fixed`` is that side; None if each card has another, its studied side.
    """

    cards: Q
    side: str | OuterRef
    fixed: Side | None

    def of(self, card: Card) -> CardSide:
        return CardSide(card.pk, self.fixed or Side(sides_of(card.studied_side)[0]))


@dataclass
class DeckQueue:
    """`sessions_app.study.modes.types.CardQueue` over the database, for one draw in one session.

    It keeps what it has returned, so that the page needs no further queries: ``progress`` by question, and in
    ``waiting`` how many questions each part of the queue has, with those that are held back. ``first_unseen`` is
    the position of the first card with an unseen question, if that was found.
    """

    session: StudySession
    enrollment: Enrollment
    now: datetime
    holds_back: bool = True
    first_unseen: int | None = None
    waiting: dict[str, int] = field(default_factory=dict)
    progress: dict[CardSide, CardProgress] = field(default_factory=dict)

    @cached_property
    def settings(self) -> SessionSettings:
        return SessionSettings.from_json(self.session.settings)

    @cached_property
    def asked(self) -> Sequence[Asked]:
        if self.session.pk is None:
            return []
        steps = self.session.steps.standing().exclude(answered_at=None).order_by("position")
        names = ("card_id", "question__side", "origin", "verdict", "question__kind")
        return [
            Asked(
                CardSide(card, Side(side)) if card else None,
                origin,
                verdict,
                kind,
                number or 0,
                plan_from_json(plan or ()),
            )
            for card, side, origin, verdict, kind, number, plan in steps.values_list(
                *names, "question__round", "question__plan"
            )
        ]

    @property
    def started_at(self) -> datetime:
        return self.session.started_at

    @cached_property
    def today(self) -> date:
        return study_day(self.now, self.enrollment.learner.zone)

    def sizes(self) -> tuple[int, int]:
        """How many questions can be asked, of how many cards: not put aside, and chosen by the settings."""
        if len(self._sides) == 1:
            count = self._askable(*self._sides).count()
            return count, count
        found = self.choosable()
        return len(found), len({asks.card_id for asks in found})

    def choosable(self) -> list[CardSide]:
        found = (self._askable(side).only("position", "studied_side").in_order() for side in self._sides)
        return [asks for asks, _ in self._merged(found)]

    def held(self, among: Collection[CardSide]) -> frozenset[CardSide]:
        """Those ``among`` these questions that are held back."""
        answered = CardProgress.objects.filter(learner=self.session.learner_id, last_day=self.today)
        rows = answered.filter(deck=self.session.deck_id).values_list("card_id", "side")
        siblings = {CardSide(card, Side(side)).sibling for card, side in rows}
        return frozenset(among) & (siblings | self._siblings_of_steps)

    def is_holding(self) -> bool:
        rows = self._mine().filter(last_day=self.today, card__removed_at=None)
        choice = self.enrollment.side_choice
        if choice == SideChoice.AUTO:
            rows = rows.exclude(card__studied_side=F("side"))
        elif choice != SideChoice.BOTH:
            rows = rows.exclude(side=choice)
        return bool(self._siblings_of_steps) or rows.exists()

    def learning(self, *, before: datetime) -> Sequence[Scheduled]:
        rows = self._progress().filter(state__in=[State.LEARNING, State.RELEARNING], due__lte=before)
        return self._scheduled("learning", rows.order_by("due", "card_id", "side"), STEPS_AT_ONCE)

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        if until is not None:
            rows = rows.filter(due_day__lte=until)
        return self._scheduled("review", rows.order_by("due_day", "card_id", "side"), limit)

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        rows = self._progress().filter(state=State.REVIEW)
        return self._scheduled("review", rows.order_by("stability", "card_id", "side"), limit)

    def unseen(self, *, limit: int) -> Sequence[StudyCard]:
        found = self._unseen(limit)
        self.waiting["unseen"] = len(found)
        if found and self._sees_all():
            self.first_unseen = found[0][1].position
        if self.holds_back and any(card.is_held for _, card in found):
            found = self._unseen(limit, held=False)
        self.progress.update((asks, self._unseen_progress(asks, card)) for asks, card in found)
        return [self._study_card(card, asks.side) for asks, card in found]

    def levels(self, asks: Collection[CardSide], *, below: Level, limit: int) -> Mapping[CardSide, Level]:
        underway = Q(level__gt=Level.NEW, level__lt=below) & ~self._is_put_aside() & self._rows_chosen()
        if self.holds_back:
            underway &= ~self._is_held()
        waiting = self._rows().filter(underway).order_by("last_reviewed_at", "card_id", "side")
        # Keys alone are sorted: whole rows of a large deck take three times as long.
        first = Q(pk__in=waiting.values("pk")[: len(asks) + limit])
        found = self._mine().filter(first | Q(card__in={one.card_id for one in asks}))
        found = found.annotate(studied_side=F("card__studied_side")).filter(card__removed_at=None)
        rows = {key_of(row): row for row in found.order_by("last_reviewed_at", "card_id", "side")}
        known = {
            key: row
            for key, row in rows.items()
            if self._is_asked(row) and (key in asks or Level.NEW < row.level < below)
        }
        self.progress.update(known)
        standing = dict.fromkeys(asks, Level.NEW)
        standing.update((key, Level(row.level)) for key, row in known.items())
        hidden = {key for key, row in known.items() if row.is_put_aside(self.now)}
        if self.holds_back:
            hidden |= {key.sibling for key, row in rows.items() if row.last_day == self.today}
            hidden |= self._siblings_of_steps
        return {key: level for key, level in standing.items() if key not in hidden}

    def new_questions(self, *, besides: Collection[CardSide], limit: int) -> Sequence[CardSide]:
        if not self.enrollment.new_count:
            return []
        found = []
        for side in self._sides:
            hidden = self._own(side).filter(Q(level__gt=Level.NEW) | self._is_put_aside())
            cards = self._chosen(side).filter(~Exists(hidden))
            # While it holds back, a card of which the session has one question is not asked for the other.
            known = {one.card_id for one in besides if self.holds_back or side.fixed in (None, one.side)}
            cards = cards.exclude(pk__in=known)
            if self.holds_back:
                cards = cards.filter(~self._is_held_of(side))
            found.append(cards.only("position", "studied_side").in_order()[:limit])
        first: dict[object, CardSide] = {}
        for asks, _ in self._merged(found):
            first.setdefault(asks.card_id if self.holds_back else asks, asks)
        return list(first.values())[:limit]

    def reached(self, *, level: Level, limit: int) -> Sequence[CardSide]:
        rows = self._progress().filter(level__gte=level)
        if self.holds_back:
            rows = rows.exclude(self._is_held())
        rows = rows.order_by(F("due_day").asc(nulls_first=True), "card_id", "side")[:limit]
        self.progress.update((key_of(row), row) for row in rows)
        return [key_of(row) for row in rows]

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        return card_pool(asks, self.enrollment, rng, only_asked=True)

    # --- What each card asks for

    @cached_property
    def _sides(self) -> Sequence[AskedSide]:
        """The questions of the deck's cards for this learner, in the order in which one card's are introduced."""
        choice = self.enrollment.side_choice
        if choice in (SideChoice.TERM, SideChoice.DEFINITION):
            return [AskedSide(Q(), choice, Side(choice))]
        if not self.enrollment.has_siblings:
            return [AskedSide(Q(), OuterRef("studied_side"), None)]
        sides = map(Side, BOTH_SIDES)
        if choice == SideChoice.BOTH:
            return [AskedSide(Q(), side, side) for side in sides]
        return [AskedSide(Q(studied_side__in=[side, SideChoice.BOTH]), side, side) for side in sides]

    def _merged(self, found: Iterable[Iterable[Any]]) -> Iterable[tuple[CardSide, Any]]:
        """The questions of the cards that were ``found`` for each of the `_sides`, in the deck's order."""
        asked = (
            [(side.of(card), card) for card in cards] for side, cards in zip(self._sides, found, strict=True)
        )
        return merge(*asked, key=lambda one: (one[1].position, one[1].pk))

    def _is_asked(self, row: Any) -> bool:
        """Whether the side of ``row``, which is annotated with the card's studied side, is asked for."""
        choice = self.enrollment.side_choice
        return row.side in sides_of(row.studied_side if choice == SideChoice.AUTO else choice)

    # --- Which questions can be asked

    def _chosen(self, side: AskedSide) -> CardQuerySet:
        """The deck's cards that ask for this side, and that the settings choose."""
        cards, settings = Card.objects.present().filter(side.cards, deck=self.session.deck), self.settings
        if settings.starred:
            cards = cards.filter(Exists(self._starred(OuterRef("pk"))))
        if settings.tag:
            cards = cards.filter(tags=settings.tag)
        return cards.filter(pk__in=settings.cards) if settings.cards else cards

    def _rows_chosen(self) -> Q:
        settings = self.settings
        wanted = Q(Exists(self._starred(OuterRef("card")))) if settings.starred else Q()
        if settings.tag:
            wanted &= Q(card__tags=settings.tag)
        return wanted & Q(card__in=settings.cards) if settings.cards else wanted

    def _starred(self, card: OuterRef) -> CardProgressQuerySet:
        """The learner's stars on a card: a star on either side is one on the card."""
        return CardProgress.objects.filter(learner=self.session.learner_id, card=card, starred=True)

    def _askable(self, side: AskedSide) -> CardQuerySet:
        """The chosen cards whose question is neither suspended nor buried."""
        return self._chosen(side).filter(~Exists(self._own(side).filter(self._is_put_aside())))

    def _is_put_aside(self) -> Q:
        return Q(suspended=True) | Q(buried_until__isnull=False, buried_until__gt=self.now)

    # --- Which questions are held back

    @cached_property
    def _siblings_of_steps(self) -> frozenset[CardSide]:
        """The siblings of questions that no progress of today tells of.

        They are earlier ones of this session, and those that are open in others.
        """
        steps = {
            one.asks
            for one in self.asked
            if one.asks and (not one.verdict or self.session.study_day != self.today)
        }
        if self.enrollment.has_siblings:
            steps |= self._open_elsewhere()
        return frozenset(asks.sibling for asks in steps)

    def _open_elsewhere(self) -> set[CardSide]:
        """The questions that are open in other sessions of the learner in this deck."""
        others = self.enrollment.learner.study_sessions.open().filter(deck=self.session.deck_id)
        steps = Step.objects.standing().filter(
            answered_at=None, session__in=others.exclude(pk=self.session.pk)
        )
        found = steps.values_list("card_id", "question__side", "question__cards")
        return {CardSide(card, Side(side)) for one, side, block in found for card in block or [one] if card}

    def _is_held(self) -> Q:
        """Whether a row of progress is on a question that is held back."""
        rows = self._mine().filter(card=OuterRef("card"), last_day=self.today)
        held = Q(Exists(rows.exclude(side=OuterRef("side"))))
        for side, cards in self._cards_by_side.items():
            held |= Q(side=side, card__in=cards)
        return held

    def _is_held_of(self, side: AskedSide) -> Q:
        """Whether a card's question on this side is held back."""
        rows = CardProgress.objects.filter(
            learner=self.session.learner_id, card=OuterRef("pk"), last_day=self.today
        )
        held = Q(Exists(rows.exclude(side=side.side)))
        for other, cards in self._cards_by_side.items():
            if side.fixed is None:
                held |= Q(pk__in=cards, studied_side=other)
            elif side.fixed is other:
                held |= Q(pk__in=cards)
        return held

    @cached_property
    def _cards_by_side(self) -> Mapping[Side, list[int]]:
        """The cards of `_siblings_of_steps`, for each side that is held back."""
        cards: dict[Side, list[int]] = {}
        for asks in self._siblings_of_steps:
            cards.setdefault(asks.side, []).append(asks.card_id)
        return cards

    # --- Reading

    def _unseen(self, limit: int, *, held: bool = True) -> list[tuple[CardSide, Any]]:
        """The first questions without a memory, and their cards; if not ``held``, none that are held back."""
        found = []
        for side in self._sides:
            own = self._own(side)
            cards = self._chosen(side).filter(
                ~Exists(own.filter(Q(due__isnull=False) | self._is_put_aside()))
            )
            if self.enrollment.unseen_version == self.session.deck.order_version:
                cards = cards.filter(position__gte=self.enrollment.unseen_from)
            cards = (
                cards.filter(~self._is_held_of(side))
                if not held
                else cards.annotate(is_held=ExpressionWrapper(self._is_held_of(side), BooleanField()))
            )
            own_level = Coalesce(Subquery(own.values("level")[:1]), Level.NEW.value)
            cards = cards.annotate(own_level=own_level, own_star=Exists(self._starred(OuterRef("pk"))))
            found.append(cards.only(*FIELDS, "position").in_order()[:limit])
        return list(islice(self._merged(found), limit))

    def _unseen_progress(self, asks: CardSide, card: Any) -> CardProgress:
        """An unsaved row for a question without a memory: it may be starred, or have a level from Learn."""
        return CardProgress(card_id=asks.card_id, side=asks.side, level=card.own_level, starred=card.own_star)

    def _sees_all(self) -> bool:
        """Whether the first unseen question found is the deck's first, since no filter hides an earlier one."""
        buried_until, settings = self.enrollment.buried_until, self.settings
        is_whole = not (settings.starred or settings.tag or settings.cards)
        return is_whole and (buried_until is None or buried_until <= self.now)

    def _own(self, side: AskedSide) -> CardProgressQuerySet:
        """The learner's progress on this side of the card of the outer query."""
        return CardProgress.objects.filter(
            learner=self.session.learner_id, card=OuterRef("pk"), side=side.side
        )

    def _mine(self) -> CardProgressQuerySet:
        """The learner's progress on both sides of the deck's cards."""
        return CardProgress.objects.filter(learner=self.session.learner_id, deck=self.session.deck_id)

    def _rows(self) -> CardProgressQuerySet:
        """The learner's progress on what the deck's cards ask for."""
        return self._mine().asked(self.enrollment.side_choice)

    def _progress(self) -> CardProgressQuerySet:
        rows = self._rows().active().unburied(self.now).filter(self._rows_chosen())
        return rows.select_related("card").defer("card__term_html", "card__definition_html")

    def _study_card(self, card: Card, side: str) -> StudyCard:
        """The card as the engine sees it, asking for ``side``."""
        return study_card(card, Side(side), self.session.deck.language)

    def _scheduled(self, part: str, rows: CardProgressQuerySet, limit: int) -> list[Scheduled]:
        held = ExpressionWrapper(self._is_held(), BooleanField())
        found: list[Any] = list(rows.annotate(is_held=held)[:limit])
        self.waiting[part] = len([row for row in found if row.memory])
        if self.holds_back and any(row.is_held for row in found):
            is_whole = len(found) < limit
            found = (
                [row for row in found if not row.is_held]
                if is_whole
                else list(rows.filter(~self._is_held())[:limit])
            )
        self.progress.update((key_of(row), row) for row in found)
        return [Scheduled(self._study_card(row.card, row.side), row.memory) for row in found if row.memory]


def key_of(row: CardProgress) -> CardSide:
    """The question that ``row`` is the progress on."""
    return CardSide(row.card_id, Side(row.side))
