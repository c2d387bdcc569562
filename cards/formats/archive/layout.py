"""What an archive consists of: its members, the fields of its lines, and the limits of both. Pure."""

import re

from cards.formats.types import MAX_CARDS

FORMAT, VERSION = "studysite-deck", 1

MANIFEST, CARDS, TWINS = "deck.json", "cards.jsonl", "twins.jsonl"
MEMBERS = (MANIFEST, CARDS, TWINS)
RECORDS, IMAGES = "records/{}.jsonl", "images/{}"
RECORDS_NAME = re.compile(r"[a-z][a-z_]{0,39}")
IMAGE_NAME = re.compile(r"[\w][\w .()+-]{0,199}")

MAX_MANIFEST = 2**20
MAX_LINE = 2**20
MAX_LINES = 512 * 2**20
"""Bytes of the manifest, of one line, and of one member of lines, which is read line by line."""

MAX_PAIRS = 100_000
MOST_RECORDS = {"marks": 2 * MAX_CARDS, "settings": 10}
"""Lines of twins, and of the records with these names; other records have at most `MAX_REVIEWS`."""

MAX_KEY = 64
MAX_LIST = 1_000
"""Texts, tags or images that a card's line may list. The site keeps far fewer of each."""

TEXT_LISTS = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions", "tags")
MOMENTS = ("asked_since", "created_at")
IMAGE_LISTS = ("term_images", "definition_images")
"""Fields of a card's line, by their type."""

SIDE_CHOICES = ("auto", "term", "definition", "both")
DECK_FIELDS = (
    *("title", "description", "language", "definition_language"),
    *("side_choice", "visibility", "slug"),
)


def records_member(name: str) -> str:
    """The member with the records called ``name``. Raises ValueError for a name that an archive cannot hold."""
    if not RECORDS_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid name for records.")
    return RECORDS.format(name)
