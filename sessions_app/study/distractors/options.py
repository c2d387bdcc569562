"""What questions are made of: the options of a choice, and a statement that is true or false."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from sessions_app.study.distractors.choosing import NO_CONFUSIONS, WrongOptions
from sessions_app.study.distractors.similarity import even, names, stands_in
from sessions_app.study.types import Side, StudyCard


def options(
    card: StudyCard,
    deck: Sequence[StudyCard],
    *,
    count: int = 3,
    rng: Random,
    confusions: Mapping[int, int] = NO_CONFUSIONS,
) -> tuple[str, ...] | None:
    """The answer and up to ``count`` wrong options, shuffled; None if the card cannot be asked as a choice.

    It cannot if the deck has no wrong option, if the answer is part of its own prompt, or if only the right option
    would have a word of the prompt.
    """
    if is_open(card):
        return None
    wrong = WrongOptions(card, deck, rng, confusions).fair(count)
    if not wrong:
        return None
    offered = [card.text(card.side), *wrong]
    rng.shuffle(offered)
    return tuple(offered)


def statement(
    card: StudyCard,
    deck: Sequence[StudyCard],
    *,
    rng: Random,
    confusions: Mapping[int, int] = NO_CONFUSIONS,
) -> tuple[str, bool] | None:
    """A statement about the prompt, and whether it is true. Half of them are; the others are a wrong option.

    None if the card cannot be asked as a choice either.
    """
    is_true = rng.random() < 0.5
    if is_open(card):
        return None
    wrong = WrongOptions(card, deck, rng, confusions).fair(1)
    if not wrong:
        return None
    return (card.text(card.side), True) if is_true else (wrong[0], False)


def is_open(card: StudyCard) -> bool:
    """Whether there is nothing to ask: a side is empty, or the answer is part of its own prompt."""
    answer, prompt = card.text(card.side), card.text(card.side.other)
    return not names(answer).whole or not names(prompt).whole or stands_in(answer, prompt)


def owner_of(option: str, deck: Sequence[StudyCard], side: Side) -> frozenset[int]:
    """The ids of the cards whose answer on that side is the option; none for an option that an owner wrote."""
    exact = frozenset(card.id for card in deck if card.text(side) == option)
    if exact:
        return exact
    wanted = even(option).split()
    return frozenset(card.id for card in deck if wanted and even(card.text(side)).split() == wanted)


def owners_of(options: Iterable[str], deck: Sequence[StudyCard], side: Side) -> tuple[int, ...]:
    """For each option the id of the first card whose answer it is; 0 for an option that the card's owner wrote."""
    return tuple(min(owner_of(option, deck, side), default=0) for option in options)
