"""What a file would come to: how many of its cards are new, changed or the same, and in which decks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cards import splitting
from cards.drafts import ImportDraft
from cards.formats.bounds import most_answers
from cards.formats.detect import TEXT
from cards.formats.types import FormatError, Parsed, ParsedCard, ParsedDeck, Preview
from cards.images import CardImage
from cards.import_images import refs_on
from cards.models import Card, Deck
from cards.reading import Settled, open_draft, seldom_collected
from cards.sides import SIDES
from studysite.accounts.models import User

RECORDS = ("reviews", "marks", "settings")
"""The records of an archive that tell of a learner."""


@dataclass(slots=True)
class Look:
    """What a file would come to. ``new``, ``changed`` and ``same`` are seen from the deck that it goes into.

    ``keys`` are the first of each deck of the file, by its path; ``targets`` those of ours that its decks go into
    where it is split.
    """

    kind: str
    parsed: Parsed
    preview: Preview = field(default_factory=Preview)
    new: int = 0
    changed: int = 0
    same: int = 0
    doubled: int = 0
    unfit: int = 0
    named: int = 0
    tags: int = 0
    has_history: bool = False
    keys: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    targets: dict[tuple[str, ...], Deck] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.new + self.changed + self.same

    @property
    def about(self) -> ParsedDeck | None:
        """What the file says of its one deck."""
        decks = [deck for deck in self.parsed.decks if deck.path in self.preview.decks or not deck.path]
        return decks[0] if len(decks) == 1 else None

    def count(self, standing: str) -> None:
        """Add a card that is ``new``, ``changed`` or the ``same``."""
        setattr(self, standing, getattr(self, standing) + 1)


def look_at(draft: ImportDraft, *, samples: int = 10) -> Look:
    """Read the whole file once. Nothing is written. Raises FormatError."""
    with open_draft(draft, history=True) as parsed, seldom_collected():
        look = Look(parsed.kind, parsed)
        known = Known.of(draft.deck)
        settled = Settled(parsed, tuple(draft.options.get("path", ())))
        seen: set[int] = set()
        in_parts: dict[tuple[str, ...], list[Outline]] = {}
        is_split = splitting.is_split(draft)
        for card in settled:
            look.preview.count(card, seen)
            if len(look.preview.samples) < samples:
                look.preview.samples.append(card)
            look.has_history |= brings_history(card)
            if len(some := look.keys.setdefault(card.deck, [])) < splitting.KEYS_ASKED:
                some.append(card.key)
            if is_split:
                in_parts.setdefault(card.deck, []).append(Outline.of(card))
            else:
                look.count(known.standing(Outline.of(card), by_sides=parsed.kind == TEXT))
        if is_split:
            look_at_parts(look, draft.owner, in_parts)
        look.preview.report, look.tags = parsed.report, len(look.preview.tags)
        look.doubled, look.unfit, look.named = settled.doubled, settled.unfit, settled.named
        look.has_history |= has_records(parsed, cards=look.preview.cards)
        return look


def has_records(parsed: Parsed, *, cards: int) -> bool:
    """Whether an archive of so many cards knows of a learner. Reads all of it, so that it cannot fail later.

    Raises FormatError where it is damaged, or too much for so many cards.
    """
    counts = {name: sum(1 for _ in parsed.records(name)) for name in RECORDS}
    if counts["reviews"] > most_answers(cards):
        most = f"at most {most_answers(cards):,} can be read with {cards:,} card{'' if cards == 1 else 's'}"
        raise FormatError(f"It has {counts['reviews']:,} answers; {most}.")
    return any(counts.values())


class Outline(NamedTuple):
    """What decides whether a card of the file is new: its key, the hash of both sides, its images by side."""

    key: str
    texts: int
    images: Mapping[str, int]

    @classmethod
    def of(cls, card: ParsedCard) -> "Outline":
        images = {side: len(refs_on(card, side)) for side in SIDES} if card.images else {}
        return cls(card.key, hash((card.term, card.definition)), images)


def look_at_parts(look: Look, owner: User, parts: Mapping[tuple[str, ...], Sequence[Outline]]) -> None:
    """Count the cards of each deck of a file against the deck of ours that it goes into."""
    if len(parts) > splitting.MOST_DECKS:
        raise FormatError(f"A file can be split into at most {splitting.MOST_DECKS} decks.")
    look.targets = splitting.targets(owner, look.keys)
    for path, cards in parts.items():
        known = Known.of(look.targets.get(path))
        for card in cards:
            look.count(known.standing(card, by_sides=False))


def brings_history(card: ParsedCard) -> bool:
    """Whether the file knows anything of a learner of ``card``."""
    schedules = (one for one in card.schedules if one.state != "new" or one.suspended or one.buried)
    return bool(card.starred or card.reviews or next(schedules, None))


@dataclass(frozen=True, slots=True)
class Known:
    """What a deck holds already: present cards' sides by key, all pairs of sides, images by key and side."""

    keys: dict[str, int] = field(default_factory=dict)
    sides: set[int] = field(default_factory=set)
    images: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, deck: Deck | None) -> "Known":
        if deck is None:
            return cls()
        rows = deck.cards.present().values_list("key", "term", "definition").iterator(chunk_size=2_000)
        keys = {key: hash((term, definition)) for key, term, definition in rows}
        images = CardImage.objects.filter(card__deck=deck).order_by().values_list("card__key", "side")
        return cls(keys, set(keys.values()), Counter(images.iterator(chunk_size=2_000)))

    def standing(self, card: Outline, *, by_sides: bool) -> str:
        """``new``, ``changed`` or ``same``."""
        if self.keys.get(card.key) == card.texts or (by_sides and card.texts in self.sides):
            return "changed" if self.lacks_images(card) else "same"
        return "changed" if card.key in self.keys else "new"

    def lacks_images(self, card: Outline) -> bool:
        """Whether the file has another number of images for a side, where it has any."""
        return any(count and count != self.images[card.key, side] for side, count in card.images.items())


def likely_deck(*, owner: User, cards: Sequence[ParsedCard]) -> Deck | None:
    """The owner's deck that has most of ``cards``, so that a file imported again goes into it; else None."""
    keys = [card.key for card in cards]
    found = Card.objects.filter(key__in=keys, deck__in=Deck.objects.owned_by(owner))
    decks: dict[int, int] = {}
    for deck in found.values_list("deck", flat=True):
        decks[deck] = decks.get(deck, 0) + 1
    best = max(decks, key=lambda deck: decks[deck], default=None)
    if best is None or decks[best] * 2 <= len(keys):
        return None
    return Deck.objects.get(pk=best)
