"""Learners who study Learn without a site: the queue is in memory, the clock moves in steps."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sessions_app.study.modes import learn
from sessions_app.study.modes.types import Asked, SessionSettings
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.scheduling import progress
from sessions_app.study.scheduling.types import Outcome, Progress
from sessions_app.study.types import Evidence, Kind, Level, Side, StudyCard, Verdict
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
    known: dict[int, Progress] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    put_aside: set[int] = field(default_factory=set)
    started_at: object = NOON

    def level(self, card: int) -> Level:
        return self.known.get(card, Progress()).level

    def active(self) -> list[int]:
        return [card.id for card in self.deck if card.id not in self.put_aside]

    def levels(self, cards: Collection[int], *, below: Level, limit: int) -> Mapping[int, Level]:
        first = [card for card in cards if card in self.active()]
        others = [
            card for card in self.active() if Level.NEW < self.level(card) < below and card not in cards
        ]
        return {card: self.level(card) for card in (*first, *others[:limit])}

    def new_cards(self, *, besides: Collection[int], limit: int) -> Sequence[int]:
        new = (card for card in self.active() if self.level(card) is Level.NEW and card not in besides)
        return list(new)[:limit]

    def reached(self, *, level: Level, limit: int) -> Sequence[int]:
        return [card for card in self.active() if self.level(card) >= level][:limit]

    def card_pool(self, card_id: int, rng: Random) -> CardPool | None:
        found = [card for card in self.deck if card.id == card_id]
        return CardPool(found[0], self.deck, {}) if found else None


@dataclass
class Sat:
    """A session that has ended."""

    queue: LearnQueue
    questions: list[Question]
    rights: list[bool]

    def levels(self) -> list[Level]:
        return [self.queue.level(card.id) for card in self.queue.deck]


def sit(
    number: int,
    learner: Learner,
    *,
    kinds: Sequence[Kind] = (),
    seed: int = 1,
    known: dict[int, Progress] | None = None,
    most: int = 2_000,
) -> Sat:
    """Study ``number`` cards until the session ends, or ``most`` questions are asked."""
    settings = SessionSettings(kinds=tuple(kinds), size=number)
    queue = LearnQueue(cards(number), settings, dict(known or {}))
    sat, chance = Sat(queue, [], []), Random(seed)
    while len(sat.questions) < most:
        now = NOON + MINUTE * len(sat.questions)
        question = learn.draw(queue, moment(now), Random(f"{seed}:{len(sat.questions)}"))
        if question is None:
            return sat
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
        (n for n, one in enumerate(since) if one.card_id == question.card_id and one.kind in learn.RECALLS),
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
    before = queue.known.get(question.card_id, Progress())
    queue.known[question.card_id] = progress.fold(before, outcome, 0.9)
    queue.asked.append(
        Asked(question.card_id, question.origin, verdict, question.kind, question.round, question.plan)
    )
