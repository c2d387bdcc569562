"""What is due today in all decks: the same as in each deck alone, in a fixed number of queries."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from cards.models import Deck, Visibility
from sessions_app.models import CardProgress, Enrollment
from sessions_app.questions.every_deck import every_deck, next_deck
from sessions_app.questions.today import scheduled_for, today
from sessions_app.sessions import marks
from sessions_app.sessions.marks import Mark
from sessions_app.study.days import day_end, study_day
from studysite.accounts.models import User
from tests.sessions_app.conftest import NOON, Studying

MakeDeck = Callable[..., Deck]


def study(learner: User, deck: Deck, chance: Random, *, now: Any = NOON) -> None:
    """Answer some cards of the deck, in a session that may stay open, and mark some."""
    studying = Studying(learner, deck, now)
    if studying.start(new_limit=chance.randint(1, 6)) is None:
        return
    for _ in range(chance.randint(1, 9)):
        step = studying.open_step()
        if step is None or step.session.deck_id != deck.pk:
            break
        studying.answer(chance.randint(1, 4), step)
    if chance.random() < 0.7:
        learner.study_sessions.filter(deck=deck).finish(studying.now)
    for card in deck.cards.present():
        if chance.random() < 0.2:
            mark = chance.choice([Mark.SUSPENDED, Mark.BURIED])
            marks.card_mark(learner=learner, card=card, mark=mark, on=True, now=studying.now)


@pytest.mark.parametrize("seed", range(6))
def test_equals_today_in_each_deck(learner: User, make_deck: MakeDeck, seed: int) -> None:
    chance = Random(seed)
    choices = ["definition", "term", "both"]
    decks = [
        make_deck(chance.randint(1, 9), title=f"Deck {n}", side_choice=chance.choice(choices))
        for n in range(4)
    ]
    for deck in decks:
        own = {"new_per_day": chance.choice([0, 3, 20]), "learn_ahead": chance.choice([0, 20, 120])}
        Enrollment.objects.set_for(learner, deck, side_choice=chance.choice(["auto", *choices]), **own)
        study(learner, deck, chance)
    for hours in (0, 1, 20, 24 * 4):
        now = NOON + timedelta(hours=hours)
        alone = {}
        for enrollment in scheduled_for(learner.enrollments.studied(), learner, now).select_related("deck"):
            enrollment.learner = learner
            alone[enrollment.deck] = today(enrollment, enrollment.deck, now=now)
        plan = every_deck(learner, now=now)
        for one in plan.decks:
            expected = alone.pop(one.deck)
            assert (one.due, one.new, one.next_due) == (expected.due, expected.new, expected.next_due)
        assert not any(rest.due or rest.new for rest in alone.values())


def test_open_session_first_then_most_due(learner: User, make_deck: MakeDeck) -> None:
    few, many, begun = (make_deck(5, title=title) for title in ("Few", "Many", "Begun"))
    for deck, count in ((few, 2), (many, 4)):
        Enrollment.objects.set_for(learner, deck, new_per_day=0)
        studying = Studying(learner, deck)
        studying.start(new_limit=count)
        for _ in range(count):
            studying.answer(4)
        learner.study_sessions.filter(deck=deck).finish(studying.now)
    later = NOON + timedelta(days=30)
    Enrollment.objects.set_for(learner, begun, new_per_day=3)
    studying = Studying(learner, begun, later)
    studying.start(new_limit=3)
    studying.answer(4)
    plan = every_deck(learner, now=later)
    assert [(one.deck.title, one.due, one.new) for one in plan.decks] == [
        ("Begun", 0, 2),
        ("Many", 4, 0),
        ("Few", 2, 0),
    ]
    assert (plan.due, plan.new) == (6, 2)
    following = next_deck(learner, after=begun, now=later)
    assert following is not None
    assert following.deck == many


def test_removed_and_closed_decks_are_left_out(learner: User, make_deck: MakeDeck) -> None:
    removed, closed, kept = (make_deck(3, title=title) for title in ("Removed", "Closed", "Kept"))
    for deck in (removed, closed, kept):
        Studying(learner, deck).start()
        Studying(learner, deck).answer(3)
        learner.study_sessions.finish(NOON)
    Deck.objects.filter(pk=removed.pk).update(removed_at=NOON)
    Deck.objects.filter(pk=closed.pk).update(visibility=Visibility.PRIVATE)
    later = NOON + timedelta(days=3)
    assert [one.deck for one in every_deck(learner, now=later).decks] == [kept]
    assert next_deck(learner, after=kept, now=later) is None


def test_what_comes_next(learner: User, make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    studying = Studying(learner, deck)
    studying.start()
    studying.answer(4)
    plan = every_deck(learner, now=studying.now)
    assert plan.decks == []
    assert plan.next_deck is not None
    assert plan.next_deck.deck == deck
    assert plan.next_deck.next_due == CardProgress.objects.get().due_day


def test_queries_do_not_grow(
    learner: User, make_deck: MakeDeck, django_assert_max_num_queries: Callable[..., CaptureQueriesContext]
) -> None:
    for n in range(8):
        study(learner, make_deck(6, title=f"Deck {n}"), Random(n))
    with django_assert_max_num_queries(2):
        assert every_deck(learner, now=NOON + timedelta(hours=1)).decks


def test_nothing_for_a_new_learner(learner: User, deck: Deck) -> None:
    Enrollment.objects.set_for(learner, deck, new_per_day=5)
    assert every_deck(learner, now=NOON).decks == []


def test_buried_cards_come_back_when_they_are_no_longer_buried(learner: User, make_deck: MakeDeck) -> None:
    """Each on its own day, but not before it is due."""
    deck = make_deck(2)
    Enrollment.objects.set_for(learner, deck, new_per_day=0)
    studying = Studying(learner, deck)
    studying.start()
    for _ in range(2):
        studying.answer(4)
    now, day = studying.now, study_day(studying.now, learner.zone)
    for number, row in enumerate(CardProgress.objects.order_by("pk")):
        row.due_day = day + timedelta(days=1)
        row.buried_until = day_end(day + timedelta(days=2 + number), learner.zone)
        row.save()
    Enrollment.objects.update(buried_until=now + timedelta(days=9))
    following = every_deck(learner, now=now).next_deck
    assert following is not None
    assert following.next_due == day + timedelta(days=3)
    enrollment = scheduled_for(learner.enrollments.all(), learner, now).get()
    enrollment.learner = learner
    assert following.next_due == today(enrollment, deck, now=now).next_due
