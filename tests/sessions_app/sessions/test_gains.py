"""Sentences at the end of a round or a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.sessions.gains import (
    Comparison,
    KindResult,
    Known,
    Reached,
    Ring,
    Score,
    board_comparison,
    known_sentence,
    reached_sentence,
    ring,
    score_sentence,
)


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


CHOICES, TYPED = KindResult("Choices", 5, 5), KindResult("Typed answers", 0, 5)


@pytest.mark.parametrize(
    ("score", "last", "sentence"),
    [
        (Score(10, 10), None, "Everything right."),
        (Score(19, 20), None, "Almost everything right."),
        (Score(7, 10), None, "Most of it right."),
        (Score(6, 10), None, "More than half right."),
        (Score(5, 10), None, "Half right."),
        (Score(4, 10), None, "Less than half right."),
        (Score(0, 1), None, "Nothing right this time."),
        (Score(5, 10), Score(3, 10), "Half right, 20 points more than last time."),
        (Score(2, 200), Score(0, 200), "Less than half right, 1 point more than last time."),
        (Score(5, 10), Score(6, 10), "Half right."),
        (Score(5, 10), Score(5, 10), "Half right."),
        (Score(4, 5), Score(5, 10), "Most of it right."),
    ],
)
def test_score_is_compared_if_it_is_better(score: Score, last: Score | None, sentence: str) -> None:
    assert score_sentence(score, [], last) == sentence


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ([CHOICES, TYPED], "Half right. Typed answers are the weak spot."),
        ([TYPED, CHOICES], "Half right. Typed answers are the weak spot."),
        ([KindResult("Choices", 3, 5), KindResult("Typed answers", 2, 5)], "Half right."),
        ([KindResult("Typed answers", 0, 5)], "Half right."),
        ([CHOICES, KindResult("Typed answers", 0, 0)], "Half right."),
    ],
)
def test_score_names_the_weakest_kind(kinds: list[KindResult], sentence: str) -> None:
    assert score_sentence(Score(5, 10), kinds) == sentence


@pytest.mark.parametrize(
    ("time", "others", "comparison"),
    [
        (8_140, [], Comparison(False, "your first time")),
        (8_140, [8_390, 9_000], Comparison(True, "0.2 s faster")),
        (8_140, [68_140], Comparison(True, "60.0 s faster")),
        (8_140, [8_199], Comparison(False, "as fast as your best")),
        (8_199, [8_101], Comparison(False, "as fast as your best")),
        (9_500, [9_900, 8_140], Comparison(False, "1.4 s behind your best")),
    ],
)
def test_board_is_compared_with_the_best_time(time: int, others: list[int], comparison: Comparison) -> None:
    assert board_comparison(time, others) == comparison
