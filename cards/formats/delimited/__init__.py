"""Texts and tables: a card a line."""
