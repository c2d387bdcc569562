"""Learn: from recognising to recalling, in rounds of seven cards.

What is said here of a card holds for each of its questions: a card that asks for both sides has two.

A new card is asked as a choice (or true/false), then without help until it was recalled twice, with other
questions in between. The cards of a round are, in this order: missed cards, known cards that were not asked in
the last two rounds, new cards, and the rest. A missed card returns after at least three others.

A session that begins with new cards begins with the first of them that can be recognised; the others keep their
order.

A session always ends. A card is finished at the highest level that the session's kinds of question can give. After
three misses it rests until the next session. No session asks more than three questions a card, plus nine. If every
card has reached that level already, the session is a mixed review of the least remembered cards.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import filterfalse
from random import Random

from sessions_app.study.modes.learn_history import (
    QUESTIONS_A_CARD,
    REVIEW,
    ROUNDS_AWAY,
    SessionHistory,
    is_recall,
)
from sessions_app.study.modes.types import CardQueue, SessionSettings
from sessions_app.study.questions import building, grading
from sessions_app.study.questions.kinds import KINDS as ALL_KINDS
from sessions_app.study.questions.types import CardPool, Graded, Question
from sessions_app.study.types import CardSide, Evidence, Kind, Level, Moment, Verdict

# Why a card was drawn.
NEW, MISSED, AGAIN, REST, PADDING = "new", "missed", "again", "rest", "padding"
DRILLED = "drilled"

# The queue of a drill: the cards that the settings name are asked again and again until the time is up.
DRILL = "drill"
DRILL_SECONDS = 120
MOST_DRILLED = 60

ROUND = 7
# The most missed cards in a round, while there are new ones.
MOST_MISSED = 4
MOST_QUESTIONS = 400
EXTRA_QUESTIONS = 9
REVIEWED_AT_ONCE = 4 * ROUND
# The most new cards that are tried for the first question: each needs a read of the deck.
MOST_OPENINGS = 7 * ROUND

# The kinds that can be chosen, and those of them that are chosen by default.
KINDS = tuple(kind for kind, each in ALL_KINDS.items() if each.fewest_cards == 1)
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind.raises_level)
RECALLS = tuple(filter(is_recall, KINDS))
RECOGNITIONS = tuple(kind for kind in KINDS if ALL_KINDS[kind].evidence is Evidence.RECOGNITION)


def draw(queue: CardQueue, moment: Moment, rng: Random) -> Question | None:
    """The next question; None at the end of the session."""
    settings = queue.settings
    over_time = settings.seconds and (moment.now - queue.started_at).total_seconds() > settings.seconds
    if over_time or len(queue.asked) >= most_questions(settings):
        return None
    cards = settings.cards_to_ask or settings.size
    history = SessionHistory(queue.asked, cards, kinds_of(settings))
    if opening := _opening(queue, history, rng):
        return opening
    while chosen := _next_question(queue, history):
        pool = queue.card_pool(chosen.asks, rng)
        if pool:
            kinds = _kinds_in_order(chosen, history, rng)
            question = _first(kinds, pool, rng, origin=chosen.origin, strict=settings.strict)
            return replace(question, round=chosen.round, plan=chosen.plan)
        # The card was removed or moved after the round was planned.
        history.gone.add(chosen.asks)
    return None


def grade(question: Question, response: Mapping[str, str]) -> list[Graded]:
    """Grade by the kind of question; a typed answer in doubt gets the verdict ``ASK``."""
    return [grading.grade(question, response)]


def instead(question: Question, pool: CardPool, rng: Random) -> Question | None:
    """The question that asks for a recall instead of the recognition that ``question`` asks for."""
    if question.kind in RECALLS:
        return None
    harder = _first(RECALLS, pool, rng, origin=question.origin, strict=question.strict)
    return replace(harder, round=question.round, plan=question.plan)


def most_questions(settings: SessionSettings) -> int:
    """The number of questions after which a session ends."""
    if settings.queue == DRILL:
        return MOST_DRILLED
    return min(QUESTIONS_A_CARD * settings.size + EXTRA_QUESTIONS, MOST_QUESTIONS)


def kinds_of(settings: SessionSettings) -> frozenset[Kind]:
    """The kinds of question that the session may ask."""
    return frozenset(Kind(kind) for kind in settings.kinds) or frozenset(DEFAULT_KINDS)


@dataclass(frozen=True)
class NextQuestion:
    """What to ask next, and its round."""

    asks: CardSide
    level: Level
    origin: str
    round: int
    plan: tuple[CardSide, ...]


def _next_question(queue: CardQueue, history: SessionHistory) -> NextQuestion | None:
    if queue.settings.queue == DRILL:
        return _next_in_drill(queue, history)
    return _next_in_round(queue, history) or _next_in_new_round(queue, history)


def _opening(queue: CardQueue, history: SessionHistory, rng: Random) -> Question | None:
    """The first question of a session that begins with new cards: about the first one that can be recognised.

    So a newcomer begins with a choice and not with self-grading. None in a session that has begun or that begins
    with known cards, and if none of the first new cards has wrong options.
    """
    kinds = [kind for kind in RECOGNITIONS if kind in history.kinds]
    if history.asked or queue.settings.queue == DRILL or not kinds:
        return None
    plan = _plan(queue, history)
    if not plan or _origin(history, plan[0]) != NEW:
        return None
    rng.shuffle(kinds)
    for asks in _new_in_order(queue, history, plan):
        pool = queue.card_pool(asks, rng)
        questions = (building.ask(kind, pool, rng, origin=NEW) for kind in kinds) if pool else ()
        if question := next(filter(None, questions), None):
            return replace(question, round=1, plan=_as_plan(queue, [asks, *plan]))
    return None


def _new_in_order(queue: CardQueue, history: SessionHistory, plan: Sequence[CardSide]) -> Iterator[CardSide]:
    """The plan's new cards, then the deck's next ones."""
    yield from (asks for asks in plan if history.levels[asks] is Level.NEW)
    yield from queue.new_questions(besides=plan, limit=MOST_OPENINGS - len(plan))


def _next_in_drill(queue: CardQueue, history: SessionHistory) -> NextQuestion | None:
    """A missed card, if there were others in between; else the card that was not asked for longest."""
    in_order = queue.settings.cards.index
    drilled = sorted(queue.choosable(), key=lambda asks: in_order(asks.card_id))
    _read_levels(queue, history, drilled)
    there = [asks for asks in drilled if asks in history.levels and asks not in history.gone]
    there.sort(key=lambda asks: (not history.was_missed(asks), history.last_at.get(asks, -1)))
    asks = next(filter(history.is_ready, there), None) or next(iter(there), None)
    return NextQuestion(asks, history.levels[asks], DRILLED, 1, ()) if asks else None


def _next_in_round(queue: CardQueue, history: SessionHistory) -> NextQuestion | None:
    """The next card of the current round; None if the round is over."""
    if not history.asked:
        return None
    plan = tuple(queue.plan)
    planned = history.about(plan)
    planned.levels.update(queue.levels(plan, below=history.goal, limit=0))
    open_cards = [asks for asks in plan if planned.can_be_asked(asks)]
    pending = [asks for asks in open_cards if not planned.in_round(asks)]
    missed = [asks for asks in open_cards if len(planned.in_round(asks)) == 1 and planned.was_missed(asks)]
    for asks in (*missed, *pending):
        if planned.is_ready(asks):
            return NextQuestion(asks, planned.levels[asks], _origin(planned, asks), history.round, plan)
    if not pending:
        return None
    _read_levels(queue, history, plan)
    return _padding(queue, history, history.round, plan)


def _next_in_new_round(queue: CardQueue, history: SessionHistory) -> NextQuestion | None:
    """The first card of the next round; None if no card needs a question."""
    number = history.round + 1
    plan = _plan(queue, history)
    for asks in plan:
        if history.is_ready(asks):
            return NextQuestion(asks, history.levels[asks], _origin(history, asks), number, plan)
    return _padding(queue, history, number, plan) if plan else None


def _plan(queue: CardQueue, history: SessionHistory) -> tuple[CardSide, ...]:
    """The cards of the next round; empty if every card is finished or resting."""
    _read_levels(queue, history, ())
    missed = [asks for asks in history.by_question if history.was_missed(asks) and history.is_wanted(asks)]
    if history.is_review:
        return _review_plan(queue, history, missed)
    new = queue.new_questions(besides=history.by_question, limit=ROUND)
    new = [asks for asks in new if asks not in history.gone]
    history.levels.update((asks, Level.NEW) for asks in new)
    known = [asks for asks in history.levels if history.is_wanted(asks) and asks not in (*missed, *new)]
    known.sort(key=lambda asks: history.last_at.get(asks, -1))
    if queue.holds_back and queue.has_siblings:
        # As below: there may be new ones among those that are held back.
        known, missed = [list(filterfalse(history.had_most_questions, some)) for some in (known, missed)]
    again = [asks for asks in known if history.rounds_since(asks) >= ROUNDS_AWAY]
    if new:
        # A session has three questions a card: cards that had three come after the new ones.
        missed = [asks for asks in missed if not history.had_most_questions(asks)][:MOST_MISSED]
        again = [asks for asks in again if not history.had_most_questions(asks)]
    plan = _as_plan(queue, [*missed, *again, *new, *known])
    if plan or history.asked or (queue.holds_back and queue.is_holding()):
        return plan
    return _first_review_plan(queue, history)


def _first_review_plan(queue: CardQueue, history: SessionHistory) -> tuple[CardSide, ...]:
    """The plan of a review's first round: those that are held back come only if there are no others."""
    holds_back, queue.holds_back = queue.holds_back, True
    plan = _review_plan(queue, history, ())
    queue.holds_back = holds_back
    return plan or _review_plan(queue, history, ())


def _review_plan(
    queue: CardQueue, history: SessionHistory, missed: Sequence[CardSide]
) -> tuple[CardSide, ...]:
    """The missed cards, and the least remembered cards that were not asked yet."""
    left = REVIEWED_AT_ONCE - len(history.by_question)
    others = _cards_at_goal(queue, history, limit=REVIEWED_AT_ONCE) if left > 0 else []
    others = [asks for asks in others if asks not in history.by_question][: max(0, left)]
    return _as_plan(queue, [*missed, *others])


def _padding(
    queue: CardQueue, history: SessionHistory, number: int, plan: tuple[CardSide, ...]
) -> NextQuestion | None:
    """A finished card that is asked between two questions about another card; None if there is none."""

    def fits(asks: CardSide) -> bool:
        return asks not in plan and history.can_be_asked(asks) and history.is_ready(asks)

    ready = [asks for asks in history.levels if fits(asks) and history.is_done(asks)]
    if not ready:
        limit = ROUND + len(history.by_question)
        ready = list(filter(fits, _cards_at_goal(queue, history, limit=limit)))
    if not ready:
        return None
    asks = min(ready, key=lambda one: history.last_at.get(one, -1))
    return NextQuestion(asks, history.levels[asks], PADDING, number, plan)


def _cards_at_goal(queue: CardQueue, history: SessionHistory, *, limit: int) -> list[CardSide]:
    """Cards that had reached the goal before the session, least remembered first."""
    cards = [asks for asks in queue.reached(level=history.goal, limit=limit) if asks not in history.gone]
    history.levels.update((asks, history.goal) for asks in cards if asks not in history.levels)
    return cards


def _read_levels(queue: CardQueue, history: SessionHistory, plan: Sequence[CardSide]) -> None:
    """Read once the levels of the session's cards, of the plan, and of others that were not asked for longest."""
    if not history.levels:
        cards = dict.fromkeys((*plan, *history.by_question))
        history.levels.update(queue.levels(cards, below=history.goal, limit=2 * ROUND))


def _origin(history: SessionHistory, asks: CardSide) -> str:
    if history.is_review or (not history.asked and history.levels[asks] >= history.goal):
        return REVIEW
    if history.was_missed(asks):
        return MISSED
    if asks not in history.by_question and history.levels[asks] is Level.NEW:
        return NEW
    return AGAIN if history.rounds_since(asks) >= ROUNDS_AWAY else REST


def _as_plan(queue: CardQueue, wanted: Iterable[CardSide]) -> tuple[CardSide, ...]:
    """The first of ``wanted``, as many as a round has; while the queue holds back, one question for each card."""
    found: dict[object, CardSide] = {}
    for asks in wanted:
        found.setdefault(asks.card_id if queue.holds_back else asks, asks)
    return tuple(found.values())[:ROUND]


def _first(kinds: Iterable[Kind], pool: CardPool, rng: Random, *, origin: str, strict: bool) -> Question:
    """The question of the first kind in which the card can be asked; any card can be self-graded."""
    for kind in (*kinds, Kind.FLIP):
        question = building.ask(kind, pool, rng, origin=origin, strict=strict)
        if question:
            return question
    raise AssertionError("a card can always be self-graded")


def _kinds_in_order(chosen: NextQuestion, history: SessionHistory, rng: Random) -> list[Kind]:
    """The kinds to try for the card: recognition if it was not recognised yet, else recall."""
    easy = [kind for kind in RECOGNITIONS if kind in history.kinds]
    rng.shuffle(easy)
    hard = [kind for kind in RECALLS if kind in history.kinds]
    if chosen.origin == REVIEW:
        mixed = [*easy, *hard]
        rng.shuffle(mixed)
        return mixed
    has_been_right = any(one.verdict == Verdict.CORRECT for one in history.asked if one.asks == chosen.asks)
    if chosen.level > Level.NEW or has_been_right:
        # True/false raises no level: if no recall is asked for, a choice is better.
        return [*hard, *sorted(easy, key=RECOGNITIONS.index)]
    # A card that was never seen is not asked as a typed answer, unless no other kind is chosen.
    return [*easy, *reversed(hard)]
