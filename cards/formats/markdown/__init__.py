"""Texts of other programs -> Markdown."""
