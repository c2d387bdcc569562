"""Keys for the cards of a file that has none."""

import uuid

from cards.importing.reading.content import FileContent, digest

TEXT_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://studysite.invalid/import/")
"""Namespace of keys for cards without one: made from the term, so that a later import finds the card."""


def usual_key(term: str) -> str:
    """The key of the first card with a term, in a file without keys."""
    return str(uuid.uuid5(TEXT_KEYS, term))


def free_key(key: str, term: str, content: FileContent) -> str:
    """``key``, which is the usual one of the term, or another one if a card has it."""
    while content.has_key(key):
        # Numbered with a counter: trying all numbers for 1,000 cards of one term would take a million steps.
        key = str(uuid.uuid5(TEXT_KEYS, f"{content.next_number(digest(term))} {term}"))
    return key
