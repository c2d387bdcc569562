"""Learners who study Learn without a site: the queue is in memory, the clock moves in steps."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from sessions_app.study.modes import LEARN, learn, next_question
from sessions_app.study.modes.types import Asked, SessionSettings
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.types import Outcome, Progress
from sessions_app.study.types import CardSide, Evidence, Kind, Level, Side, StudyCard, Verdict
from tests.sessions_app.study.build import NOON, moment

MINUTE = timedelta(minutes=1)
# Says whether the learner gets a question right.
Learner = Callable[[Question, Random], bool]


def cards(number: int) -> list[StudyCard]:
    """Cards of which every third can be typed."""
    return [
        StudyCard(
            one,
            f"term number {one}",
            f"answer {one}" if one % 3 else f"a definition of more than five words, number {one}",
            Side.DEFINITION,
        )
        for one in range(1, number + 1)
    ]


@dataclass
class LearnQueue:
    """`types.CardQueue` over a list of cards, with the parts that Learn uses."""

    deck: list[StudyCard]
    settings: SessionSettings
    known: dict[CardSide, Progress] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    put_aside: set[int] = field(default_factory=set)
    started_at: object = NOON
    both_sides: bool = False
    asked_today: set[CardSide] = field(default_factory=set)
    holds_back: bool = True

    def level(self, asks: CardSide) -> Level:
        return self.known.get(asks, Progress()).level

    def choosable(self) -> list[CardSide]:
        cards = (card for card in self.deck if card.id not in self.put_aside)
        if self.settings.cards:
            cards = (card for card in cards if card.id in self.settings.cards)
        if self.both_sides:
            return [CardSide(card.id, side) for card in cards for side in sorted(Side)]
        return [card.asks for card in cards]

    @property
    def has_siblings(self) -> bool:
        return self.both_sides

    def is_held(self, asks: CardSide) -> bool:
        return asks in self.held()

    def held(self) -> set[CardSide]:
        return {asks.sibling for asks in self.asked_today} | {one.asks.sibling for one in self.asked}

    def is_holding(self) -> bool:
        return self.both_sides

    def active(self) -> list[CardSide]:
        held = self.held() if self.both_sides and self.holds_back else set()
        return [one for one in self.choosable() if one not in held]

    def levels(self, asks: Collection[CardSide], *, below: Level, limit: int) -> Mapping[CardSide, Level]:
        active = dict.fromkeys(self.active())
        first = [one for one in asks if one in active]
        others = [one for one in active if Level.NEW < self.level(one) < below and one not in asks]
        return {one: self.level(one) for one in (*first, *others[:limit])}

    def new_questions(self, *, besides: Collection[CardSide], limit: int) -> Sequence[CardSide]:
        new = [one for one in self.active() if self.level(one) is Level.NEW and one not in besides]
        if self.holds_back:
            known = {one.card_id for one in besides}
            new = list({one.card_id: one for one in reversed(new) if one.card_id not in known}.values())[::-1]
        return new[:limit]

    def reached(self, *, level: Level, limit: int) -> Sequence[CardSide]:
        return [one for one in self.active() if self.level(one) >= level][:limit]

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        deck = [replace(card, side=asks.side) for card in self.deck] if self.both_sides else self.deck
        found = [card for card in deck if card.id == asks.card_id]
        return CardPool(found[0], deck, {}) if found else None


@dataclass
class Sat:
    """A session that has ended."""

    queue: LearnQueue
    questions: list[Question]
    rights: list[bool]

    def levels(self) -> list[Level]:
        return [self.queue.level(asks) for asks in self.queue.choosable()]


def sit(
    number: int,
    learner: Learner,
    *,
    kinds: Sequence[Kind] = (),
    seed: int = 1,
    known: dict[CardSide, Progress] | None = None,
    most: int = 2_000,
    both_sides: bool = False,
    watch: Callable[[LearnQueue, Question], None] | None = None,
) -> Sat:
    """Study ``number`` cards until the session ends, or ``most`` questions are asked.

    ``watch`` is called with each question before it is answered.
    """
    size = 2 * number if both_sides else number
    settings = SessionSettings(kinds=tuple(kinds), size=size, cards_to_ask=number)
    queue = LearnQueue(cards(number), settings, dict(known or {}), both_sides=both_sides)
    sat, chance = Sat(queue, [], []), Random(seed)
    while len(sat.questions) < most:
        now = NOON + MINUTE * len(sat.questions)
        queue.holds_back = True
        question = next_question(LEARN, queue, moment(now), f"{seed}:{len(sat.questions)}")
        if question is None:
            return sat
        if watch:
            watch(queue, question)
        right = learner(question, chance)
        sat.questions.append(question)
        sat.rights.append(right)
        take(queue, question, right=right)
    return sat


def take(queue: LearnQueue, question: Question, *, right: bool) -> None:
    """Apply the answer and go to the next question, as the site does."""
    now = NOON + MINUTE * len(queue.asked)
    recall = question.kind in learn.RECALLS
    since = list(reversed(queue.asked))
    last = next(
        (n for n, one in enumerate(since) if one.asks == question.asks and one.kind in learn.RECALLS),
        None,
    )
    verdict = Verdict.CORRECT if right else Verdict.WRONG
    outcome = Outcome(
        side=question.side,
        kind=question.kind,
        evidence=Evidence.RECALL if recall else Evidence.RECOGNITION,
        verdict=verdict,
        rating=None,
        reviewed_at=now,
        study_day=NOON.date(),
        gap=last,
        gap_needed=progress.gap_needed(len(queue.deck)),
    )
    before = queue.known.get(question.asks, Progress())
    queue.known[question.asks] = progress.fold(before, outcome, 0.9)
    queue.asked.append(Asked(question.asks, question.origin, verdict, question.kind, question.round))
    queue.plan = question.plan
