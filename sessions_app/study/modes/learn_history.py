"""What a session of Learn knows of its answers so far, by question."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from sessions_app.study.modes.types import Asked
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.types import CardSide, Evidence, Kind, Level, Verdict

# Why the first card of a mixed review was drawn.
REVIEW = "review"

# Other questions between two questions about a card.
QUESTIONS_BETWEEN = 3
# After this many misses a card rests until the next session.
RESTS_AFTER = 3
ROUNDS_AWAY = 2
ENOUGH_RECALLS = 2
QUESTIONS_A_CARD = 3


@dataclass(frozen=True)
class SessionHistory:
    """The session's answers so far; ``cards`` is the number of cards that it asks.

    ``levels`` and ``gone`` are filled while the next question is chosen. ``only`` are the cards that `by_question`
    is about; None for all.
    """

    asked: Sequence[Asked]
    cards: int
    kinds: frozenset[Kind]
    levels: dict[CardSide, Level] = field(default_factory=dict)
    gone: set[CardSide] = field(default_factory=set)
    only: frozenset[int] | None = None

    def about(self, questions: Collection[CardSide]) -> Self:
        """The same for these questions alone: within a round nothing else is needed of a long session."""
        return replace(self, levels={}, only=frozenset(asks.card_id for asks in questions))

    @cached_property
    def goal(self) -> Level:
        """The highest level that the chosen kinds of question can give."""
        return Level.LEARNED if any(is_recall(kind) for kind in self.kinds) else Level.RECOGNISED

    @cached_property
    def is_review(self) -> bool:
        return bool(self.asked) and self.asked[0].origin == REVIEW

    @cached_property
    def round(self) -> int:
        return self.asked[-1].round if self.asked else 0

    @cached_property
    def by_question(self) -> Mapping[CardSide, list[Asked]]:
        found: dict[CardSide, list[Asked]] = {}
        for one in self.asked:
            if one.asks is not None and (self.only is None or one.asks.card_id in self.only):
                found.setdefault(one.asks, []).append(one)
        return found

    @cached_property
    def last_at(self) -> Mapping[CardSide, int]:
        return {one.asks: number for number, one in enumerate(self.asked) if one.asks is not None}

    @cached_property
    def gap(self) -> int:
        """How many others there must be between two questions about a card."""
        return max(0, min(QUESTIONS_BETWEEN, self.cards - 1))

    @cached_property
    def just_asked(self) -> frozenset[int]:
        """The cards of the last questions: also the other question of such a card shows its answer."""
        last = self.asked[-self.gap :] if self.gap else ()
        return frozenset(one.asks.card_id for one in last if one.asks is not None)

    def is_ready(self, asks: CardSide) -> bool:
        """Whether enough others have been asked since the card was."""
        return asks.card_id not in self.just_asked

    def rests(self, asks: CardSide) -> bool:
        misses = (one for one in self.by_question.get(asks, ()) if one.verdict == Verdict.WRONG)
        return sum(1 for _ in misses) >= RESTS_AFTER

    def was_missed(self, asks: CardSide) -> bool:
        """Whether the card's last answer in this session was a miss."""
        answers = self.by_question.get(asks)
        return bool(answers) and answers[-1].verdict == Verdict.WRONG  # type: ignore[index]

    def was_right(self, asks: CardSide) -> bool:
        answers = self.by_question.get(asks)
        return bool(answers) and answers[-1].verdict == Verdict.CORRECT  # type: ignore[index]

    def is_done(self, asks: CardSide) -> bool:
        """Whether the card needs no more questions in this session."""
        if self.is_review or not any(kind.raises_level for kind in self.kinds):
            return self.was_right(asks)
        if self.levels.get(asks, Level.NEW) >= self.goal:
            return True
        recent = self.by_question.get(asks, [])[-ENOUGH_RECALLS:]
        return len(recent) == ENOUGH_RECALLS and all(
            one.verdict == Verdict.CORRECT and is_recall(Kind(one.kind)) for one in recent
        )

    def had_most_questions(self, asks: CardSide) -> bool:
        return len(self.by_question.get(asks, ())) >= QUESTIONS_A_CARD

    def can_be_asked(self, asks: CardSide) -> bool:
        """Whether the card is in the deck and neither resting, suspended nor buried."""
        return asks in self.levels and asks not in self.gone and not self.rests(asks)

    def is_wanted(self, asks: CardSide) -> bool:
        return self.can_be_asked(asks) and not self.is_done(asks)

    def in_round(self, asks: CardSide) -> list[Asked]:
        return [one for one in self.by_question.get(asks, []) if one.round == self.round]

    def rounds_since(self, asks: CardSide) -> int:
        """How many rounds before the next one the card was asked; a large number if it never was."""
        answers = self.by_question.get(asks)
        return self.round + 1 - answers[-1].round if answers else len(self.asked) + ROUNDS_AWAY


def is_recall(kind: Kind) -> bool:
    """Whether a question of this kind asks for an answer without help."""
    return KINDS[kind].evidence is Evidence.RECALL
