"""Papers: how they are drawn, from the shipped deck and from random ones."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.study.distractors.similarity import names
from sessions_app.study.distractors.twins import are_twins, weights_of
from sessions_app.study.judging import judge
from sessions_app.study.modes import test as mode
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import blocks, paper_answers
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Side, StudyCard, Verdict
from tests.sessions_app.study.decks import deck_of, decks, large, shipped

KINDS = [kind.value for kind in mode.KINDS]
SEEDS = range(20)
some_kinds = st.sets(st.sampled_from(KINDS), min_size=1).map(tuple)


def draw(
    deck: list[StudyCard], questions: int = 20, *, kinds: tuple[str, ...] = (), seed: int = 1
) -> mode.Paper:
    pool = mode.TestPool(deck, {card.asks for card in deck}, {})
    return mode.paper(pool, SessionSettings(questions=questions, kinds=kinds), Random(seed))


def counts(paper: mode.Paper) -> Counter[Kind]:
    """How many questions of each kind; a block's pairs one by one."""
    found: Counter[Kind] = Counter()
    for question in paper.questions:
        found[question.kind] += paper_answers.points(question)
    return found


def cards(paper: mode.Paper) -> list[int]:
    return [card for question in paper.questions for card in paper_answers.cards_of(question)]


def test_kinds_are_spread_evenly():
    assert set(counts(draw(shipped(), 20)).values()) == {4}
    assert set(counts(draw(shipped(), 23)).values()) == {4, 5}


def test_seed_decides_the_paper():
    assert draw(shipped(), seed=7) == draw(shipped(), seed=7)
    assert draw(shipped(), seed=7) != draw(shipped(), seed=8)


def test_paper_can_hold_every_card():
    paper = draw(shipped(), 46)
    assert sorted(cards(paper)) == [card.id for card in shipped()]


def test_only_askable_cards_are_asked():
    pool = mode.TestPool(shipped(), {card.asks for card in shipped() if card.id in {3, 5, 8}}, {})
    paper = mode.paper(pool, SessionSettings(questions=20), Random(1))
    assert set(cards(paper)) == {3, 5, 8}


def test_confused_card_is_a_wrong_option():
    deck = large(40)
    pool = mode.TestPool(deck, {card.asks for card in deck if card.id == 7}, {7: {30: 9}})
    paper = mode.paper(pool, SessionSettings(questions=1, kinds=("choice",)), Random(1))
    assert 30 in paper.questions[0].option_cards


def test_kind_with_too_few_cards_is_reported_and_replaced():
    """Answers that cannot be typed."""
    deck = [StudyCard(n, f"word{n}", f"$x^{n}$ and $y_{n}$", Side.DEFINITION) for n in range(20)]
    paper = draw(deck, 16, kinds=("choice", "typed", "flip"))
    assert paper.short == [Kind.TYPED]
    assert counts(paper) == {Kind.CHOICE: 8, Kind.FLIP: 8}


def test_single_card_gives_no_block_or_choice():
    paper = draw(deck_of(("sun", "Sonne")))
    assert [question.kind for question in paper.questions] in ([Kind.TYPED], [Kind.FLIP])
    assert draw(deck_of(("sun", "Sonne")), kinds=("choice",)).questions == []


def test_identical_cards_are_asked_by_recall_only():
    paper = draw(deck_of(*[("same", "equal")] * 6), 6)
    assert set(counts(paper)) <= {Kind.TYPED, Kind.FLIP}
    assert len(cards(paper)) == 6


def test_large_blocks_are_divided_evenly():
    assert [blocks.sizes(number) for number in (2, 10, 11, 25)] == [[2], [10], [6, 5], [9, 8, 8]]
    paper = draw(large(120), 25, kinds=("block",))
    assert sorted(len(question.cards) for question in paper.questions) == [8, 8, 9]


@pytest.mark.slow
def test_block_asks_for_one_side():
    for seed in SEEDS[:10]:
        for question in draw(shipped(), 46, kinds=("block",), seed=seed).questions:
            sides = {card.side for card in shipped() if card.id in question.cards}
            assert sides == {question.side}


def test_half_of_the_statements_are_true():
    drawn = [q for seed in SEEDS for q in draw(shipped(), 20, kinds=("true_false",), seed=seed).questions]
    true = sum(question.options[0] == question.answer for question in drawn)
    assert 0.4 < true / len(drawn) < 0.6


@pytest.mark.slow
def test_marked_twins_are_never_in_one_block():
    by_id = {card.id: card for card in shipped()}
    for seed in SEEDS:
        for question in draw(shipped(), 46, kinds=("block",), seed=seed).questions:
            assert not any(by_id[one].twins.intersection(question.cards) for one in question.cards)


@pytest.mark.slow
@settings(max_examples=60)
@given(deck=decks(), kinds=some_kinds, questions=st.integers(1, 10), seed=st.integers(0, 99))
def test_any_paper_respects_its_settings(deck, kinds, questions, seed):
    paper = draw(deck, questions, kinds=kinds, seed=seed)
    asked = cards(paper)
    assert len(asked) == len(set(asked)) <= min(questions, len(deck))
    assert {question.kind.value for question in paper.questions} <= set(kinds)
    assert paper == draw(deck, questions, kinds=kinds, seed=seed)
    if "flip" in kinds:
        assert len(asked) == min(questions, len(deck))
    by_id = {card.id: card for card in deck}
    for question in paper.questions:
        check(question, by_id, deck)
        assert Question.from_json(question.to_json()) == question


def check(question: Question, by_id: dict[int, StudyCard], deck: list[StudyCard]) -> None:
    if question.kind is Kind.CHOICE:
        assert [is_right(question, option) for option in question.options].count(True) == 1
    elif question.kind is Kind.TRUE_FALSE:
        assert is_right(question, question.options[0]) == (question.options[0] == question.answer)
    elif question.kind is Kind.BLOCK:
        check_block(question, by_id, deck)


def is_right(question: Question, text: str) -> bool:
    right = judge(text, question.answer, accepted=question.accepted).verdict is Verdict.CORRECT
    return text == question.answer or right


def check_block(question: Question, by_id: dict[int, StudyCard], deck: list[StudyCard]) -> None:
    """No twins, all texts distinct, and each prompt has one answer."""
    chosen = [by_id[card] for card in question.cards]
    assert blocks.FEWEST <= len(chosen) <= blocks.MOST
    assert sorted(question.option_cards) == sorted(question.cards)
    for one in chosen:
        for other in chosen:
            if one is not other:
                side = question.side
                assert not are_twins(one, other, weights_of(deck))
                assert not names(one.text(side)).meets(names(other.text(side)))
                assert not names(one.text(side.other)).meets(names(other.text(side.other)))
                verdict = judge(other.text(side), one.text(side), accepted=one.accepted(side)).verdict
                assert verdict is not Verdict.CORRECT


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_can_fill_a_paper(kind):
    paper = draw(large(60), 20, kinds=(kind,))
    assert len(cards(paper)) == 20
    assert paper.short == []
