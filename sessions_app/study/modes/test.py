"""Test: a paper of questions, all drawn at once, answered in any order and graded when it is handed in.

The kinds of question are spread evenly over the paper, and no card is on it twice. A matching block counts as many
questions as it has pairs. Where the deck cannot give as many of a kind, the others take their places.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from sessions_app.study.distractors.twins import weights_of
from sessions_app.study.modes.types import CardQueue, SessionSettings
from sessions_app.study.questions import blocks, building, paper_answers
from sessions_app.study.questions.types import CardPool, Graded, Question
from sessions_app.study.types import Kind, Moment, Side, StudyCard

ORIGIN = "test"
DEFAULT_QUESTIONS, MOST_QUESTIONS = 20, 200
MOST_MINUTES = 240
# As they follow each other on the paper.
KINDS = (Kind.CHOICE, Kind.TRUE_FALSE, Kind.BLOCK, Kind.TYPED, Kind.FLIP)
# Those that fewest cards can be asked in choose first.
PICKY = (Kind.TYPED, Kind.BLOCK, Kind.CHOICE, Kind.TRUE_FALSE, Kind.FLIP)
# So many cards more than are needed are tried in a kind before it is given up.
VAIN_TRIES = 60


@dataclass(frozen=True)
class TestPool:
    """What a paper is made of: cards, those among them that may be asked, and what this learner mixes up.

    ``cards`` are the deck, or of a large one a part; each asks for its own side. ``confusions`` counts for a card
    how often another's answer was given.
    """

    cards: Sequence[StudyCard]
    askable: Collection[int]
    confusions: Mapping[int, Mapping[int, int]]

    @cached_property
    def by_side(self) -> Mapping[Side, Sequence[StudyCard]]:
        """All cards as if they asked for the one side, and for the other."""
        return {side: [replace(card, side=side) for card in self.cards] for side in Side}

    @cached_property
    def places(self) -> Mapping[int, int]:
        return {card.id: place for place, card in enumerate(self.cards)}

    def around(self, card: StudyCard) -> CardPool:
        """The card among the others, all asking for its side."""
        deck = self.by_side[card.side]
        return CardPool(deck[self.places[card.id]], deck, self.confusions.get(card.id, {}))


@dataclass(frozen=True)
class Paper:
    """The questions in their order, and the kinds of which the deck could not give as many as were wanted."""

    questions: Sequence[Question]
    short: Sequence[Kind]


def draw(queue: CardQueue, moment: Moment, rng: Random) -> Question | None:
    """Nothing: what is not on the paper is not asked."""
    return None


def grade(question: Question, response: Mapping[str, str]) -> list[Graded]:
    """What the response says of each of the question's cards that was answered."""
    return paper_answers.grade(question, response)


def paper(stock: TestPool, settings: SessionSettings, rng: Random) -> Paper:
    """Draw a paper: at most ``settings.questions`` in ``settings.kinds``; the same questions for one seed."""
    kinds = [kind for kind in KINDS if kind in settings.kinds] or list(KINDS)
    drawing = Drawing(stock, settings, rng)
    wanted = spread(min(settings.questions, len(drawing.free)), kinds, rng)
    missing = 0
    for kind in filter(kinds.__contains__, PICKY):
        missing += wanted[kind] - drawing.take(kind, wanted[kind])
    able = [kind for kind in kinds if kind not in drawing.short]
    while missing and drawing.free and able:
        more = spread(missing, able, rng)
        missing -= sum(drawing.take(kind, more[kind]) for kind in able)
        able = [kind for kind in able if kind not in drawing.short]
    return Paper(drawing.in_order(), [kind for kind in kinds if kind in drawing.short])


def spread(number: int, kinds: Sequence[Kind], rng: Random) -> Counter[Kind]:
    """How many questions each kind gets; whose shares are one larger is left to chance. A block needs two."""
    shares = Counter({kind: number // len(kinds) for kind in kinds})
    shares.update(rng.sample(kinds, number % len(kinds)))
    others = [kind for kind in kinds if kind is not Kind.BLOCK]
    if shares[Kind.BLOCK] and shares[Kind.BLOCK] < blocks.FEWEST and others:
        shares[rng.choice(others)] += shares.pop(Kind.BLOCK)
    return shares


class Drawing:
    """A paper that is being drawn: the questions so far, and the cards that are left."""

    def __init__(self, stock: TestPool, settings: SessionSettings, rng: Random) -> None:
        self.stock, self.settings, self.rng = stock, settings, rng
        cards = [card for card in stock.cards if card.id in stock.askable]
        rng.shuffle(cards)
        self.free = {card.id: card for card in cards}
        self.questions: dict[Kind, list[Question]] = {kind: [] for kind in KINDS}
        self.short: set[Kind] = set()
        self.refused: set[tuple[Kind, int]] = set()

    def take(self, kind: Kind, number: int) -> int:
        """Ask up to ``number`` more cards in a kind, and return how many it were; too few make the kind short."""
        taken = self.take_blocks(number) if kind is Kind.BLOCK else self.take_singly(kind, number)
        if taken < number:
            self.short.add(kind)
        return taken

    def take_singly(self, kind: Kind, number: int) -> int:
        taken, vain = 0, 0
        for card in list(self.free.values()):
            if taken == number or vain > VAIN_TRIES:
                break
            if (kind, card.id) in self.refused or (kind is Kind.TYPED and not building.can_be_typed(card)):
                continue
            question = self.ask(kind, card)
            if question:
                self.questions[kind].append(question)
                del self.free[card.id]
                taken += 1
            else:
                self.refused.add((kind, card.id))
                vain += 1
        return taken

    def ask(self, kind: Kind, card: StudyCard) -> Question | None:
        around = self.stock.around(card)
        return building.ask(kind, around, self.rng, origin=ORIGIN, strict=self.settings.strict)

    def take_blocks(self, number: int) -> int:
        taken = 0
        for size in blocks.sizes(number):
            cards = self.block_of(size)
            if not cards:
                break
            self.questions[Kind.BLOCK].append(self.as_question(cards))
            for card in cards:
                del self.free[card.id]
            taken += len(cards)
        return taken

    def block_of(self, size: int) -> list[StudyCard]:
        """A block of the side that most cards that are left ask for; of the other one where that has none."""
        weights = weights_of(self.stock.cards)
        sides = Counter(card.side for card in self.free.values())
        for side, _ in sorted(sides.items(), key=lambda item: (-item[1], item[0])):
            same = (self.stock.around(card).card for card in self.free.values() if card.side is side)
            if found := blocks.block(same, size, weights):
                return found
        return []

    def as_question(self, cards: Sequence[StudyCard]) -> Question:
        side = cards[0].side
        answers = list(cards)
        self.rng.shuffle(answers)
        return Question(
            kind=Kind.BLOCK,
            card_id=cards[0].id,
            side=side,
            prompt="",
            answer="",
            origin=ORIGIN,
            options=tuple(card.text(side) for card in answers),
            option_cards=tuple(card.id for card in answers),
            cards=tuple(card.id for card in cards),
            prompts=tuple(card.text(side.other) for card in cards),
        )

    def in_order(self) -> list[Question]:
        """Kind by kind, within each in an order that says nothing of which cards were hard to ask."""
        for questions in self.questions.values():
            self.rng.shuffle(questions)
        return [question for questions in self.questions.values() for question in questions]
