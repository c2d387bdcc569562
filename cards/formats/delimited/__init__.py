"""Texts and tables with a card per line."""
