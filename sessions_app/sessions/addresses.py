"""The addresses of a mode's page in a deck, and of what can be sent from it."""

from functools import lru_cache
from typing import NamedTuple

from django.urls import reverse


class Addresses(NamedTuple):
    """Where the forms of the page go; ``page`` is the page itself."""

    page: str
    answer: str
    finish: str
    aside: str
    undo: str
    instead: str
    retype: str


# Many learners answer in few decks, and every answer shows most of these addresses. All see the same.
@lru_cache(maxsize=500)
def addresses(slug: str, mode: str) -> Addresses:
    """The addresses for the deck with this slug."""
    names = ["study", *(f"study_{name}" for name in Addresses._fields[1:])]
    return Addresses(*(reverse(name, args=[slug, mode]) for name in names))
