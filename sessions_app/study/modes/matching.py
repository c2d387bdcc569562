"""Matching: six terms and six definitions in random order are to be paired, against the clock.

A game: it writes no log and changes no level and no memory. A pair is judged by its texts, and no two texts of a
board are the same, so no right pair is ever judged wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, Self

from sessions_app.study.distractors.similarity import Names, Weights, all_names, names
from sessions_app.study.distractors.twins import are_twins, weights_of
from sessions_app.study.questions.types import InvalidResponseError
from sessions_app.study.text.normal import fold, tidy
from sessions_app.study.types import StudyCard

PAIRS = 6
LEAST_PAIRS = 3
# The most cards of a board that are among the shorter half of the deck, so that boards vary.
MOST_SHORT = PAIRS // 2
# If cards are alike, the order in which they are taken decides how many fit: this many orders are tried.
TRIES = 8

# Added to a board's time for each wrong pair; and the longest time that is ranked.
PENALTY_MS = 1_000
RANKED_MS = 10 * 60 * 1_000


@dataclass(frozen=True)
class Candidate:
    """A card that may be on a board; ``term`` and ``definition`` are the texts of its sides, without markup."""

    card: StudyCard
    term: str
    definition: str

    @cached_property
    def read(self) -> frozenset[str]:
        """Both sides as a reader compares them: one text if they are alike, none if there is nothing to read."""
        return frozenset({fold(tidy(self.term)), fold(tidy(self.definition))} - {""})

    @cached_property
    def names(self) -> tuple[Names, Names]:
        return names(self.card.term), names(self.card.definition)

    @cached_property
    def answers(self) -> tuple[Names, Names]:
        """The texts that count as the term, and as the definition."""
        card = self.card
        return all_names((card.term, *card.accepted_terms)), all_names(
            (card.definition, *card.accepted_definitions)
        )

    @property
    def is_playable(self) -> bool:
        """Whether both sides can be read and are different."""
        term, definition = self.names
        return (
            len(self.read) == 2 and bool(term.whole) and bool(definition.whole) and not term.meets(definition)
        )

    def goes_with(self, other: "Candidate", weights: Weights) -> bool:
        """Whether the cards can be on one board: no side of one could be mistaken for a side of the other."""
        if not self.read.isdisjoint(other.read) or are_twins(self.card, other.card, weights):
            return False
        (term, definition), (other_term, other_definition) = self.names, other.names
        if term.meets(other_definition) or definition.meets(other_term):
            return False
        return not any(
            mine.meets(answers)
            for side in (0, 1)
            for mine, answers in (
                (self.names[side], other.answers[side]),
                (other.names[side], self.answers[side]),
            )
        )


@dataclass(frozen=True, slots=True)
class Board:
    """What a board shows, frozen when it is drawn: later edits of the cards do not change it.

    ``terms`` and ``definitions`` are Markdown sources in the order on the board, numbered from 0. ``key`` has the
    number of the definition of each term and is never sent to the browser; ``cards`` are the terms' cards.
    """

    terms: tuple[str, ...]
    definitions: tuple[str, ...]
    key: tuple[int, ...]
    cards: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Any]]) -> Self:
        return cls(**{name: tuple(data[name]) for name in cls.__slots__})


def draw(candidates: Sequence[Candidate], recent: Sequence[Sequence[int]], rng: Random) -> Board | None:
    """A board of six pairs, or fewer if the cards allow no more; None if they allow fewer than three.

    ``recent`` are the cards of the last boards, the latest first: they are only taken after all others.
    """
    playable = [candidate for candidate in candidates if candidate.is_playable]
    weights = weights_of([candidate.card for candidate in candidates])
    short = shorter_half(playable)
    age = {card: -place for place, cards in reversed(list(enumerate(recent))) for card in cards}
    picked: list[Candidate] = []
    for number in range(TRIES):
        order = rng.sample(playable, len(playable))
        # If cards are alike, preferring those that were not seen lately can leave a place empty.
        if number < TRIES // 2:
            order.sort(key=lambda candidate: age.get(candidate.card.id, -len(recent)))
        picked = max(picked, pick(order, short, weights), key=len)
        if len(picked) == PAIRS:
            break
    return lay_out(picked, rng) if len(picked) >= LEAST_PAIRS else None


def shorter_half(candidates: Sequence[Candidate]) -> frozenset[int]:
    """The cards with the shorter texts: half of them, rounded down."""
    by_length = sorted(candidates, key=lambda each: (len(each.term) + len(each.definition), each.card.id))
    return frozenset(candidate.card.id for candidate in by_length[: len(by_length) // 2])


def pick(order: Sequence[Candidate], short: frozenset[int], weights: Weights) -> list[Candidate]:
    """The first cards of ``order`` that fit together; more than three of ``short`` only if no others fit."""
    picked: dict[int, Candidate] = {}
    for most_short in (MOST_SHORT, PAIRS):
        for candidate in order:
            card = candidate.card.id
            if len(picked) == PAIRS or card in picked:
                continue
            if card in short and len(short & picked.keys()) >= most_short:
                continue
            if all(candidate.goes_with(each, weights) for each in picked.values()):
                picked[card] = candidate
    return list(picked.values())


def lay_out(picked: Sequence[Candidate], rng: Random) -> Board:
    """A board of the cards, with the terms and the definitions each in a random order."""
    terms = rng.sample(picked, len(picked))
    places = rng.sample(range(len(picked)), len(picked))
    return Board(
        terms=tuple(each.card.term for each in terms),
        definitions=tuple(terms[place].card.definition for place in places),
        key=tuple(places.index(number) for number in range(len(terms))),
        cards=tuple(each.card.id for each in terms),
    )


def match(board: Board, term: int, definition: int) -> bool:
    """Whether the term and the definition with these numbers are a pair, by their texts.

    Raises:
        InvalidResponseError: the board has no such number.
    """
    if not (0 <= term < len(board.terms) and 0 <= definition < len(board.definitions)):
        raise InvalidResponseError("That is not on this board.")
    said = board.terms[term], board.definitions[definition]
    return any(are_same(said, pair) for pair in pairs(board))


def pairs(board: Board) -> Iterator[tuple[str, str]]:
    """The terms with their definitions."""
    return zip(board.terms, (board.definitions[place] for place in board.key), strict=True)


def are_same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a reader sees no difference between two pairs."""
    return all(
        mine == theirs or names(mine).meets(names(theirs)) for mine, theirs in zip(one, other, strict=True)
    )


def time_of(elapsed_ms: int, misses: int) -> int:
    """A board's time in milliseconds, with `PENALTY_MS` for each wrong pair; a clock set back counts as 0."""
    return max(0, elapsed_ms) + PENALTY_MS * misses
