"""Removing decks, cards and people for good."""
