"""Sentences at the end of a round or a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.sessions.gains import Known, Reached, Ring, known_sentence, reached_sentence, ring


@pytest.mark.parametrize(
    ("reached", "sentence"),
    [
        (Reached(9, 7, 0, 0), "7 of 9 cards met. 2 to go."),
        (Reached(9, 9, 5, 1), "5 of 9 cards recalled. 4 to go."),
        (Reached(9, 9, 9, 8), "8 of 9 cards learned. 1 to go."),
        (Reached(9, 9, 9, 9), "All 9 cards learned."),
        (Reached(1, 0, 0, 0), "0 of 1 card met. 1 to go."),
        (Reached(1, 1, 1, 1), "The card is learned."),
        (Reached(0, 0, 0, 0), ""),
    ],
)
def test_round_says_how_far_the_deck_is(reached: Reached, sentence: str) -> None:
    assert reached_sentence(reached, "card") == sentence


@pytest.mark.parametrize(
    ("known", "last", "sentence"),
    [
        (Known(9, 10), None, "You knew 9 of 10."),
        (Known(9, 10), Known(7, 10), "You knew 9 of 10, 2 more than last time."),
        (Known(7, 10), Known(9, 10), "You knew 7 of 10."),
        (Known(9, 30), Known(7, 7), "You knew 9 of 30."),
        (Known(10, 10), Known(0, 0), "You knew all 10."),
        (Known(1, 1), None, "You knew it."),
        (Known(0, 1), None, "1 answer: practice that counts."),
        (Known(0, 3), Known(2, 2), "3 answers: practice that counts."),
    ],
)
def test_session_says_what_was_known(known: Known, last: Known | None, sentence: str) -> None:
    assert known_sentence(known, last) == sentence


counts = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: Known(min(pair), max(pair)))


@given(counts, counts)
def test_session_is_only_compared_if_it_was_better(known: Known, last: Known) -> None:
    if "last time" in known_sentence(known, last):
        assert known.right > last.right
        assert known.right / known.answered >= last.right / last.answered


@pytest.mark.parametrize(
    ("thirds", "gained", "percents"),
    [(0, 0, (0, 0)), (1, 1, (0, 0)), (150, 150, (0, 50)), (299, 2, (99, 99)), (300, 3, (99, 100))],
)
def test_ring_is_full_only_when_all_is_learned(thirds: int, gained: int, percents: tuple[int, int]) -> None:
    assert ring(thirds, 300, gained) == Ring(*percents)


@given(st.integers(-9, 400), st.integers(0, 300), st.integers(-300, 300))
def test_ring_never_runs_back(thirds: int, whole: int, gained: int) -> None:
    shown = ring(thirds, whole, gained)
    assert (shown is None) == (whole == 0)
    assert shown is None or 0 <= shown.before <= shown.now <= 100
