"""The page of mixed-up cards, and its drill."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.models import Card
from sessions_app.models import Enrollment, Step
from sessions_app.questions.mixups import mixups
from tests.sessions_app.questions.test_pool import mistake

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrollment(learner, deck):
    return Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=timezone.now())


@pytest.fixture
def url(deck):
    return reverse("deck_mixed_up", args=[deck.slug])


def test_pairs_are_counted_in_both_directions(enrollment, deck, learner):
    one, other, third = deck.cards.in_order()[:3]
    for card, given in ((one, third), (one, other), (other, one)):
        mistake(learner, deck, card, given)
    found = [({pair.first.pk, pair.second.pk}, pair.times) for pair in mixups(enrollment)]
    assert found == [({one.pk, other.pk}, 2), ({one.pk, third.pk}, 1)]


def test_removed_cards_and_mistakes_before_resets_are_no_pairs(enrollment, deck, learner):
    one, other, third = deck.cards.in_order()[:3]
    mistake(learner, deck, one, other)
    mistake(learner, deck, one, third)
    Card.objects.filter(pk=third.pk).update(removed_at=timezone.now())
    assert len(mixups(enrollment)) == 1
    enrollment.reset_at = timezone.now()
    assert mixups(enrollment) == []


def test_page_shows_only_the_learners_own_pairs(
    enrollment, deck, learner, learner_client, stranger_client, url
):
    mistake(learner, deck, *deck.cards.in_order()[:2])
    assert learner_client.get(url).content.decode().count('class="panel pair"') == 1
    assert "No mixed-up cards." in stranger_client.get(url).content.decode()
    assert "Mixed-up cards" in learner_client.get(deck.get_absolute_url()).content.decode()


def test_drill_asks_only_mixed_up_cards(enrollment, deck, learner, learner_client, url):
    one, other = deck.cards.in_order()[3:5]
    mistake(learner, deck, one, other)
    learner_client.post(reverse("study", args=[deck.slug, "learn"]))
    response = learner_client.post(url)
    assert response["Location"] == reverse("study", args=[deck.slug, "learn"])
    step = Step.objects.unanswered().get()
    assert step.origin == "drilled"
    assert step.card_id in (one.pk, other.pk)


def test_drill_without_pairs_starts_nothing(learner_client, url):
    assert learner_client.post(url)["Location"] == url
    assert not Step.objects.exists()


def test_private_deck_returns_404_to_others(deck, stranger_client, url):
    type(deck).objects.update(visibility="private")
    assert stranger_client.get(url).status_code == 404


def test_drill_of_two_sided_cards_asks_their_questions(learner, learner_client, make_deck):
    deck = make_deck(6, side_choice="both")
    Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=timezone.now())
    one, other = deck.cards.in_order()[:2]
    mistake(learner, deck, one, other)
    address = reverse("deck_mixed_up", args=[deck.slug])
    assert learner_client.get(address).content.decode().count('class="panel pair"') == 1
    learner_client.post(address)
    url = reverse("study_answer", args=[deck.slug, "learn"])
    asked = []
    for _ in range(6):
        step = Step.objects.unanswered().get(session__deck=deck)
        asked.append((step.card_id, step.question["side"]))
        learner_client.post(url, {"step": step.pk, "option": "0", "knew": "yes"})
    assert {card for card, _ in asked} == {one.pk, other.pk}
