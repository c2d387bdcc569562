"""How a session of Learn begins: with a new card that can be asked as a choice, if there is one."""

from dataclasses import replace
from random import Random

import pytest

from sessions_app.study.modes import learn
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import CardPool
from sessions_app.study.scheduling.types import Progress
from sessions_app.study.types import CardSide, Kind, Level, Side, StudyCard
from tests.sessions_app.study.build import moment
from tests.sessions_app.study.decks import shipped
from tests.sessions_app.study.sitting import LearnQueue, take

SEEDS = range(50)


class CardQueue(LearnQueue):
    """Like the site's pool: all cards around one ask for its side. It counts its calls."""

    looked_at = 0

    def card_pool(self, asks: CardSide, rng: Random) -> CardPool | None:
        self.looked_at += 1
        found = super().card_pool(asks, rng)
        side = found and found.card.side
        return found and replace(found, deck=[replace(card, side=side) for card in found.deck])


def desk_of(deck: list[StudyCard], kinds: tuple[Kind, ...] = (), **more) -> CardQueue:
    return CardQueue(deck, SessionSettings(kinds=kinds, size=len(deck)), **more)


def words(size: int) -> list[StudyCard]:
    """Cards that can all be asked as a choice: no two have a word in common."""
    starts, ends = "bdfgklmnprst", ("ora", "elin", "utha", "anid", "ismo", "ecka")
    made = [f"{start}{end}" for start in starts for end in ends]
    return [
        StudyCard(number, word, f"{word[::-1]}an", Side.DEFINITION)
        for number, word in enumerate(made[:size], 1)
    ]


def closed(number: int) -> StudyCard:
    """A card whose prompt contains its answer: it would be no real choice."""
    return StudyCard(number, f"field of view {number}", f"view {number}", Side.DEFINITION)


def first(queue: CardQueue, seed: int = 1):
    return learn.draw(queue, moment(), Random(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_shipped_deck_starts_with_a_choice_in_any_order(seed):
    deck = shipped()
    Random(seed).shuffle(deck)
    question = first(desk_of([replace(card, id=card.id + 1, twins=frozenset()) for card in deck]), seed)
    assert question.kind is Kind.CHOICE
    assert len(question.options) == 4


@pytest.mark.parametrize("before", [0, 1, 6, 7, 8, 20, 48])
def test_first_card_with_choices_comes_first(before):
    deck = [*map(closed, range(1, before + 1)), *words(before + 5)[before:]]
    question = first(desk_of(deck))
    assert (question.kind, question.card_id, question.round) == (Kind.CHOICE, before + 1, 1)
    others = [number for number in range(1, before + 6) if number != before + 1]
    assert [asks.card_id for asks in question.plan] == [before + 1, *others][: learn.ROUND]


def test_cards_outside_the_plan_are_asked_later():
    queue = desk_of([*map(closed, range(1, 9)), *words(20)[8:]])
    asked = set()
    for number in range(70):
        question = learn.draw(queue, moment(), Random(number))
        if question is None:
            break
        asked.add(question.card_id)
        take(queue, question, right=True)
    assert asked == set(range(1, 21))


def test_first_card_is_flipped_without_choices():
    queue = desk_of([closed(number) for number in range(1, 101)])
    question = first(queue)
    assert (question.kind, question.card_id) == (Kind.FLIP, 1)
    assert [asks.card_id for asks in question.plan] == list(range(1, 8))
    assert queue.looked_at <= learn.MOST_OPENINGS + 1


@pytest.mark.parametrize("kinds", [(Kind.TYPED,), (Kind.FLIP,), (Kind.TYPED, Kind.FLIP)])
def test_round_without_choices_starts_with_the_first_card(kinds):
    question = first(desk_of([closed(1), *words(9)[1:]], kinds))
    assert question.card_id == 1
    assert question.kind in kinds


def test_true_false_can_open_a_round():
    question = first(desk_of([closed(1), *words(9)[1:]], (Kind.TRUE_FALSE, Kind.FLIP)))
    assert (question.kind, question.card_id) == (Kind.TRUE_FALSE, 2)


def test_cards_begun_earlier_still_come_first():
    known = {CardSide(9, Side.DEFINITION): Progress(level=Level.RECALLED, peak=Level.RECALLED)}
    assert first(desk_of([closed(1), *words(9)[1:]], known=known)).card_id == 9


def test_removed_card_is_skipped():
    queue = desk_of(words(9))
    there = [CardSide(card, Side.DEFINITION) for card in (99, *range(1, 10))]
    queue.new_questions = lambda besides, limit: [one for one in there if one not in besides][:limit]
    question = first(queue)
    assert (question.kind, question.card_id) == (Kind.CHOICE, 1)


def test_only_the_first_question_is_reordered():
    queue = desk_of([*map(closed, range(1, 5)), *words(9)[4:]])
    question = first(queue)
    take(queue, question, right=True)
    assert (question.card_id, first(queue).card_id, first(queue).kind) == (5, 1, Kind.FLIP)
