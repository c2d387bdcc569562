"""Finds cards, decks and tags for a learner: the one way in which other code searches (docs/search.md).

What may be found is not what may be opened: see `DeckQuerySet.findable_by`. Hits are narrowed to that before they
are limited and counted.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Model, Q, QuerySet

from cards import hooks
from cards.models import Card, CardQuerySet, Deck, DeckQuerySet, Tag, TagLink, TagQuerySet
from cards.searching.index import CARDS, DECKS, TAGS, HasWords, SearchIndex, first_keys, some_keys
from cards.text.words import Word, query_of
from studysite.accounts.models import User

MOST_COUNTED = 200
"""Up to this number hits are counted exactly."""

MOST_TAGS = 50
"""Tags whose cards are found by the name of the tag."""

Row = TypeVar("Row", bound=Model)
Words = Collection[Word]


@dataclass(frozen=True)
class Hits(Generic[Row]):
    """The best hits, best first, and how many there are: if ``has_more``, more than `MOST_COUNTED`."""

    rows: list[Row]
    count: int = 0
    has_more: bool = False


@dataclass(frozen=True)
class Found:
    """Everything that was found, by kind."""

    cards: Hits[Card]
    decks: Hits[Deck]
    tags: Hits[Tag]


def find(learner: User | AnonymousUser, text: str, *, limit: int = 20) -> Found:
    """The best ``limit`` cards, decks and tags with all words of ``text``, of those that ``learner`` may find.

    ``text`` is anything that a person types; without a word in it nothing is found. ``limit`` is at most
    `MOST_COUNTED`.
    """
    words = query_of(text)
    if not words:
        return Found(Hits([]), Hits([]), Hits([]))
    scope = Scope(learner)
    tags = TagSearch(scope, words)
    cards = CardSearch(scope, words, tags)
    return Found(cards.best(limit), DeckSearch(scope, words).best(limit), tags.best(limit))


class Scope:
    """What ``learner`` may find. Their own decks, and those that they study, come before others."""

    def __init__(self, learner: User | AnonymousUser) -> None:
        self.learner = learner
        self.studied: QuerySet[Any] = (
            hooks.study.studied_decks(learner)
            if learner.is_authenticated
            else Deck.objects.none().values("pk")
        )

    @property
    def decks(self) -> DeckQuerySet:
        return Deck.objects.findable_by(self.learner, studied=self.studied)

    @property
    def cards(self) -> CardQuerySet:
        return Card.objects.findable_by(self.learner, studied=self.studied)

    @property
    def own_decks(self) -> Q:
        return Q(owner=self.learner.pk) | Q(pk__in=self.studied)

    @cached_property
    def own_keys(self) -> Sequence[int]:
        return list(self.decks.filter(self.own_decks).values_list("pk", flat=True))

    @cached_property
    def other_keys(self) -> Sequence[int]:
        return list(self.decks.exclude(self.own_decks).values_list("pk", flat=True))


@dataclass(frozen=True)
class Hit:
    """A row that has the words: where it belongs, and its own words."""

    key: int
    is_mine: bool
    words: str


def tiers(words: Words) -> tuple[Words, ...]:
    """From the best hits to all: whole words in the title, any words in it, whole words anywhere, any anywhere."""
    exact = [word.exact for word in words]
    return [word.in_title for word in exact], [word.in_title for word in words], exact, words


class Search(ABC, Generic[Row]):
    """Hits among rows of one kind. The order: by `tiers`, the learner's own first, then by primary key.

    A few hits are put into this order here. Of many, the database gives the first ones of each tier, so that it
    has to sort nothing.
    """

    index: SearchIndex

    def __init__(self, scope: Scope, words: Words) -> None:
        self.scope, self.words = scope, words

    @property
    @abstractmethod
    def visible(self) -> QuerySet[Row]:
        """The rows that the learner may find."""

    @property
    @abstractmethod
    def mine(self) -> Q:
        """Whether a row is the learner's own."""

    def first(self, words: Words, *, is_mine: bool, limit: int) -> Sequence[int]:
        """The first rows that have ``words`` by primary key, in ascending order."""
        rows = self.visible.filter(HasWords(self.index, words), self.mine if is_mine else ~self.mine)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])

    def load(self, keys: Collection[int]) -> dict[int, Row]:
        return self.visible.in_bulk(keys)

    @cached_property
    def hits(self) -> list[Hit] | None:
        """All hits; None if they are more than `MOST_COUNTED`."""
        most = MOST_COUNTED + 1
        keys = some_keys(self.index, self.words, limit=most)
        if len(keys) == most:
            # They may all be rows that the learner may not find.
            keys = [
                *self.first(self.words, is_mine=True, limit=most),
                *self.first(self.words, is_mine=False, limit=most),
            ]
        keys = [*keys, *self.more(most)]
        if not keys:
            return []
        if len(keys) > MOST_COUNTED:
            return None
        rows = self.visible.filter(pk__in=keys).annotate(is_mine=self.mine)
        return [Hit(*row) for row in rows.values_list("pk", "is_mine", "words")]

    def more(self, limit: int) -> Sequence[int]:
        """The first rows that are hits although they do not have the words."""
        return []

    def best(self, limit: int) -> Hits[Row]:
        keys = self.best_keys(limit)
        rows = self.load(keys) if keys else {}
        count = MOST_COUNTED if self.hits is None else len(self.hits)
        # A row may be gone since.
        return Hits([rows[key] for key in keys if key in rows], count, self.hits is None)

    def best_keys(self, limit: int) -> list[int]:
        if self.hits is not None:
            return [hit.key for hit in sorted(self.hits, key=self.place)[:limit]]
        best: dict[int, None] = {}
        for words in tiers(self.words):
            for is_mine in (True, False):
                if len(best) < limit:
                    # As many more as there are already, since these have the words too.
                    best |= dict.fromkeys(self.first(words, is_mine=is_mine, limit=limit + len(best)))
        if len(best) < limit:
            best |= dict.fromkeys(self.more(limit + len(best)))
        return list(best)[:limit]

    def place(self, hit: Hit) -> tuple[int, bool, int]:
        """The place of a hit among others."""
        stored, levels = set(hit.words.split()), tiers(self.words)
        found = (tier for tier, words in enumerate(levels) if all(word.is_in(stored) for word in words))
        return next(found, len(levels)), not hit.is_mine, hit.key


class DeckSearch(Search[Deck]):
    index = DECKS

    @property
    def visible(self) -> DeckQuerySet:
        return self.scope.decks.select_related("owner")

    @property
    def mine(self) -> Q:
        return self.scope.own_decks


class TagSearch(Search[Tag]):
    """The learner's own tags, and owners' tags on their cards that the learner may find."""

    index = TAGS

    @property
    def visible(self) -> TagQuerySet:
        decks = self.scope.decks.order_by()
        on_cards = TagLink.objects.filter(
            tag__owner=F("card__deck__owner"), card__removed_at=None, card__deck__in=decks
        )
        # Most owners have no deck that others may find, so their tags need no look at cards.
        theirs = Q(owner__in=decks.values("owner")) & Q(pk__in=on_cards.values("tag"))
        return Tag.objects.filter(self.mine | theirs).select_related("owner")

    @property
    def mine(self) -> Q:
        return Q(owner=self.scope.learner.pk)


class CardSearch(Search[Card]):
    """Cards that have the words on their sides, and after them cards with a tag that has the words.

    The tag is the learner's own, or the tag of the deck's owner.
    """

    index = CARDS

    def __init__(self, scope: Scope, words: Words, tags: TagSearch) -> None:
        super().__init__(scope, words)
        self.tags = tags

    @property
    def visible(self) -> CardQuerySet:
        return self.scope.cards.select_related("deck")

    @property
    def mine(self) -> Q:
        return Q(deck__owner=self.scope.learner.pk) | Q(deck__in=self.scope.studied)

    def first(self, words: Words, *, is_mine: bool, limit: int) -> Sequence[int]:
        """The decks are part of the question to the index."""
        decks = self.scope.own_keys if is_mine else self.scope.other_keys
        return first_keys(CARDS, words, groups=decks, limit=limit)

    def more(self, limit: int) -> Sequence[int]:
        """Cards with a tag that has the words."""
        tags = self.tags.best_keys(MOST_TAGS)
        if not tags:
            return []
        seen = Q(tag__owner=self.scope.learner.pk) | Q(tag__owner=F("card__deck__owner"))
        links = TagLink.objects.filter(seen, tag__in=tags).order_by()
        cards = self.visible.filter(pk__in=links.values("card")).annotate(is_mine=self.mine)
        return list(cards.order_by("-is_mine", "pk").values_list("pk", flat=True)[:limit])
