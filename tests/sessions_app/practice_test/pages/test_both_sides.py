"""Tests of a deck whose cards ask for both sides: each question says what it asks for."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from sessions_app.learners.settings import settings_change
from sessions_app.models import Enrollment, Paper
from sessions_app.sessions.marks import Mark, card_mark
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Side
from tests.conftest import client_of
from tests.sessions_app.practice_test.pages.taking import Sitting, filled, results, text

pytestmark = pytest.mark.django_db

ASKED = {
    "choice": "Choose the {}",
    "true_false": "Is this the {}?",
    "block": "Match each one with its {}",
    "typed": "{}",
    "flip": "{}, in your own words",
}


@pytest.fixture
def both(deck) -> Deck:
    """The capitals, each asked for both sides."""
    Deck.objects.update(side_choice="both")
    Card.objects.update(studied_side="both")
    refresh_deck(deck=deck)
    deck.refresh_from_db()
    return deck


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def questions(testing):
    return [Question.from_json(step.question) for step in testing.steps()]


def printed(testing):
    return testing.client.get(reverse("test_print", args=[testing.deck.slug, testing.paper().pk]))


@pytest.mark.parametrize("side", ["", "both"])
@pytest.mark.parametrize("kind", list(ASKED))
def test_each_question_of_a_paper_names_its_side(both, testing, kind, side):
    testing.start(questions=16, kinds=(kind,), side=side)
    asked = questions(testing)
    assert {question.side for question in asked} == {"term", "definition"} or kind == "block"
    page = words(text(testing.client.get(testing.page)))
    for name in {question.side.value for question in asked}:
        says = ASKED[kind].format(name)
        assert (says[0].upper() + says[1:]) in page


@pytest.mark.parametrize("kind", ["choice", "true_false", "typed", "flip"])
def test_printed_paper_names_the_sides(both, testing, kind):
    testing.start(questions=16, kinds=(kind,))
    page = words(text(printed(testing)))
    says = {"choice": "Choose the", "true_false": "Is this the"}.get(kind, "Write the")
    for side in ("term", "definition"):
        assert page.count(f"{says} {side}") == sum(one.side == side for one in questions(testing)) > 0


def test_results_name_the_side_of_each_answer(both, testing):
    testing.start(questions=16, kinds=("choice",))
    testing.post("hand_in", testing.answers())
    page = words(results(testing))
    for side in ("term", "definition"):
        assert page.count(f"Asked for the {side}") == sum(one.side == side for one in questions(testing))


def test_paper_of_a_deck_that_asks_one_side_names_no_side(testing):
    testing.start(questions=8, kinds=("choice", "block"))
    assert "Choose the definition" not in text(testing.client.get(testing.page))
    assert "Choose the" not in words(text(printed(testing))).replace("Choose the answer", "")
    testing.post("hand_in", testing.answers())
    assert "Asked for the" not in results(testing)


def test_chosen_both_sides_are_named_in_a_deck_that_asks_one(testing):
    testing.start(questions=16, kinds=("choice",), side="both")
    assert {one.side for one in questions(testing)} == {"term", "definition"}
    assert "Choose the definition" in text(testing.client.get(testing.page))


def test_friends_paper_names_the_sides_that_the_friend_chose(learner, stranger, deck, testing):
    Enrollment.objects.create(learner=learner, deck=deck, side_choice="both")
    testing.start(questions=16, kinds=("choice",))
    testing.post("hand_in", testing.answers())
    Paper.objects.update(token="t" * 20)
    other = Sitting(client_of(stranger), deck)
    other.client.post(reverse("test_beat", args=[deck.slug, "t" * 20]), {})
    assert testing.deck.question_count() == 16
    page = text(other.client.get(other.page))
    assert "Choose the definition" in page
    assert "Choose the term" in page


def test_retake_asks_the_blank_questions_again(both, testing):
    testing.start(questions=10, kinds=("typed",))
    fields = {}
    for step in testing.steps():
        fields |= filled(step) if step.position >= 5 else {}
    testing.post("hand_in", fields)
    missed = {(step.card_id, step.question["side"]) for step in testing.steps() if step.position < 5}
    testing.client.post(reverse("test_retake", args=[both.slug, testing.paper().pk]))
    assert {(step.card_id, step.question["side"]) for step in testing.steps()} == missed


def asked(testing):
    return {(step.card_id, step.question["side"]) for step in testing.steps()}


def test_retake_asks_what_was_missed_after_another_side_was_chosen(learner, deck, testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("hand_in", {})
    missed = asked(testing)
    side = next(iter(missed))[1]
    other = "term" if side == "definition" else "definition"
    settings_change(learner=learner, deck=deck, side_choice=other)
    testing.client.post(reverse("test_retake", args=[deck.slug, testing.paper().pk]))
    assert asked(testing) == missed


def test_retake_leaves_out_a_suspended_question_and_its_sibling(learner, both, testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("hand_in", {})
    card, side = min(asked(testing))
    missed = asked(testing) - {(card, side)}
    card_mark(
        learner=learner,
        card=Card.objects.select_related("deck").get(pk=card),
        mark=Mark.SUSPENDED,
        on=True,
        now=timezone.now(),
        side=Side(side),
    )
    testing.client.post(reverse("test_retake", args=[both.slug, testing.paper().pk]))
    assert asked(testing) == missed


@pytest.mark.parametrize("side", ["term", "both"])
def test_suspended_question_is_not_asked_for_a_chosen_side(both, testing, learner, side):
    card = both.cards.in_order().first()
    card_mark(learner=learner, card=card, mark=Mark.SUSPENDED, on=True, now=timezone.now(), side=Side.TERM)
    testing.start(questions=16, kinds=("flip",), side=side)
    sides = {question.card_id: question.side for question in questions(testing)}
    assert sides.get(card.pk) == (None if side == "term" else "definition")
    assert len(sides) == both.card_count - (side == "term")


def test_paper_names_its_sides_after_another_choice(both, testing, learner):
    testing.start(questions=16, kinds=("flip",))
    settings_change(learner=learner, deck=both, side_choice="definition")
    for name in {question.side.value for question in questions(testing)}:
        assert f"Write the {name}" in words(text(printed(testing)))
