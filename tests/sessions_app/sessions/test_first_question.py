"""From the front page to the first question: one click, and the question is a choice."""

import re

import pytest
from django.core.management import call_command

from cards.editing.decks import describe_deck, refresh_deck
from cards.models import Card, Deck
from sessions_app.models import Step
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from tests.sessions_app.sessions.test_learn_page import Learning, right_answer

pytestmark = pytest.mark.django_db

HINT = "Choose the right answer. Seven cards a round."
CITIES = "Paris London Madrid Lisbon Berlin Vienna Rome Athens Oslo Helsinki".split()


def capitals(owner, cards=10, closed=0):
    """A public deck; its first cards cannot be asked as a choice, because their prompts contain the answer."""
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for place, city in enumerate(CITIES[:cards]):
        term = f"{city}, the capital" if place < closed else f"Country {'abcdefghij'[place]}"
        Card.objects.create(deck=deck, position=place, term=term, definition=city)
    refresh_deck(deck=deck)
    return deck


@pytest.fixture
def deck(owner):
    return capitals(owner)


def study_now(client):
    """Press the button on the front page; returns the next page."""
    [form] = re.findall(
        r'<form method="post" action="([^"]+)">(?:(?!</form>).)*Study now', client.get("/").text, re.S
    )
    response = client.post(form, follow=True)
    assert response.status_code == 200
    return response


@pytest.mark.parametrize("closed", [0, 1, 7, 9])
def test_study_now_asks_a_choice(client, owner, closed):
    deck = capitals(owner, closed=closed)
    page = study_now(client)
    question = Question.from_json(Step.objects.get().question)
    assert page.redirect_chain == [(f"{deck.get_absolute_url()}learn/", 302)]
    assert question.kind is Kind.CHOICE
    assert all(option in page.text for option in question.options)
    assert HINT in page.text


def test_first_hint_counts_questions_where_cards_ask_for_both_sides(client, deck):
    deck.side_choice = "both"
    describe_deck(deck=deck, fields=["side_choice"])
    assert "Choose the right answer. Seven questions a round." in study_now(client).text


def test_shipped_deck_starts_with_a_choice(client):
    call_command("load_library")
    page = study_now(client)
    question = Question.from_json(Step.objects.get().question)
    assert (question.kind, len(question.options)) == (Kind.CHOICE, 4)
    assert HINT in page.text


def test_deck_without_choices_shows_no_hint_about_them(client, owner):
    capitals(owner, cards=1)
    page = study_now(client)
    assert Question.from_json(Step.objects.get().question).kind is Kind.FLIP
    assert "Choose the right answer" not in page.text


def test_small_deck_has_shorter_rounds(client, owner):
    capitals(owner, cards=3)
    assert "Choose the right answer. Three cards a round." in study_now(client).text


def answer(learning):
    learning.answer(**right_answer(learning.question()))


def test_hint_disappears_after_three_answers(client, deck):
    study_now(client)
    learning = Learning(client, deck)
    for _ in range(3):
        assert HINT in client.get(learning.page).text
        answer(learning)
    assert "Choose the right answer" not in client.get(learning.page).text


def test_who_has_answered_three_questions_in_another_deck_gets_no_hint(learner_client, make_deck, deck):
    elsewhere = Learning(learner_client, make_deck(8, title="Others"))
    elsewhere.start()
    for _ in range(3):
        answer(elsewhere)
    page = learner_client.post(Learning(learner_client, deck).page, follow=True)
    assert "Choose the right answer" not in page.text


def test_each_mode_has_its_own_hint(learner_client, make_deck, deck):
    elsewhere = Learning(learner_client, make_deck(8, title="Others"))
    elsewhere.start()
    for _ in range(3):
        answer(elsewhere)
    page = learner_client.post(f"{deck.get_absolute_url()}spaced/", follow=True)
    assert "rate how well you knew it" in page.text


def test_other_modes_show_no_choice_hint(client, deck):
    page = client.post(f"{deck.get_absolute_url()}spaced/", follow=True)
    assert "Choose the right answer" not in page.text
