"""Two cards that mean the same are twins, by their words or by the owner's choice."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from sessions_app.study.distractors.twins import are_twins, twins_of, weights_of
from sessions_app.study.types import StudyCard
from tests.sessions_app.study.decks import deck_of, decks, large, shipped

DECK = shipped()


def unmarked(deck: list[StudyCard]) -> list[StudyCard]:
    return [replace(card, twins=frozenset()) for card in deck]


def test_all_but_one_of_the_shipped_twins_are_found():
    weights, plain = weights_of(DECK), unmarked(DECK)
    pairs = {(card.id, twin) for card in DECK for twin in card.twins if card.id < twin}
    missed = [
        (plain[one].term[:10], plain[two].term[:9])
        for one, two in pairs
        if not are_twins(plain[one], plain[two], weights)
    ]
    assert len(pairs) == 14
    assert missed == [("Sequential", "Parameter")]


def test_marked_pairs_are_symmetric():
    for card in DECK:
        assert card.twins <= twins_of(card, DECK)


def test_normalization_layers_are_no_twins():
    norms = [card for card in DECK if card.term.endswith("axes")]
    weights = weights_of(DECK)
    assert not any(are_twins(one, other, weights) for one in norms for other in norms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Benefit of pooling layers", "Usefulness of a pooling layer"),
        ("pooling", "POOLED"),
        ("What is $x^2$?", "$x^{2}$"),
        ("大学", "大学生"),
        ("to be", "to be"),
    ],
)
def test_half_of_the_shorter_term_shared_makes_twins(one, other):
    fill = [(f"word{number}", f"text {number}") for number in range(20)]
    deck = deck_of((one, "a"), (other, "b"), *fill)
    assert twins_of(deck[0], deck) == {1}
    assert twins_of(deck[1], deck) == {0}


@pytest.mark.parametrize(
    ("one", "other"),
    [("the L1 loss", "the L2 loss"), ("", ""), ("", "word"), ("学生", "大学"), ("to do", "for her")],
)
def test_common_and_small_words_make_no_twins(one, other):
    deck = deck_of((one, "a"), (other, "b"), *((f"loss {number}", "c") for number in range(20)))
    assert 1 not in twins_of(deck[0], deck)


def test_words_follow_the_language_of_the_deck():
    deck = deck_of(("die Häuser", "a"), ("ein Haus", "b"), ("der Baum", "c"), ("das Kind", "d"))
    assert twins_of(deck[0], deck) == frozenset()
    assert twins_of(
        *(lambda german: (german[0], german))([replace(card, language="de-AT") for card in deck])
    ) == {1}


def test_owners_choice_overrides_the_words():
    deck = deck_of(("pooling", "a"), ("pooling layer", "b"), ("tree", "c"), ("river", "d"))
    assert twins_of(deck[0], deck) == {1}
    assert twins_of(replace(deck[0], distinct=frozenset({1})), deck) == frozenset()
    marked = [deck[0], deck[1], replace(deck[2], twins=frozenset({0})), deck[3]]
    assert twins_of(deck[0], marked) == {1, 2}
    both = replace(deck[2], twins=frozenset({0}), distinct=frozenset({0}))
    assert not are_twins(deck[0], both, weights_of(deck))


def test_cards_with_different_numbers_are_no_twins():
    war = [
        ("Start of World War I", "1914"),
        ("End of World War I", "1918"),
        ("World War I: its start", "1914"),
    ]
    deck = deck_of(*war, *((f"word{number}", str(number)) for number in range(20)))
    assert twins_of(deck[0], deck) == {2}
    assert twins_of(replace(deck[0], twins=frozenset({1})), deck) == {1, 2}


@pytest.mark.slow
@given(decks())
@settings(max_examples=150, deadline=None)
def test_twins_are_symmetric_and_never_the_card_itself(deck):
    weights = weights_of(deck)
    for card in deck:
        assert not are_twins(card, card, weights)
        for other in deck:
            assert are_twins(card, other, weights) is are_twins(other, card, weights)
            assert are_twins(card, other, weights) is (other.id in twins_of(card, deck))


def test_weights_of_a_large_deck_are_sampled_once():
    deck = large(2_000)
    assert weights_of(deck) is weights_of(list(deck))
    assert twins_of(deck[5], deck) == {
        place for place in range(2_000) if are_twins(deck[5], deck[place], weights_of(deck))
    }
