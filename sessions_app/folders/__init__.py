"""Folders of decks, and the archive."""
