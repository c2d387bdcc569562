"""A matching block: several cards, each with its answer among the answers of all of them."""

from collections.abc import Mapping, Sequence
from random import Random

from sessions_app.study.questions import blocks
from sessions_app.study.questions.kinds.base import (
    LETTERS,
    LONGEST_RESPONSE,
    QuestionKind,
    number_among,
    verdict_of,
)
from sessions_app.study.questions.types import CardPool, Graded, Question
from sessions_app.study.types import JudgedBy, Kind, StudyCard


class Block(QuestionKind):
    """The response is ``pair-0``, ``pair-1`` ...: for each prompt the number of an option. Only on papers."""

    kind = Kind.BLOCK
    draw_rank = 2
    fewest_cards = blocks.FEWEST

    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        """None: a block is about several cards (`block_question`)."""
        return None

    def fields(self, question: Question) -> Sequence[str]:
        return [pair_name(place) for place in range(len(question.cards))]

    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.fields(question):
            found |= number_among(data, name, len(question.options))
        return found

    def filled(self, question: Question, saved: Mapping[str, str]) -> int:
        return len(saved)

    def grade_saved(self, question: Question, saved: Mapping[str, str]) -> list[Graded]:
        names = [(place, pair_name(place)) for place in range(len(question.cards))]
        return [self._pair(question, place, int(saved[name])) for place, name in names if name in saved]

    def _pair(self, question: Question, place: int, picked: int) -> Graded:
        card, owner = question.cards[place], question.option_cards[picked]
        return Graded(
            card,
            self.evidence,
            verdict_of(is_right=card == owner),
            response=question.options[picked][:LONGEST_RESPONSE],
            mistaken_for=None if card == owner else owner,
            judged_by=JudgedBy.CHOICE,
        )

    def given(self, question: Question, saved: Mapping[str, str], place: int) -> str:
        number = saved.get(pair_name(place))
        return "" if number is None else question.options[int(number)]

    def answer_key(self, question: Question) -> list[tuple[str, str]]:
        right = [right_pair(question, place) for place in range(len(question.cards))]
        return [(LETTERS[number], question.options[number]) for number in right]


def block_question(cards: Sequence[StudyCard], rng: Random, *, origin: str) -> Question:
    """A block of ``cards``, which can be in one block (`blocks.block`); the answers are shuffled."""
    side = cards[0].side
    answers = list(cards)
    rng.shuffle(answers)
    return Question(
        kind=Kind.BLOCK,
        card_id=cards[0].id,
        side=side,
        prompt="",
        answer="",
        origin=origin,
        options=tuple(card.text(side) for card in answers),
        option_cards=tuple(card.id for card in answers),
        cards=tuple(card.id for card in cards),
        prompts=tuple(card.text(side.other) for card in cards),
    )


def pair_name(place: int) -> str:
    """The name of the field for the prompt at ``place``, from 0."""
    return f"pair-{place}"


def right_pair(question: Question, place: int) -> int:
    """The number of the option that belongs to the block's prompt at ``place``."""
    return question.option_cards.index(question.cards[place])
