"""The deck and the learner of Test's pages."""

import pytest

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.sessions_app.practice_test.pages.taking import CAPITALS, Sitting


@pytest.fixture
def deck(owner: User) -> Deck:
    """Sixteen capitals that can be asked in every way."""
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for position, city in enumerate(CAPITALS):
        Card.objects.create(
            deck=deck, position=position, term=f"Land {'abcdefghijklmnop'[position] * 4}", definition=city
        )
    refresh_deck(deck=deck)
    return deck


@pytest.fixture
def testing(learner_client, deck) -> Sitting:
    return Sitting(learner_client, deck)
