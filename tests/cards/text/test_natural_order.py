"""The order of titles."""

from hypothesis import given
from hypothesis import strategies as st

from cards.text.natural_order import natural_key


def test_numbers_sort_by_value() -> None:
    titles = ["deck 10", "Deck 2", "deck 1", "Äpfel", "10 words", "9 words", "", "deck"]
    assert sorted(titles, key=natural_key) == [
        "",
        "9 words",
        "10 words",
        "deck",
        "deck 1",
        "Deck 2",
        "deck 10",
        "Äpfel",
    ]


@given(st.lists(st.text()))
def test_any_titles_can_be_sorted(titles: list[str]) -> None:
    sorted(titles, key=natural_key)
