"""Test: a paper of questions that are all drawn at once, answered in any order, and graded when it is handed in.

The questions are divided evenly among the kinds, and no card is on the paper twice: the two questions of a card
that asks for both sides show each other's answers. A matching block counts as many questions as it has pairs.
If the deck has too few cards for a kind, the other kinds get its questions.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from sessions_app.study.distractors.twins import weights_of
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import blocks, building
from sessions_app.study.questions.kinds import KINDS as ALL_KINDS
from sessions_app.study.questions.kinds.block import block_question
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.types import CardSide, Kind, Side, StudyCard

ORIGIN = "test"
DEFAULT_QUESTIONS, MOST_QUESTIONS = 20, 200
MOST_MINUTES = 240
# In their order on the paper.
KINDS = tuple(ALL_KINDS)
# In the order in which they are drawn: the kinds in which the fewest cards can be asked come first.
DRAW_ORDER = sorted(KINDS, key=lambda kind: ALL_KINDS[kind].draw_rank)
# After this many cards that cannot be asked in a kind no more of them are tried.
MOST_REFUSED = 60


@dataclass(frozen=True)
class TestPool:
    """The cards that a paper is made from.

    ``cards`` are the deck, or a part of a large deck. ``askable`` are the questions about them that may be
    asked; those that are ``held`` back come last. ``confusions`` maps the id of a card to how often the
    learner confused it with which others.
    """

    cards: Sequence[StudyCard]
    askable: Collection[CardSide]
    confusions: Mapping[int, Mapping[int, int]]
    held: Collection[CardSide] = frozenset()

    @cached_property
    def by_side(self) -> Mapping[Side, Sequence[StudyCard]]:
        """For each side all cards, changed to ask for it."""
        return {side: [replace(card, side=side) for card in self.cards] for side in Side}

    @cached_property
    def places(self) -> Mapping[int, int]:
        return {card.id: place for place, card in enumerate(self.cards)}

    def questions(self) -> list[StudyCard]:
        """What may be asked, in the deck's order: a card that may be asked for both sides is there twice."""
        asked = (CardSide(card.id, side) for card in self.cards for side in sorted(Side))
        return [self.by_side[one.side][self.places[one.card_id]] for one in asked if one in self.askable]

    def card_pool(self, card: StudyCard) -> CardPool:
        """The card with the others, all changed to ask for its side."""
        deck = self.by_side[card.side]
        return CardPool(deck[self.places[card.id]], deck, self.confusions.get(card.id, {}))


@dataclass(frozen=True)
class Paper:
    """The questions in their order, and the kinds for which the deck has too few cards (``short``)."""

    questions: Sequence[Question]
    short: Sequence[Kind]


def paper(pool: TestPool, settings: SessionSettings, rng: Random) -> Paper:
    """Draw a paper: at most ``settings.questions`` in ``settings.kinds``; the same questions for one seed."""
    chosen = [kind for kind in KINDS if kind in settings.kinds] or list(KINDS)
    drawing = Drawing(pool, settings, rng)
    cards = len({asks.card_id for asks in drawing.free})
    wanted = spread(min(settings.questions, cards), chosen, rng)
    missing = 0
    for kind in filter(chosen.__contains__, DRAW_ORDER):
        missing += wanted[kind] - drawing.take(kind, wanted[kind])
    able = [kind for kind in chosen if kind not in drawing.short]
    while missing and drawing.free and able:
        more = spread(missing, able, rng)
        missing -= sum(drawing.take(kind, more[kind]) for kind in able)
        able = [kind for kind in able if kind not in drawing.short]
    return Paper(drawing.in_order(), [kind for kind in chosen if kind in drawing.short])


def spread(number: int, chosen: Sequence[Kind], rng: Random) -> Counter[Kind]:
    """How many of ``number`` questions each kind gets; chance decides which kinds get one more than others.

    A kind whose questions are about several cards gets none rather than too few for one question.
    """
    shares = Counter({kind: number // len(chosen) for kind in chosen})
    shares.update(rng.sample(chosen, number % len(chosen)))
    single = [kind for kind in chosen if ALL_KINDS[kind].fewest_cards == 1]
    for kind in chosen:
        if single and 0 < shares[kind] < ALL_KINDS[kind].fewest_cards:
            shares[rng.choice(single)] += shares.pop(kind)
    return shares


class Drawing:
    """The state while a paper is drawn: the questions so far, and what is ``free`` to be asked."""

    def __init__(self, pool: TestPool, settings: SessionSettings, rng: Random) -> None:
        self.pool, self.settings, self.rng = pool, settings, rng
        cards = pool.questions()
        rng.shuffle(cards)
        cards.sort(key=lambda card: card.asks in pool.held)
        self.free = {card.asks: card for card in cards}
        self.questions: dict[Kind, list[Question]] = {kind: [] for kind in KINDS}
        self.short: set[Kind] = set()
        self.refused: set[tuple[Kind, CardSide]] = set()

    def take(self, kind: Kind, number: int) -> int:
        """Ask up to ``number`` more cards in a kind, and return how many; if they are fewer, the kind is short."""
        is_single = ALL_KINDS[kind].fewest_cards == 1
        taken = self.take_singly(kind, number) if is_single else self.take_blocks(number)
        if taken < number:
            self.short.add(kind)
        return taken

    def take_singly(self, kind: Kind, number: int) -> int:
        taken, refused = 0, 0
        for card in list(self.free.values()):
            if taken == number or refused > MOST_REFUSED:
                break
            if card.asks not in self.free or (kind, card.asks) in self.refused:
                continue
            if not ALL_KINDS[kind].can_ask(card):
                continue
            question = self.ask(kind, card)
            if question:
                self.questions[kind].append(question)
                self.use(card)
                taken += 1
            else:
                self.refused.add((kind, card.asks))
                refused += 1
        return taken

    def use(self, card: StudyCard) -> None:
        """Neither side of ``card`` is free any longer."""
        for asks in (card.asks, card.asks.sibling):
            self.free.pop(asks, None)

    def ask(self, kind: Kind, card: StudyCard) -> Question | None:
        pool = self.pool.card_pool(card)
        return building.ask(kind, pool, self.rng, origin=ORIGIN, strict=self.settings.strict)

    def take_blocks(self, number: int) -> int:
        taken = 0
        for size in blocks.sizes(number):
            cards = self.block_of(size)
            if not cards:
                break
            self.questions[Kind.BLOCK].append(block_question(cards, self.rng, origin=ORIGIN))
            for card in cards:
                self.use(card)
            taken += len(cards)
        return taken

    def block_of(self, size: int) -> list[StudyCard]:
        """The cards of a block: of the side that most free cards ask for, or if there is none, of the other.

        Those that are held back count only if both sides have as many others.
        """
        weights = weights_of(self.pool.cards)
        sides = Counter(card.side for card in self.free.values())
        held = Counter(card.side for card in self.free.values() if card.asks in self.pool.held)
        for side in sorted(sides, key=lambda side: (held[side] - sides[side], -sides[side], side)):
            same = (self.pool.card_pool(card).card for card in self.free.values() if card.side is side)
            if found := blocks.block(same, size, weights):
                return found
        return []

    def in_order(self) -> list[Question]:
        """Kind by kind; each kind is shuffled, so that the order does not show which cards were hard to ask."""
        for questions in self.questions.values():
            self.rng.shuffle(questions)
        return [question for questions in self.questions.values() for question in questions]
