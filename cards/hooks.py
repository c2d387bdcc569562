"""What the cards ask the app that keeps what is studied, which they do not import.

`cards` knows nothing of learning, but needs it sometimes: an import hands over a learner's history, and erasing
asks which rows answers refer to. Call `study` for that, which the app above sets at its start
(`sessions_app.apps`). Without such an app nothing is studied. What only has to be announced is in `cards.signals`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from cards.formats.types import Learned, ParsedDeck, Preset, Studied
from cards.models import Card, Deck
from studysite.accounts.models import User
from studysite.slices import Slice

Record = Mapping[str, Any]


class LearnerHistory(Protocol):
    """What a file says of its learner, card by card (`cards.importing.history.FileHistory`)."""

    kind: str
    """The name of the file's kind, of `cards.formats.kinds`."""

    start: int
    """The number behind which iterating begins: 0 is the beginning."""

    decks: tuple[ParsedDeck, ...]
    """The file's decks with cards in the deck, those with the most cards first."""
    settings: list[dict[str, Any]]

    @property
    def keys(self) -> Mapping[str, int]:
        """The primary keys of the deck's present cards, by the cards' keys."""

    def __iter__(self) -> Iterator[Learned]:
        """What is known about those cards that are in the deck."""


class StudyHooks(Protocol):
    """Keys are primary keys. ``slice_`` and ``seconds`` say how long a call may work."""

    def learner_count(self, cards: QuerySet[Card]) -> int:
        """How many learners have any progress on ``cards``."""

    def studied_decks(self, learner: User) -> QuerySet[Any]:
        """The primary keys of the decks that ``learner`` has studied, as a subquery; not all are still open."""

    def waiting_answers(self, decks: Collection[int]) -> Mapping[int, int]:
        """How many answers in each of ``decks`` wait for a decision; a deck without any may be missing."""

    def records(self, deck: Deck, learner: User, cards: Sequence[int]) -> Mapping[str, Iterable[Record]]:
        """What the archive of ``deck`` says of ``learner`` about ``cards``, in their order, by name.

        Without any cards: what is kept about the deck itself, and every name that there may be (docs/formats.md).
        """

    def studied(
        self, deck: Deck, learner: User, cards: Sequence[int], *, now: datetime
    ) -> Mapping[int, Studied]:
        """What ``learner`` has done with each of these ``cards`` of ``deck``, for another program."""

    def answer_counts(self, learner: User, cards: Sequence[int]) -> Mapping[int, int]:
        """How many answers of ``learner`` there are about each of ``cards``; one without any may be missing."""

    def preset(self, deck: Deck, learner: User) -> Preset | None:
        """How ``learner``'s memory of ``deck`` is calculated, for another program."""

    def write_history(
        self, *, deck: Deck, learner: User, history: LearnerHistory, seconds: float, now: datetime
    ) -> tuple[int, int] | None:
        """Write a file's history of ``learner``; call it outside any transaction.

        Returns:
            Where to go on, and for how many cards it was written; None once all of it is there.
        """

    def needed_cards(self, keys: Collection[int]) -> Collection[int]:
        """Those of these cards whose rows have to stay, because something about them is kept."""

    def needed_decks(self, keys: Collection[int]) -> Collection[int]:
        """Those of these decks whose rows have to stay, because something about them is kept."""

    def erase_cards(self, cards: Sequence[int], deck: Deck, *, slice_: Slice) -> bool:
        """Erase what ``cards`` of ``deck`` say wherever it is kept, in short transactions.

        If the deck is erased as a whole, what is kept in it may stay: `erase_deck` erases that.

        Returns:
            Whether all of it is gone. Call it outside any transaction.
        """

    def erase_deck(self, deck: Deck, *, slice_: Slice) -> bool:
        """Erase what an erased ``deck`` said, and what its owner has learned in it, in short transactions.

        Returns:
            Whether all of it is gone. Call it outside any transaction.
        """


class NothingStudied:
    """The answers of a site on which nothing is studied."""

    def learner_count(self, cards: QuerySet[Card]) -> int:
        return 0

    def studied_decks(self, learner: User) -> QuerySet[Any]:
        return Deck.objects.none().values("pk")

    def waiting_answers(self, decks: Collection[int]) -> Mapping[int, int]:
        return {}

    def records(self, deck: Deck, learner: User, cards: Sequence[int]) -> Mapping[str, Iterable[Record]]:
        return {}

    def studied(
        self, deck: Deck, learner: User, cards: Sequence[int], *, now: datetime
    ) -> Mapping[int, Studied]:
        return {}

    def answer_counts(self, learner: User, cards: Sequence[int]) -> Mapping[int, int]:
        return {}

    def preset(self, deck: Deck, learner: User) -> Preset | None:
        return None

    def write_history(
        self, *, deck: Deck, learner: User, history: LearnerHistory, seconds: float, now: datetime
    ) -> tuple[int, int] | None:
        return None

    def needed_cards(self, keys: Collection[int]) -> Collection[int]:
        return ()

    def needed_decks(self, keys: Collection[int]) -> Collection[int]:
        return ()

    def erase_cards(self, cards: Sequence[int], deck: Deck, *, slice_: Slice) -> bool:
        return True

    def erase_deck(self, deck: Deck, *, slice_: Slice) -> bool:
        return True


study: StudyHooks = NothingStudied()
