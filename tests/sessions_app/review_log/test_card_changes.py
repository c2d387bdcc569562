"""All learners' progress when cards become new questions, move, or change."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cards.editing import decks, moving
from cards.editing.cards import remove_cards, restore_cards, save_card
from cards.models import Card
from sessions_app.corrections import services as corrections
from sessions_app.learners import settings
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step, StudySession
from sessions_app.review_log import replaying
from sessions_app.sessions import marks
from sessions_app.sessions.state import session_state
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.types import Level, Verdict
from studysite.accounts.models import User
from tests.sessions_app.conftest import NOON, Studying

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def other(make_deck):
    return make_deck(2, title="Rivers")


@pytest.fixture
def studied(studying):
    """Two answers about the first two of five cards, and the third asked."""
    studying.start()
    studying.answer(3)
    studying.answer(4)
    return studying


def cards(deck, *positions):
    return Card.objects.filter(deck=deck, position__in=positions)


def reask(deck, *positions, now=LATER):
    return moving.reask_cards(deck=deck, cards=cards(deck, *positions), now=now)


def move(deck, to, *positions, now=LATER):
    return moving.move_cards(cards=cards(deck, *positions), to=to, now=now)


def undo(studying):
    step = Step.objects.standing().exclude(answered_at=None).order_by("position").last()
    return answer_undo(learner=studying.learner, step=step, now=studying.now)


def differences():
    return {replaying.rebuild(enrollment) for enrollment in Enrollment.objects.select_related("deck")}


def day_totals():
    return list(DayTotal.objects.order_by("pk").values())


# --- New questions


def test_reasked_card_is_reset_and_keeps_its_history(studied, deck):
    marked = CardProgress.objects.filter(card__position=0)
    marked.update(starred=True)
    before, last = day_totals(), marked.get().last_reviewed_at
    reask(deck, 0)
    row = marked.get()
    assert (row.level, row.recalls, row.memory, row.starred) == (Level.NEW, 0, None, True)
    assert row.last_reviewed_at == last
    assert Review.objects.standing().count() == 2
    assert (day_totals(), differences()) == (before, {0})
    assert Enrollment.objects.get().roll_up()["recalled"] == 1


def test_reasked_card_is_queued_again(studied, deck):
    studied.answer(4)
    reask(deck, 0)
    studied.answer(4)
    assert studied.open_step().card.position == 0


def test_answers_after_reasking_count(studied, deck):
    reask(deck, 0, 1)
    studied.now = LATER + timedelta(days=1)
    studied.start()
    studied.answer(3)
    row = CardProgress.objects.get(card__position=0)
    assert (row.recalls, row.recall_days) == (1, 1)
    assert differences() == {0}


def test_reasking_with_the_clock_set_back_resets_the_card(studied, deck):
    reask(deck, 0, now=NOON - timedelta(days=1))
    assert CardProgress.objects.get(card__position=0).level == Level.NEW
    assert differences() == {0}
    studied.now = NOON - timedelta(hours=2)
    studied.learner.study_sessions.filter(deck=deck, mode="spaced").finish(studied.now)
    studied.start()
    studied.answer(3)
    assert CardProgress.objects.get(card__position=0).recalls == 1
    assert differences() == {0}


def test_open_question_of_a_reasked_card_is_retired(studied, deck):
    old = studied.open_step()
    reask(deck, 2)
    assert studied.answer(4, old).is_stale
    assert Review.objects.count() == 2


def test_session_continues_after_its_question_is_retired(studied, deck):
    reask(deck, 2)
    state = session_state(learner=studied.learner, deck=deck, mode="spaced", now=studied.now)
    assert state.step is None
    session = studied.start()
    assert session == StudySession.objects.get()
    assert studied.open_step().position == 3


def test_session_without_questions_is_followed_by_another(studying, deck):
    studying.start(new_limit=1)
    reask(deck, 0)
    Card.objects.filter(position=0).update(removed_at=LATER)
    first = StudySession.objects.get()
    first.settings = {**first.settings, "new_limit": 0}
    first.save()
    assert studying.start(new_limit=1) != first
    first.refresh_from_db()
    assert first.finished_at


def test_undo_after_reasking_asks_the_new_question(studied, deck):
    Card.objects.filter(deck=deck, position=1).update(definition="New answer")
    reask(deck, 1)
    studied.now = LATER
    state = undo(studied)
    assert (state.step.card.position, state.step.question["answer"]) == (1, "New answer")
    assert state.step.drawn_at == LATER
    assert state.step.level == Level.NEW
    assert Review.objects.standing().count() == 1
    assert differences() == {0}


# --- Moving


def test_progress_moves_with_its_card(studied, deck, other):
    before = day_totals()
    assert move(deck, other, 0) == 1
    row = CardProgress.objects.get(deck=other)
    assert (row.card.deck, row.level) == (other, Level.RECALLED)
    assert day_totals() == before
    roll_ups = {each.deck_id: each.recalled for each in Enrollment.objects.all()}
    assert roll_ups == {deck.pk: 1, other.pk: 1}
    assert differences() == {0}


def test_moving_cards_enrolls_only_their_learners(studied, deck, other, stranger):
    Studying(stranger, deck).start()
    move(deck, other, 0)
    assert not Enrollment.objects.filter(learner=stranger, deck=other).exists()


@pytest.mark.parametrize("retention", [0.75, 0.95])
def test_due_dates_follow_the_retention_of_the_new_deck(studied, deck, other, retention):
    settings.settings_change(learner=studied.learner, deck=other, retention=retention)
    due = CardProgress.objects.get(card__position=1).due
    move(deck, other, 1)
    assert (CardProgress.objects.get(deck=other).due > due) == (retention < 0.9)
    assert differences() == {0}


@pytest.mark.parametrize("where", [0, 1])
def test_starting_over_covers_only_cards_then_in_the_deck(studied, deck, other, where):
    settings.start_over(learner=studied.learner, deck=(deck, other)[where], now=studied.now)
    move(deck, other, 0)
    assert CardProgress.objects.get(deck=other).level == (Level.NEW, Level.RECALLED)[where]
    assert differences() == {0}


def test_open_question_of_a_moved_card_is_retired(studied, deck, other):
    old = studied.open_step()
    move(deck, other, 2)
    assert studied.answer(4, old).is_stale
    studied.start()
    assert studied.open_step().card.position == 3


def test_answer_during_a_move_is_not_recorded(studied, deck, other):
    """A learner whose first question is drawn while the card moves."""
    step = studied.open_step()
    move(deck, other, 2)
    Step.objects.filter(pk=step.pk).update(retired_at=None)
    studied.answer(4, step)
    assert not Review.objects.filter(step=step).exists()
    assert differences() == {0}


def test_undo_after_a_move_applies_in_the_new_deck(studied, deck, other):
    settings.settings_change(learner=studied.learner, deck=other, retention=0.8)
    move(deck, other, 0, 1)
    state = undo(studied)
    assert state.step.card.deck == deck
    assert CardProgress.objects.get(card__deck=other, card__position=3).level == Level.NEW
    assert Enrollment.objects.get(deck=other).recalled == 1
    assert differences() == {0}


def test_overriding_after_a_move_applies_in_the_new_deck(studied, deck, other):
    settings.settings_change(learner=studied.learner, deck=other, retention=0.8)
    move(deck, other, 0)
    line = Review.objects.select_related("card__deck").get(card__deck=other)
    assert corrections.answer_override(
        learner=studied.learner, line=line, verdict=Verdict.WRONG, now=studied.now
    )
    assert Enrollment.objects.get(deck=other).recalled == 0
    assert differences() == {0}


def test_overriding_during_a_move_changes_nothing(studied, deck, other):
    line = Review.objects.select_related("card__deck").first()
    move(deck, other, 0)
    assert not corrections.answer_override(
        learner=studied.learner, line=line, verdict=Verdict.WRONG, now=studied.now
    )
    assert differences() == {0}


def test_buried_card_is_found_in_its_new_deck(studying, deck, other):
    card = cards(deck, 0).get()
    marks.card_mark(learner=studying.learner, card=card, mark=marks.Mark.BURIED, on=True, now=NOON)
    remove_cards(deck=other, cards=other.cards.all())
    move(deck, other, 0, 1, now=NOON)
    elsewhere = Studying(studying.learner, other)
    elsewhere.start()
    elsewhere.answer(4)
    elsewhere.now += timedelta(days=1)
    elsewhere.start()
    assert elsewhere.open_step().card == card


# --- Removing, adding and editing


def test_answer_to_removed_card_is_logged_but_not_counted(studied, deck):
    step = studied.open_step()
    remove_cards(deck=deck, cards=cards(deck, 2))
    studied.answer(3, step)
    assert Enrollment.objects.get().recalled == 2
    restore_cards(deck=deck, cards=cards(deck, 2))
    assert Enrollment.objects.get().recalled == 3
    assert differences() == {0}


def test_card_with_a_changed_side_is_new(studied, deck):
    card = cards(deck, 0).get()
    card.side_choice = "term"
    save_card(card=card)
    studied.deck.refresh_from_db()
    # Its definition was asked today, so all others come first.
    positions = []
    while studied.open_step().card != card:
        positions.append(studied.open_step().card.position)
        studied.answer(4)
    assert positions == [2, 3, 4]
    assert studied.open_step().question["side"] == "term"
    assert Enrollment.objects.get().recalled == 4
    assert differences() == {0}


def test_card_moved_to_the_front_is_asked_next(studied, deck):
    keys = list(deck.cards.in_order().values_list("key", flat=True))
    moving.reorder_cards(deck=deck, keys_in_order=[keys[4], *keys[:4]])
    studied.answer(4)
    assert studied.open_step().card.key == keys[4]
    assert differences() == {0}


def test_restored_deck_keeps_all_progress(studied, deck):
    before = Enrollment.objects.get().roll_up()
    decks.remove_decks(decks=type(deck).objects.all())
    assert differences() == {0}
    decks.restore_decks(decks=type(deck).objects.all())
    assert Enrollment.objects.get().roll_up() == before


# --- Statements


def crowd(make_deck, number):
    """A deck studied by this many learners; half of them have a lower desired retention in the other deck."""
    deck, other = make_deck(number), make_deck(1)
    card_list = list(deck.cards.in_order())
    for each in range(number):
        learner = User.objects.create_user(f"l{each}@{number}.example.org", name="L")
        studying = Studying(learner, deck)
        studying.start(new_limit=1)
        studying.answer(3)
        if each % 2:
            Enrollment.objects.create(learner=learner, deck=other, retention=0.8)
        CardProgress.objects.bulk_create(
            [CardProgress(learner=learner, deck=deck, card=card, side="definition") for card in card_list[1:]]
        )
    return deck, other


OPERATIONS = {
    "reask": lambda deck, other: moving.reask_cards(deck=deck, cards=deck.cards.all(), now=LATER),
    "move": lambda deck, other: moving.move_cards(cards=deck.cards.all(), to=other, now=LATER),
    "remove": lambda deck, other: remove_cards(deck=deck, cards=deck.cards.all()),
    "reorder": lambda deck, other: moving.reorder_cards(
        deck=deck, keys_in_order=list(deck.cards.in_order().values_list("key", flat=True))[::-1]
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_statements_do_not_grow_with_cards_or_learners(make_deck, name):
    numbers = []
    for number in (3, 30):
        deck, other = crowd(make_deck, number)
        with CaptureQueriesContext(connection) as captured:
            OPERATIONS[name](deck, other)
        numbers.append(len(captured))
        assert differences() == {0}
    assert numbers[0] == numbers[1]
