"""Learn, with simulated learners who study whole sessions."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from sessions_app.study import distractors
from sessions_app.study.modes import learn
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import CardPool, Question
from sessions_app.study.scheduling.types import Progress
from sessions_app.study.types import CardSide, Kind, Level, Side, StudyCard
from tests.sessions_app.study.build import NOON, moment
from tests.sessions_app.study.sitting import LearnQueue, Sat, cards, sit, take

MOST = 119
SIZES = (*range(1, 9), 15, 46)


@pytest.fixture(autouse=True)
def options(monkeypatch):
    """Takes any other answers as wrong options: Learn does not choose them, and this is fast."""

    def four(card: StudyCard, deck, *, rng: Random, **_ignored) -> tuple[str, ...] | None:
        others = [deck[(card.id + step) % len(deck)].text(card.side) for step in range(min(3, len(deck) - 1))]
        return (card.text(card.side), *others) if others else None

    def stated(card: StudyCard, deck, *, rng: Random, **_ignored) -> tuple[str, bool] | None:
        is_true = rng.random() < 0.5
        return deck[card.id % len(deck)].text(card.side) if not is_true else card.text(card.side), is_true

    monkeypatch.setattr(distractors, "options", four)
    monkeypatch.setattr(distractors, "statement", stated)


def knows_all(_question: Question, _chance: Random) -> bool:
    return True


def knows_nothing(_question: Question, _chance: Random) -> bool:
    return False


def never_types(question: Question, _chance: Random) -> bool:
    return question.kind is not Kind.TYPED


def guesses(question: Question, chance: Random) -> bool:
    return chance.random() < {Kind.CHOICE: 0.25, Kind.TRUE_FALSE: 0.5}.get(question.kind, 0.05)


def half_knows(_question: Question, chance: Random) -> bool:
    return chance.random() < 0.6


LEARNERS = (knows_all, knows_nothing, never_types, guesses, half_knows)
KINDS = ((), (Kind.CHOICE,), (Kind.TRUE_FALSE,), (Kind.CHOICE, Kind.TRUE_FALSE), (Kind.TYPED,), learn.KINDS)


def asked(sat: Sat) -> list[int]:
    return [question.card_id for question in sat.questions]


@pytest.mark.slow
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_every_session_ends(learner, kinds):
    """In small decks, and in some larger ones for each pair of a learner and kinds of question."""
    pair = LEARNERS.index(learner) * len(KINDS) + KINDS.index(kinds)
    for size in (*range(1, 9), *range(9 + pair, MOST + 1, len(LEARNERS) * len(KINDS))):
        assert len(sit(size, learner, kinds=kinds).questions) <= 3 * size + 9


def test_perfect_learner_needs_three_questions_a_card():
    for size in SIZES:
        sat = sit(size, knows_all)
        assert set(sat.levels()) == {Level.LEARNED}
    assert len(sit(46, knows_all).questions) == 138


def test_choices_alone_reach_recognised():
    assert set(sit(46, knows_all, kinds=[Kind.CHOICE]).levels()) == {Level.RECOGNISED}


def test_learner_without_right_answers_never_passes_recognised():
    for size in SIZES:
        assert max(sit(size, knows_nothing).levels()) <= Level.RECOGNISED


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_card_is_asked(learner):
    for size in SIZES:
        assert len(set(asked(sit(size, learner)))) == size


@pytest.mark.slow
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_missed_card_returns_after_others(learner, kinds):
    for size in SIZES:
        sat = sit(size, learner, kinds=kinds, seed=size)
        order = asked(sat)
        assert size == 1 or all(one != other for one, other in pairwise(order))
        for place, (card, right) in enumerate(zip(order, sat.rights, strict=True)):
            if not right and card in order[place + 1 :]:
                assert order.index(card, place + 1) - place - 1 >= min(3, size - 1)


def test_missed_card_returns_in_its_round():
    missed = []

    def misses_one(question: Question, _chance: Random) -> bool:
        if question.card_id != 2 or missed:
            return True
        missed.append(question)
        return False

    sat = sit(20, misses_one)
    rounds = [question.round for question in sat.questions if question.card_id == 2]
    assert rounds[:2] == [1, 1]


def test_card_missed_three_times_is_asked_no_more():
    sat = sit(20, knows_nothing)
    assert max(Counter(asked(sat)).values()) == 3


def test_missed_cards_leave_room_for_new_ones():
    sat = sit(40, knows_nothing)
    for number in range(2, 5):
        plan = next(question.plan for question in sat.questions if question.round == number)
        assert len(plan) == learn.ROUND
        assert (
            sum(question.origin == learn.NEW for question in sat.questions if question.round == number) >= 3
        )


def test_new_cards_are_asked_by_choice_then_by_recall():
    sat = sit(30, knows_all)
    kinds = {}
    for question in sat.questions:
        kinds.setdefault(question.card_id, []).append(question.kind)
    assert all(first is Kind.CHOICE for first, *_ in kinds.values())
    assert all(kind in learn.RECALLS for _, *rest in kinds.values() for kind in rest)


def test_unseen_card_without_choices_is_flipped():
    sat = sit(1, knows_all)
    assert sat.questions[0].kind is Kind.FLIP


def test_learned_cards_are_reviewed_once_in_mixed_order():
    known = {card.asks: Progress(level=Level.LEARNED, peak=Level.LEARNED) for card in cards(59)}
    sat = sit(59, knows_all, known=known)
    assert {question.origin for question in sat.questions} == {learn.REVIEW}
    assert len(sat.questions) == len(set(asked(sat))) == learn.REVIEWED_AT_ONCE
    assert len({question.kind for question in sat.questions}) == 3


def test_cards_begun_earlier_come_before_new_ones():
    known = {CardSide(9, Side.DEFINITION): Progress(level=Level.RECALLED, peak=Level.RECALLED)}
    assert sit(20, knows_all, known=known).questions[0].card_id == 9


def test_suspended_and_removed_cards_are_not_asked():
    queue = LearnQueue(cards(10), SessionSettings(size=10))
    first = learn.draw(queue, moment(), Random(1))
    put_aside, gone = (asks.card_id for asks in first.plan[1:3])
    take(queue, first, right=True)
    queue.put_aside = {put_aside}
    queue.deck = [card for card in queue.deck if card.id != gone]
    drawn = set()
    for number in range(40):
        question = learn.draw(queue, moment(), Random(number))
        if question is None:
            break
        drawn.add(question.card_id)
        take(queue, question, right=True)
    assert drawn == set(range(1, 11)) - {put_aside, gone}


def test_known_card_can_be_asked_by_recall_at_once():
    queue = LearnQueue(cards(10), SessionSettings(size=10))
    question = learn.draw(queue, moment(), Random(1))
    around = CardPool(queue.deck[question.card_id - 1], queue.deck, {})
    harder = learn.instead(question, around, Random(2))
    assert harder.kind in learn.RECALLS
    assert (harder.card_id, harder.round, harder.plan) == (question.card_id, question.round, question.plan)
    assert learn.instead(harder, around, Random(2)) is None


def test_same_seed_asks_the_same_questions():
    assert sit(20, half_knows, seed=7).questions == sit(20, half_knows, seed=7).questions


def test_drill_repeats_its_cards_until_time_is_up():
    settings = SessionSettings(queue=learn.DRILL, cards=(2, 5, 7), kinds=("choice",), size=3, seconds=120)
    queue = LearnQueue(cards(10), settings)
    order = []
    for number in range(12):
        question = learn.draw(queue, moment(), Random(number))
        order.append(question.card_id)
        take(queue, question, right=number != 4)
    assert order[:3] == [2, 5, 7]
    assert set(Counter(order).values()) <= {3, 4, 5}
    assert learn.draw(queue, moment(NOON.replace(minute=3)), Random(1)) is None


def test_question_survives_its_json():
    for question in sit(12, half_knows, kinds=learn.KINDS).questions:
        assert Question.from_json(question.to_json()) == question
