"""A shuffled order is a permutation, the same for the same seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.shuffle import shuffled_place


@given(st.integers(1, 400), st.integers(1, 10**6))
def test_every_card_has_one_place(size, seed):
    assert sorted(shuffled_place(place, size, seed) for place in range(size)) == list(range(size))


def test_seed_decides_the_order():
    orders = {tuple(shuffled_place(place, 46, seed) for place in range(46)) for seed in range(1, 101)}
    assert len(orders) == 100


def test_every_card_is_equally_often_first():
    firsts = [shuffled_place(0, 10, seed) for seed in range(1, 2001)]
    assert all(120 < firsts.count(card) < 280 for card in range(10))


@pytest.mark.parametrize(("place", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_place_outside_the_deck_is_refused(place, size):
    with pytest.raises(ValueError, match="outside a deck"):
        shuffled_place(place, size, 1)
