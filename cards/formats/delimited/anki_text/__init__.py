"""Anki's text exports: the lines before the rows, and the notes in them."""
