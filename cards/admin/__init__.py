"""The admin for decks, cards and reports; importing the modules registers them."""

from cards.admin import cards, decks, reports

__all__ = ["cards", "decks", "reports"]
