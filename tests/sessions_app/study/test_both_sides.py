"""Learn and Spaced where every card asks for both sides: its two questions, the siblings, are kept apart."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.modes import LEARN, SPACED, learn, next_question
from sessions_app.study.modes import test as paper_mode
from sessions_app.study.modes.learn_history import SessionHistory
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.types import Question
from sessions_app.study.scheduling.types import Progress
from sessions_app.study.types import CardSide, Kind, Level, Rating, Side
from tests.sessions_app.study.build import NOON, BothSidesQueue, moment, remembered
from tests.sessions_app.study.decks import large
from tests.sessions_app.study.sitting import LearnQueue, Sat, cards, sit, take
from tests.sessions_app.study.test_learn import KINDS, LEARNERS, half_knows, knows_all, options

__all__ = ["options"]

SIZES = (*range(1, 9), 15)
MINUTE = timedelta(minutes=1)


def asked(sat: Sat) -> list[CardSide]:
    return [question.asks for question in sat.questions]


def left(queue: LearnQueue, number: int) -> set[CardSide]:
    """The questions that Learn could ask now although nothing is released: unfinished, and apart by the gap.

    Those that had three questions come after the others, also after those that are held back.
    """
    history = SessionHistory(queue.asked, number, learn.kinds_of(queue.settings))
    history.levels.update((one, queue.level(one)) for one in queue.choosable())
    return {
        one
        for one in queue.choosable()
        if not queue.is_held(one)
        and history.is_wanted(one)
        and history.is_ready(one)
        and not history.had_most_questions(one)
    }


def sit_watched(number: int, learner, *, kinds=(), seed: int = 1, known=None) -> Sat:
    """`sit` for both sides, which fails if a question is released although another one is left."""

    def watch(queue: LearnQueue, question: Question) -> None:
        is_review = question.origin in (learn.REVIEW, learn.PADDING)
        if queue.is_held(question.asks) and not is_review:
            assert not left(queue, number), (question.asks, left(queue, number))

    return sit(number, learner, kinds=kinds, seed=seed, known=known, both_sides=True, watch=watch)


def check(sat: Sat, number: int) -> None:
    order = asked(sat)
    assert len(order) <= learn.QUESTIONS_A_CARD * 2 * number + learn.EXTRA_QUESTIONS
    # Learners who only guess in a large deck may use up the session before.
    assert len(set(order)) == 2 * number or (len(order) >= 300 and len(set(order)) >= 1.9 * number)
    cards_before_a_sibling = set()
    for asks in order:
        if asks.sibling in order[: order.index(asks)]:
            break
        cards_before_a_sibling.add(asks.card_id)
    assert len(cards_before_a_sibling) == number, "no sibling before all cards had one question"
    for one, other in pairwise(order):
        assert number == 1 or one.card_id != other.card_id
    for question in sat.questions:
        assert len(set(question.plan)) == len(question.plan) <= learn.ROUND


@pytest.mark.parametrize("learner", LEARNERS)
def test_session_ends_after_every_question_and_siblings_come_last(learner):
    for number in SIZES:
        check(sit_watched(number, learner), number)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_every_session_ends_in_larger_decks(learner, kinds):
    pair = LEARNERS.index(learner) * len(KINDS) + KINDS.index(kinds)
    # A single card that can only be asked as true or false uses up the session.
    for number in (
        *range(1 + (Kind.TRUE_FALSE in kinds), 9),
        *range(9 + pair, 61, len(LEARNERS) * len(KINDS)),
    ):
        check(sit_watched(number, learner, kinds=kinds), number)


@pytest.mark.slow
@pytest.mark.parametrize("learner", LEARNERS)
def test_between_two_questions_about_a_card_there_are_others(learner):
    for number in SIZES:
        order = [asks.card_id for asks in asked(sit(number, learner, both_sides=True, seed=number))]
        for place, card in enumerate(order):
            if card in order[place + 1 :]:
                assert order.index(card, place + 1) - place - 1 >= min(3, number - 1)


def test_rounds_have_seven_questions_while_there_are_more():
    sat = sit(21, knows_all, both_sides=True)
    plans = [question.plan for question in {question.round: question for question in sat.questions}.values()]
    assert [len(plan) for plan in plans].count(learn.ROUND) >= len(plans) - 4


@pytest.mark.parametrize("level", [Level.RECALLED, Level.LEARNED])
def test_round_has_one_question_of_a_card(level):
    known = {CardSide(card.id, side): Progress(level=level, peak=level) for card in cards(9) for side in Side}
    plan = sit(9, knows_all, both_sides=True, known=known).questions[0].plan
    assert len({asks.card_id for asks in plan}) == len(plan) == learn.ROUND


def test_definition_is_introduced_before_the_term():
    sides = [asks.side for asks in dict.fromkeys(asked(sit(9, knows_all, both_sides=True)))]
    assert sides == [Side.DEFINITION] * 9 + [Side.TERM] * 9


def test_learned_questions_are_reviewed_without_siblings_first():
    known = {
        CardSide(card.id, side): Progress(level=Level.LEARNED, peak=Level.LEARNED)
        for card in cards(20)
        for side in Side
    }
    sat = sit(20, knows_all, both_sides=True, known=known)
    assert {question.origin for question in sat.questions} == {learn.REVIEW}
    first = asked(sat)[:20]
    assert len({asks.card_id for asks in first}) == 20
    assert len(asked(sat)) == len(set(asked(sat))) == learn.REVIEWED_AT_ONCE


@pytest.mark.slow
@given(st.integers(2, 8), st.data())
def test_review_begins_with_what_is_not_held_back(number, data):
    """Every question is learned, and some were asked earlier today."""
    both = [CardSide(card.id, side) for card in cards(number) for side in Side]
    today = data.draw(st.sets(st.sampled_from(both)))
    known = {one: Progress(level=Level.LEARNED, peak=Level.LEARNED) for one in both}
    settings = SessionSettings(size=2 * number, cards_to_ask=number)
    queue = LearnQueue(cards(number), settings, known, both_sides=True, asked_today=today)
    order = []
    while question := next_question(LEARN, queue, moment(), f"{len(order)}"):
        others = [one for one in both if one not in order and not queue.is_held(one)]
        assert question.asks not in order or question.origin == learn.PADDING
        assert not (queue.is_held(question.asks) and others)
        order.append(question.asks)
        take(queue, question, right=True)
        queue.holds_back = True
    assert {*order} == {*both}


@pytest.mark.slow
@given(st.integers(1, 12), st.randoms(use_true_random=False), st.sampled_from(KINDS), st.data())
def test_questions_of_today_hold_back_their_siblings(number, chance, kinds, data):
    both = [CardSide(card.id, side) for card in cards(number) for side in Side]
    today = data.draw(st.sets(st.sampled_from(both)))
    settings = SessionSettings(kinds=tuple(kinds), size=2 * number, cards_to_ask=number)
    queue = LearnQueue(cards(number), settings, both_sides=True, asked_today=today)
    for turn in range(3 * number):
        queue.holds_back = True
        question = next_question(LEARN, queue, moment(), f"{turn}")
        if question is None:
            break
        if queue.is_held(question.asks):
            assert not left(queue, number)
        take(queue, question, right=half_knows(question, chance))


# --- Spaced


def a_pile(number: int, chance: Random) -> BothSidesQueue:
    """Cards with both sides, each question new, due, later, or in a same-day step."""
    scheduled, new = [], []
    for card in range(1, number + 1):
        for side in (Side.DEFINITION, Side.TERM):
            state = chance.choice(["new", "new", "due", "later", "step"])
            if state == "new":
                new.append(CardSide(card, side))
            else:
                due_in = {"due": -timedelta(days=1), "later": timedelta(days=9), "step": -MINUTE}[state]
                scheduled.append(
                    remembered(card, due_in=due_in, step=0 if state == "step" else None, side=side)
                )
    return BothSidesQueue.of(scheduled, new, new_limit=chance.randrange(8))


@given(st.integers(0, 8), st.randoms(use_true_random=False))
def test_sibling_comes_only_if_nothing_else_is_left(number, chance):
    queue, now = a_pile(number, chance), NOON
    for turn in range(60):
        free = {asks for asks in queue.could_ask(now) if not queue.is_held(asks)}
        queue.holds_back = True
        question = next_question(SPACED, queue, moment(now), f"{turn}")
        if question is None:
            assert not queue.could_ask(now)
            return
        assert question.asks in (free or queue.could_ask(now))
        queue.rate(question.asks, question.origin, chance.choice([*Rating]), now)
        now += MINUTE


@given(st.integers(0, 8), st.randoms(use_true_random=False))
def test_card_does_not_come_twice_in_a_row_while_another_is_left(number, chance):
    queue, now, last = a_pile(number, chance), NOON, None
    for turn in range(60):
        able = queue.could_ask(now)
        able = {asks for asks in able if not queue.is_held(asks)} or able
        queue.holds_back = True
        question = next_question(SPACED, queue, moment(now), f"{turn}")
        if question is None:
            return
        assert question.card_id != last or {asks.card_id for asks in able} == {last}
        last = question.card_id
        queue.rate(question.asks, question.origin, chance.choice([*Rating]), now)
        now += MINUTE


@given(st.integers(1, 8), st.sampled_from([Rating.GOOD, Rating.EASY]))
def test_new_questions_of_all_cards_come_before_their_siblings(number, rating):
    both = [CardSide(card, side) for card in range(1, number + 1) for side in (Side.DEFINITION, Side.TERM)]
    queue, now, order = BothSidesQueue.of([], both, new_limit=2 * number), NOON, []
    while len(order) < 5 * number:
        queue.holds_back = True
        question = next_question(SPACED, queue, moment(now), f"{len(order)}")
        if question is None:
            break
        order.append(question.asks)
        queue.rate(question.asks, question.origin, rating, now)
        now += MINUTE
    firsts = list(dict.fromkeys(order))
    assert firsts[:number] == [CardSide(card, Side.DEFINITION) for card in range(1, number + 1)]
    assert {*firsts[number:]} == {CardSide(card, Side.TERM) for card in range(1, number + 1)}


# --- Test


BOTH_OF_TWENTY = [CardSide(card.id, side) for card in large(20) for side in Side]


def asked_on_paper(held, kind: Kind, questions: int, seed: int = 1) -> list[CardSide]:
    """What a paper of this kind alone asks, of twenty cards with both sides."""
    pool = paper_mode.TestPool(large(20), BOTH_OF_TWENTY, {}, held=held)
    drawn = paper_mode.paper(pool, SessionSettings(questions=questions, kinds=(kind,)), Random(seed))
    return [
        CardSide(card, question.side)
        for question in drawn.questions
        for card in paper_answers.cards_of(question)
    ]


@given(st.sets(st.sampled_from(BOTH_OF_TWENTY)), st.integers(1, 20), st.integers(0, 99))
def test_paper_asks_held_questions_only_when_others_run_out(held, questions, seed):
    asked = asked_on_paper(held, Kind.FLIP, questions, seed)
    cards = [asks.card_id for asks in asked]
    assert len(set(cards)) == len(cards) == questions
    free = {asks.card_id for asks in BOTH_OF_TWENTY if asks not in held}
    assert not held.intersection(asked) or free <= set(cards)


@pytest.mark.parametrize("side", Side)
def test_block_is_of_the_side_that_is_not_held_back(side):
    held = {asks for asks in BOTH_OF_TWENTY if asks.side is side}
    asked = asked_on_paper(held, Kind.BLOCK, 8)
    assert {asks.side for asks in asked} == {side.other}
    assert len({asks.card_id for asks in asked}) == len(asked) == 8


def test_options_ask_for_one_side():
    for question in sit(9, knows_all, both_sides=True, kinds=[Kind.CHOICE]).questions:
        word = "term" if question.side is Side.TERM else ("answer", "a definition")
        assert all(option.startswith(word) for option in question.options)
