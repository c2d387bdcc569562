"""The cards that wrong options come from, and the cards whose answers may be right as well.

In a deck of up to ``WHOLE`` cards these are all cards. In a larger one: cards that this learner confused with the
card, cards that share a tag, the card's neighbours (most decks are in order of topic), and a random sample.
"""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from operator import attrgetter, countOf
from random import Random

from sessions_app.study.distractors.similarity import Weights, names, stems
from sessions_app.study.distractors.twins import are_twins
from sessions_app.study.types import Side, StudyCard

WHOLE = 300
SAMPLE = 80
FITTING = 24
TAGGED = 12
NEIGHBOURS = 8
MIXED_UP = 12
# How many characters short answers may differ in length.
SLACK = 6
# Cards with a common tag are searched among this many cards of a large deck.
STRETCH = 1_500

ID, TERM, DEFINITION = attrgetter("id"), attrgetter("term"), attrgetter("definition")


def others_near(
    card: StudyCard, deck: Sequence[StudyCard], rng: Random, confusions: Mapping[int, int]
) -> list[StudyCard]:
    """The other cards to choose from, each once."""
    if len(deck) <= WHOLE:
        return [other for other in deck if other.id != card.id]
    ids = ids_of(deck)
    place = ids.index(card.id) if card.id in ids else 0
    near = [
        *(
            deck[ids.index(other)]
            for other in nlargest(MIXED_UP, confusions, key=lambda other: confusions[other])
            if other in ids
        ),
        *fitting(card, tagged(card, deck, rng), TAGGED, rng),
        *fitting(card, deck[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1], NEIGHBOURS, rng),
        *fitting(card, sampled(deck, SAMPLE, rng), FITTING, rng),
    ]
    return list({other.id: other for other in near if other.id != card.id}.values())


def ids_of(deck: Sequence[StudyCard]) -> list[int]:
    return list(map(ID, deck))


def tagged(card: StudyCard, deck: Sequence[StudyCard], rng: Random) -> Sequence[StudyCard]:
    """Cards that share a tag, from a part of the deck."""
    if not card.tags:
        return ()
    start = rng.randrange(len(deck))
    return [other for other in deck[start : start + STRETCH] if not card.tags.isdisjoint(other.tags)]


def fitting(card: StudyCard, cards: Sequence[StudyCard], most: int, rng: Random) -> Sequence[StudyCard]:
    """A sample of the cards with answers of about the same length; of all ``cards`` if there are too few."""
    length = len(card.text(card.side))
    fit = [
        other for other in cards if length <= 2 * len(other.text(card.side)) + SLACK <= 4 * length + 3 * SLACK
    ]
    return sampled(fit if 2 * len(fit) >= most else cards, most, rng)


def sampled(cards: Sequence[StudyCard], most: int, rng: Random) -> Sequence[StudyCard]:
    return cards if len(cards) <= most else [cards[place] for place in rng.sample(range(len(cards)), most)]


def rivals_of(
    card: StudyCard, deck: Sequence[StudyCard], others: Sequence[StudyCard], weights: Weights
) -> list[StudyCard]:
    """The cards whose answers may be right as well: twins, and cards with the same prompt."""
    found = [other for other in others if are_twins(card, other, weights) or share_prompt(card, other)]
    if len(deck) > len(others) + 1:
        found += rivals_in_large_deck(card, deck)
    return list({other.id: other for other in found}.values())


def rivals_in_large_deck(card: StudyCard, deck: Sequence[StudyCard]) -> list[StudyCard]:
    """The rivals in all of a large deck that are quick to find: marked twins, and cards with the same prompt."""
    marked = card.twins - card.distinct
    ids = ids_of(deck) if marked else []
    prompt = card.text(card.side.other)
    get = TERM if card.side is Side.DEFINITION else DEFINITION
    same = [other for other in deck if get(other) == prompt] if countOf(map(get, deck), prompt) > 1 else []
    found = [*(deck[ids.index(twin)] for twin in marked if twin in ids), *same]
    return [other for other in found if other.id != card.id]


def share_prompt(card: StudyCard, other: StudyCard) -> bool:
    """Whether the two cards have the same prompt, or one that counts as the same."""
    side = card.side.other
    prompts = (card.text(side), *card.accepted(side))
    language = card.language_of(side)
    return any(
        might_equal(prompt, theirs, language) and names(prompt).meets(names(theirs))
        for theirs in (other.text(side), *other.accepted(side))
        for prompt in prompts
    )


def might_equal(one: str, other: str, language: str) -> bool:
    """Whether two texts have a word in common, or one has no words; quick for texts that were compared before."""
    words, others = stems(one, language), stems(other, language)
    return not words or not others or not words.isdisjoint(others)
