"""Erasing a deck while learners answer in it, while its owner restores it, and by two people at once."""

from contextlib import suppress

import pytest
from django.utils import timezone

from cards.editing.decks import restore_decks
from cards.erasing.services import claim_decks, erase_claimed_decks, erase_now
from cards.models import Card, Deck
from sessions_app.models import Enrollment, Review, Step, StudySession
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.conftest import PASSWORD
from tests.sessions_app.conftest import Studying
from tests.sessions_app.sessions.test_races import assert_replay_changes_nothing, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LEARNERS, ANSWERS = 4, 5


@pytest.fixture
def sittings(make_deck):
    """Some learners who have answered once and have a question before them."""
    deck = make_deck(ANSWERS + 2)
    sittings = []
    for number in range(LEARNERS):
        person = User.objects.create_user(f"{number}@example.org", PASSWORD, name=f"Learner {number}")
        sittings.append(Studying(person, deck))
        sittings[-1].start()
        sittings[-1].answer(3)
    return sittings


def go_on(sitting):
    """Answer until there is no question any more."""
    for _ in range(ANSWERS):
        step = sitting.open_step()
        if step is None or sitting.answer(3, step).is_stale:
            return


def test_answering_during_a_deck_erasure_leaves_no_session(sittings):
    deck = sittings[0].deck
    race(
        *[lambda sitting=sitting: go_on(sitting) for sitting in sittings],
        lambda: erase_now([deck.pk], now=timezone.now()),
    )
    assert_replay_changes_nothing()
    assert erase_claimed_decks(slice_=Slice(60))
    assert not Step.objects.exists()
    assert not StudySession.objects.exists()
    assert Enrollment.objects.count() == LEARNERS
    assert Review.objects.count() >= LEARNERS
    assert_replay_changes_nothing()


def test_answers_during_the_erasure_of_a_person_are_erased(sittings):
    people = [sitting.learner for sitting in sittings]

    def leave(person):
        erasing.erase_person(person=person, now=timezone.now())
        erasing.continue_erasing(slice_=Slice(60), people=[person.pk])

    # Answers in between may be refused; none of them is left.
    race(*[lambda person=person: leave(person) for person in people], lambda: leave(people[0]))
    assert erasing.continue_erasing(slice_=Slice(60))
    assert not Review.objects.exists()
    assert not User.objects.filter(pk__in=[person.pk for person in people]).exists()


def test_either_restoring_or_erasing_wins(deck):
    Deck.objects.update(removed_at=timezone.now())
    race(
        lambda: restore_decks(decks=Deck.objects.filter(pk=deck.pk)),
        lambda: claim_decks([deck.pk], now=timezone.now(), removed_before=timezone.now()),
    )
    deck.refresh_from_db()
    assert (deck.removed_at is None) == (deck.erased_at is None) == (deck.title == "Capitals")


def test_simultaneous_erasures_of_a_deck_erase_every_card(sittings):
    deck = sittings[0].deck
    race(*[lambda: erase_now([deck.pk], now=timezone.now())] * 3)
    race(*[lambda: erase_claimed_decks(slice_=Slice(60))] * 3)
    assert set(Card.objects.exclude(erased_at=None)) == set(Card.objects.all())
    assert_replay_changes_nothing()


def test_one_superuser_survives_mutual_erasure():
    people = [User.objects.create_superuser(f"{n}@example.org", PASSWORD, name="Root") for n in range(2)]

    def erase(person):
        with suppress(erasing.ErasureRefusedError):
            return erasing.erase_person(person=person, now=timezone.now())

    assert sorted(race(*[lambda person=person: erase(person) for person in people]), key=bool) == [None, True]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
