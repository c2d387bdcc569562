"""A learner's questions of one deck, as the modes read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from random import Random
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cards.models import Card, CardQuerySet
from sessions_app.models import CardProgress, CardProgressQuerySet, Enrollment, StudySession
from sessions_app.questions.pool import FIELDS, card_pool, study_card
from sessions_app.questions.siblings import Siblings
from sessions_app.questions.sides import AskedSide, DeckSides, truth
from sessions_app.study.days import study_day
from sessions_app.study.modes.types import Asked, Scheduled, SessionSettings
from sessions_app.study.questions.types import CardPool, plan_from_json
from sessions_app.study.types import CardSide, Level, Side, State, StudyCard

STEPS_AT_ONCE = 100

MORE_UNSEEN = 50
"""So many more unseen questions are read where cards have siblings, because some of them are held back."""


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
    _read: dict[tuple[str, int], Any] = field(default_factory=dict)
    """What was read with what is held back, by the part of the queue and the limit, in case it is released."""

    @cached_property
    def settings(self) -> SessionSettings:
        return SessionSettings.from_json(self.session.settings)

    @cached_property
    def today(self) -> date:
        return study_day(self.now, self.session.learner.zone)

    @cached_property
    def sides(self) -> DeckSides:
        return DeckSides(self.session.deck, self.enrollment)

    @cached_property
    def siblings(self) -> Siblings:
        return Siblings(self.session, self.sides, self.today)

    @property
    def is_choosy(self) -> bool:
        """Whether it has to leave out what is held back."""
        return self.holds_back and self.siblings.are_possible

    @cached_property
    def asked(self) -> Sequence[Asked]:
        return [
            Asked(
                CardSide(step["card"], Side(step["question__side"])) if step["card"] else None,
                step["origin"],
                step["verdict"],
                step["question__kind"],
                step["question__round"] or 0,
                plan_from_json(step["question__plan"] or ()),
            )
            for step in self.siblings.answered_steps
        ]

    @property
    def started_at(self) -> datetime:
        return self.session.started_at

    def sizes(self) -> tuple[int, int]:
        """How many questions can be asked, and of how many cards: those that are not put aside."""
        if len(self.sides.all) == 1:
            count = self._askable().count()
            return count, count
        found = self.choosable()
        return len(found), len({asks.card_id for asks in found})

    def choosable(self) -> list[CardSide]:
        return list(self.sides.keys_of(self._askable().in_order()))

    @property
    def has_siblings(self) -> bool:
        return self.sides.have_siblings

    def is_holding(self) -> bool:
        return self.siblings.any()

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
        most = limit + MORE_UNSEEN if self.sides.have_siblings else limit
        if ("unseen", most) not in self._read:
            self._read["unseen", most] = self._unseen(most)
        found = self._read["unseen", most]
        self.waiting["unseen"] = min(limit, len(found))
        if found and self._sees_all():
            self.first_unseen = found[0].card.position
        if self.is_choosy and any(one.is_held for one in found):
            free = [one for one in found if not one.is_held]
            found = free if len(free) >= limit or len(found) < most else self._unseen(limit, held=False)
        last = self.asked[-1].asks if self.asked and not self.holds_back else None
        # Otherwise a limit of one would let a card come twice in a row.
        found = sorted(found, key=lambda one: last is not None and one.asks.card_id == last.card_id)[:limit]
        self.progress.update((one.asks, one.as_progress()) for one in found)
        return [self._study_card(one.card, one.asks.side) for one in found]

    def levels(self, asks: Collection[CardSide], *, below: Level, limit: int) -> Mapping[CardSide, Level]:
        underway = Q(level__gt=Level.NEW, level__lt=below) & ~self._is_put_aside() & self._rows_chosen()
        if self.is_choosy:
            underway &= ~self.siblings.rows()
        waiting = self._rows().filter(underway).order_by("last_reviewed_at", "card_id", "side")
        # Keys alone are sorted: whole rows of a large deck take three times as long.
        wanted = Q(pk__in=waiting.values("pk")[: len(asks) + limit])
        # Both sides of the cards: the sibling's row says whether a question is held back.
        wanted |= Q(card__in={one.card_id for one in asks})
        found = self._with_star(self._mine().filter(wanted, card__removed_at=None))
        found = found.annotate(studied=F("card__studied_side"))
        rows = {key_of(row): row for row in found.order_by("last_reviewed_at", "card_id", "side")}
        known = {
            key: row
            for key, row in rows.items()
            if self.sides.is_asked(row.side, studied_side=row.studied)
            and (key in asks or Level.NEW < row.level < below)
        }
        self.progress.update(known)
        standing = dict.fromkeys(asks, Level.NEW)
        standing.update((key, Level(row.level)) for key, row in known.items())
        hidden = {key for key, row in known.items() if row.is_put_aside(self.now)}
        if self.is_choosy:
            hidden |= {key.sibling for key, row in rows.items() if row.last_day == self.today}
            hidden |= self.siblings.of_steps
        return {key: level for key, level in standing.items() if key not in hidden}

    def new_questions(self, *, besides: Collection[CardSide], limit: int) -> Sequence[CardSide]:
        if not self.enrollment.new_count:
            return []

        def is_new(side: AskedSide) -> Q:
            hidden = self.sides.progress(side).filter(Q(level__gt=Level.NEW) | self._is_put_aside())
            known = {one.card_id for one in besides if self.holds_back or side.fixed in (None, one.side)}
            new = ~Q(Exists(hidden)) & ~Q(pk__in=known)
            return new & ~self.siblings.questions(side) if self.is_choosy else new

        cards = self.sides.having(self._chosen(), is_new).in_order()
        found: dict[object, CardSide] = {}
        for asks in self.sides.keys_of(cards[:limit]):
            found.setdefault(asks.card_id if self.holds_back else asks, asks)
        return list(found.values())[:limit]

    def reached(self, *, level: Level, limit: int) -> Sequence[CardSide]:
        rows = self._progress().filter(level__gte=level)
        if self.is_choosy:
            rows = rows.filter(~self.siblings.rows())
        rows = rows.order_by(F("due_day").asc(nulls_first=True), "card_id", "side")[:limit]
        self.progress.update((key_of(row), row) for row in rows)
        return [key_of(row) for row in rows]

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        return card_pool(asks, self.enrollment, rng, only_asked=True)

    # --- Cards

    def _unseen(self, limit: int, *, held: bool = True) -> "list[Unseen]":
        """The first questions without a memory; if not ``held``, without those that are held back."""

        def is_unseen(side: AskedSide) -> Q:
            seen = self.sides.progress(side).filter(Q(due__isnull=False) | self._is_put_aside())
            return ~Q(Exists(seen)) if held else ~Q(Exists(seen)) & ~self.siblings.questions(side)

        cards = self._chosen()
        if self.enrollment.unseen_version == self.session.deck.order_version:
            cards = cards.filter(position__gte=self.enrollment.unseen_from)
        cards = self.sides.having(cards, is_unseen)
        cards = cards.annotate(own_star=Exists(self._starred(OuterRef("pk"))))
        for side in self.sides.all:
            level = Coalesce(Subquery(self.sides.progress(side).values("level")[:1]), Level.NEW.value)
            cards = cards.annotate(**{f"level_{side.suffix}": level})
            if self.is_choosy:
                cards = cards.annotate(**{f"held_{side.suffix}": truth(self.siblings.questions(side))})
        found = self.sides.questions_of(cards.only(*FIELDS, "position").in_order()[:limit])
        return [Unseen(*one) for one in found][:limit]

    def _sees_all(self) -> bool:
        """Whether the first unseen question found is the deck's first, since no filter hides an earlier one."""
        buried_until, settings = self.enrollment.buried_until, self.settings
        is_whole = not (settings.starred or settings.tag or settings.cards)
        return is_whole and (buried_until is None or buried_until <= self.now)

    def _chosen(self) -> CardQuerySet:
        """The deck's cards that the settings choose."""
        cards, settings = Card.objects.present().filter(deck=self.session.deck), self.settings
        if settings.starred:
            cards = cards.filter(Exists(self._starred(OuterRef("pk"))))
        if settings.tag:
            cards = cards.filter(tags=settings.tag)
        return cards.filter(pk__in=settings.cards) if settings.cards else cards

    def _askable(self) -> CardQuerySet:
        """The chosen cards with a question that is neither suspended nor buried."""
        return self.sides.having(
            self._chosen(), lambda side: ~Q(Exists(self.sides.progress(side).filter(self._is_put_aside())))
        )

    def _starred(self, card: OuterRef) -> CardProgressQuerySet:
        """The learner's stars on a card: a star on one side is one on the card."""
        return CardProgress.objects.filter(learner=self.session.learner_id, card=card, starred=True)

    def _with_star(self, rows: CardProgressQuerySet) -> CardProgressQuerySet:
        """``rows`` with the star that the page shows, which may be on the row of the card's other side."""
        if self.sides.have_siblings or self.enrollment.siblings_until is not None:
            return rows.annotate(own_star=Exists(self._starred(OuterRef("card"))))
        return rows

    def _is_put_aside(self) -> Q:
        return Q(suspended=True) | Q(buried_until__isnull=False, buried_until__gt=self.now)

    def _study_card(self, card: Card, side: str) -> StudyCard:
        """The card as the engine sees it, asking for ``side``."""
        return study_card(card, Side(side), self.session.deck.language)

    # --- Rows of progress

    def _mine(self) -> CardProgressQuerySet:
        """The learner's progress on both sides of the deck's cards."""
        return CardProgress.objects.filter(learner=self.session.learner_id, deck=self.session.deck_id)

    def _rows(self) -> CardProgressQuerySet:
        """The learner's progress on what the deck's cards ask them for."""
        return self._mine().asked(self.enrollment.side_choice)

    def _rows_chosen(self) -> Q:
        settings = self.settings
        wanted = Q(Exists(self._starred(OuterRef("card")))) if settings.starred else Q()
        if settings.tag:
            wanted &= Q(card__tags=settings.tag)
        return wanted & Q(card__in=settings.cards) if settings.cards else wanted

    def _progress(self) -> CardProgressQuerySet:
        rows = self._rows().active().unburied(self.now).filter(self._rows_chosen())
        return self._with_star(rows).select_related("card").defer("card__term_html", "card__definition_html")

    def _scheduled(self, part: str, rows: CardProgressQuerySet, limit: int) -> list[Scheduled]:
        if (part, limit) not in self._read:
            marked = rows.annotate(is_held=truth(self.siblings.rows())) if self.is_choosy else rows
            self._read[part, limit] = list(marked[:limit])
        found: list[Any] = self._read[part, limit]
        self.waiting[part] = len([row for row in found if row.memory])
        if self.is_choosy and any(row.is_held for row in found):
            free = [row for row in found if not row.is_held]
            found = free if len(found) < limit else list(rows.filter(~self.siblings.rows())[:limit])
        self.progress.update((key_of(row), row) for row in found)
        return [Scheduled(self._study_card(row.card, row.side), row.memory) for row in found if row.memory]


@dataclass(frozen=True)
class Unseen:
    """A question without a memory; ``card`` is annotated with what is known of it."""

    asks: CardSide
    side: AskedSide
    card: Any

    @property
    def is_held(self) -> bool:
        return bool(getattr(self.card, f"held_{self.side.suffix}"))

    def as_progress(self) -> CardProgress:
        """An unsaved row: it may be starred, or have a level from Learn."""
        level = getattr(self.card, f"level_{self.side.suffix}")
        return CardProgress(
            card_id=self.asks.card_id, side=self.asks.side, level=level, starred=self.card.own_star
        )


def key_of(row: CardProgress) -> CardSide:
    """The question that ``row`` is the progress on."""
    return CardSide(row.card_id, Side(row.side))
