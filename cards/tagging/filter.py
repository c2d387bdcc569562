"""Filters a list of cards by their tags."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from cards.models import MAX_TAG_KEY, CardQuerySet, Deck, Tag, TagLink, tag_key
from cards.tagging.services import ALL, ANY
from studysite.http.requests import SiteRequest

MAX_CHOSEN = 20
"""Tags that a list can be filtered by at once."""


@dataclass(frozen=True)
class Chip:
    """A button that filters a list by a tag: ``keys`` are the tags of the address that it leads to.

    ``count`` is 0 if the cards of the deck are too many to be counted.
    """

    name: str
    key: str
    count: int
    chosen: bool
    keys: tuple[str, ...]


@dataclass(frozen=True)
class TagChoice:
    """The tags that a list of cards is filtered by: the cards must have any of them, or all.

    ``found`` are the tags that the learner sees on the deck, ordered by key. A tag of their own and one of the
    owner with the same name count as one tag.
    """

    found: tuple[Tag, ...]
    keys: tuple[str, ...]
    match: str

    @classmethod
    def from_address(cls, query: QueryDict, found: Iterable[Tag]) -> "TagChoice":
        """Read ``?tag=…&tag=…&match=all``; tags that are not ``found`` are ignored."""
        found = tuple(found)
        known = {tag.key for tag in found}
        named = dict.fromkeys(tag_key(name[:MAX_TAG_KEY]) for name in query.getlist("tag")[:MAX_CHOSEN])
        keys = tuple(key for key in named if key in known)
        return cls(found, keys, ALL if query.get("match") == ALL else ANY)

    @property
    def other_match(self) -> str:
        return ANY if self.match == ALL else ALL

    @property
    def chips(self) -> list[Chip]:
        chips: dict[str, Chip] = {}
        for tag in self.found:
            chosen = tag.key in self.keys
            keys = tuple(key for key in self.keys if key != tag.key) if chosen else (*self.keys, tag.key)
            before = chips[tag.key].count if tag.key in chips else 0
            count = max(before, getattr(tag, "card_count", 0) or 0)
            chips[tag.key] = Chip(tag.name, tag.key, count, chosen, keys)
        return list(chips.values())

    def narrow(self, cards: CardQuerySet) -> CardQuerySet:
        """The ``cards`` that have the chosen tags; all if none is chosen."""
        groups = [[tag.pk for tag in self.found if tag.key == key] for key in self.keys]
        if self.match == ANY and groups:
            groups = [[pk for group in groups for pk in group]]
        for group in groups:
            cards = cards.filter(pk__in=TagLink.objects.filter(tag__in=group).values("card"))
        return cards


def tag_choice(request: SiteRequest, deck: Deck) -> TagChoice:
    """The tags that the learner sees on the deck's cards, and which of them the address names."""
    return TagChoice.from_address(
        request.GET, Tag.objects.seen_by(request.learner, deck=deck).counted_on(deck)
    )
