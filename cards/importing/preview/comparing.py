"""What a file would come to: how many of its cards are new, changed or the same, and in which decks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cards.formats.detect import TEXT
from cards.formats.types import FileCounts, FormatError, Parsed, ParsedCard, ParsedDeck
from cards.importing import splitting
from cards.importing.reading.as_json import head_from_json, preview_from_json, report_from_json
from cards.importing.reading.reader import steps as read_steps
from cards.importing.reading.storage import Outline, Reading, digest, opened
from cards.models import CHUNK, Card, CardImage, Deck, ImportDraft
from studysite.accounts.models import User
from studysite.slices import Steps

STANDINGS = ("new", "changed", "same")
KNOWN_AT_ONCE = 2_000
RECORDS = ("reviews", "marks", "settings")
"""The records of an archive that tell of a learner."""


@dataclass(slots=True)
class Preview:
    """What a file would come to. ``new``, ``changed`` and ``same`` are seen from the deck that it goes into.

    ``keys`` are the first of each deck of the file, by its path; ``targets`` those of ours that its decks go into
    where it is split.
    """

    kind: str
    parsed: Parsed
    preview: FileCounts = field(default_factory=FileCounts)
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


def preview_file(draft: ImportDraft, *, samples: int = 10) -> Preview:
    """Read the whole file once, however long that takes. Nothing is written. Raises FormatError."""
    with opened(draft) as reading:
        for _ in steps(draft, reading):
            pass
        reading.save()
        return look_of(draft, reading, samples=samples)


def steps(draft: ImportDraft, reading: Reading) -> Steps:
    """Read the file into ``reading``, and compare its cards with the decks that they go into.

    Raises FormatError, and FileNotFoundError where the file has gone.
    """
    yield from read_steps(draft, reading)
    yield from compare(draft, reading)


def look_of(draft: ImportDraft, reading: Reading, *, samples: int) -> Preview:
    """What came of it, once all steps are taken."""
    state = reading.state
    parsed, preview = head_from_json(state["head"]), preview_from_json(state["preview"])
    preview.report, preview.samples = report_from_json(state["report"]), samples_of(reading, samples)
    counts, standing = Counter(state["counts"]), Counter(state["compared"]["counts"])
    keys = keys_of(reading)
    return Preview(
        parsed.kind,
        parsed,
        preview,
        **{name: standing[name] for name in STANDINGS},
        **{name: counts[name] for name in ("doubled", "unfit", "named")},
        tags=len(state["tags"]),
        has_history=any(counts[name] for name in ("learned", *RECORDS)),
        keys=keys,
        targets=splitting.targets(draft.owner, keys) if splitting.is_split(draft) else {},
    )


def samples_of(reading: Reading, most: int) -> list[ParsedCard]:
    return [card for _, card in reading.cards(0, most)]


def keys_of(reading: Reading) -> dict[tuple[str, ...], list[str]]:
    return {tuple(path): some for path, some in reading.state["keys"]}


# --- Compared with what is there


def compare(draft: ImportDraft, reading: Reading) -> Steps:
    """Count the cards of a whole reading that are new, changed and the same, in chunks."""
    of = state_of(draft)
    if reading.state.get("compared", {}).get("of") != of:
        reading.state["compared"] = {"of": of, "number": 0, "counts": {}}
    compared = reading.state["compared"]
    by_sides = reading.kind == TEXT and draft.deck is not None
    if by_sides and draft.deck:
        yield from know_sides(draft.deck, reading, compared)
    targets = targets_of(draft, reading)
    counts = Counter(compared["counts"])
    while outlines := reading.outlines(compared["number"], CHUNK):
        for deck, some in by_deck(outlines, targets).items():
            known = Known.of(deck, [each.key for each in some])
            counts.update(standing(each, known, reading if by_sides else None) for each in some)
        compared |= {"number": outlines[-1].number, "counts": dict(counts)}
        yield


def state_of(draft: ImportDraft) -> list[Any]:
    """What comparing depends on: the decks as they stand."""
    decks: list[Any] = []
    if splitting.is_split(draft):
        decks = splitting.state_of_decks(draft.owner)
    elif draft.deck:
        decks = [draft.deck.pk, draft.deck.updated_at.isoformat()]
    return [splitting.is_split(draft), decks]


def targets_of(draft: ImportDraft, reading: Reading) -> dict[tuple[str, ...], Deck] | Deck | None:
    """The deck of all cards, or those of the file's decks by their paths."""
    if not splitting.is_split(draft):
        return draft.deck
    if len(reading.state["preview"]["in_decks"]) > splitting.MOST_DECKS:
        raise FormatError(f"A file can be split into at most {splitting.MOST_DECKS} decks.")
    return splitting.targets(draft.owner, keys_of(reading))


def by_deck(
    outlines: Sequence[Outline], targets: Mapping[tuple[str, ...], Deck] | Deck | None
) -> dict[Deck | None, list[Outline]]:
    found: dict[Deck | None, list[Outline]] = {}
    for each in outlines:
        deck = targets.get(each.deck) if isinstance(targets, Mapping) else targets
        found.setdefault(deck, []).append(each)
    return found


def know_sides(deck: Deck, reading: Reading, state: dict[str, Any]) -> Steps:
    """Note the sides of the deck's present cards in ``reading``, in chunks; ``state`` says how far that is.

    Text has no keys: what has both sides of a card is that card, and no database finds it by them quickly.
    """
    if "known" not in state:
        reading.forget_known()
        state["known"] = 0
    cards = deck.cards.present().order_by("pk").values_list("pk", "term", "definition")
    while (last := state["known"]) is not None:
        found = list(cards.filter(pk__gt=last)[:KNOWN_AT_ONCE])
        reading.know([(digest(term, definition), pk) for pk, term, definition in found])
        state["known"] = found[-1][0] if len(found) == KNOWN_AT_ONCE else None
        yield


@dataclass(frozen=True, slots=True)
class Known:
    """What a deck holds already of some keys: present cards' sides, and how many images, by key and side."""

    keys: dict[str, int] = field(default_factory=dict)
    images: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, deck: Deck | None, keys: Sequence[str]) -> "Known":
        if deck is None:
            return cls()
        rows = deck.cards.present().filter(key__in=keys).values_list("key", "term", "definition")
        images = CardImage.objects.filter(card__deck=deck, card__key__in=keys).order_by()
        return cls(
            {key: digest(term, definition) for key, term, definition in rows},
            Counter(images.values_list("card__key", "side")) if deck.has_images else Counter(),
        )

    def lacks_images(self, card: Outline) -> bool:
        """Whether the file has another number of images for a side, where it has any."""
        return any(count and count != self.images[card.key, side] for side, count in card.images.items())


def standing(card: Outline, known: Known, reading: Reading | None) -> str:
    """``new``, ``changed`` or ``same``; with ``reading`` the deck's cards are known by their sides too."""
    is_there = known.keys.get(card.key) == card.sides
    if is_there or (reading and reading.knows(card.sides)):
        return "changed" if known.lacks_images(card) else "same"
    return "changed" if card.key in known.keys else "new"


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
