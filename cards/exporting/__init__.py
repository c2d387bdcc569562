"""Decks as files."""
