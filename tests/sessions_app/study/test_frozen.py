"""Frozen questions and boards stay readable when some cards' texts are erased, and keep other cards' texts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.modes.matching import Board
from sessions_app.study.questions.frozen import board_without, question_without
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Side

SAID = "gone"
CARDS = st.lists(st.integers(1, 9), min_size=2, max_size=6, unique=True)


def choice(*, card=1):
    """Of cards 1 to 3, and an option that the owner wrote."""
    return Question(
        kind=Kind.CHOICE,
        card_id=card,
        side=Side.DEFINITION,
        prompt=f"term {card}",
        answer=f"text {card}",
        origin="new",
        options=("text 1", "text 2", "text 3", "own"),
        option_cards=(1, 2, 3, 0),
        accepted=("also",),
    )


def without(question, *cards, texts=()):
    return Question.from_json(question_without(question.to_json(), cards, texts, SAID))


def test_erasing_the_asked_card_erases_its_texts():
    question = without(choice(), 1)
    assert (question.prompt, question.answer, question.accepted) == (SAID, SAID, ())
    assert question.options == (SAID, "text 2", "text 3", SAID)


def test_erasing_an_option_keeps_the_asked_card():
    question = without(choice(), 2)
    assert (question.prompt, question.answer, question.accepted) == ("term 1", "text 1", ("also",))
    assert question.options == ("text 1", SAID, "text 3", "own")


@pytest.mark.parametrize(("hidden", "answer"), [(5, SAID), (1, "text 1")])
def test_right_option_is_erased_with_the_asked_card(hidden, answer):
    """Card 5 has the same answer as card 1, with which the option is stored."""
    question = without(replace(choice(), card_id=5), hidden)
    assert question.answer == answer
    assert question.options[:3] == (answer, "text 2", "text 3")


def test_other_answers_are_erased_by_their_texts():
    typed = Question(Kind.TYPED, 1, Side.DEFINITION, "p", "a", "new", others=("x", "y"), twins=("y", "z"))
    question = without(typed, 2, texts={"y"})
    assert (question.others, question.twins) == (("x",), ("z",))


@given(CARDS, st.sets(st.integers(0, 9)), st.randoms())
def test_erasing_keeps_the_order_of_blocks_and_boards(cards, hidden, rng):
    places = rng.sample(range(len(cards)), len(cards))
    owners = [cards[place] for place in places]
    block = Question(
        Kind.BLOCK,
        cards[0],
        Side.DEFINITION,
        "",
        "",
        "new",
        options=tuple(f"d{card}" for card in owners),
        option_cards=tuple(owners),
        cards=tuple(cards),
        prompts=tuple(f"t{card}" for card in cards),
    )
    after = without(block, *hidden)
    assert after.prompts == tuple(SAID if card in hidden else f"t{card}" for card in cards)
    assert after.options == tuple(SAID if card in hidden else f"d{card}" for card in owners)
    assert (after.prompt, after.cards, after.option_cards) == ("", block.cards, block.option_cards)
    key = tuple(places.index(number) for number in range(len(cards)))
    board = Board(block.prompts, block.options, key, block.cards)
    bare = Board.from_json(board_without(board.to_json(), hidden, SAID))
    assert (bare.terms, bare.definitions, bare.key, bare.cards) == (
        after.prompts,
        after.options,
        key,
        board.cards,
    )
