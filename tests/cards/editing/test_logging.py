"""An edit conflict leaves a log line with only primary keys and counts."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cards.editing import replacing
from cards.editing.cards import edit_card, edit_cards
from cards.editing.decks import describe_deck
from cards.editing.replacing import Replacement
from cards.models import Card, Deck

pytestmark = pytest.mark.django_db


@pytest.fixture
def deck(make_deck) -> Deck:
    return make_deck(2)


@pytest.fixture
def earlier() -> datetime:
    """The time at which the page was opened, before another person saved."""
    return timezone.now() - timedelta(hours=1)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("cards.editing")]


def mine(deck: Deck) -> list[Card]:
    cards = list(deck.cards.in_order())
    for card in cards:
        card.term = "Mine"
    return cards


def test_conflict_on_a_card_is_logged(deck, earlier, caplog):
    card = mine(deck)[0]
    assert edit_card(card=card, seen=earlier)
    assert lines(caplog) == [f"Edit conflict: card {card.pk} has changed since it was opened."]


def test_conflict_on_several_cards_is_logged_once(deck, earlier, caplog):
    edit_cards(deck=deck, edits=[(card, earlier) for card in mine(deck)])
    assert lines(caplog) == [f"Edit conflict: 2 cards of deck {deck.pk} have changed since."]


def test_conflict_on_details_is_logged(deck, caplog):
    deck.title = "Mine"
    assert describe_deck(deck=deck, fields=["title"], seen="an older version")
    assert lines(caplog) == [f"Edit conflict: the details of deck {deck.pk} have changed since."]


def test_cards_that_were_not_replaced_are_logged(deck, caplog):
    found = replacing.changes(deck=deck, replacement=Replacement("Term", "Name"))
    deck.cards.in_order()[0].save()
    assert replacing.replace_all(deck=deck, found=found) == 1
    assert lines(caplog) == [f"Edit conflict: 1 cards of deck {deck.pk} were not replaced."]


def test_saving_in_order_logs_nothing(deck, caplog):
    card = mine(deck)[0]
    assert edit_card(card=card, seen=card.updated_at) is None
    assert lines(caplog) == []
