"""A board of Matching: its cards, and which pairs are right."""

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.study.distractors.similarity import names
from sessions_app.study.distractors.twins import are_twins, weights_of
from sessions_app.study.modes import matching
from sessions_app.study.modes.matching import LEAST_PAIRS, PAIRS, Board, Candidate, draw, match
from sessions_app.study.questions.types import InvalidResponseError
from sessions_app.study.types import StudyCard
from tests.sessions_app.study.decks import deck_of, decks, large, shipped

SEEDS = st.integers(0, 2**31)


def candidates(deck: list[StudyCard]) -> list[Candidate]:
    return [Candidate(card, card.term, card.definition) for card in deck]


def board_of(
    deck: list[StudyCard], seed: int = 0, recent: list[tuple[int, ...]] | None = None
) -> Board | None:
    return draw(candidates(deck), recent or [], Random(seed))


def right_pairs(board: Board) -> list[tuple[int, int]]:
    numbers = range(len(board.terms))
    return [
        (term, definition) for term in numbers for definition in numbers if match(board, term, definition)
    ]


# --- What comes on a board


def check(board: Board | None, deck: list[StudyCard]) -> None:
    """What holds for every board: texts of the deck, no two of them the same, no twins, one solution."""
    cards = {card.id: card for card in deck}
    if board is None:
        return
    assert LEAST_PAIRS <= len(board.terms) == len(board.definitions) == len(set(board.cards)) <= PAIRS
    for number, card in enumerate(board.cards):
        assert (board.terms[number], board.definitions[board.key[number]]) == (
            cards[card].term,
            cards[card].definition,
        )
    texts = [*board.terms, *board.definitions]
    assert not any(names(one).meets(names(other)) for one, other in combinations(texts, 2))
    assert all(names(text).whole for text in texts)
    weights = weights_of(deck)
    assert not any(
        are_twins(cards[one], cards[other], weights) for one, other in combinations(board.cards, 2)
    )
    assert right_pairs(board) == list(enumerate(board.key))


@pytest.mark.slow
@settings(max_examples=300)
@given(decks(), SEEDS)
def test_any_board_has_one_solution(deck, seed):
    check(board_of(deck, seed), deck)


@pytest.mark.slow
@settings(max_examples=200)
@given(decks(), SEEDS)
def test_short_board_has_no_card_left_to_add(deck, seed):
    board = board_of(deck, seed)
    if board is None or len(board.terms) == PAIRS:
        return
    every, weights = {each.card.id: each for each in candidates(deck)}, weights_of(deck)
    taken = [every[card] for card in board.cards]
    for other in set(every) - set(board.cards):
        fits = every[other].is_playable and all(every[other].goes_with(each, weights) for each in taken)
        assert not fits


@given(decks(), SEEDS)
def test_same_seed_gives_the_same_board(deck, seed):
    assert board_of(deck, seed) == board_of(deck, seed)


@pytest.mark.parametrize("deck", [shipped(), large(300)], ids=["shipped", "large"])
def test_boards_of_real_decks_are_full_and_at_most_half_short(deck):
    short = matching.shorter_half([each for each in candidates(deck) if each.is_playable])
    for seed in range(40):
        board = board_of(deck, seed)
        check(board, deck)
        assert len(board.terms) == PAIRS
        assert len(short & set(board.cards)) <= PAIRS // 2


def test_next_boards_have_other_cards():
    deck, recent = large(46), []
    for seed in range(7):
        board = board_of(deck, seed, recent)
        assert not {card for cards in recent for card in cards} & set(board.cards)
        recent.insert(0, board.cards)


def test_recently_seen_cards_return_oldest_first():
    deck = large(12)
    first = board_of(deck, 1)
    second = board_of(deck, 2, [first.cards])
    third = board_of(deck, 3, [second.cards, first.cards])
    assert set(third.cards) == set(first.cards)


def test_both_sides_are_shuffled():
    boards = [board_of(large(40), seed) for seed in range(30)]
    assert len({board.key for board in boards}) > 20
    assert len({board.cards for board in boards}) == 30


# --- What does not


@pytest.mark.parametrize(
    "deck",
    [
        [],
        deck_of(("a", "1")),
        deck_of(("a", "1"), ("b", "2")),
        deck_of(*[("same", "same too")] * 9),
        deck_of(*[(f"word {number}", "the same") for number in range(9)]),
        deck_of(*[(f"word{number}", "") for number in range(9)]),
        deck_of(*[(f"word{number}", f"**Word{number}**") for number in range(9)]),
        deck_of(*[(f"word{number}", f"definition{number % 2}") for number in range(9)]),
    ],
)
def test_deck_with_fewer_than_three_pairs_gives_no_board(deck):
    assert board_of(deck) is None


@pytest.mark.parametrize(
    "clashing",
    [
        [("dog", "Hund"), ("Dog.", "Köter")],
        [("dog", "Hund"), ("cur", "*Hund*")],
        [("dog; hound", "Hund"), ("hound", "Jagdhund")],
        [("dog", "Hund"), ("Hund", "a German dog")],
        [("area", "$x^2$"), ("square", "$x^{2}$")],
        [("cafe\u0301", "Café"), ("café", "Kaffee")],
        [("Benefit of pooling layers", "fewer values"), ("Usefulness of a pooling layer", "invariance")],
    ],
)
def test_ambiguous_cards_are_never_on_one_board(clashing):
    deck = deck_of(*clashing, ("amber", "eins"), ("birch", "zwei"), ("cedar", "drei"), ("dune", "vier"))
    for seed in range(20):
        board = board_of(deck, seed)
        check(board, deck)
        assert len({0, 1} & set(board.cards)) < 2


def test_accepted_answer_of_a_card_is_no_other_tile():
    deck = large(6)
    deck[0] = replace(deck[0], accepted_terms=(deck[1].term,))
    boards = [board_of(deck, seed) for seed in range(20)]
    assert all(not {0, 1} <= set(board.cards) for board in boards)


def test_texts_that_read_alike_clash_whatever_their_source():
    deck = [
        *deck_of(("AT&amp;T", "one"), ("AT&T", "two")),
        *[replace(card, id=card.id + 2) for card in large(4)],
    ]
    known = [Candidate(card, card.term.replace("&amp;", "&"), card.definition) for card in deck]
    for seed in range(20):
        assert not {0, 1} <= set(draw(known, [], Random(seed)).cards)


def test_cards_with_many_conflicts_do_not_shorten_the_board():
    hub = ("alpha; beta; gamma; delta; epsilon", "Greek letters")
    deck = deck_of(hub, *[(word, f"{word} only") for word in "alpha beta gamma delta epsilon zeta".split()])
    deck = [card if card.id == 0 else replace(card, definition=f"number {card.id}") for card in deck]
    assert all(len(board_of(deck, seed).terms) == PAIRS for seed in range(20))


# --- Judging


def test_pair_is_judged_by_its_texts():
    twice = Board(("dog", "Dog", "cat"), ("Hund", "Hund", "Katze"), (0, 1, 2), (1, 2, 3))
    assert right_pairs(twice) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(("term", "definition"), [(-1, 0), (0, -1), (6, 0), (0, 6), (10**9, 0)])
def test_tiles_outside_the_board_are_no_pair(term, definition):
    with pytest.raises(InvalidResponseError):
        match(board_of(large(20)), term, definition)


@given(decks(), SEEDS)
def test_board_survives_its_json(deck, seed):
    board = board_of(deck, seed)
    assert board is None or Board.from_json(board.to_json()) == board


@pytest.mark.parametrize(
    ("elapsed", "misses", "time"), [(24_300, 0, 24_300), (10, 3, 3_010), (-5_000, 1, 1_000)]
)
def test_each_wrong_pair_adds_a_second(elapsed, misses, time):
    assert matching.time_of(elapsed, misses) == time
