"""What a file knows about its learner, for the app that stores histories (see `cards.hooks`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cards.formats.types import Learned
from cards.importing.reading.as_json import counts_from_json, head_from_json
from cards.importing.reading.content import FileContent
from cards.models import Deck

KEYS_AT_ONCE = 300


class CardKeys(Mapping[str, int]):
    """The primary keys of a deck's present cards by their keys, loaded when they are needed."""

    def __init__(self, deck: Deck) -> None:
        self.cards = deck.cards.present()
        self.known: dict[str, int | None] = {}

    def load(self, keys: Iterable[str]) -> None:
        """Load several with one query."""
        new = {key for key in keys if key not in self.known}
        if not new:
            return
        self.known |= dict.fromkeys(new)
        self.known.update(self.cards.filter(key__in=new).values_list("key", "pk"))

    def __getitem__(self, key: str) -> int:
        self.load([key])
        found = self.known[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.cards.values_list("key", flat=True))

    def __len__(self) -> int:
        return self.cards.count()


class FileHistory:
    """The `cards.hooks.LearnerHistory` of a file: what it knows card by card, from the number ``start`` on.

    ``path`` is that of the file's only deck whose cards are in ``deck``; without one they may be of all its decks.
    """

    def __init__(
        self, content: FileContent, deck: Deck, start: int, path: tuple[str, ...] | None = None
    ) -> None:
        self.content, self.start, self.keys = content, start, CardKeys(deck)
        self.kind = content.kind.name if content.kind else ""
        counts = counts_from_json(content.state["file_counts"]).decks
        decks = (each for each in head_from_json(content.state["head"]).decks if path in (None, each.path))
        # A package of Anki holds an empty deck "Default", too, with options of its own.
        filled = [each for each in decks if counts[each.path]]
        self.decks = tuple(sorted(filled, key=lambda each: -counts[each.path]))
        self.settings: list[dict[str, Any]] = content.state.get("settings", [])

    def __iter__(self) -> Iterator[Learned]:
        """The cards that are in the deck."""
        for each in self.content.learned(self.start):
            if each.key not in self.keys.known:
                # Only the keys: the answers to 300 cards may take longer than a slice.
                self.keys.load([each.key, *self.content.learned_keys(each.number, KEYS_AT_ONCE)])
            if each.key in self.keys:
                yield each
