"""Starting a test: the form, the settings, and the drawn paper."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.editing.cards import remove_cards
from cards.editing.moving import reask_cards
from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, Review, StudySession
from sessions_app.review_log import replaying
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from tests.sessions_app.practice_test.pages.taking import CAPITALS, text

pytestmark = pytest.mark.django_db


def test_test_is_taken_from_start_to_score(testing):
    testing.start()
    steps = testing.steps()
    assert {Question.from_json(step.question).kind for step in steps} == set(Kind)
    page = text(testing.client.get(testing.page))
    assert "0/10" in page
    testing.post("save", testing.answers())
    assert "10/10" in text(testing.client.get(testing.page))
    response = testing.post("hand_in")
    assert response.url == testing.page
    assert "Grade these answers yourself" in text(testing.client.get(testing.page))
    response = testing.post("judge", testing.judgements())
    assert testing.paper().right == 10
    page = text(testing.client.get(response.url))
    assert "100 %" in page
    assert Review.objects.count() == 10
    assert CardProgress.objects.count() == 10
    assert replaying.rebuild(Enrollment.objects.get()) == 0
    assert StudySession.objects.get().finished_at


def test_start_form_offers_no_more_questions_than_cards(testing, learner_client, deck):
    page = text(learner_client.get(testing.page))
    assert 'name="questions" value="16"' in page
    assert page.count('name="kinds"') == 5
    assert "checked" in page


def test_get_writes_nothing(testing):
    testing.client.get(testing.page)
    assert not StudySession.objects.exists()
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"questions": 0}, "greater than or equal to 1"),
        ({"questions": 9_999}, "less than or equal to 200"),
        ({"kinds": ()}, "Choose at least one kind."),
        ({"kinds": ("essay",)}, "not one of the available choices"),
        ({"minutes": "x"}, "Enter a whole number."),
        ({"tag": 99}, "not one of the available choices"),
        ({"side": "edge"}, "not one of the available choices"),
    ],
)
def test_invalid_start_form_shows_errors_and_starts_nothing(testing, data, error):
    response = testing.start(**{"questions": 5} | data)
    assert response.status_code == 200
    assert error in text(response)
    assert not StudySession.objects.exists()


def test_start_without_askable_cards_shows_a_message(testing):
    Card.objects.update(definition="the same everywhere")
    response = testing.start(kinds=("choice",))
    assert "None of these cards can be asked" in text(response)
    assert not StudySession.objects.exists()


def test_starting_again_continues_the_open_test(testing):
    testing.start(questions=4)
    first = testing.paper()
    testing.start(questions=6)
    assert testing.paper() == first


def test_settings_choose_cards_and_side(testing, learner, deck):
    cards = list(deck.cards.in_order()[:3])
    for card in cards:
        CardProgress.objects.create(learner=learner, deck=deck, card=card, side="definition", starred=True)
    testing.start(questions=10, starred="on", side="term", kinds=("typed", "flip"))
    questions = [Question.from_json(step.question) for step in testing.steps()]
    assert {question.card_id for question in questions} == {card.pk for card in cards}
    assert {question.side for question in questions} == {"term"}


def test_suspended_card_is_not_asked(testing, learner, deck):
    first, second = deck.cards.in_order()[:2]
    CardProgress.objects.create(learner=learner, deck=deck, card=first, side="definition", suspended=True)
    testing.start(questions=16, kinds=("typed",))
    assert first.pk not in {step.card_id for step in testing.steps()}
    mark = reverse("card_mark", args=[deck.slug, second.pk])
    testing.client.post(mark, {"mark": "suspended", "on": "on"})
    assert len(testing.steps()) == 15
    assert testing.paper().session.finished_at is None


def test_start_form_offers_the_last_settings(testing):
    testing.start(questions=3, kinds=("typed", "choice"), minutes=7)
    testing.post("hand_in")
    page = text(testing.client.get(testing.page))
    assert 'name="questions" value="3"' in page
    assert 'name="minutes" value="7"' in page
    assert page.count("checked") == 2


def test_short_test_and_missing_kinds_are_explained(testing, deck):
    testing.start(questions=50, kinds=("typed",))
    assert "This test has 16 questions" in text(testing.client.get(testing.page))
    testing.post("discard")
    deck.cards.filter(position__gt=1).update(definition="$x^2$ and no word to type")
    testing.start(questions=8, kinds=("typed", "flip"))
    assert "too few cards for “Type the answer”" in text(testing.client.get(testing.page))
    assert testing.paper().questions == 8


# --- The paper stays as it was drawn


def test_page_does_not_reveal_the_answers(testing):
    testing.start(questions=6, kinds=("typed",))
    page = text(testing.client.get(testing.page))
    assert not any(city in page for city in CAPITALS)


def test_editing_cards_changes_no_open_test(testing, deck, owner):
    testing.start(questions=8)
    before = [step.question for step in testing.steps()]
    for card in Card.objects.all():
        card.definition = "Edited"
        card.save()
    remove_cards(deck=deck, cards=deck.cards.filter(position=0))
    reask_cards(deck=deck, cards=deck.cards.filter(position=1), now=timezone.now())
    assert [step.question for step in testing.steps()] == before
    assert "Edited" not in text(testing.client.get(testing.page))


def test_reasked_card_counts_for_the_score_only(testing, deck):
    testing.start(questions=16, kinds=("typed",))
    reask_cards(deck=deck, cards=deck.cards.filter(position=1), now=timezone.now())
    testing.post("hand_in", testing.answers())
    assert testing.paper().right == 16
    assert Review.objects.count() == 15
