"""Queries are few, and their number does not grow with cards, learners or history."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sessions_app.models import Enrollment, Step
from studysite.accounts.models import User
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db

MOST_FOR_AN_ANSWER = 20
MOST_FOR_THE_DECK_PAGE = 10


def queries(call):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = call()
    assert response.status_code == 200
    return len(captured)


def answer_queries(client, deck, rating=3):
    step = Step.objects.unanswered().get(session__deck=deck)
    url = reverse("study_answer", args=[deck.slug, "spaced"])
    headers = {"HX-Request": "true", "HX-Target": "question"}
    return queries(lambda: client.post(url, {"step": step.pk, "rating": rating}, headers=headers))


def start(client, deck):
    client.post(reverse("study", args=[deck.slug, "spaced"]))


@pytest.mark.parametrize("cards", [2, 10, 400])
def test_answer_queries_do_not_grow_with_the_deck(learner_client, make_deck, cards):
    deck = make_deck(cards)
    start(learner_client, deck)
    assert answer_queries(learner_client, deck) <= MOST_FOR_AN_ANSWER


def test_every_answer_of_a_session_stays_within_the_limit(learner_client, make_deck):
    deck = make_deck(6)
    start(learner_client, deck)
    numbers = [answer_queries(learner_client, deck, rating) for rating in (1, 3, 1, 2, 3, 1, 1, 2, 3)]
    assert max(numbers) <= MOST_FOR_AN_ANSWER


def test_answers_in_a_deck_of_both_sides_need_one_more_query(learner_client, make_deck):
    numbers = {}
    for side_choice in ("definition", "both"):
        deck = make_deck(6, side_choice=side_choice)
        start(learner_client, deck)
        ratings = (3, 1, 1, 2, 3, 1, 1, 2, 3)
        numbers[side_choice] = [answer_queries(learner_client, deck, rating) for rating in ratings]
    # For the steps that hold questions back.
    assert max(numbers["both"]) <= max(numbers["definition"]) + 1


def test_answers_of_a_guest_stay_within_the_limit(client, make_deck):
    deck = make_deck(6)
    start(client, deck)
    numbers = [answer_queries(client, deck, rating) for rating in (1, 3, 1, 2, 3, 1, 1, 2, 3)]
    assert max(numbers) <= MOST_FOR_AN_ANSWER


def test_answer_queries_do_not_grow_with_history(learner, learner_client, make_deck):
    deck = make_deck(30)
    start(learner_client, deck)
    first = answer_queries(learner_client, deck)
    for _ in range(12):
        later = answer_queries(learner_client, deck)
    assert later <= first


@pytest.mark.slow
def test_deck_page_queries_do_not_grow_with_cards(learner, learner_client, make_deck):
    numbers = []
    for cards in (3, 60, 400):
        deck = make_deck(cards)
        studying = Studying(learner, deck, now=timezone.now() - timedelta(hours=1))
        studying.start()
        studying.answer(3)
        numbers.append(queries(lambda: learner_client.get(deck.get_absolute_url())))  # noqa: B023
    assert max(numbers) <= MOST_FOR_THE_DECK_PAGE
    assert len(set(numbers)) == 1


@pytest.mark.slow
def test_deck_page_queries_do_not_grow_with_learners(owner_client, make_deck):
    deck = make_deck(3)
    numbers = []
    for learners in (1, 12):
        for number in range(learners):
            user = User.objects.create_user(f"l{learners}.{number}@example.org", name=f"Learner {number}")
            studying = Studying(user, deck, now=timezone.now() - timedelta(hours=1))
            studying.start()
            studying.answer(3)
        Enrollment.objects.update(shares_progress=True)
        numbers.append(queries(lambda: owner_client.get(deck.get_absolute_url())))
    # Two more, for reports and overridden answers about the deck's cards.
    assert numbers[0] == numbers[1] <= MOST_FOR_THE_DECK_PAGE + 2


@pytest.mark.slow
def test_home_queries_do_not_grow_with_decks(learner, learner_client, make_deck):
    numbers = []
    for decks in (1, 9):
        for _ in range(decks):
            studying = Studying(learner, make_deck(2), now=timezone.now() - timedelta(hours=1))
            studying.start()
            studying.answer(3)
            make_deck(1, title="Another")
        numbers.append(queries(lambda: learner_client.get("/")))
    assert numbers[0] == numbers[1]
