"""Spaced's queue on the database: which cards are drawn, how many, and the queries in large decks."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, StudySession
from sessions_app.questions import queue as queue_module
from sessions_app.questions.queue import DeckQueue
from sessions_app.study.days import day_end, moment, study_day
from sessions_app.study.modes import learn, spaced
from sessions_app.study.modes.learn_history import QUESTIONS_BETWEEN
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Rating
from tests.sessions_app.conftest import NOON, Studying
from tests.sessions_app.study.build import available

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STATES = ("new", "step", "due", "later")


@dataclass(frozen=True)
class Kind:
    """The learner's progress on one card of a test's deck."""

    state: str = "new"
    suspended: bool = False
    buried: bool = False
    starred: bool = False

    @property
    def is_aside(self):
        return self.suspended or self.buried


SOMETIMES = st.sampled_from([False, False, True])
KINDS = st.builds(Kind, st.sampled_from(STATES), SOMETIMES, SOMETIMES, st.booleans())


def memory_of(state, position):
    """The memory's fields: in a same-day step that is due, due in the review state, or due only in days."""
    if state == "new":
        return {}
    due = {"step": NOON - timedelta(minutes=5), "due": NOON - DAY, "later": NOON + 9 * DAY}[state]
    return {
        "stability": 1.0 + position % 7, "difficulty": 5.0, "due": due, "due_day": due.date(),
        "last_recalled_at": NOON - 10 * DAY, "memory_day": (NOON - 10 * DAY).date(),
        "state": 1 if state == "step" else 2, "learning_step": 0 if state == "step" else None,
    }  # fmt: skip


def state(learner, deck, kinds):
    """Give the deck's cards this progress, in bulk, with the matching counts on the enrollment."""
    tomorrow = day_end(study_day(NOON, learner.zone), learner.zone)
    cards = deck.cards.in_order().values_list("pk", flat=True)
    rows = [
        CardProgress(
            learner=learner, deck=deck, card_id=pk, side="definition", suspended=kind.suspended,
            starred=kind.starred, buried_until=tomorrow if kind.buried else None, **memory_of(kind.state, place),
        )
        for place, (pk, kind) in enumerate(zip(cards, kinds, strict=True))
        if kind != Kind()
    ]  # fmt: skip
    CardProgress.objects.bulk_create(rows, batch_size=500)
    buried_until = tomorrow if any(kind.buried for kind in kinds) else None
    Enrollment.objects.create(learner=learner, deck=deck, buried_until=buried_until)
    Enrollment.objects.recount()


def sat(studying, *, queue="due", new_limit=20, starred=False):
    """Study until no card is left, with every rating Easy; returns the drawn positions in order."""
    studying.start(queue, new_limit, starred=starred)
    drawn = []
    while (step := studying.open_step()) and len(drawn) < 100:
        drawn.append(step.card.position)
        studying.answer(Rating.EASY, step)
    return drawn


def in_a_deck_of(kinds, learner, make_deck, **sitting):
    """The cards that a session in such a deck draws; leaves nothing in the database."""
    with transaction.atomic():
        deck = make_deck(len(kinds))
        state(learner, deck, kinds)
        drawn = sat(Studying(learner, deck), **sitting)
        transaction.set_rollback(True)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 1, 2, 30])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind("new"), lambda size: list(range(min(size, 20)))),
        (Kind("due"), lambda size: list(range(size))),
        (Kind("step"), lambda size: list(range(size))),
        (Kind("later"), lambda size: []),
        (Kind("due", suspended=True), lambda size: []),
        (Kind("new", suspended=True), lambda size: []),
        (Kind("due", buried=True), lambda size: []),
        (Kind("new", buried=True), lambda size: []),
        (Kind("due", starred=True), lambda size: list(range(size))),
    ],
)
def test_cards_in_one_state_are_queued_as_expected(learner, make_deck, size, kind, expected):
    assert sorted(in_a_deck_of([kind] * size, learner, make_deck)) == expected(size)


@pytest.mark.parametrize("queue", spaced.QUEUES)
@pytest.mark.parametrize("kind", [Kind("later", suspended=True), Kind("due", buried=True)])
def test_queues_leave_out_suspended_and_buried_cards(learner, make_deck, queue, kind):
    assert in_a_deck_of([kind] * 3, learner, make_deck, queue=queue) == []


PROPERTY = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@PROPERTY
@given(kinds=st.lists(KINDS, max_size=12), limit=st.integers(0, 6), starred=st.booleans())
def test_due_and_allowed_cards_are_drawn_once(kinds, limit, starred, learner, make_deck):
    drawn = in_a_deck_of(kinds, learner, make_deck, new_limit=limit, starred=starred)
    wanted = [
        place for place, kind in enumerate(kinds) if not kind.is_aside and (kind.starred or not starred)
    ]
    new = [place for place in wanted if kinds[place].state == "new"][:limit]
    due = [place for place in wanted if kinds[place].state in ("step", "due")]
    assert sorted(drawn) == sorted(new + due)
    assert [place for place in drawn if place in new] == new, "new cards come in the deck's order"


def could_ask(studying):
    """The cards that are in the open session's queue at the moment."""
    session = StudySession.objects.select_related("deck").get(learner=studying.learner, finished_at=None)
    enrollment = Enrollment.objects.get(learner=studying.learner, deck=session.deck)
    return available(
        DeckQueue(session, enrollment, studying.now), moment(studying.now, studying.learner.zone)
    )


@pytest.mark.slow
@PROPERTY
@given(kinds=st.lists(KINDS, max_size=6), chance=st.randoms(use_true_random=False))
def test_suspended_cards_and_needless_repetitions_are_never_drawn(kinds, chance, learner, make_deck):
    with transaction.atomic():
        studying = Studying(learner, make_deck(len(kinds)))
        state(learner, studying.deck, kinds)
        studying.start()
        last = None
        for _ in range(20):
            step = studying.open_step()
            if step is None:
                break
            assert not kinds[step.card.position].is_aside
            assert step.card_id != last or could_ask(studying) == {last}
            last = step.card_id
            studying.answer(chance.choice([*Rating]), step)
        transaction.set_rollback(True)


def draw_in(learner, deck, **chosen):
    """The queries and the question of one draw."""
    session = StudySession(learner=learner, deck=deck, mode="spaced", settings=SessionSettings(**chosen).to_json(),
                           seed=1, study_day=NOON.date())  # fmt: skip
    enrollment = Enrollment.objects.get(learner=learner, deck=deck)
    with CaptureQueriesContext(connection) as captured:
        question = spaced.draw(DeckQueue(session, enrollment, NOON), moment(NOON, learner.zone), Random(0))
    return len(captured), question


@pytest.fixture
def large(learner, make_deck):
    """10,000 cards: every fifth suspended or buried, the rest due, in steps, later, new, some of them starred."""
    deck = make_deck(10_000)
    kinds = [
        Kind(STATES[n // 5 % 4], suspended=n % 10 == 0, buried=n % 10 == 5, starred=n % 7 == 0)
        for n in range(10_000)
    ]
    state(learner, deck, kinds)
    return deck


@pytest.mark.long
def test_draw_queries_do_not_grow_with_the_deck(learner, make_deck, large):
    small = make_deck(20)
    state(learner, small, [Kind(STATES[n % 4], starred=n % 7 == 0) for n in range(20)])
    for chosen in ({"queue": "due", "new_limit": 20}, {"queue": "ahead"}, {"queue": "weakest"},
                   {"queue": "due", "new_limit": 20, "starred": True}):  # fmt: skip
        (few, _), (many, question) = draw_in(learner, small, **chosen), draw_in(learner, large, **chosen)
        assert many == few <= 7
        assert Card.objects.get(pk=question.card_id).position % 5, "what is put aside is not drawn"


@pytest.mark.parametrize(("side_choice", "sizes"), [("auto", (5, 5)), ("both", (8, 5))])
def test_sizes_stop_at_the_limit(learner, make_deck, side_choice, sizes, monkeypatch):
    deck = make_deck(12)
    state(learner, deck, [Kind("due", suspended=n < 2) for n in range(12)])
    Enrollment.objects.filter(learner=learner, deck=deck).update(side_choice=side_choice)
    monkeypatch.setattr(queue_module, "MOST_COUNTED", 5)
    session = StudySession(learner=learner, deck=deck, mode="learn", study_day=NOON.date())
    enrollment = Enrollment.objects.get(learner=learner, deck=deck)
    assert DeckQueue(session, enrollment, NOON).sizes() == sizes


def test_no_session_asks_more_for_more_cards_than_are_counted():
    settings = SessionSettings(size=queue_module.MOST_COUNTED)
    assert learn.most_questions(settings) == learn.most_questions(replace(settings, size=100_000))
    assert queue_module.MOST_COUNTED > QUESTIONS_BETWEEN
