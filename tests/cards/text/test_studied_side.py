"""The rule that decides which side a card asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.text import studied_side

LONG = "a definition that has clearly more than five words"


@pytest.mark.parametrize(
    ("term", "definition", "side"),
    [
        ("Softmax loss", LONG, "term"),
        ("Purpose of pooling", LONG, "definition"),
        ("ReLU vs tanh", LONG, "definition"),
        ("Why pool?", LONG, "definition"),
        ("ResNet (2015)", LONG, "definition"),
        ("A name of four", LONG, "definition"),
        ("Capital of France", "Paris", "definition"),
        ("Year", "1989", "definition"),
        ("Speed of light", "299 792 458 m/s", "definition"),
        ("Energy", "$E = m c^2 + 1 + 2 + 3$", "definition"),
        ("Energy", "$E$ is energy", "term"),
        ("Energy", "", "term"),
        ("", LONG, "definition"),
    ],
)
def test_automatic_side_follows_the_texts(term: str, definition: str, side: str) -> None:
    assert studied_side.automatic_side(term, definition) == side


@pytest.mark.parametrize(
    ("language", "side"), [("de", "definition"), ("de-AT", "definition"), ("en", "term"), ("xx", "term")]
)
def test_heading_words_follow_the_language_of_the_deck(language: str, side: str) -> None:
    assert studied_side.automatic_side("Ziel", LONG, language=language) == side


@given(st.text(), st.text(), st.text(max_size=12))
def test_any_texts_get_a_side(term: str, definition: str, language: str) -> None:
    assert studied_side.automatic_side(term, definition, language=language) in studied_side.SIDES


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "1," * 5_000, "$" * 10_000, "a" * 10_000, "1 " * 5_000 + "x" * 20]
)
def test_hostile_texts_get_a_side_quickly(text: str) -> None:
    assert studied_side.automatic_side(text, text) in studied_side.SIDES
