"""Decks for the tests of their content."""

from collections.abc import Callable

import pytest

from cards.editing import decks
from cards.models import Card, Deck
from studysite.accounts.models import User

MakeDeck = Callable[[int], Deck]


@pytest.fixture
def make_deck(owner: User) -> MakeDeck:
    """A function that makes a deck of Olga's with this many cards: "Term 0", "Term 1" ..."""

    def make(cards: int) -> Deck:
        deck = Deck.objects.create(owner=owner, title=f"Deck {Deck.objects.count()}")
        for position in range(cards):
            Card.objects.create(
                deck=deck, position=position, term=f"Term {position}", definition=f"Definition {position}"
            )
        decks.refresh_deck(deck=deck)
        return deck

    return make
