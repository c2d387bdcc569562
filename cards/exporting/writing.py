"""A deck -> a file in a folder, in slices; what is kept between two of them is in the folder and in a state."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, Sum
from django.db.models.functions import Length

from cards import hooks
from cards.formats.anki import writer as anki
from cards.formats.archive import layout, writing
from cards.formats.delimited.writers import write_comma, write_markdown, write_tab
from cards.formats.parts import FILE, Member, Parts, Zip
from cards.formats.types import ImageRef, ParsedCard, ParsedDeck, TwinKeys
from cards.media.files import ENDING, path_of
from cards.models import CHUNK, Card, Deck, Tag
from cards.models import TwinPair as StoredPair
from cards.text.images import StoredImage
from cards.text.studied_side import DEFINITION, TERM
from studysite.accounts.models import User
from studysite.slices import Steps

HISTORY = "history"
"""The archive with what the learner has learned."""

CHUNK_WITH_HISTORY = 200
"""Cards that are written in one step with what was answered about them."""

CHARACTERS = 20_000
"""Characters of cards that are written in one step: as a rule 0.03 s, the slowest 0.5 s of rendering."""

PAIRS_AT_ONCE = 2_000
KEYS, IMAGES = "keys", "images"
KEY_SIZE = 8

CHARACTERS_OF_CARD = Length("term") + Length("definition")
Viewer = User | AnonymousUser | None


def characters_of(deck: Deck) -> int:
    """The characters of all terms and definitions of the deck."""
    return deck.cards.present().aggregate(sum=Sum(CHARACTERS_OF_CARD))["sum"] or 0


def tags_seen(deck: Deck, viewer: Viewer) -> Prefetch:
    tags = deck.owner.tags.all() if viewer is None else Tag.objects.seen_by(viewer, deck=deck)
    return Prefetch("tags", tags, to_attr="seen_tags")


def cards_of(deck: Deck, viewer: Viewer, keys: Sequence[int]) -> list[Card]:
    """Those of these cards, by primary keys, that are present in the deck, in this order.

    Without a viewer only the owner's tags are on them.
    """
    cards = deck.cards.present().defer("term_html", "definition_html")
    found = cards.prefetch_related(tags_seen(deck, viewer), "images").in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def parsed(card: Card) -> ParsedCard:
    # A learner's own tag and the owner's of one name are one to them.
    tags = {tag.key: tag.name for tag in card.seen_tags}  # type: ignore[attr-defined]
    images = card.images_by_side()
    return ParsedCard(
        card.term,
        card.definition,
        key=card.key,
        tags=tuple(tags.values()),
        accepted_terms=tuple(card.accepted_terms),
        accepted_definitions=tuple(card.accepted_definitions),
        wrong_terms=tuple(card.wrong_terms),
        wrong_definitions=tuple(card.wrong_definitions),
        side_choice=card.side_choice,
        asked_since=card.asked_since,
        created_at=card.created_at,
        term_images=refs(images[TERM]),
        definition_images=refs(images[DEFINITION]),
    )


def refs(images: Iterable[StoredImage]) -> tuple[ImageRef, ...]:
    """Images as files name them; one whose file is lost is no reason to export nothing."""
    there = (image for image in images if path_of(image.sha256).exists())
    return tuple(ImageRef(f"{image.sha256}{ENDING}", image.alt) for image in there)


def read_image(name: str) -> bytes:
    return path_of(name.removesuffix(ENDING)).read_bytes()


def asking(card: Card) -> ParsedCard:
    """The card with the side settled that it asks for, which other programs cannot work out."""
    made = parsed(card)
    made.side_choice = card.studied_side
    return made


def about(deck: Deck) -> ParsedDeck:
    return ParsedDeck(
        (),
        title=deck.title,
        description=deck.description,
        language=deck.language,
        side_choice=deck.side_choice,
        visibility=deck.visibility,
        slug=deck.slug,
    )


class Writer:
    """Writes a deck as a file in ``folder``; ``state`` is to be kept between slices.

    The cards are those that were there at the beginning, in their order of then, each as it is when its turn
    comes; one that is gone by then is left out. Steps raise FormatError where the file would be too large.
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
        self.parts = Parts(folder, state.setdefault("sizes", {}))
        self.path = self.parts.path(FILE)
        self.is_archive = kind in ("archive", HISTORY)
        # In this order: a database may give the names in a mapping back in another.
        self.members: list[str] = state.setdefault("members", [*layout.MEMBERS])
        # As they are at the beginning: a package whose deck is called otherwise meanwhile would have two of them.
        names = ("title", "slug", "description")
        self.named: dict[str, str] = state.setdefault("named", {name: getattr(deck, name) for name in names})

    @property
    def total(self) -> int:
        return self.parts.sizes.get(KEYS, 0) // KEY_SIZE

    @property
    def done(self) -> int:
        """Cards that are written, or were gone."""
        return int(self.state.get("at", 0))

    @property
    def size(self) -> int:
        """Bytes that it takes up so far."""
        collection = self.collection.stat().st_size if self.collection.exists() else 0
        return sum(self.parts.sizes.values()) + collection

    def steps(self) -> Steps:
        """All that is still to be done."""
        with self.parts:
            if KEYS not in self.parts.sizes:
                # A server killed in the first slice left a collection that may name the deck otherwise.
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
            elif self.kind == "anki":
                yield from self.end_package()

    def next_keys(self) -> Sequence[int]:
        most = CHUNK_WITH_HISTORY if self.kind == HISTORY else CHUNK
        self.parts.flush()
        with self.parts.path(KEYS).open("rb") as file:
            file.seek(self.done * KEY_SIZE)
            keys = array("q", file.read(min(most, self.total - self.done) * KEY_SIZE))
        return keys[: self.count_within(keys)]

    def count_within(self, keys: Sequence[int]) -> int:
        """How many of the next cards have no more characters than one step writes; at least one."""
        found = self.deck.cards.filter(pk__in=keys).values_list("pk", CHARACTERS_OF_CARD)
        lengths = dict(found)
        sums = accumulate(lengths.get(key, 0) for key in keys)
        return max(sum(characters <= CHARACTERS for characters in sums), 1)

    def add(self, keys: Sequence[int]) -> None:
        """Write the next cards; without any, what stands before the first."""
        cards = cards_of(self.deck, self.viewer, keys)
        if self.is_archive:
            self.add_lines(cards, is_first=not keys)
            self.add_records(keys)
        elif self.kind == "anki":
            self.add_notes(cards, self.done + len(keys))
        else:
            pieces = self.pieces(list(map(parsed, cards)), is_first=not keys)
            self.parts.append(FILE, "".join(pieces).encode())
        self.state["at"] = self.done + len(keys)

    # --- Text

    def pieces(self, cards: Sequence[ParsedCard], *, is_first: bool) -> Iterator[str]:
        after = None if is_first else self.done
        if self.kind == "markdown":
            said = {"title": self.deck.title, "description": self.deck.description}
            return write_markdown(cards, **said, after=after)
        return write_comma(cards, after=after) if self.kind == "comma" else write_tab(cards, after=after)

    # --- Packages

    def add_images(self, cards: Iterable[ParsedCard]) -> None:
        names = dict.fromkeys(image.name for card in cards for image in card.images)
        self.parts.append(IMAGES, "".join(f"{name}\n" for name in names).encode())

    @property
    def images(self) -> list[str]:
        return list(dict.fromkeys(self.parts.lines(IMAGES)))

    def pack(self, members: Iterable[Member]) -> Steps:
        yield from Zip(self.parts, self.state.setdefault("zip", {})).steps(members)

    def package(self) -> anki.Package:
        named = self.named
        return anki.Package(named["title"], named["slug"], self.now, named["description"])

    def add_notes(self, cards: Sequence[Card], place: int) -> None:
        made = list(map(asking, cards))
        with closing(anki.Collection(self.collection, self.package())) as collection:
            # What a killed server wrote beyond the last slice is there.
            if not collection.is_ended and collection.place < place:
                collection.add(made, place)
        self.add_images(made)

    def end_package(self) -> Steps:
        if "zip" not in self.state:
            with closing(anki.Collection(self.collection, self.package())) as collection:
                if not collection.is_ended:
                    collection.end()
        yield from self.pack(anki.members_of(self.collection, self.images, read_image))

    def add_lines(self, cards: Sequence[Card], *, is_first: bool) -> None:
        made = list(map(parsed, cards))
        if is_first:
            self.parts.append(layout.MANIFEST, writing.manifest(about(self.deck)))
        lines = b"".join(writing.line_of(writing.card_to_json(card, {})) for card in made)
        self.parts.append(layout.CARDS, lines)
        self.parts.append(layout.TWINS, b"")
        self.add_images(made)

    def add_records(self, cards: Sequence[int]) -> None:
        """What the rest of the site keeps of the viewer's learning about these cards; without any, the deck."""
        if self.kind != HISTORY or self.viewer is None or not self.viewer.is_authenticated:
            return
        for name, records in hooks.study.records(self.deck, self.viewer, cards).items():
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
    """The next pairs of present cards behind that of these primary keys, each with its own."""
    pairs = StoredPair.objects.filter(first__deck=deck, second__deck=deck)
    pairs = pairs.filter(Q(first__gt=first) | Q(first=first, second__gt=second))
    pairs = pairs.filter(first__removed_at=None, second__removed_at=None).order_by("first", "second")
    names = ("first", "second", "first__key", "second__key", "are_twins")
    return [(one, other, tuple(more)) for one, other, *more in pairs.values_list(*names)[:PAIRS_AT_ONCE]]
