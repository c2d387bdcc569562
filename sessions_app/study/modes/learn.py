"""Learn: from recognising to recalling, in rounds of seven.

A new card is met in a choice (or true/false), then asked for unaided until it has been recalled twice, with other
questions in between. A round is filled with what was missed before, then with known cards that were not asked in
the last two rounds, then with new ones, then with the rest. A missed card returns after at least three others.

A session that begins with new cards begins with the first of them that can be recognised; the others keep their
order.

A session always ends: a card is done at the highest level that the session's kinds of question can give; after
three misses it rests until the next session; and no session asks more than three questions a card, and nine. Where
every card has reached the level already, the session is a mixed review of the least remembered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from sessions_app.study.modes.types import Asked, CardQueue, SessionSettings
from sessions_app.study.questions import building, grading
from sessions_app.study.questions.kinds import KINDS as ALL_KINDS
from sessions_app.study.questions.types import CardPool, Graded, Question
from sessions_app.study.types import Evidence, Kind, Level, Moment, Verdict

# Why a card was drawn.
NEW, MISSED, AGAIN, REST, PADDING, REVIEW = "new", "missed", "again", "rest", "padding", "review"
DRILLED = "drilled"

# The queue of a drill: the cards that the settings name, by choice, over and over until the time is up.
DRILL = "drill"
DRILL_SECONDS = 120
MOST_DRILLED = 60

ROUND = 7
# Other questions before a missed card returns, and between two recalls.
QUESTIONS_BETWEEN = 3
# Places of a round for missed cards, while there are new ones.
MOST_MISSED = 4
# After so many misses a card rests until the next session.
RESTS_AFTER = 3
ROUNDS_AWAY = 2
ENOUGH_RECALLS = 2
MOST_QUESTIONS = 400
QUESTIONS_A_CARD = 3
EXTRA_QUESTIONS = 9
REVIEWED_AT_ONCE = 4 * ROUND
# New cards among which one to begin with is looked for: each costs a read of the deck.
MOST_OPENINGS = 7 * ROUND

# The kinds that can be chosen, and those of them that are chosen by default.
KINDS = tuple(kind for kind, each in ALL_KINDS.items() if each.fewest_cards == 1)
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind.raises_level)
RECALLS = tuple(kind for kind in KINDS if ALL_KINDS[kind].evidence is Evidence.RECALL)
RECOGNITIONS = tuple(kind for kind in KINDS if ALL_KINDS[kind].evidence is Evidence.RECOGNITION)


def draw(queue: CardQueue, moment: Moment, rng: Random) -> Question | None:
    """The next question; None where the session has reached its end."""
    settings = queue.settings
    over_time = settings.seconds and (moment.now - queue.started_at).total_seconds() > settings.seconds
    if over_time or len(queue.asked) >= most_questions(settings):
        return None
    history = SessionHistory(queue.asked, settings.size, kinds_of(settings))
    if opening := _opening(queue, history, rng):
        return opening
    while chosen := _next_card(queue, history):
        pool = queue.card_pool(chosen.card_id, rng)
        if pool:
            kinds = _kinds_in_order(chosen, history, rng)
            question = _first(kinds, pool, rng, origin=chosen.origin, strict=settings.strict)
            return replace(question, round=chosen.round, plan=chosen.plan)
        # Removed or moved since the round was planned.
        history.gone.add(chosen.card_id)
    return None


def grade(question: Question, response: Mapping[str, str]) -> list[Graded]:
    """As the question's kind says; a typed answer that is in doubt is left to the learner."""
    return [grading.grade(question, response)]


def instead(question: Question, pool: CardPool, rng: Random) -> Question | None:
    """The question by which a learner shows at once that she knows a card that she was to recognise."""
    if question.kind in RECALLS:
        return None
    harder = _first(RECALLS, pool, rng, origin=question.origin, strict=question.strict)
    return replace(harder, round=question.round, plan=question.plan)


def most_questions(settings: SessionSettings) -> int:
    """The number of questions after which a session ends, whatever was answered."""
    if settings.queue == DRILL:
        return MOST_DRILLED
    return min(QUESTIONS_A_CARD * settings.size + EXTRA_QUESTIONS, MOST_QUESTIONS)


def kinds_of(settings: SessionSettings) -> frozenset[Kind]:
    """The kinds of question that the session may ask."""
    return frozenset(Kind(kind) for kind in settings.kinds) or frozenset(DEFAULT_KINDS)


@dataclass(frozen=True)
class NextCard:
    """The card to ask next, and its round."""

    card_id: int
    level: Level
    origin: str
    round: int
    plan: tuple[int, ...]


@dataclass(frozen=True)
class SessionHistory:
    """What the session's answers so far come to, card by card."""

    asked: Sequence[Asked]
    size: int
    kinds: frozenset[Kind]
    levels: dict[int, Level] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    @cached_property
    def goal(self) -> Level:
        """The highest level that the chosen kinds of question can give."""
        return Level.LEARNED if self.kinds.intersection(RECALLS) else Level.RECOGNISED

    @cached_property
    def is_review(self) -> bool:
        return bool(self.asked) and self.asked[0].origin == REVIEW

    @cached_property
    def round(self) -> int:
        return self.asked[-1].round if self.asked else 0

    @cached_property
    def by_card(self) -> Mapping[int, list[Asked]]:
        found: dict[int, list[Asked]] = {}
        for one in self.asked:
            if one.card_id is not None:
                found.setdefault(one.card_id, []).append(one)
        return found

    @cached_property
    def last_at(self) -> Mapping[int, int]:
        return {one.card_id: number for number, one in enumerate(self.asked) if one.card_id is not None}

    @cached_property
    def misses(self) -> Counter[int | None]:
        return Counter(one.card_id for one in self.asked if one.verdict == Verdict.WRONG)

    @cached_property
    def gap(self) -> int:
        """How many others have to lie between two questions about a card."""
        return max(0, min(QUESTIONS_BETWEEN, self.size - 1))

    def is_ready(self, card: int) -> bool:
        """Whether enough others have been asked since the card was."""
        last = self.last_at.get(card)
        return last is None or len(self.asked) - 1 - last >= self.gap

    def rests(self, card: int) -> bool:
        return self.misses[card] >= RESTS_AFTER

    def was_missed(self, card: int) -> bool:
        """Whether the card's last answer in this session was a miss."""
        answers = self.by_card.get(card)
        return bool(answers) and answers[-1].verdict == Verdict.WRONG  # type: ignore[index]

    def was_right(self, card: int) -> bool:
        answers = self.by_card.get(card)
        return bool(answers) and answers[-1].verdict == Verdict.CORRECT  # type: ignore[index]

    def is_done(self, card: int) -> bool:
        """Whether the card needs no more questions in this session."""
        if self.is_review or not any(kind.raises_level for kind in self.kinds):
            return self.was_right(card)
        if self.levels.get(card, Level.NEW) >= self.goal:
            return True
        recent = self.by_card.get(card, [])[-ENOUGH_RECALLS:]
        return len(recent) == ENOUGH_RECALLS and all(
            one.verdict == Verdict.CORRECT and one.kind in RECALLS for one in recent
        )

    def had_most_questions(self, card: int) -> bool:
        return len(self.by_card.get(card, ())) >= QUESTIONS_A_CARD

    def can_be_asked(self, card: int) -> bool:
        """Whether the card neither rests nor is put aside or gone."""
        return card in self.levels and card not in self.gone and not self.rests(card)

    def is_wanted(self, card: int) -> bool:
        return self.can_be_asked(card) and not self.is_done(card)

    def in_round(self, card: int) -> list[Asked]:
        return [one for one in self.by_card.get(card, []) if one.round == self.round]

    def rounds_since(self, card: int) -> int:
        """How many rounds ago the card was asked, seen from the next round; many where it never was."""
        answers = self.by_card.get(card)
        return self.round + 1 - answers[-1].round if answers else len(self.asked) + ROUNDS_AWAY


def _next_card(queue: CardQueue, history: SessionHistory) -> NextCard | None:
    if queue.settings.queue == DRILL:
        return _next_in_drill(queue, history)
    return _next_in_round(queue, history) or _next_in_new_round(queue, history)


def _opening(queue: CardQueue, history: SessionHistory, rng: Random) -> Question | None:
    """The first question of a session that begins with new cards: of the first one that can be recognised.

    Whoever has never studied here is to choose an answer, not to grade themselves. None where the session goes on
    or begins with what is known, and where the first new cards give no wrong options.
    """
    kinds = [kind for kind in RECOGNITIONS if kind in history.kinds]
    if history.asked or queue.settings.queue == DRILL or not kinds:
        return None
    plan = _plan(queue, history)
    if not plan or _origin(history, plan[0]) != NEW:
        return None
    rng.shuffle(kinds)
    for card in _new_in_order(queue, history, plan):
        pool = queue.card_pool(card, rng)
        questions = (building.ask(kind, pool, rng, origin=NEW) for kind in kinds) if pool else ()
        if question := next(filter(None, questions), None):
            return replace(question, round=1, plan=_first_distinct([card, *plan], ROUND))
    return None


def _new_in_order(queue: CardQueue, history: SessionHistory, plan: Sequence[int]) -> Iterator[int]:
    """The plan's new cards, then the deck's next ones."""
    yield from (card for card in plan if history.levels[card] is Level.NEW)
    yield from queue.new_cards(besides=plan, limit=MOST_OPENINGS - len(plan))


def _next_in_drill(queue: CardQueue, history: SessionHistory) -> NextCard | None:
    """What was missed, as soon as others have come between; else what was not asked for longest."""
    cards = queue.settings.cards
    _read_levels(queue, history, cards)
    there = [card for card in cards if card in history.levels and card not in history.gone]
    there.sort(key=lambda card: (not history.was_missed(card), history.last_at.get(card, -1)))
    card = next(filter(history.is_ready, there), None) or next(iter(there), None)
    return NextCard(card, history.levels[card], DRILLED, 1, ()) if card else None


def _next_in_round(queue: CardQueue, history: SessionHistory) -> NextCard | None:
    """The next card of the round that is going on; None where the round is over."""
    if not history.asked:
        return None
    plan = tuple(history.asked[-1].plan)
    _read_levels(queue, history, plan)
    open_cards = [card for card in plan if history.can_be_asked(card)]
    pending = [card for card in open_cards if not history.in_round(card)]
    missed = [card for card in open_cards if len(history.in_round(card)) == 1 and history.was_missed(card)]
    for card in (*missed, *pending):
        if history.is_ready(card):
            return NextCard(card, history.levels[card], _origin(history, card), history.round, plan)
    return _padding(queue, history, history.round, plan) if pending else None


def _next_in_new_round(queue: CardQueue, history: SessionHistory) -> NextCard | None:
    """The first card of the next round; None where no card wants to be asked."""
    number = history.round + 1
    plan = _plan(queue, history)
    for card in plan:
        if history.is_ready(card):
            return NextCard(card, history.levels[card], _origin(history, card), number, plan)
    return _padding(queue, history, number, plan) if plan else None


def _plan(queue: CardQueue, history: SessionHistory) -> tuple[int, ...]:
    """The cards of the next round; none where all that can be done is done."""
    _read_levels(queue, history, ())
    missed = [card for card in history.by_card if history.was_missed(card) and history.is_wanted(card)]
    if history.is_review:
        return _review_plan(queue, history, missed)
    new = [card for card in queue.new_cards(besides=history.by_card, limit=ROUND) if card not in history.gone]
    history.levels.update((card, Level.NEW) for card in new)
    known = [card for card in history.levels if history.is_wanted(card) and card not in (*missed, *new)]
    known.sort(key=lambda card: history.last_at.get(card, -1))
    again = [card for card in known if history.rounds_since(card) >= ROUNDS_AWAY]
    if new:
        # A session has three questions for each card: who had hers lets others be met first.
        missed = [card for card in missed if not history.had_most_questions(card)][:MOST_MISSED]
        again = [card for card in again if not history.had_most_questions(card)]
    plan = _first_distinct([*missed, *again, *new, *known], ROUND)
    return plan or (() if history.asked else _review_plan(queue, history, missed))


def _review_plan(queue: CardQueue, history: SessionHistory, missed: Sequence[int]) -> tuple[int, ...]:
    """What was missed, and the least remembered cards that were not asked yet."""
    left = REVIEWED_AT_ONCE - len(history.by_card)
    others = _cards_at_goal(queue, history, limit=REVIEWED_AT_ONCE) if left > 0 else []
    others = [card for card in others if card not in history.by_card][: max(0, left)]
    return _first_distinct([*missed, *others], ROUND)


def _padding(
    queue: CardQueue, history: SessionHistory, number: int, plan: tuple[int, ...]
) -> NextCard | None:
    """A card that is done with, to keep two questions about another apart; None where there is none."""

    def fits(card: int) -> bool:
        return card not in plan and history.can_be_asked(card) and history.is_ready(card)

    ready = [card for card in history.levels if fits(card) and history.is_done(card)]
    if not ready:
        ready = [
            card for card in _cards_at_goal(queue, history, limit=ROUND + len(history.by_card)) if fits(card)
        ]
    if not ready:
        return None
    card = min(ready, key=lambda one: history.last_at.get(one, -1))
    return NextCard(card, history.levels[card], PADDING, number, plan)


def _cards_at_goal(queue: CardQueue, history: SessionHistory, *, limit: int) -> list[int]:
    """Cards that had reached the goal before, least remembered first."""
    cards = [card for card in queue.reached(level=history.goal, limit=limit) if card not in history.gone]
    history.levels.update((card, history.goal) for card in cards if card not in history.levels)
    return cards


def _read_levels(queue: CardQueue, history: SessionHistory, plan: Sequence[int]) -> None:
    """Read once how the session's cards and those of the plan stand, and some others that wait longest."""
    if not history.levels:
        cards = dict.fromkeys((*plan, *history.by_card))
        history.levels.update(queue.levels(cards, below=history.goal, limit=2 * ROUND))


def _origin(history: SessionHistory, card: int) -> str:
    if history.is_review or (not history.asked and history.levels[card] >= history.goal):
        return REVIEW
    if history.was_missed(card):
        return MISSED
    if card not in history.by_card and history.levels[card] is Level.NEW:
        return NEW
    return AGAIN if history.rounds_since(card) >= ROUNDS_AWAY else REST


def _first_distinct(cards: Iterable[int], most: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(cards))[:most]


def _first(kinds: Iterable[Kind], pool: CardPool, rng: Random, *, origin: str, strict: bool) -> Question:
    """The question of the first kind in which the card can be asked; self-graded it always can."""
    for kind in (*kinds, Kind.FLIP):
        question = building.ask(kind, pool, rng, origin=origin, strict=strict)
        if question:
            return question
    raise AssertionError("a card can always be self-graded")


def _kinds_in_order(chosen: NextCard, history: SessionHistory, rng: Random) -> list[Kind]:
    """The kinds to try for the card: recognition for one not yet recognised, else recall."""
    easy = [kind for kind in RECOGNITIONS if kind in history.kinds]
    rng.shuffle(easy)
    hard = [kind for kind in RECALLS if kind in history.kinds]
    if chosen.origin == REVIEW:
        mixed = [*easy, *hard]
        rng.shuffle(mixed)
        return mixed
    has_been_right = any(one.verdict == Verdict.CORRECT for one in history.by_card.get(chosen.card_id, ()))
    if chosen.level > Level.NEW or has_been_right:
        # True/false lifts nothing: where no recall is wanted, a choice shows more.
        return [*hard, *sorted(easy, key=RECOGNITIONS.index)]
    # What was never seen is not asked to be typed, unless nothing else is chosen.
    return [*easy, *reversed(hard)]
