"""Cards that can stand together in a matching block: each prompt has one answer among all that are there."""

from collections.abc import Iterable, Sequence

from sessions_app.study.distractors.candidates import share_prompt
from sessions_app.study.distractors.guard import Doubt, Guard, are_same
from sessions_app.study.distractors.options import is_open
from sessions_app.study.distractors.similarity import Weights
from sessions_app.study.distractors.twins import are_twins
from sessions_app.study.types import StudyCard

FEWEST, MOST = 2, 10
# Cards that are tried for each place, before a block stays smaller.
TRIES = 12


class Mate:
    """A card that may stand in a block, with what tells its answer from others."""

    def __init__(self, card: StudyCard, weights: Weights) -> None:
        self.card, self.weights = card, weights
        self.guard = Guard(card, ())

    def is_apart_from(self, other: "Mate") -> bool:
        """Whether neither could be taken for the other: no twins, other prompts, answers that are surely wrong."""
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
    """The first ``size`` of ``cards``, which ask for the same side, that can stand together.

    Fewer where there are no more among those that are tried; none where there are not even two.
    """
    chosen: list[Mate] = []
    tries = TRIES * size
    for card in cards:
        if len(chosen) == size or not tries:
            break
        tries -= 1
        if is_open(card):
            continue
        mate = Mate(card, weights)
        if all(mate.is_apart_from(other) for other in chosen):
            chosen.append(mate)
    return [mate.card for mate in chosen] if len(chosen) >= FEWEST else []


def sizes(number: int) -> Sequence[int]:
    """How many cards each of the blocks has that hold ``number``: as few as can be, about equally large."""
    count = -(-number // MOST)
    return [number // count + (place < number % count) for place in range(count)]
