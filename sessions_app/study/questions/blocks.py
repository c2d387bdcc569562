"""Cards that fit together in a matching block: each prompt has exactly one answer in the block."""

from collections.abc import Iterable, Sequence

from sessions_app.study.distractors.candidates import share_prompt
from sessions_app.study.distractors.guard import Doubt, Guard, are_same
from sessions_app.study.distractors.options import is_open
from sessions_app.study.distractors.similarity import Weights
from sessions_app.study.distractors.twins import are_twins
from sessions_app.study.types import StudyCard

FEWEST, MOST = 2, 10
# Cards that are tried for each place; after that the block stays smaller.
TRIES = 12


class Candidate:
    """A card that may be in a block, with what is needed to compare it with others."""

    def __init__(self, card: StudyCard, weights: Weights) -> None:
        self.card, self.weights = card, weights
        self.guard = Guard(card, ())

    def is_apart_from(self, other: "Candidate") -> bool:
        """Whether the two cards can be in one block.

        They are no twins, have different prompts, and neither's answer could be right for the other.
        """
        one, another = self.card, other.card
        if are_twins(one, another, self.weights) or share_prompt(one, another) or share_prompt(another, one):
            return False
        side = one.side.other
        return (
            not are_same(one.text(side), another.text(side))
            and self._surely_wrong(another)
            and other._surely_wrong(one)
        )

    def _surely_wrong(self, other: StudyCard) -> bool:
        side = self.card.side
        return self.guard.doubt_of(other.text(side), other.accepted(side)) is Doubt.NONE


def block(cards: Iterable[StudyCard], size: int, weights: Weights) -> list[StudyCard]:
    """The first ``size`` of ``cards`` that fit together; all of them ask for the same side.

    Fewer if no others of those that are tried fit; none if fewer than `FEWEST` do.
    """
    chosen: list[Candidate] = []
    tries = TRIES * size
    for card in cards:
        if len(chosen) == size or not tries:
            break
        tries -= 1
        if is_open(card):
            continue
        candidate = Candidate(card, weights)
        if all(candidate.is_apart_from(other) for other in chosen):
            chosen.append(candidate)
    return [candidate.card for candidate in chosen] if len(chosen) >= FEWEST else []


def sizes(number: int) -> Sequence[int]:
    """The sizes of the blocks for ``number`` cards: as few blocks as possible, of about the same size."""
    count = -(-number // MOST)
    return [number // count + (place < number % count) for place in range(count)]
