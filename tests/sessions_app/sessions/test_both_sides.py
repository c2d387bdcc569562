"""Decks in which some cards ask for both sides, studied for days while the learner and the owner change the sides.

`tests.sessions_app.by_hand` checks each question when it is drawn, and the counts after each step.
"""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.editing.cards import save_card
from cards.editing.decks import refresh_deck, update_studied_sides
from cards.models import Card, SideChoice
from sessions_app.corrections import services as corrections
from sessions_app.learners.settings import settings_change
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.practice_test import handing_in, saving, starting
from sessions_app.review_log import importing, replaying
from sessions_app.sessions import marks
from sessions_app.sessions import services as sessions
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import Question
from sessions_app.study.types import CardSide, Side, State
from tests.sessions_app.by_hand import ByHand, check_paper, progress_of, watched_draws
from tests.sessions_app.conftest import NOON, names_of
from tests.sessions_app.sessions.test_machine import response_to

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CHOICES = st.sampled_from(SideChoice.values)
PLACES = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("spaced"), st.lists(st.sampled_from("1334"), min_size=1, max_size=7)),
    st.tuples(st.just("spaced"), st.lists(st.sampled_from("34"), min_size=7, max_size=9)),
    st.tuples(st.just("learn"), st.lists(st.booleans(), min_size=1, max_size=9)),
    st.tuples(st.just("finish"), st.sampled_from(["spaced", "learn"])),
    st.tuples(st.just("test"), st.sampled_from(["", "both", "term"])),
    st.tuples(st.just("wait"), st.sampled_from([5, 30, 60 * 24, 60 * 24 * 4])),
    st.tuples(st.just("learner"), CHOICES),
    st.tuples(st.just("deck"), CHOICES),
    st.tuples(st.just("card"), st.tuples(PLACES, CHOICES)),
    st.tuples(st.just("mark"), st.tuples(PLACES, st.sampled_from(marks.Mark), st.booleans())),
    st.tuples(st.just("aside"), st.sampled_from([marks.Mark.SUSPENDED, marks.Mark.BURIED])),
    st.tuples(st.just("undo"), st.just(None)),
    st.tuples(st.just("void"), st.just(None)),
)


class Desk:
    """A learner in a deck of their own clock; each method is a step."""

    def __init__(self, learner, deck, now=NOON):
        self.learner, self.deck, self.now = learner, deck, now

    def do(self, name, what):
        self.deck.refresh_from_db()
        getattr(self, name)(what)
        self.deck.refresh_from_db()
        for enrollment in Enrollment.objects.select_related("deck", "learner"):
            assert replaying.rebuild(enrollment) == 0
            questions = ByHand(enrollment.learner, self.deck, self.now)
            questions.check_counts()
            questions.check_hint()

    def sit(self, mode, wish, responses):
        """Continue or start a session and answer; the questions that were asked."""
        sessions.session_start(learner=self.learner, deck=self.deck, mode=mode, settings=wish, now=self.now)
        asked = []
        for respond in responses:
            step = self.open_step(mode)
            if step is None:
                break
            question = Question.from_json(step.question)
            asked.append(question.asks)
            self.now += timedelta(seconds=20)
            sessions.step_answer(learner=self.learner, step=step, response=respond(question), now=self.now)
        return asked

    def spaced(self, ratings, queue="due", new_limit=6):
        responses = [lambda _, rating=rating: {"rating": rating} for rating in ratings]
        return self.sit("spaced", SessionSettings(queue, new_limit=new_limit), responses)

    def learn(self, rights, **wish):
        responses = [lambda question, right=right: response_to(question, right=right) for right in rights]
        return self.sit("learn", SessionSettings(**wish), responses)

    def open_step(self, mode=None):
        steps = Step.objects.unanswered().filter(session__learner=self.learner, session__finished_at=None)
        steps = steps.filter(session__mode=mode) if mode else steps
        return steps.select_related("session__deck", "card").first()

    def finish(self, mode):
        self.learner.study_sessions.filter(mode=mode).finish(self.now)

    def test(self, side):
        wish = SessionSettings(questions=4, kinds=("choice", "block", "typed"), side=side)
        session = starting.start(learner=self.learner, deck=self.deck, settings=wish, now=self.now)
        if session:
            check_paper([Question.from_json(step.question) for step in session.steps.on_paper()])
            filled = {0: {"option": "0", "typed": "no", "pair-0": "1", "revision": "1"}}
            saving.save(**names_of(session.paper), filled=filled, now=self.now)
            handing_in.hand_in(learner=self.learner, paper=session.paper, filled={}, now=self.now)

    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    def learner_chooses(self, side):
        settings_change(learner=self.learner, deck=self.deck, side_choice=side)

    def owner_chooses(self, side):
        self.deck.side_choice = side
        self.deck.save()
        update_studied_sides(deck=self.deck)

    def card_asks(self, change):
        place, side = change
        card = self.deck.cards.in_order().select_related("deck")[place]
        card.side_choice = side
        save_card(card=card)

    def mark(self, change):
        place, mark, on = change
        card = self.deck.cards.in_order().select_related("deck")[place]
        marks.card_mark(learner=self.learner, card=card, mark=mark, on=on, now=self.now)

    def aside(self, mark):
        if step := self.open_step():
            marks.step_put_aside(learner=self.learner, step=step, mark=mark, now=self.now)

    def undo(self, _):
        answered = Step.objects.exclude(answered_at=None).filter(
            session__learner=self.learner, on_paper=False
        )
        step = answered.select_related("session__deck", "card").order_by("-answered_at", "-pk").first()
        if step:
            answer_undo(learner=self.learner, step=step, now=self.now)

    def void(self, _):
        lines = Review.objects.standing().filter(learner=self.learner, mode="learn")
        if line := lines.select_related("card__deck").order_by("-pk").first():
            corrections.answer_void(learner=self.learner, line=line, now=self.now)


NAMES = {"learner": "learner_chooses", "deck": "owner_chooses", "card": "card_asks"}


def live(learner, make_deck, choices, steps):
    """Take the steps in a deck whose cards have these choices; leaves nothing in the database."""
    with transaction.atomic(), watched_draws():
        desk = Desk(learner, make_deck(len(choices), side_choice="auto"))
        for card, choice in zip(desk.deck.cards.in_order().select_related("deck"), choices, strict=True):
            card.side_choice = choice
            save_card(card=card)
        for name, what in steps:
            desk.do(NAMES.get(name, name), what)
        transaction.set_rollback(True)


LIVES = given(
    choices=st.lists(st.sampled_from(["both", "both", "both", "definition", "term"]), min_size=4, max_size=4),
    steps=st.lists(STEPS, min_size=4, max_size=14),
)
FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=5, suppress_health_check=FIXTURES)
@LIVES
def test_siblings_are_kept_apart_and_counted(choices, steps, learner, make_deck):
    live(learner, make_deck, choices, steps)


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=FIXTURES)
@LIVES
def test_siblings_are_kept_apart_in_many_lives(choices, steps, learner, make_deck):
    live(learner, make_deck, choices, steps)


# --- One rule each


@pytest.fixture
def desk(learner, make_deck):
    """A deck of four cards that ask for both sides."""
    with watched_draws():
        yield Desk(learner, make_deck(4, side_choice="both"))


def both(desk):
    cards = list(desk.deck.cards.in_order())
    return [CardSide(card.pk, Side(side)) for side in ("definition", "term") for card in cards]


def test_definitions_are_introduced_first_and_terms_when_nothing_else_is_left(desk):
    assert desk.spaced("4" * 20, new_limit=20) == both(desk)


def test_terms_are_new_on_the_next_day(desk):
    assert desk.spaced("4" * 9, new_limit=4) == both(desk)[:4]
    desk.wait(60 * 24)
    assert desk.spaced("4" * 9, new_limit=4) == both(desk)[4:]


@pytest.fixture
def known(desk):
    """All eight questions were recalled, definitions one day before the terms; weeks have passed."""
    for _ in range(2):
        desk.spaced("4" * 4, new_limit=4)
        desk.finish("spaced")
        desk.wait(60 * 24)
    desk.wait(60 * 24 * 60)
    return desk


@pytest.mark.parametrize("queue", ["due", "ahead", "weakest"])
def test_reviews_of_one_card_come_apart(known, queue):
    asked = known.spaced("4" * 20, queue)
    assert len({asks.card_id for asks in asked[:4]}) == 4
    assert {*asked} == {*both(known)}


def test_forgotten_sibling_waits_in_its_step(known):
    """One is in a same-day step since yesterday evening, when the other was answered today."""
    CardProgress.objects.filter(side="term").update(state=State.RELEARNING, learning_step=0, due=known.now)
    assert len({asks.card_id for asks in known.spaced("4444")}) == 4


@pytest.mark.parametrize("level", [1, 3])
def test_learn_asks_one_question_of_each_card_first(known, level):
    """Both those that are under way and those that are reviewed."""
    CardProgress.objects.update(level=level, peak=level)
    Enrollment.objects.recount()
    first = known.spaced("4")[0]
    known.finish("spaced")
    asked = known.learn([True] * 3)
    assert len({asks.card_id for asks in asked}) == 3
    assert first.sibling not in asked


def test_learn_after_spaced_begins_with_what_was_asked(desk):
    first = desk.spaced("44", new_limit=2)
    desk.finish("spaced")
    asked = desk.learn([True] * 4)
    assert not {asks.sibling for asks in first} & {*asked}


def test_another_side_of_the_same_day_comes_last(desk):
    desk.owner_chooses("definition")
    first = desk.spaced("44", new_limit=2)
    desk.learner_chooses("term")
    asked = desk.spaced("44444", new_limit=9)
    assert {asks.card_id for asks in asked[:2]}.isdisjoint(asks.card_id for asks in first)
    assert len(asked) == 4


def test_open_question_elsewhere_holds_back_its_sibling(desk):
    desk.learn([])
    open_in_learn = Question.from_json(desk.open_step("learn").question).asks
    asked = desk.spaced("4444", new_limit=9)
    assert open_in_learn.sibling not in asked[:3]


def test_import_forgets_no_open_question_of_another_side(desk):
    desk.owner_chooses("definition")
    desk.learn([])
    open_in_learn = Question.from_json(desk.open_step("learn").question).asks
    desk.learner_chooses("term")
    importing.write(
        deck=desk.deck,
        learner=desk.learner,
        histories=[importing.CardHistory(open_in_learn.card_id, flags={"term": importing.CardFlags(True)})],
        read_settings=lambda enrollment: None,
        start=0,
        seconds=9,
    )
    asked = desk.spaced("4444", new_limit=9)
    assert asked.index(open_in_learn.sibling) == len(asked) - 1 == 3


def suspend(desk, asks):
    """Otherwise the question itself comes before its sibling."""
    card = Card.objects.select_related("deck").get(pk=asks.card_id)
    marks.card_mark(
        learner=desk.learner, card=card, mark=marks.Mark.SUSPENDED, on=True, now=desk.now, side=asks.side
    )


def test_undone_answer_still_holds_back_its_sibling(desk):
    first = desk.spaced("4", new_limit=9)[0]
    desk.undo(None)
    assert Question.from_json(desk.open_step().question).asks == first
    desk.finish("spaced")
    suspend(desk, first)
    assert first.sibling not in desk.spaced("444", new_limit=9)


def test_answer_that_was_taken_out_still_holds_back_its_sibling(desk):
    first = desk.learn([True])[0]
    desk.void(None)
    desk.finish("learn")
    suspend(desk, first)
    assert first.sibling not in desk.spaced("444", new_limit=9)
    desk.wait(60 * 24)
    assert first.sibling in desk.spaced("4444", new_limit=9)


def test_sibling_does_not_follow_what_was_put_aside(desk):
    desk.spaced("")
    first = Question.from_json(desk.open_step().question).asks
    desk.aside(marks.Mark.SUSPENDED)
    assert first.sibling not in desk.spaced("444", new_limit=9)


def test_learn_session_of_two_days_keeps_siblings_apart(desk):
    first = desk.learn([True] * 2)
    desk.wait(60 * 24)
    assert not {asks.sibling for asks in first} & {*desk.learn([True] * 4)}


def test_paper_asks_what_is_held_back_last(desk):
    first = desk.spaced("44", new_limit=2)
    held = {asks.sibling for asks in first}
    for kind in ("flip", "block"):
        for seed in range(5):
            wish = SessionSettings(questions=2 + seed % 3, kinds=(kind,))
            session = starting.start(learner=desk.learner, deck=desk.deck, settings=wish, now=desk.now)
            for step in session.steps.on_paper():
                question = Question.from_json(step.question)
                cards = question.cards or [question.card_id]
                assert not {CardSide(card, question.side) for card in cards} & held
            session.delete()


def test_questions_on_an_open_paper_hold_back_their_siblings(desk):
    wish = SessionSettings(questions=3, kinds=("block",))
    starting.start(learner=desk.learner, deck=desk.deck, settings=wish, now=desk.now)
    question = Question.from_json(Step.objects.get(on_paper=True).question)
    held = {CardSide(card, question.side).sibling for card in question.cards}
    assert not held & {*desk.spaced("44444", new_limit=9)[:4]}


def test_changing_the_side_and_back_changes_no_progress(desk):
    desk.spaced("314413", new_limit=9)
    desk.learn([True, False, True])
    before = progress_of(desk.learner)
    for choice in ("term", "auto", "definition", "both", "auto"):
        desk.learner_chooses(choice)
        desk.owner_chooses(choice)
        desk.card_asks((1, choice))
    desk.owner_chooses("both")
    assert progress_of(desk.learner) == before


def test_suspended_question_leaves_its_sibling(desk):
    card = Card.objects.first()
    marks.card_mark(
        learner=desk.learner, card=card, mark=marks.Mark.SUSPENDED, on=True, now=desk.now, side=Side.TERM
    )
    enrollment = Enrollment.objects.select_related("deck").get()
    assert (enrollment.question_count, enrollment.new_count, enrollment.suspended) == (8, 7, 1)
    asked = desk.spaced("4" * 20, new_limit=20)
    assert CardSide(card.pk, Side.TERM) not in asked
    assert len(asked) == 7


def test_released_sibling_does_not_follow_its_card(desk):
    """Also if only one more new question is allowed."""
    Card.objects.filter(position__gt=1).update(removed_at=desk.now)
    refresh_deck(deck=desk.deck)
    desk.owner_chooses("definition")
    first = desk.spaced("44", new_limit=9)
    desk.owner_chooses("both")
    desk.finish("spaced")
    CardProgress.objects.filter(card=first[0].card_id).update(due=None, due_day=None, state=None, stability=None,
                                                              difficulty=None, last_recalled_at=None)  # fmt: skip
    asked = desk.spaced("44", new_limit=2)
    assert asked[0].card_id != asked[1].card_id


def test_wrong_options_are_of_the_questions_side(desk):
    words = ("ox", "hen", "cat", "dog")
    for card, letter, word in zip(Card.objects.select_related("deck"), "abcd", words, strict=True):
        card.term, card.definition = f"letter {letter}", word
        save_card(card=card)
    desk.learn([True] * 20, kinds=("choice",))
    questions = [Question.from_json(step.question) for step in Step.objects.filter(question__kind="choice")]
    assert {question.side for question in questions} == {*Side}
    for question in questions:
        assert {option in words for option in question.options} == {question.side is Side.DEFINITION}


def test_drill_asks_one_side_of_each_card(desk):
    cards = tuple(Card.objects.order_by("pk").values_list("pk", flat=True)[:2])
    asked = desk.learn([True] * 8, queue="drill", cards=cards, kinds=("choice",), seconds=500)
    assert {*asked} == {CardSide(card, Side.DEFINITION) for card in cards}
    assert StudySession.objects.get().finished_at is None
