"""Ranking the deck's other answers by how easily a learner could take them for the right one."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from rapidfuzz import fuzz

from sessions_app.study.distractors.appearance import Appearance, appearance_of, misfit
from sessions_app.study.distractors.similarity import Weights, stems, weigh_sides
from sessions_app.study.distractors.twins import language_of, spread
from sessions_app.study.types import Side, StudyCard

# The weight of each reason. Cards that the learner confused before come first in any case.
CONFUSED = 10.0
TAG = 0.6
TOPIC = 1.2
ANSWER = 0.5
PROMPT = 0.8
OPENING = 0.4
APPEARANCE = 0.4
# For prompts of the same shape: both are formulas, numbers or sentences.
KIND = 0.5
# Randomness, so that a card's options vary.
CHANCE = 0.25
# Longer answers, in characters, are not compared letter by letter.
SPELLED = 40
# The percentage of letters that any two words have in common.
UNLIKE = 40


class Candidate(NamedTuple):
    """Another card's answer, with its accepted answers.

    ``misfit`` says how much it stands out, ``shares`` whether it has a word that is in both prompt and answer.
    """

    text: str
    accepted: tuple[str, ...]
    misfit: int
    score: float
    shares: bool


class Comparable(NamedTuple):
    """A card, prepared for comparison."""

    answer: frozenset[str]
    words: frozenset[str]
    appearance: Appearance


def ranked(
    card: StudyCard,
    others: Iterable[StudyCard],
    weights: Weights,
    rng: Random,
    confusions: Mapping[int, int],
) -> list[Candidate]:
    """The other cards' answers, the best first: by how much they look like the answer, then by plausibility."""
    side, asked_by = card.side, card.side.other
    languages = card.language_of(side), card.language_of(asked_by)
    # The prompt is compared with answers, so it is stemmed in their language.
    mine, prompt = comparable(card, side, asked_by, languages), stems(card.text(asked_by), languages[0])
    kind = appearance_of(card.text(asked_by)).shape
    weight_of_prompt = weights.of(prompt) or 1.0
    length = weights.length(mine.words)
    sought = prompt & mine.answer
    found = []
    for other in others:
        text = other.text(side)
        theirs = comparable(other, side, asked_by, languages)
        picked = confusions.get(other.id, 0)
        score = (
            TAG * likeness(card.tags, other.tags)
            + TOPIC * weights.likeness(mine.words, theirs.words, length)
            + ANSWER * answer_likeness(card.text(side), text, mine, theirs, weights)
            + PROMPT * weights.of(prompt & theirs.answer) / weight_of_prompt
            + OPENING * (mine.appearance.opening == theirs.appearance.opening)
            + KIND * (appearance_of(other.text(asked_by)).shape is kind)
            + APPEARANCE * appearance_likeness(mine.appearance, theirs.appearance)
            + CHANCE * rng.random()
        )
        shares = not sought.isdisjoint(theirs.answer)
        stands_out = misfit(mine.appearance, theirs.appearance) + (bool(sought) and not shares)
        if picked > 0:
            score, stands_out = CONFUSED + picked, 0
        found.append(Candidate(text, other.accepted(side), stands_out, score, shares))
    return sorted(found, key=lambda candidate: (candidate.misfit, -candidate.score))


def weights_of_texts(deck: Sequence[StudyCard]) -> Weights:
    """The weights of words in the deck's texts."""
    cards = spread(deck)
    return weigh_sides(
        *((tuple(card.text(side) for card in cards), language_of(deck, side)) for side in Side)
    )


def comparable(card: StudyCard, side: Side, asked_by: Side, languages: tuple[str, str]) -> Comparable:
    """A card that asks for ``side``; ``languages`` are those of the answer and of the prompt."""
    text = card.text(side)
    answer = stems(text, languages[0])
    return Comparable(answer, answer | stems(card.text(asked_by), languages[1]), appearance_of(text))


def likeness(tags: frozenset[int], others: frozenset[int]) -> float:
    """The share of tags that two cards have in common, 0 to 1 (Jaccard)."""
    return len(tags & others) / len(tags | others) if tags and others else 0.0


def answer_likeness(one: str, other: str, mine: Comparable, theirs: Comparable, weights: Weights) -> float:
    """How similar two answers are, 0 to 1: by their letters if both are short, else by their words."""
    if mine.appearance.length <= SPELLED and theirs.appearance.length <= SPELLED:
        return max(0.0, fuzz.ratio(one.casefold(), other.casefold()) - UNLIKE) / (100 - UNLIKE)
    return weights.likeness(mine.answer, theirs.answer)


def appearance_likeness(one: Appearance, other: Appearance) -> float:
    """How similar two answers look apart from their shape, 0 to 1."""
    length = min(one.length, other.length) / max(one.length, other.length)
    alike = (
        (one.lines > 1) == (other.lines > 1),
        one.has_digits == other.has_digits,
        one.is_capital == other.is_capital,
    )
    return (sum(alike) + length) / (len(alike) + 1)
