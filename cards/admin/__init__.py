"""The admin of decks, cards and reports: each part registers itself."""

from cards.admin import cards, decks, reports

__all__ = ["cards", "decks", "reports"]
