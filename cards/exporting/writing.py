"""A deck -> a file, written in slices. Between slices, everything is in a folder and in a state."""

import logging
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, Sum
from django.db.models.functions import Length

from cards import hooks
from cards.formats.anki import writer as anki
from cards.formats.anki.writing import packing
from cards.formats.anki.writing.package import Package
from cards.formats.archive import layout, writing
from cards.formats.delimited.writers import write_comma, write_markdown, write_tab
from cards.formats.parts import FILE, Member, Parts, Zip
from cards.formats.types import ImageRef, ParsedCard, ParsedDeck, Preset, Studied, TwinKeys
from cards.formats.workbook import writer as workbook
from cards.media.files import ENDING, path_of
from cards.models import ALTERNATIVES, CHUNK, DERIVED, Card, Deck, Tag
from cards.models import TwinPair as StoredPair
from cards.text.images import StoredImage
from cards.text.studied_side import SIDES
from studysite.accounts.models import User
from studysite.slices import Steps

logger = logging.getLogger(__name__)

ANKI, ANKI_OLDER = "anki", "anki-older"
HISTORY, ANKI_HISTORY, ANKI_OLDER_HISTORY = "history", "anki-mine", "older-mine"
"""The names of the archive and of the Anki packages with the learner's history."""

WITH_HISTORY = {"archive": HISTORY, ANKI: ANKI_HISTORY, ANKI_OLDER: ANKI_OLDER_HISTORY}
"""The kinds of file that can hold a history, each with its name if it does."""

DAYS_BEFORE = timedelta(days=3_653)
"""How long before an export its Anki package begins to count days."""

CHUNK_WITH_HISTORY = 200
"""Cards that are written in one step with their answers."""

MOST_ANSWERS = 4_000
"""Answers about the cards that are written in one step, unless one card has more."""

CHARACTERS = 20_000
"""Characters of cards that are written in one step. This usually takes 0.03 s, at most 0.5 s, of rendering."""

CARD_FIELDS = ("term", "definition", "key", "side_choice", "asked_since", "created_at")
"""Fields of a card that a file has under the same name."""

VERSION = 2
"""Of a package's state. One of another version is begun again: its collection has other tables."""

PAIRS_AT_ONCE = 2_000
KEYS, IMAGES = "keys", "images"
KEY_SIZE = 8

CHARACTERS_OF_CARD = Length("term") + Length("definition")
Viewer = User | AnonymousUser | None


def characters_of(deck: Deck) -> int:
    """The number of characters of all terms and definitions of the deck."""
    return deck.cards.present().aggregate(sum=Sum(CHARACTERS_OF_CARD))["sum"] or 0


def tags_seen(deck: Deck, viewer: Viewer) -> Prefetch:
    tags = deck.owner.tags.all() if viewer is None else Tag.objects.seen_by(viewer, deck=deck)
    return Prefetch("tags", tags, to_attr="seen_tags")


def cards_of(deck: Deck, viewer: Viewer, keys: Sequence[int]) -> list[Card]:
    """The present cards of the deck with these primary keys, in this order.

    They have the owner's tags and the viewer's own.
    """
    cards = deck.cards.present().defer(*DERIVED)
    found = cards.prefetch_related(tags_seen(deck, viewer), "images").in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def parsed(card: Card) -> ParsedCard:
    # The owner's tag and the learner's own tag with the same name are one in the file.
    tags = {tag.key: tag.name for tag in card.seen_tags}  # type: ignore[attr-defined]
    images = card.images_by_side()
    fields: dict[str, Any] = {name: getattr(card, name) for name in CARD_FIELDS}
    fields |= {name: tuple(getattr(card, name)) for name in ALTERNATIVES}
    fields |= {f"{side}_images": refs(card, images[side]) for side in SIDES}
    return ParsedCard(**fields, tags=tuple(tags.values()))


def refs(card: Card, images: Iterable[StoredImage]) -> tuple[ImageRef, ...]:
    """Images as files name them. An image whose file is missing is left out and logged."""
    found = []
    for image in images:
        if path_of(image.sha256).exists():
            found.append(ImageRef(f"{image.sha256}{ENDING}", image.alt))
        else:
            logger.warning("An image of card %s has no file; exported without it.", card.pk)
    return tuple(found)


def read_image(name: str) -> bytes:
    return path_of(name.removesuffix(ENDING)).read_bytes()


def with_studied_side(card: Card) -> ParsedCard:
    """The card with the side that it asks for, since other programs cannot choose it automatically."""
    made = parsed(card)
    made.side_choice = card.studied_side
    return made


def with_history(card: Card, studied: Studied | None) -> ParsedCard:
    """The card with what the learner has done with it, and the sides that it asks them for."""
    made = with_studied_side(card)
    if studied:
        made.starred = studied.starred
        # Anki makes no card whose question is empty.
        made.side_choice = made.side_choice if made.one_sided else studied.side_choice
        made.schedules, made.reviews = studied.schedules, studied.reviews
    return made


def about(deck: Deck) -> ParsedDeck:
    return ParsedDeck((), **{name: getattr(deck, name) for name in layout.DECK_FIELDS})


class Writer:
    """Writes a deck as a file into ``folder``. Store ``state`` between slices.

    It writes the cards that the deck has at the start, in their order at that time, with their current texts.
    Cards that are removed in the meantime are left out. Steps raise FormatError if the file gets too large.
    """

    def __init__(
        self,
        deck: Deck,
        viewer: Viewer,
        kind: str,
        *,
        now: datetime,
        folder: Path,
        state: dict[str, Any],
    ) -> None:
        self.deck, self.viewer, self.kind, self.now = deck, viewer, kind, now
        self.state, self.collection = state, folder / anki.COLLECTION
        if self.is_package and state.get("version") != VERSION:
            state.clear()
            state["version"] = VERSION
        self.parts = Parts(folder, state.setdefault("sizes", {}))
        self.path = self.parts.path(FILE)
        self.is_archive = kind in ("archive", HISTORY)
        # Whose history is written.
        self.learner = viewer if kind in WITH_HISTORY.values() and isinstance(viewer, User) else None
        # A list, because a database may return the names of a mapping in another order.
        self.members: list[str] = state.setdefault("members", [*layout.MEMBERS])
        # Those at the start: if the deck is renamed in the meantime, a package must not have two decks.
        names = ("title", "slug", "description")
        self.named: dict[str, str] = state.setdefault("named", {name: getattr(deck, name) for name in names})

    @property
    def is_package(self) -> bool:
        return self.kind in (ANKI, ANKI_HISTORY) or self.is_older

    @property
    def is_older(self) -> bool:
        """Whether it is a package in the format before Anki's newest."""
        return self.kind in (ANKI_OLDER, ANKI_OLDER_HISTORY)

    @property
    def is_workbook(self) -> bool:
        return self.kind == "excel"

    @property
    def total(self) -> int:
        return self.parts.sizes.get(KEYS, 0) // KEY_SIZE

    @property
    def done(self) -> int:
        """The number of cards that are written or were removed."""
        return int(self.state.get("at", 0))

    @property
    def size(self) -> int:
        """Bytes on disk so far."""
        collection = self.collection.stat().st_size if self.collection.exists() else 0
        return sum(self.parts.sizes.values()) + collection

    def steps(self) -> Steps:
        """Write everything that is not written yet."""
        with self.parts:
            if KEYS not in self.parts.sizes:
                # If the server was killed in the first slice, its collection may have another deck title.
                for path in self.path.parent.glob(f"{anki.COLLECTION}*"):
                    path.unlink()
                keys = array("q", self.deck.cards.present().in_order().values_list("pk", flat=True))
                self.parts.append(KEYS, keys.tobytes())
                self.add(())
                yield
            while self.done < self.total:
                self.add(self.next_keys())
                yield
            if self.is_archive:
                yield from self.end_archive()
            elif self.is_package:
                yield from self.end_package()
            elif self.is_workbook:
                yield from self.end_workbook()

    def next_keys(self) -> Sequence[int]:
        most = CHUNK_WITH_HISTORY if self.learner else CHUNK
        self.parts.flush()
        with self.parts.path(KEYS).open("rb") as file:
            file.seek(self.done * KEY_SIZE)
            keys = array("q", file.read(min(most, self.total - self.done) * KEY_SIZE))
        return keys[: self.count_within(keys)]

    def count_within(self, keys: Sequence[int]) -> int:
        """How many of the next cards are written in one step: at most `CHARACTERS` and `MOST_ANSWERS`.

        It is at least one card.
        """
        found = self.deck.cards.filter(pk__in=keys).values_list("pk", CHARACTERS_OF_CARD)
        lengths = dict(found)
        sums = accumulate(lengths.get(key, 0) for key in keys)
        count = sum(characters <= CHARACTERS for characters in sums)
        if self.learner:
            answers = hooks.study.answer_counts(self.learner, keys)
            sums = accumulate(answers.get(key, 0) for key in keys)
            count = min(count, sum(so_far <= MOST_ANSWERS for so_far in sums))
        return max(count, 1)

    def add(self, keys: Sequence[int]) -> None:
        """Write the next cards. Without cards, write the beginning of the file."""
        cards = cards_of(self.deck, self.viewer, keys)
        if self.is_archive:
            self.add_lines(cards, is_first=not keys)
            self.add_records(keys)
        elif self.is_package:
            self.add_notes(cards, self.done + len(keys))
        else:
            pieces = self.pieces(list(map(parsed, cards)), is_first=not keys)
            self.parts.append(workbook.SHEET if self.is_workbook else FILE, "".join(pieces).encode())
            if self.is_workbook:
                workbook.check(self.total, self.parts.sizes[workbook.SHEET])
        self.state["at"] = self.done + len(keys)

    # --- Text

    def pieces(self, cards: Sequence[ParsedCard], *, is_first: bool) -> Iterator[str]:
        after = None if is_first else self.done
        if self.kind == "markdown":
            about_deck = {"title": self.deck.title, "description": self.deck.description}
            return write_markdown(cards, **about_deck, after=after)
        if self.is_workbook:
            return workbook.write_rows(cards, after=after)
        return write_comma(cards, after=after) if self.kind == "comma" else write_tab(cards, after=after)

    def end_workbook(self) -> Steps:
        if "zip" not in self.state:
            self.parts.append(workbook.SHEET, workbook.TAIL.encode())
            self.state["zip"] = {}
        yield from self.pack(workbook.members_of(self.parts))

    # --- Packages

    def add_images(self, cards: Iterable[ParsedCard]) -> None:
        names = dict.fromkeys(image.name for card in cards for image in card.images)
        self.parts.append(IMAGES, "".join(f"{name}\n" for name in names).encode())

    @property
    def images(self) -> list[str]:
        return list(dict.fromkeys(self.parts.lines(IMAGES)))

    def pack(self, members: Iterable[Member]) -> Steps:
        yield from Zip(self.parts, self.state.setdefault("zip", {})).steps(members)

    @cached_property
    def package(self) -> Package:
        # Days and options are those at the start, as the names are.
        named, state, learner = self.named, self.state, self.learner
        if learner and "preset" not in state:
            preset = hooks.study.preset(self.deck, learner)
            state["preset"] = preset and [preset.retention, preset.weights]
        kept = state.get("preset")
        return Package(
            named["title"],
            named["slug"],
            self.now,
            named["description"],
            day_0=self.now.astimezone(learner.zone) - DAYS_BEFORE if learner else None,
            preset=Preset(kept[0], tuple(kept[1])) if kept else None,
            is_newest=not self.is_older,
        )

    def add_notes(self, cards: Sequence[Card], place: int) -> None:
        studied: Mapping[int, Studied] = {}
        if self.learner and cards:
            keys = [card.pk for card in cards]
            studied = hooks.study.studied(self.deck, self.learner, keys, now=self.now)
        made = [with_history(card, studied.get(card.pk)) for card in cards]
        with closing(anki.Collection(self.collection, self.package)) as collection:
            # A server that was killed may have written these notes already.
            if not collection.is_ended and collection.place < place:
                collection.add(made, place)
        self.add_images(made)

    def end_package(self) -> Steps:
        if "zip" not in self.state:
            with closing(anki.Collection(self.collection, self.package)) as collection:
                if not collection.is_ended:
                    collection.end()
        yield from packing.steps(
            self.parts, self.state, self.package, self.collection, self.images, read_image
        )

    def add_lines(self, cards: Sequence[Card], *, is_first: bool) -> None:
        made = list(map(parsed, cards))
        if is_first:
            self.parts.append(layout.MANIFEST, writing.manifest(about(self.deck)))
        lines = b"".join(writing.line_of(writing.card_to_json(card, {})) for card in made)
        self.parts.append(layout.CARDS, lines)
        self.parts.append(layout.TWINS, b"")
        self.add_images(made)

    def add_records(self, cards: Sequence[int]) -> None:
        """Write the viewer's history of these cards. Without cards, write what is stored about the deck."""
        if self.learner is None:
            return
        for name, records in hooks.study.records(self.deck, self.learner, cards).items():
            member = layout.records_member(name)
            self.parts.append(member, b"".join(writing.line_of(record) for record in records))
            if member not in self.members:
                self.members.append(member)

    def end_archive(self) -> Steps:
        last = self.state.get("pair", [0, 0])
        while "zip" not in self.state and (pairs := twins_of(self.deck, *last)):
            lines = (writing.line_of(writing.twins_to_json(TwinKeys(*pair))) for *_, pair in pairs)
            self.parts.append(layout.TWINS, b"".join(lines))
            last = self.state["pair"] = pairs[-1][:2]
            yield
        yield from self.pack(writing.members_of(self.parts, self.members, self.images, read_image))


Pair = tuple[int, int, tuple[str, str, bool]]


def twins_of(deck: Deck, first: int, second: int) -> list[Pair]:
    """The next pairs of present cards after the pair with these primary keys, each with its primary keys."""
    pairs = StoredPair.objects.filter(first__deck=deck, second__deck=deck)
    pairs = pairs.filter(Q(first__gt=first) | Q(first=first, second__gt=second))
    pairs = pairs.filter(first__removed_at=None, second__removed_at=None).order_by("first", "second")
    names = ("first", "second", "first__key", "second__key", "are_twins")
    return [(one, other, tuple(more)) for one, other, *more in pairs.values_list(*names)[:PAIRS_AT_ONCE]]
