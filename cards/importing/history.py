"""What a file says of its learner, for the app that keeps histories (see `cards.hooks`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cards.formats.types import Learned, ParsedDeck
from cards.importing.reading.as_json import head_from_json
from cards.importing.reading.storage import Reading
from cards.models import Deck

KEYS_AT_ONCE = 300


class CardKeys(Mapping[str, int]):
    """The primary keys of a deck's present cards by their keys, asked for when they are needed."""

    def __init__(self, deck: Deck) -> None:
        self.cards = deck.cards.present()
        self.known: dict[str, int | None] = {}

    def learn(self, keys: Iterable[str]) -> None:
        """Ask for several at once."""
        new = {key for key in keys if key not in self.known}
        if not new:
            return
        self.known |= dict.fromkeys(new)
        self.known.update(self.cards.filter(key__in=new).values_list("key", "pk"))

    def __getitem__(self, key: str) -> int:
        self.learn([key])
        found = self.known[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.cards.values_list("key", flat=True))

    def __len__(self) -> int:
        return self.cards.count()


class FileHistory:
    """The `cards.hooks.LearnerHistory` of a file: what it says card by card, behind the number ``start``."""

    def __init__(self, reading: Reading, deck: Deck, start: int) -> None:
        self.reading, self.start, self.keys = reading, start, CardKeys(deck)
        self.kind = reading.kind
        self.decks: tuple[ParsedDeck, ...] = head_from_json(reading.state["head"]).decks
        self.settings: list[dict[str, Any]] = reading.state.get("settings", [])

    def __iter__(self) -> Iterator[Learned]:
        """Those whose card is in the deck."""
        for each in self.reading.learned(self.start):
            if each.key not in self.keys.known:
                # The keys alone: what was answered about 300 cards may be much more than a slice has time for.
                self.keys.learn([each.key, *self.reading.learned_keys(each.number, KEYS_AT_ONCE)])
            if each.key in self.keys:
                yield each
