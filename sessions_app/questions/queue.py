"""A learner's questions of one deck, as the modes read them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from random import Random
from typing import Any, cast

from sessions_app.models import CardProgress, Enrollment, StudySession
from sessions_app.questions import queue_rows
from sessions_app.questions.pool import card_pool, study_card
from sessions_app.questions.queue_rows import Known
from sessions_app.questions.siblings import Siblings
from sessions_app.questions.sides import DeckSides
from sessions_app.study.days import study_day
from sessions_app.study.modes.types import Asked, SameDayStep, Scheduled, SessionSettings
from sessions_app.study.questions.types import CardPool, Question, plan_from_json
from sessions_app.study.types import CardSide, Level, Side, StudyCard
from studysite.queries.compiled import padded

STEPS_AT_ONCE = 100

MORE_UNSEEN = 50
"""So many more unseen questions are read where cards have siblings, because some of them are held back."""

MOST_COUNTED = 400
"""So many cards are counted at the start of a session. More make no difference to it: `learn.most_questions` is
the same from 131 questions on, and `SessionHistory.gap` from four cards on."""

Row = tuple[Any, ...]

SIDES = {side.value: side for side in Side}
"""Reading a side from here takes a fifth of the time of ``Side(...)``."""


@dataclass
class DeckQueue:
    """`sessions_app.study.modes.types.CardQueue` over the database, for one draw in one session.

    In ``waiting`` it keeps how many questions each part of the queue has, with those that are held back.
    ``first_unseen`` is the position of the first card with an unseen question, if that was found. ``after`` is the
    last question that was answered, if the caller knows it.
    """

    session: StudySession
    enrollment: Enrollment
    now: datetime
    after: Question | None = None
    holds_back: bool = True
    first_unseen: int | None = None
    waiting: dict[str, int] = field(default_factory=dict)
    _progress: dict[CardSide, CardProgress | None] = field(default_factory=dict)
    _read: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    """What was read with what is held back, by the part of the queue and the limit, in case it is released."""

    @cached_property
    def settings(self) -> SessionSettings:
        return SessionSettings.from_json(self.session.settings)

    @cached_property
    def today(self) -> date:
        return study_day(self.now, self.session.learner.zone)

    @cached_property
    def sides(self) -> DeckSides:
        return DeckSides.of(self.enrollment)

    @cached_property
    def siblings(self) -> Siblings:
        return Siblings(self.session, self.enrollment, self.today)

    @property
    def is_choosy(self) -> bool:
        """Whether it has to leave out what is held back."""
        return self.holds_back and self.siblings.are_possible

    @cached_property
    def asked(self) -> Sequence[Asked]:
        return [
            Asked(CardSide(card, SIDES[side]) if card else None, origin, verdict, kind, number)
            for card, side, origin, verdict, kind, number in queue_rows.answered(session=self.session.pk)
        ]

    @cached_property
    def last_asked(self) -> CardSide | None:
        if self.after:
            return self.after.asks
        last = queue_rows.last_answered.first(session=self.session.pk)
        return CardSide(last[0], SIDES[last[1]]) if last and last[0] else None

    @cached_property
    def asked_by_origin(self) -> Counter[str]:
        return Counter(dict(queue_rows.answered_by_origin(session=self.session.pk)))

    @cached_property
    def plan(self) -> Sequence[CardSide]:
        if self.after:
            return self.after.plan
        last = queue_rows.last_plan.first(session=self.session.pk)
        return plan_from_json((last and last[0]) or ())

    @property
    def started_at(self) -> datetime:
        return self.session.started_at

    def sizes(self) -> tuple[int, int]:
        """How many questions can be asked, and of how many cards: those that are not put aside.

        Of more than `MOST_COUNTED` cards, only so many count.
        """
        cards = queue_rows.askable(self.sides, self._known).in_order()[:MOST_COUNTED]
        if len(self.sides.all) == 1:
            count = cards.count()
            return count, count
        found = list(self.sides.keys_of(cards))
        return len(found), len({asks.card_id for asks in found})

    def choosable(self) -> list[CardSide]:
        return list(self.sides.keys_of(queue_rows.askable(self.sides, self._known).in_order()))

    @property
    def has_siblings(self) -> bool:
        return self.sides.have_siblings

    def is_holding(self) -> bool:
        return self.siblings.any()

    def learning(self, *, before: datetime) -> Sequence[SameDayStep]:
        rows = self._scheduled("learning", STEPS_AT_ONCE, partial(queue_rows.learning, before=before))
        return [SameDayStep(CardSide(card, SIDES[side]), due) for card, side, due, _ in rows]

    def review(self, *, until: date | None, limit: int) -> Sequence[Scheduled]:
        return self._memories(limit, partial(queue_rows.review, until=until))

    def weakest(self, *, limit: int) -> Sequence[Scheduled]:
        return self._memories(limit, queue_rows.weakest)

    def _memories(self, limit: int, rows: Callable[..., list[Row]]) -> Sequence[Scheduled]:
        return [
            Scheduled(CardSide(card, SIDES[side]), stability, last_review)
            for card, side, stability, last_review, _ in self._scheduled("review", limit, rows)
        ]

    def unseen(self, *, limit: int) -> Sequence[CardSide]:
        most = limit + MORE_UNSEEN if self.sides.have_siblings else limit
        if ("unseen", most) not in self._read:
            self._read["unseen", most] = self._unseen(most, free=False)
        found = self._read["unseen", most]
        self.waiting["unseen"] = min(limit, len(found))
        if found and self._sees_all():
            self.first_unseen = found[0][1]
        if self.is_choosy and any(is_held for _, _, is_held in found):
            free = [one for one in found if not one[2]]
            found = free if len(free) >= limit or len(found) < most else self._unseen(limit, free=True)
        last = self.last_asked if not self.holds_back else None
        # Otherwise a limit of one would let a card come twice in a row.
        found = sorted(found, key=lambda one: last is not None and one[0].card_id == last.card_id)[:limit]
        return [asks for asks, _, _ in found]

    def levels(self, asks: Collection[CardSide], *, below: Level, limit: int) -> Mapping[CardSide, Level]:
        most = len(asks) + limit
        rows: list[Row] = []
        if limit:
            rows = queue_rows.underway(self.sides, rounded_up(most), below=below, **self._known)[:most]
        if asks:
            cards = padded([*{one.card_id for one in asks}])
            # Both sides of the cards: the sibling's row says whether a question is held back.
            mine = {"learner": self.session.learner_id, "deck": self.session.deck_id}
            rows = [*rows, *queue_rows.standing_of(**mine, cards=cards)]
        found = {one.asks: one for one in (Standing(*row) for row in rows)}
        known = {
            key: one
            for key, one in sorted(found.items(), key=lambda item: item[1].in_order)
            if self.sides.is_asked(one.side, studied_side=one.studied_side)
            and (key in asks or Level.NEW < one.level < below)
        }
        standing = dict.fromkeys(asks, Level.NEW)
        standing.update((key, Level(one.level)) for key, one in known.items())
        hidden = {key for key, one in known.items() if one.is_put_aside(self.now)}
        if self.is_choosy:
            hidden |= {key.sibling for key, one in found.items() if one.last_day == self.today}
            hidden |= self.siblings.of_steps
        return {key: level for key, level in standing.items() if key not in hidden}

    def new_questions(self, *, besides: Collection[CardSide], limit: int) -> Sequence[CardSide]:
        if not self.enrollment.new_count:
            return []
        # While the queue holds back, or where cards have one question, all questions of these cards are left out.
        of_cards = {one.card_id for one in besides}
        is_by_card = self.holds_back or self.sides.all[0].fixed is None
        found: dict[object, CardSide] = {}
        rows = queue_rows.new(self.sides, rounded_up(limit + len(of_cards)), **self._known)
        for card, studied_side, *flags in rows:
            for asks in self.sides.keys(card, studied_side, flags):
                if (asks.card_id not in of_cards) if is_by_card else (asks not in besides):
                    found.setdefault(asks.card_id if self.holds_back else asks, asks)
        return list(found.values())[:limit]

    def reached(self, *, level: Level, limit: int) -> Sequence[CardSide]:
        rows = queue_rows.reached(self.sides, rounded_up(limit), level=level, **self._known)
        return [CardSide(card, SIDES[side]) for card, side in rows[:limit]]

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        return card_pool(asks, self.enrollment, rng, only_asked=True)

    def card(self, asks: CardSide) -> StudyCard:
        learner = self.session.learner_id
        found = queue_rows.card_and_progress.first(card=asks.card_id, learner=learner, side=asks.side)
        card = cast(Any, found)
        # Without any progress, a row that is not saved: the star may be on the card's other side.
        mine: Any = getattr(card, "mine", None) or CardProgress(card_id=card.pk, side=asks.side)
        mine.own_star = card.own_star
        self._progress[asks] = mine
        return study_card(card, asks.side, self.enrollment.deck)

    def progress_on(self, asks: CardSide) -> CardProgress | None:
        """The learner's progress on a question; None without any."""
        if asks not in self._progress:
            learner = self.session.learner_id
            self._progress[asks] = queue_rows.progress.first(
                learner=learner, card=asks.card_id, side=asks.side
            )
        return self._progress[asks]

    # --- What is read

    @property
    def _known(self) -> Known:
        settings, held = self.settings, self.siblings.held_by_side if self.is_choosy else {}
        return Known(
            learner=self.session.learner_id,
            deck=self.session.deck_id,
            now=self.now,
            starred=settings.starred,
            tag=settings.tag or None,
            cards=padded(settings.cards),
            today=self.today if self.is_choosy else None,
            held_terms=padded(held.get(Side.TERM, [])),
            held_definitions=padded(held.get(Side.DEFINITION, [])),
        )

    def _scheduled(self, part: str, limit: int, rows: Callable[..., list[Row]]) -> list[Row]:
        if (part, limit) not in self._read:
            self._read[part, limit] = rows(self.sides, limit, free=False, **self._known)
        found = self._read[part, limit]
        self.waiting[part] = len(found)
        if self.is_choosy and any(is_held for *_, is_held in found):
            free = [row for row in found if not row[-1]]
            found = free if len(found) < limit else rows(self.sides, limit, free=True, **self._known)
        return found

    def _unseen(self, limit: int, *, free: bool) -> list[tuple[CardSide, int, bool]]:
        """The first questions without a memory: with the position of the card, and whether it is held back.

        If ``free``, only those that are not.
        """
        is_from = self.enrollment.unseen_version == self.enrollment.deck.order_version
        first, sides = self.enrollment.unseen_from if is_from else None, self.sides
        rows = queue_rows.unseen(sides, rounded_up(limit), first=first, free=free, **self._known)
        if len(sides.all) == 1 and not self.is_choosy:
            (side,) = sides.all
            return [(side.of(card, studied), position, False) for card, studied, position in rows[:limit]]
        found = []
        for card, studied_side, position, *more in rows[:limit]:
            flags, held = more[: len(sides.flags)], more[len(sides.flags) :]
            for side, is_unseen, is_held in zip(
                sides.all, flags or (True,), held or [False] * len(sides.all), strict=True
            ):
                if is_unseen:
                    found.append((side.of(card, studied_side), position, is_held))
        return found[:limit]

    def _sees_all(self) -> bool:
        """Whether the first unseen question found is the deck's first, since no filter hides an earlier one."""
        buried_until, settings = self.enrollment.buried_until, self.settings
        is_whole = not (settings.starred or settings.tag or settings.cards)
        return is_whole and (buried_until is None or buried_until <= self.now)


@dataclass(frozen=True)
class Standing:
    """What a row of progress says of a question, as `queue_rows.STANDING` reads it."""

    card_id: int
    side: str
    level: int
    suspended: bool
    buried_until: datetime | None
    last_day: date | None
    last_reviewed_at: datetime | None
    studied_side: str

    @property
    def asks(self) -> CardSide:
        return CardSide(self.card_id, SIDES[self.side])

    @property
    def in_order(self) -> tuple[Any, ...]:
        """Sorts what was not answered for longest to the front."""
        last = self.last_reviewed_at
        return (last is not None, *([last] if last else ()), self.card_id, self.side)

    def is_put_aside(self, now: datetime) -> bool:
        """Whether it is suspended or buried at ``now``."""
        return self.suspended or (self.buried_until is not None and self.buried_until > now)


def rounded_up(limit: int) -> int:
    """The next power of two: a statement is compiled for each limit, and there should be few."""
    return 1 << max(0, limit - 1).bit_length()
