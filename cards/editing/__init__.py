"""Changing decks and cards."""
