"""The decks that the site ships: from their source in ``fixtures/`` to Django fixtures and into the database."""

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

# Namespace of the shipped cards' keys. A key is made of deck and term: a card whose term changes is a new card.
KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://studysite.invalid/library/")


def library_owner(source: dict[str, Any]) -> User:
    """The user who owns the shipped decks; nobody can log in as her: switched off, without a password."""
    owner = User(**source["owner"], is_active=False, date_joined=datetime.fromisoformat(source["published"]))
    # Django's mark of an unusable password; set_unusable_password would make each fixture a different one.
    owner.password = UNUSABLE_PASSWORD_PREFIX
    return owner


def library_deck(source: dict[str, Any], owner: User) -> Deck:
    published = datetime.fromisoformat(source["published"])
    return Deck(
        owner=owner,
        slug=source["slug"],
        title=source["title"],
        description=source["description"],
        language=source["language"],
        visibility=Visibility.PUBLIC,
        card_count=len(source["cards"]),
        created_at=published,
        updated_at=published,
    )


def library_cards(source: dict[str, Any], deck: Deck) -> Iterator[Card]:
    """The deck's cards, complete as they are stored: rendered, validated, with the side that they ask for."""
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
    """Everything that the source stands for, unsaved, in an order in which it can be saved.

    Raises KeyError where ``same_meaning`` names a term that no card has, ValueError where two cards share one.
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
    """The fixture made of ``source``: natural keys alone, so that it fits into any database."""
    objects = library_objects(source)
    # Many-to-many fields of an unsaved object cannot be read; these all are empty.
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
