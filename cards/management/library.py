"""The deck that comes with the site: from its source in ``fixtures/`` to a Django fixture."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import serializers
from django.db.models import Model

from cards.models import ALTERNATIVES, Card, Deck, TwinPair, Visibility
from studysite.accounts.models import User

FIXTURE = "deep_learning"
SOURCE_FILE = Path(settings.BASE_DIR) / "fixtures" / "deep-learning.source.json"
FIXTURE_FILE = Path(settings.BASE_DIR) / "fixtures" / f"{FIXTURE}.json"

# Namespace of the cards' keys. A key is made from deck and term, so a card with a changed term is a new card.
KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://studysite.invalid/library/")


def library_owner(source: dict[str, Any]) -> User:
    """The owner of the deck, an inactive user without a password, as whom nobody can log in."""
    owner = User(**source["owner"], is_active=False, date_joined=datetime.fromisoformat(source["published"]))
    # Django's prefix of an unusable password. set_unusable_password would add random characters to the fixture.
    owner.password = UNUSABLE_PASSWORD_PREFIX
    return owner


def library_deck(source: dict[str, Any], owner: User) -> Deck:
    published = datetime.fromisoformat(source["published"])
    deck = Deck(
        owner=owner,
        slug=source["slug"],
        title=source["title"],
        description=source["description"],
        language=source["language"],
        definition_language=source.get("definition_language", ""),
        visibility=Visibility.PUBLIC,
        card_count=len(source["cards"]),
        created_at=published,
        updated_at=published,
    )
    deck.prepare()
    return deck


def library_cards(source: dict[str, Any], deck: Deck) -> Iterator[Card]:
    """The deck's cards as they are stored: rendered, validated, and with the studied side."""
    for position, entry in enumerate(source["cards"]):
        card = Card(
            deck=deck,
            key=str(uuid.uuid5(KEYS, f"{deck.slug}/{entry['term']}")),
            position=position,
            term=entry["term"],
            definition=entry["definition"],
            created_at=deck.created_at,
            updated_at=deck.updated_at,
            **{name: entry.get(name, []) for name in ALTERNATIVES},
        )
        card.prepare()
        card.clean_fields(exclude=["deck"])
        card.clean()
        yield card


def library_objects(source: dict[str, Any]) -> list[Model]:
    """All objects of the source, unsaved, in the order in which they can be saved.

    Raises KeyError if ``same_meaning`` names a term that no card has, and ValueError if two cards have the same
    term.
    """
    owner = library_owner(source)
    deck = library_deck(source, owner)
    cards = {card.term: card for card in library_cards(source, deck)}
    if len(cards) != len(source["cards"]):
        raise ValueError("Two cards of the source have the same term.")
    pairs = (
        sorted((cards[term] for term in pair), key=lambda card: card.position)
        for pair in source["same_meaning"]
    )
    return [owner, deck, *cards.values(), *(TwinPair(first=first, second=second) for first, second in pairs)]


def fixture_text(source: dict[str, Any]) -> str:
    """The fixture made from ``source``, with natural keys only, so that it can be loaded into any database."""
    objects = library_objects(source)
    # Many-to-many fields of unsaved objects cannot be read. Here they are all empty.
    fields = {field.name for each in objects for field in each._meta.concrete_fields}
    text: str = serializers.serialize(
        "json",
        objects,
        fields=fields,
        use_natural_foreign_keys=True,
        use_natural_primary_keys=True,
        indent=1,
        ensure_ascii=False,
    )
    return text.strip() + "\n"


def read_source() -> dict[str, Any]:
    source: dict[str, Any] = json.loads(SOURCE_FILE.read_text(encoding="utf-8"))
    return source
