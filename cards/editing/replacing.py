"""Find and replace in the cards of a deck, with a preview of the changes."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import CHUNK, DERIVED, Card, Deck
from cards.text.cleaning import clean_text
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES

logger = logging.getLogger(__name__)

AROUND = 40
"""Characters that the preview shows before and after a change."""

MOST_PLACES = 3
"""Changes of one side that the preview shows."""


@dataclass(frozen=True)
class Place:
    """One change in a text, with the text around it."""

    before: str
    old: str
    new: str
    after: str


@dataclass(frozen=True)
class Replacement:
    """Replaces the literal text ``find`` by ``new`` on ``sides`` (term, definition)."""

    find: str
    new: str
    match_case: bool = False
    sides: tuple[str, ...] = SIDES

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.find), 0 if self.match_case else re.IGNORECASE)

    def apply(self, text: str) -> str:
        return self.pattern.sub(lambda _: self.new, text)

    def places(self, text: str) -> Iterator[Place]:
        for found in self.pattern.finditer(text):
            start, end = found.span()
            before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
            before = f"…{before}" if start > AROUND else before
            after = f"{after}…" if end + AROUND < len(text) else after
            yield Place(before, found[0], self.new, after)


@dataclass(frozen=True)
class Change:
    """The new ``texts`` of a card, by side; a card with a ``problem`` is not changed."""

    card: Card
    texts: dict[str, str]
    problem: str

    def shown(self, replacement: Replacement) -> list[tuple[str, list[Place], int]]:
        """For each side that changes: its name, its first changes, and the number of the others."""
        sides = []
        for side in self.texts:
            places = list(replacement.places(getattr(self.card, side)))
            sides.append((side, places[:MOST_PLACES], max(0, len(places) - MOST_PLACES)))
        return sides


def changes(*, deck: Deck, replacement: Replacement) -> list[Change]:
    """The changes, in the deck's order, without saving them."""
    cards = deck.cards.present().in_order().only("deck", "position", "term", "definition", "updated_at")
    return [change for card in cards.iterator(chunk_size=2_000) if (change := change_of(card, replacement))]


def change_of(card: Card, replacement: Replacement) -> Change | None:
    """The change of a card; None if it stays as it is."""
    old = {side: getattr(card, side) for side in replacement.sides}
    texts = {side: new for side, text in old.items() if (new := clean_text(replacement.apply(text))) != text}
    if not texts:
        return None
    problem = ""
    if not any(texts.get(side, getattr(card, side)) for side in SIDES):
        problem = "The card would be empty."
    elif any(len(text) > MAX_SOURCE for text in texts.values()):
        problem = f"A side would have more than {MAX_SOURCE:,} characters."
    return Change(card, texts, problem)


def fingerprint(found: list[Change]) -> str:
    """A hash that changes if one of the cards is saved after the preview was shown."""
    seen = ",".join(f"{change.card.pk}:{change.card.updated_at.timestamp()}" for change in found)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def replace_all(*, deck: Deck, found: list[Change]) -> int:
    """Save ``found`` (see `changes`), except cards that someone else has saved since; return how many were saved.

    The cards are rendered before the deck is locked: ten thousand formulas take seconds.
    """
    keys = [change.card.pk for change in found if not change.problem]
    texts = {change.card.pk: change.texts for change in found}
    seen = {change.card.pk: change.card.updated_at for change in found}
    now = timezone.now()
    ready: list[Card] = []
    for start in range(0, len(keys), CHUNK):
        for card in Card.objects.filter(pk__in=keys[start : start + CHUNK]).prefetch_related("images"):
            card.deck = deck
            for side, text in texts[card.pk].items():
                setattr(card, side, text)
            card.prepare()
            card.updated_at = now
            ready.append(card)
    return _write(deck, ready, seen)


@transaction.atomic
def _write(deck: Deck, ready: list[Card], seen: dict[int, datetime]) -> int:
    Deck.objects.lock([deck.pk])
    there = deck.cards.present().values_list("pk", "updated_at", "studied_side")
    current = {pk: (updated_at, side) for pk, updated_at, side in there}
    fresh = [card for card in ready if card.pk in current and current[card.pk][0] == seen[card.pk]]
    if missed := len(ready) - len(fresh):
        logger.info("Edit conflict: %d cards of deck %s were not replaced.", missed, deck.pk)
    fields = ["term", "definition", *DERIVED, "studied_side", "updated_at"]
    # All of them exist. An upsert is ten times as fast as the long CASE of bulk_update.
    Card.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["id"], update_fields=fields, batch_size=CHUNK
    )
    affected = [card.pk for card in fresh if current[card.pk][1] != card.studied_side]
    refresh_deck(deck=deck, affected=affected)
    return len(fresh)
