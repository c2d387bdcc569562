"""What an answer sends is small: a learner may be on a slow connection, and answers a thousand times a week."""

import gzip

import pytest
from django.urls import reverse

from cards.models import Card
from sessions_app.models import Step

pytestmark = pytest.mark.django_db

MOST = 1_420
"""Bytes of a question or of the feedback, compressed; by its token a form takes some more or less.

Up to 100 random bytes against BREACH come on top.
"""
HTMX = {"HX-Request": "true", "HX-Target": "question"}
DEFINITIONS = (
    "To prevent the model from memorizing the training data.",
    "It can overshoot the ideal solution and bounce around it.",
    "It allows the network to learn complex relationships.",
    "A layer that normalizes its inputs over a whole batch.",
)


@pytest.fixture
def deck_of_sentences(make_deck):
    deck = make_deck(4)
    for card, definition in zip(deck.cards.in_order(), DEFINITIONS, strict=True):
        card.definition = definition
        card.prepare()
        Card.objects.filter(pk=card.pk).update(
            definition=card.definition, definition_html=card.definition_html
        )
    return deck


@pytest.mark.parametrize(
    ("mode", "response"),
    [("spaced", {"rating": 3}), ("learn", {"unknown": 1}), ("learn", {"option": 0})],
    ids=["the next question of Spaced", "feedback without an answer", "feedback on a choice"],
)
def test_an_answer_is_small(learner_client, deck_of_sentences, mode, response):
    page = reverse("study", args=[deck_of_sentences.slug, mode])
    learner_client.post(page)
    fields = {"step": Step.objects.unanswered().get().pk, **response}
    sent = learner_client.post(f"{page}answer/", fields, headers=HTMX).content
    assert b'id="question"' in sent
    assert len(gzip.compress(sent, 6)) <= MOST


def test_a_choice_among_four_sentences_is_small(learner_client, deck_of_sentences):
    page = reverse("study", args=[deck_of_sentences.slug, "learn"])
    learner_client.post(page)
    # After an answer there is a button to undo it too; after three there is no line of help.
    for _ in range(3):
        learner_client.post(f"{page}answer/", {"step": Step.objects.unanswered().get().pk, "unknown": 1})
    question = learner_client.get(page, headers=HTMX).content
    assert question.count(b'name="option"') == 4
    assert b'id="undo-form"' in question
    assert len(gzip.compress(question, 6)) <= MOST
