"""Marks on cards, settings and starting over, without pages: the counts stay right, the rule of the log holds."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from cards.editing.cards import remove_cards
from cards.editing.decks import refresh_deck
from cards.models import Card
from sessions_app.learners.settings import settings_change, start_over
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, StudySession
from sessions_app.review_log import replaying
from sessions_app.sessions import marks, undo
from sessions_app.sessions.marks import Mark
from tests.sessions_app.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def studied(studying):
    """Three cards answered (the second wrong), the fourth asked, the fifth not seen."""
    studying.start()
    for rating in (3, 1, 4):
        studying.answer(rating)
    return studying


@pytest.fixture
def mark(studying):
    def mark(position, mark, on=True, now=None):
        card = Card.objects.select_related("deck").get(deck=studying.deck, position=position)
        marks.card_mark(learner=studying.learner, card=card, mark=mark, on=on, now=now or studying.now)

    return mark


def roll_up():
    return {name: count for name, count in Enrollment.objects.get().roll_up().items() if count}


def row(position):
    return CardProgress.objects.get(card__position=position)


def holds():
    """The rule of the log: computing everything again changes nothing."""
    call_command("rebuild_progress", check=True)
    return True


# --- Marks


@pytest.mark.parametrize("kind", Mark)
def test_mark_on_an_unseen_card_creates_its_row(studying, mark, kind):
    mark(4, kind)
    assert (row(4).side, row(4).level, row(4).due) == ("definition", 0, None)
    assert holds()


def test_mark_creates_the_row_on_the_chosen_side(studying, mark):
    Enrollment.objects.create(learner=studying.learner, deck=studying.deck, side_choice="term")
    mark(4, Mark.STARRED)
    assert row(4).side == "term"


@pytest.mark.parametrize("kind", Mark)
def test_marking_twice_marks_once(studied, mark, kind):
    for on in (True, True, False, False, True):
        mark(0, kind, on)
        assert holds()
    assert CardProgress.objects.filter(card__position=0).count() == 1
    assert Enrollment.objects.get().suspended == (kind is Mark.SUSPENDED)


@pytest.mark.parametrize("kind", Mark)
def test_removing_a_missing_mark_writes_no_row(studying, mark, kind):
    mark(2, kind, on=False)
    assert not CardProgress.objects.exists()


def test_suspended_card_leaves_and_rejoins_its_level(studied, mark):
    assert roll_up() == {"recalled": 2, "scheduled": 3}
    mark(0, Mark.SUSPENDED)
    assert roll_up() == {"recalled": 1, "scheduled": 2, "suspended": 1}
    assert holds()
    mark(0, Mark.SUSPENDED, on=False)
    assert roll_up() == {"recalled": 2, "scheduled": 3}
    assert holds()


def test_star_changes_nothing_else(studied, mark):
    before = roll_up()
    mark(0, Mark.STARRED)
    assert (roll_up(), row(0).starred) == (before, True)


def test_burying_lasts_until_the_study_day_ends(studied, mark):
    mark(0, Mark.BURIED)
    four_in_new_york = NOON.replace(day=3, hour=9)
    assert row(0).buried_until == Enrollment.objects.get().buried_until == four_in_new_york
    mark(1, Mark.BURIED, now=studied.now + timedelta(days=1))
    mark(2, Mark.BURIED)
    assert Enrollment.objects.get().buried_until == four_in_new_york + timedelta(days=1)
    assert roll_up() == {"recalled": 2, "scheduled": 3}


@pytest.mark.parametrize("kind", [Mark.SUSPENDED, Mark.BURIED])
def test_suspended_or_buried_new_card_is_skipped_until_released(studied, mark, kind):
    mark(4, kind)
    studied.answer(3)
    assert studied.open_step().card.position == 1
    mark(4, kind, on=False)
    studied.answer(3)
    assert studied.open_step().card.position == 4


def test_unsuspended_card_that_the_queue_had_passed_is_asked(studying, mark):
    mark(0, Mark.SUSPENDED)
    studying.start()
    studying.answer(3)
    assert Enrollment.objects.get().unseen_from > 0
    mark(0, Mark.SUSPENDED, on=False)
    studying.answer(3)
    assert studying.open_step().card.position == 0


def test_buried_card_returns_the_next_day(studying, mark):
    mark(0, Mark.BURIED)
    studying.start()
    studying.answer(3)
    studying.now = NOON + timedelta(days=1)
    assert studying.start().steps.get().card.position == 0


def test_removing_and_restoring_a_suspended_card_keeps_the_counts(studied, mark):
    mark(0, Mark.SUSPENDED)
    remove_cards(deck=studied.deck, cards=Card.objects.filter(position=0))
    assert Enrollment.objects.get().suspended == 0
    Card.objects.update(removed_at=None)
    refresh_deck(deck=studied.deck)
    assert Enrollment.objects.get().suspended == 1
    assert holds()


@pytest.mark.parametrize("kind", Mark)
def test_answer_keeps_the_marks(studied, mark, kind):
    mark(3, kind) if kind is Mark.STARRED else mark(1, kind)
    before = set(CardProgress.objects.values_list("card_id", "starred", "suspended", "buried_until"))
    studied.answer(3)
    after = set(CardProgress.objects.values_list("card_id", "starred", "suspended", "buried_until"))
    assert before & after == before


def test_undo_on_a_suspended_card_keeps_the_counts(studied, mark):
    last = studied.deck.study_sessions.get().steps.get(position=2)
    mark(2, Mark.SUSPENDED)
    undo.answer_undo(learner=studied.learner, step=last, now=studied.now)
    assert roll_up() == {"recalled": 1, "scheduled": 2, "suspended": 1}
    assert holds()


# --- Putting the open card aside


@pytest.mark.parametrize("kind", [Mark.SUSPENDED, Mark.BURIED])
def test_suspending_or_burying_the_open_card_draws_the_next(studied, kind):
    step = studied.open_step()
    state = marks.step_put_aside(learner=studied.learner, step=step, mark=kind, now=studied.now)
    assert state.step == studied.open_step()
    assert state.step.card.position == 4
    step.refresh_from_db()
    assert (step.retired_at, step.answered_at) == (studied.now, None)
    assert Review.objects.count() == 3
    assert holds()


def test_stale_step_marks_nothing(studied):
    step = studied.open_step()
    studied.answer(3)
    state = marks.step_put_aside(learner=studied.learner, step=step, mark=Mark.SUSPENDED, now=studied.now)
    assert state.is_stale
    assert not CardProgress.objects.filter(suspended=True).exists()


def test_suspending_the_last_card_ends_the_session(studying):
    studying.start(new_limit=1)
    for _ in range(5):
        step = studying.open_step()
        state = marks.step_put_aside(
            learner=studying.learner, step=step, mark=Mark.SUSPENDED, now=studying.now
        )
    assert state.step is None
    assert StudySession.objects.get().finished_at
    assert Enrollment.objects.get().suspended == 5


def test_card_suspended_after_another_choice_is_not_asked_for_the_old_side(studied, mark):
    change(studied, side_choice="term")
    step = studied.open_step()
    mark(step.card.position, Mark.SUSPENDED)
    assert step.question["side"] == "definition"
    assert studied.open_step().card != step.card
    assert holds()


def test_card_suspended_elsewhere_is_skipped_by_the_session(studied, mark):
    mark(3, Mark.SUSPENDED)
    assert studied.open_step().card.position == 4
    mark(4, Mark.STARRED)
    assert studied.open_step().card.position == 4


def test_removed_card_is_skipped_without_a_mark(studied):
    remove_cards(deck=studied.deck, cards=Card.objects.filter(position=3))
    step = studied.open_step()
    state = marks.step_put_aside(learner=studied.learner, step=step, mark=Mark.SUSPENDED, now=studied.now)
    assert state.step.card.position == 4
    assert Enrollment.objects.get().suspended == 0
    assert holds()


def test_burying_after_the_day_ended_ends_the_session(studied):
    step = studied.open_step()
    late = studied.now + timedelta(days=1)
    assert marks.step_put_aside(learner=studied.learner, step=step, mark=Mark.BURIED, now=late).step is None
    assert StudySession.objects.get().finished_at == late


# --- Settings


def change(studying, **settings):
    settings_change(learner=studying.learner, deck=studying.deck, **settings)


def test_changed_retention_moves_due_dates(studied):
    before = {position: row(position).due for position in (0, 1, 2)}
    step = studied.open_step()
    change(studied, retention=0.97)
    assert row(2).due < before[2]
    assert row(1).due == before[1], "a same-day step does not wait for forgetting"
    assert (studied.open_step(), Review.objects.count()) == (step, 3)
    assert holds()
    change(studied, retention=0.9)
    assert {position: row(position).due for position in (0, 1, 2)} == before


def test_each_side_has_its_own_progress(studied, mark):
    mark(2, Mark.SUSPENDED)
    counted = roll_up()
    for side, expected in (("term", {}), ("auto", counted), ("term", {}), ("definition", counted)):
        change(studied, side_choice=side)
        assert roll_up() == expected
        assert holds()


def test_changed_side_makes_cards_new(studied):
    change(studied, side_choice="term")
    studied.answer(3)
    assert roll_up() == {}, "the answer was to the side that does not count any more"
    # The definitions of the first four were asked today, so the fifth comes first.
    assert (studied.open_step().card.position, studied.open_step().question["side"]) == (4, "term")
    studied.answer(4)
    assert (studied.open_step().card.position, studied.open_step().question["side"]) == (0, "term")
    assert holds()


def test_other_settings_change_no_progress(studied):
    before = list(CardProgress.objects.values())
    change(studied, new_per_day=3, two_buttons=True, learn_ahead=0)
    assert list(CardProgress.objects.values()) == before
    enrollment = Enrollment.objects.get()
    assert (enrollment.new_per_day, enrollment.two_buttons, enrollment.learn_ahead) == (3, True, 0)


def test_settings_are_private_to_the_learner(studied, stranger):
    Enrollment.objects.set_for(stranger, studied.deck)
    change(studied, retention=0.8)
    assert Enrollment.objects.get(learner=stranger).retention == 0.9


@pytest.mark.slow
def test_changed_retention_takes_constant_statements(studying, make_deck, django_assert_max_num_queries):
    deck = make_deck(600)
    rows = [
        CardProgress(learner=studying.learner, deck=deck, card=card, side="definition")
        for card in deck.cards.all()
    ]
    CardProgress.objects.bulk_create(rows)
    Enrollment.objects.set_for(studying.learner, deck)
    lines = [a_line(studying, card) for card in deck.cards.all()]
    Review.objects.bulk_create(lines)
    replaying.rebuild(Enrollment.objects.get(deck=deck))
    with django_assert_max_num_queries(60):
        settings_change(learner=studying.learner, deck=deck, retention=0.8)
    assert CardProgress.objects.filter(due__isnull=False).count() == 600


def a_line(studying, card):
    return Review(
        learner=studying.learner, card=card, deck=card.deck, mode="spaced", side="definition", kind="flip",
        evidence="recall", verdict="correct", rating=4, reviewed_at=NOON, study_day=NOON.date(),
    )  # fmt: skip


# --- Starting over


def test_starting_over_counts_nothing_and_keeps_the_log(studied, mark):
    mark(0, Mark.STARRED)
    mark(1, Mark.SUSPENDED)
    last = row(0).last_reviewed_at
    start_over(learner=studied.learner, deck=studied.deck, now=studied.now)
    assert roll_up() == {"suspended": 1}
    assert set(CardProgress.objects.values_list("level", "stability", "due")) == {(0, None, None)}
    assert (row(0).starred, row(0).last_reviewed_at, row(1).suspended) == (True, last, True)
    assert (Review.objects.standing().count(), DayTotal.objects.get().answers) == (3, 3)
    assert holds()


def test_starting_over_ends_the_session(studied):
    session = StudySession.objects.get()
    start_over(learner=studied.learner, deck=studied.deck, now=studied.now)
    session.refresh_from_db()
    assert session.finished_at == studied.now
    assert studied.start().steps.get().card.position == 0
    studied.answer(3)
    assert roll_up() == {"recalled": 1, "scheduled": 1}
    assert holds()


def test_starting_over_twice_at_once_forgets_everything_before(studied):
    for _ in range(3):
        start_over(learner=studied.learner, deck=studied.deck, now=NOON)
        studied.now = NOON
        studied.start()
        studied.answer(3, after=timedelta(0))
        assert roll_up() == {"recalled": 1, "scheduled": 1}
        assert holds()


def test_starting_over_affects_one_learner_in_one_deck(studied, stranger, make_deck):
    start_over(learner=stranger, deck=studied.deck, now=studied.now)
    start_over(learner=studied.learner, deck=make_deck(2), now=studied.now)
    assert Enrollment.objects.get(learner=studied.learner, deck=studied.deck).recalled == 2
    assert studied.open_step()
    assert holds()


def test_starting_over_before_studying_does_no_harm(studying):
    start_over(learner=studying.learner, deck=studying.deck, now=studying.now)
    assert studying.start().steps.get().card.position == 0
    assert holds()
