"""Twins: two cards of a deck that mean the same ("Benefit of pooling", "Usefulness of a pooling layer").

They are never each other's wrong option or false statement, and never on one board. The deck's owner can say that
two cards are twins, or that they are not. Otherwise they are twins if at least half of the shorter term, by the
weight of its words, is also in the other one, unless their definitions are different numbers.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from sessions_app.study.distractors.similarity import Weights, stems, weigh_sides
from sessions_app.study.text.normal import tidy
from sessions_app.study.text.numbers import LONGEST as NUMBER_LONGEST
from sessions_app.study.text.numbers import quantity
from sessions_app.study.types import Side, StudyCard

SHARE = 0.5
# The weights of words are calculated from about this many cards, evenly spread over the deck.
WEIGHED = 300


def weights_of(deck: Sequence[StudyCard]) -> Weights:
    """The weights of the words in the deck's terms; cached."""
    return weigh_sides((tuple(card.term for card in spread(deck)), language_of(deck, Side.TERM)))


def spread(deck: Sequence[StudyCard]) -> Sequence[StudyCard]:
    return deck if len(deck) <= WEIGHED else deck[:: -(-len(deck) // WEIGHED)]


def language_of(deck: Sequence[StudyCard], side: Side) -> str:
    return deck[0].language_of(side) if deck else ""


def are_twins(one: StudyCard, other: StudyCard, weights: Weights) -> bool:
    """Whether two different cards mean the same."""
    if one.id == other.id or one.id in other.distinct or other.id in one.distinct:
        return False
    return are_marked(one, other) or are_alike(one, other, weights)


def are_marked(one: StudyCard, other: StudyCard) -> bool:
    """Whether the owner marked the cards as twins."""
    return one.id in other.twins or other.id in one.twins


def are_alike(one: StudyCard, other: StudyCard, weights: Weights) -> bool:
    """Whether the cards are twins by the words of their terms."""
    words, others = stems(one.term, one.language), stems(other.term, other.language)
    alike = not words.isdisjoint(others) and weights.share(words, others) >= SHARE
    return alike and not are_different_numbers(one.definition, other.definition)


def are_different_numbers(one: str, other: str) -> bool:
    """Whether both texts are numbers, and not the same: "Start of World War I" is no twin of its end."""
    number, another = (quantity(tidy(text[:NUMBER_LONGEST])) for text in (one, other))
    return number is not None and another is not None and number != another


def twins_of(card: StudyCard, deck: Sequence[StudyCard]) -> frozenset[int]:
    """The ids of the card's twins in the deck; what it needs of the deck is cached."""
    places = words_of(tuple(other.term for other in deck), language_of(deck, Side.TERM))
    near = {place for word in stems(card.term, card.language) for place in places.get(word, ())}
    weights = weights_of(deck)
    found = {deck[place].id for place in near if are_twins(card, deck[place], weights)}
    return frozenset(
        found | {other.id for other in deck if are_marked(card, other) and are_twins(card, other, weights)}
    )


@lru_cache(maxsize=8)
def words_of(terms: tuple[str, ...], language: str) -> dict[str, list[int]]:
    """For each word the places of the terms that have it."""
    places = defaultdict[str, list[int]](list)
    for place, term in enumerate(terms):
        for word in stems(term, language):
            places[word].append(place)
    return dict(places)
