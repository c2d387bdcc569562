"""Short ways to build the engine's values."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from sessions_app.study.modes.types import Asked, CardQueue, SameDayStep, Scheduled, SessionSettings
from sessions_app.study.scheduling import fsrs_memory, progress
from sessions_app.study.scheduling.types import Memory, Outcome, Progress
from sessions_app.study.types import CardSide, Evidence, Kind, Moment, Rating, Side, State, StudyCard, Verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def outcome(
    *,
    day: int = 0,
    minute: int = 0,
    right: bool = True,
    kind: Kind = Kind.FLIP,
    rating: Rating | None = None,
    gap: int | None = None,
    gap_needed: int = 3,
) -> Outcome:
    """A response ``day`` days and ``minute`` minutes after noon on 2 March 2026."""
    at = NOON + timedelta(days=day, minutes=minute)
    recall = kind in (Kind.FLIP, Kind.TYPED)
    return Outcome(
        side=Side.DEFINITION,
        kind=kind,
        evidence=Evidence.RECALL if recall else Evidence.RECOGNITION,
        verdict=Verdict.CORRECT if right else Verdict.WRONG,
        rating=rating,
        reviewed_at=at,
        study_day=at.date(),
        gap=gap,
        gap_needed=gap_needed,
    )


def folded(*outcomes: Outcome, retention: float = 0.9) -> Progress:
    return progress.replay(outcomes, retention).progress


def carried(last: datetime) -> st.SearchStrategy[Memory]:
    """A memory that another program may have computed for an answer at ``last``."""
    return st.builds(
        lambda stability, difficulty, state, days: Memory(
            stability,
            difficulty,
            state,
            None if state is State.REVIEW else 0,
            last + timedelta(days=days),
            (last + timedelta(days=days)).date(),
            last,
            last.date(),
        ),
        st.floats(0.1, 2_000),
        st.floats(1, 10),
        st.sampled_from(State),
        st.floats(-30, 3_000),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Outcome]:
    """Outcomes of one card in order of time, with days that may repeat or go back by one."""
    now = NOON
    result = []
    for _ in range(draw(st.integers(0, 12))):
        now += timedelta(minutes=draw(st.integers(1, 60 * 24 * 20)))
        kind = draw(st.sampled_from(Kind))
        recall = kind in (Kind.FLIP, Kind.TYPED)
        rating = draw(st.sampled_from([None, *Rating])) if recall else None
        right = rating is not Rating.AGAIN if rating else draw(st.booleans())
        result.append(
            Outcome(
                side=Side.TERM,
                kind=kind,
                evidence=Evidence.RECALL if recall else Evidence.RECOGNITION,
                verdict=Verdict.CORRECT if right else Verdict.WRONG,
                rating=rating,
                reviewed_at=now,
                study_day=now.date() - timedelta(days=draw(st.integers(0, 1))),
                gap=draw(st.none() | st.integers(0, 5)),
                gap_needed=draw(st.integers(0, 3)),
                memory=draw(st.none() | carried(now)) if recall else None,
            )
        )
    return result


def card(number: int, side: Side = Side.DEFINITION) -> StudyCard:
    return StudyCard(number, f"term {number}", f"definition {number}", side)


def remembered(
    number: int,
    *,
    due_in: timedelta,
    stability: float = 5.0,
    step: int | None = None,
    side: Side = Side.DEFINITION,
) -> "Remembered":
    """A card in the review state, or in a same-day step if ``step`` is given."""
    state = State.REVIEW if step is None else State.LEARNING
    last, due = NOON - timedelta(days=stability), NOON + due_in
    memory = Memory(stability, 5.0, state, step, due, due.date(), last, last.date())
    return Remembered(card(number, side), memory)


@dataclass(frozen=True)
class Remembered:
    """A question with its memory."""

    card: StudyCard
    memory: Memory

    def as_scheduled(self) -> Scheduled:
        return Scheduled(self.card.asks, self.memory.stability, self.memory.last_review)


@dataclass
class MemoryQueue:
    """`types.CardQueue` over lists. It records answers and advances as the site does."""

    scheduled: list[Remembered] = field(default_factory=list)
    new: list[StudyCard] = field(default_factory=list)
    settings: SessionSettings = field(default_factory=lambda: SessionSettings(queue="due", new_limit=20))
    asked: list[Asked] = field(default_factory=list)
    holds_back: bool = True
    has_siblings = False

    def is_holding(self) -> bool:
        return False

    @property
    def last_asked(self) -> CardSide | None:
        return self.asked[-1].asks if self.asked else None

    @property
    def asked_by_origin(self) -> Counter[str]:
        return Counter(one.origin for one in self.asked)

    def comes(self, one: CardSide) -> bool:
        """Whether the question is not held back."""
        return True

    def learning(self, *, before: datetime) -> list[SameDayStep]:
        found = (s for s in self.scheduled if s.memory.state is not State.REVIEW and s.memory.due <= before)
        steps = self._in_order(found, lambda s: s.memory.due)
        return [SameDayStep(one.card.asks, one.memory.due) for one in steps]

    def review(self, *, until: date | None, limit: int) -> list[Scheduled]:
        found = (s for s in self.scheduled if s.memory.state is State.REVIEW)
        due = (s for s in found if until is None or s.memory.due_day <= until)
        return [one.as_scheduled() for one in self._in_order(due, lambda s: s.memory.due_day)][:limit]

    def weakest(self, *, limit: int) -> list[Scheduled]:
        found = (s for s in self.scheduled if s.memory.state is State.REVIEW)
        return [one.as_scheduled() for one in self._in_order(found, lambda s: s.memory.stability)][:limit]

    def _in_order(self, found: Iterable[Remembered], key: Callable[[Remembered], Any]) -> list[Remembered]:
        coming = (one for one in found if self.comes(one.card.asks))
        return sorted(coming, key=lambda one: (key(one), one.card.id))

    def unseen(self, *, limit: int) -> list[CardSide]:
        return [one.asks for one in self.new][:limit]

    def card(self, asks: CardSide) -> StudyCard:
        known = {one.asks: one for one in (*self.new, *(one.card for one in self.scheduled))}
        return known[asks]

    def answer(self, card_id: int, origin: str, rating: Rating, now: datetime) -> None:
        """Rate the drawn card, as the site does between two draws."""
        old = next((s for s in self.scheduled if s.card.id == card_id), None)
        after = fsrs_memory.review(old.memory if old else None, rating, now, now.date())
        self.scheduled = [s for s in self.scheduled if s.card.id != card_id] + [
            Remembered(card(card_id), after)
        ]
        self.new = [c for c in self.new if c.id != card_id]
        verdict = Verdict.WRONG if rating is Rating.AGAIN else Verdict.CORRECT
        self.asked.append(Asked(CardSide(card_id, Side.DEFINITION), origin, verdict))


@dataclass
class BothSidesQueue(MemoryQueue):
    """The same where cards ask for both sides: while it holds back, no sibling of what was asked is in it."""

    @classmethod
    def of(cls, scheduled: list[Remembered], new: list[CardSide], *, new_limit: int) -> "BothSidesQueue":
        settings = SessionSettings(queue="due", new_limit=new_limit)
        return cls(scheduled, [card(*asks) for asks in new], settings)

    def is_held(self, asks: CardSide) -> bool:
        return any(one.asks == asks.sibling for one in self.asked)

    has_siblings = True

    def is_holding(self) -> bool:
        return True

    def unseen(self, *, limit: int) -> list[CardSide]:
        found = [one.asks for one in self.new if self.comes(one.asks)]
        last = self.last_asked if not self.holds_back else None
        return sorted(found, key=lambda one: last is not None and one.card_id == last.card_id)[:limit]

    def comes(self, one: CardSide) -> bool:
        return not (self.holds_back and self.is_held(one))

    def could_ask(self, now: datetime) -> set[CardSide]:
        """What Spaced could ask now, also what is held back. New questions count one by one: any may be free."""
        due = [one for one in self.scheduled if one.memory.state is State.REVIEW and one.memory.due <= now]
        steps = [one for one in self.scheduled if one.memory.state is not State.REVIEW]
        soon = [one for one in steps if one.memory.due <= now + timedelta(minutes=self.settings.learn_ahead)]
        is_new_allowed = self.settings.new_limit > sum(one.origin == "new" for one in self.asked)
        return {one.card.asks for one in (*due, *soon)} | {one.asks for one in self.new if is_new_allowed}

    def rate(self, asks: CardSide, origin: str, rating: Rating, now: datetime) -> None:
        """Rate the drawn question, as the site does between two draws."""
        old = next((one for one in self.scheduled if one.card.asks == asks), None)
        after = fsrs_memory.review(old.memory if old else None, rating, now, now.date())
        self.scheduled = [one for one in self.scheduled if one.card.asks != asks]
        self.scheduled.append(Remembered(card(*asks), after))
        self.new = [one for one in self.new if one.asks != asks]
        verdict = Verdict.WRONG if rating is Rating.AGAIN else Verdict.CORRECT
        self.asked.append(Asked(asks, origin, verdict))


def available(queue: CardQueue, at: Moment) -> set[int]:
    """Every card that Spaced's queue could ask at this moment."""
    scheduled = [
        *queue.learning(before=at.now + timedelta(minutes=20)),
        *queue.review(until=at.today, limit=200),
    ]
    new_left = queue.settings.new_limit - sum(asked.origin == "new" for asked in queue.asked)
    return {item.asks.card_id for item in scheduled} | {
        one.card_id for one in queue.unseen(limit=max(0, new_left))
    }


def moment(now: datetime = NOON, day: date | None = None) -> Moment:
    return Moment(now, day or now.date())
