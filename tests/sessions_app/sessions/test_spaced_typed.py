"""Typed answers in Spaced: first compared, then rated."""

import pytest
from django.urls import reverse

from cards.models import Card
from sessions_app.models import Enrollment, Review, Step
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture
def typing(deck, learner, learner_client):
    """The address for answers in a session with typed answers."""
    Card.objects.filter(position=1).update(definition="A definition of far more than five words")
    Enrollment.objects.create(learner=learner, deck=deck, typed=True)
    learner_client.post(reverse("study", args=[deck.slug, "spaced"]))
    return reverse("study_answer", args=[deck.slug, "spaced"])


def answer(client, url, **response):
    step = Step.objects.unanswered().get()
    return client.post(url, {"step": step.pk} | response, headers=HTMX).content.decode()


def test_typed_answer_is_compared_before_rating(learner_client, typing):
    page = answer(learner_client, typing, typed="definition 0")
    assert 'class="feedback right"' in page
    assert not Review.objects.exists()
    assert 'value="3" data-key="3" autofocus' in page
    answer(learner_client, typing, rating="2", typed="something else")
    line = Review.objects.get()
    assert (line.rating, line.verdict, line.response, line.kind) == (2, "correct", "definition 0", "typed")


def test_wrong_answer_suggests_the_rating_again(learner_client, typing):
    page = answer(learner_client, typing, typed="nothing of the kind")
    assert 'class="feedback wrong"' in page
    assert 'value="1" data-key="1" autofocus' in page
    answer(learner_client, typing, rating="3")
    assert Review.objects.get().verdict == "correct"


def test_dont_know_shows_the_answer(learner_client, typing):
    page = answer(learner_client, typing, unknown="1")
    assert "Definition 0" in page
    answer(learner_client, typing, rating="1")
    assert Review.objects.get().response == ""


def test_rating_before_typing_is_refused(learner_client, typing):
    page = answer(learner_client, typing, rating="4")
    assert 'id="typed"' in page
    assert not Review.objects.exists()


def test_long_answer_is_flipped_instead_of_typed(learner_client, typing):
    for response in ({"typed": "definition 0"}, {"rating": "3"}):
        answer(learner_client, typing, **response)
    assert Question.from_json(Step.objects.unanswered().get().question).kind is Kind.FLIP


def test_reloading_keeps_what_was_typed(learner_client, typing, deck):
    answer(learner_client, typing, typed="definition null")
    page = learner_client.get(reverse("study", args=[deck.slug, "spaced"])).content.decode()
    assert 'id="feedback"' in page
    assert 'id="typed"' not in page
