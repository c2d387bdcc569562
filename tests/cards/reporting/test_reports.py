"""Learners' reports, as the deck's owner sees them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.editing.moving import move_cards
from cards.models import CardReport
from cards.reporting.services import pending_feedback, report_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def deck(make_deck):
    deck = make_deck(2)
    type(deck).objects.update(visibility="public")
    return deck


@pytest.fixture
def url(deck):
    return reverse("deck_reports", args=[deck.slug])


def report(deck, learner, kind="also_right", text="La Paz"):
    card = deck.cards.in_order()[0]
    report_card(card=card, reporter=learner, kind=kind, side="definition", text=text)
    return CardReport.objects.latest("pk")


def test_reports_are_visible_to_editors_of_the_deck_alone(deck, url, owner_client, learner_client, client):
    assert "Nothing to review." in owner_client.get(url).text
    assert learner_client.get(url).status_code == 404
    assert learner_client.post(url, {"report": "1"}).status_code == 404
    assert client.get(url).status_code in (302, 404)


def test_accepting_adds_the_answer_and_closes_the_report(deck, url, owner_client, learner):
    found = report(deck, learner)
    assert "La Paz" in owner_client.get(url).text
    owner_client.post(url, {"report": found.pk, "word": "accept"})
    assert deck.cards.in_order()[0].accepted_definitions == ["La Paz"]
    assert "Nothing to review." in owner_client.get(url).text
    assert owner_client.post(url, {"report": found.pk, "word": "accept"}).status_code == 404


def test_closing_a_problem_changes_nothing_else(deck, url, owner_client, learner):
    found = report(deck, learner, kind="problem", text="<b>Wrong</b>")
    assert "&lt;b&gt;Wrong" in owner_client.get(url).text
    owner_client.post(url, {"report": found.pk, "word": "accept"})
    assert deck.cards.in_order()[0].accepted_definitions == []
    assert not CardReport.objects.unsettled().exists()


def test_reports_follow_a_card_to_another_deck(deck, url, owner_client, learner, make_deck):
    there = make_deck(1)
    report(deck, learner)
    move_cards(cards=deck.cards.all(), to=there, now=timezone.now())
    assert "Nothing to review." in owner_client.get(url).text
    assert "La Paz" in owner_client.get(reverse("deck_reports", args=[there.slug])).text
    assert pending_feedback([deck.pk, there.pk])[there.pk].reports == 1


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 40, "-1", "٣"])
def test_unknown_report_returns_404(url, owner_client, key):
    assert owner_client.post(url, {"report": key}).status_code == 404


def test_report_on_another_deck_returns_404(make_deck, url, owner_client, learner):
    other = report(make_deck(1), learner)
    assert owner_client.post(url, {"report": other.pk, "word": "settle"}).status_code == 404
    assert CardReport.objects.unsettled().count() == 1


def test_editor_links_to_open_reports(deck, url, owner_client, learner):
    editor = reverse("deck_edit", args=[deck.slug])
    assert f'href="{url}"' not in owner_client.get(editor).text
    report(deck, learner)
    assert f'href="{url}"' in owner_client.get(editor).text
