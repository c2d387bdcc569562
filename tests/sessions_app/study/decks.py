"""Decks for choosing wrong options: the shipped one, and random ones."""

import json
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from cards.text.studied_side import automatic_side
from sessions_app.study.types import Side, StudyCard

SOURCE = Path("fixtures/deep-learning.source.json")
ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")

# Texts that are equal after normalising, nearly equal, formulas, numbers, right to left, unspaced, empty.
TEXTS = [
    "", " ", "…", "\u200b", "dog", "Dog.", "**dog**", "a dog", "dog; hound", "hound", "dogs", "cat",
    "café", "cafe\u0301", "cafe", "$x^2$", "$x^{2}$", "x²", "$27C^2$", "49C^2", "7x7", "7×7", "1,000",
    "1000", "1 kg", "1 g", "$\\frac{1}{2}$", "$\\dfrac12$", "שלום", "שָׁלוֹם", "כן", "مرحبا", "大学",
    "大学生", "学", "たべる", "ﾀﾍﾞﾙ", "H2O", "L1", "L2", "colour / color", "color", "not contagious",
    "contagious", "to be (permanent)", "to be (temporary)", "to be", "Is it a dog?", "- dog",
    "x" * 1_500, "It reduces the size of the feature maps, which makes the computation faster",
    "It reduces the size of the feature maps which makes computation faster.",
    "It increases the size of the feature maps, which makes the computation slower",
]  # fmt: skip

texts = st.sampled_from(TEXTS) | st.text("ab é學$*_^{}\\;/()1.", max_size=12)
few_texts = st.lists(texts, max_size=2).map(tuple)
ids = st.integers(0, 7)


def shipped() -> list[StudyCard]:
    """The deck that the site ships with, each card asking for its studied side."""
    source = json.loads(SOURCE.read_text(encoding="utf-8"))
    places = {card["term"]: place for place, card in enumerate(source["cards"])}
    pairs = [{places[term] for term in pair} for pair in source["same_meaning"]]
    return [
        StudyCard(
            place,
            card["term"],
            card["definition"],
            Side(automatic_side(card["term"], card["definition"])),
            **{name: tuple(card.get(name, ())) for name in ALTERNATIVES},
            twins=frozenset().union(*(pair - {place} for pair in pairs if place in pair)),
        )
        for place, card in enumerate(source["cards"])
    ]


def deck_of(*pairs: tuple[str, str], side: Side = Side.DEFINITION) -> list[StudyCard]:
    return [StudyCard(place, term, definition, side) for place, (term, definition) in enumerate(pairs)]


@st.composite
def decks(draw: st.DrawFn) -> list[StudyCard]:
    """One to eight cards, which may be alike, marked as twins, or marked as distinct."""
    side = draw(st.sampled_from(Side))
    language = draw(st.sampled_from(["en", "de", "ja", "zz"]))
    definition_language = draw(st.sampled_from(["", "en", "fr"]))
    return [
        StudyCard(
            number, draw(texts), draw(texts), side,
            draw(few_texts), draw(few_texts), draw(few_texts), draw(few_texts),
            tags=draw(st.frozensets(ids, max_size=2)),
            twins=draw(st.frozensets(ids, max_size=2)) - {number},
            distinct=draw(st.frozensets(ids, max_size=1)) - {number},
            language=language,
            definition_language=definition_language,
        )
        for number in range(draw(st.integers(1, 8)))
    ]  # fmt: skip


def large(size: int, *, side: Side = Side.DEFINITION) -> list[StudyCard]:
    """A deck of many cards without common words, ten cards for each tag."""
    words = [
        f"{first}{second}" for first in "bdfgklmnprst" for second in ("ora", "elin", "utha", "anid", "ismo")
    ]
    return [
        StudyCard(
            number,
            f"{words[number % 60]} {number}",
            f"{words[number * 7 % 60]} {words[number * 11 % 59]} {number}th",
            side,
            tags=frozenset({number // 10}),
        )
        for number in range(size)
    ]


def asking(card: StudyCard, side: Side) -> StudyCard:
    return replace(card, side=side)
