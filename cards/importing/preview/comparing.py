"""The preview of a file: how many of its cards are new, changed or the same, and in which decks."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cards.formats.kinds import KINDS, FileKind
from cards.formats.types import FileCounts, FormatError, Parsed, ParsedCard, ParsedDeck
from cards.importing import splitting
from cards.importing.reading.as_json import counts_from_json, head_from_json, report_from_json
from cards.importing.reading.content import FileContent, Outline, digest, open_content
from cards.importing.reading.problems import (
    KNOWN,
    MOST_OTHER,
    SHOWN_PROBLEMS,
    Problem,
    folded,
    row_id,
    within_limits,
)
from cards.importing.reading.problems import from_json as problem_from_json
from cards.importing.reading.reader import read_steps
from cards.importing.splitting import have_same_terms
from cards.models import CHUNK, Card, CardImage, Deck, ImportDraft
from cards.text.language import guess_languages
from studysite.accounts.models import User
from studysite.slices import Steps

RESULTS = ("new", "changed", "same")
"""What comparing a card with the deck can result in."""

LEFT_OUT = ("duplicates", "unstorable", "image_only", "dismissed")
SIDES_AT_ONCE = 2_000
RECORDS = ("reviews", "marks", "settings")
"""The records of an archive that are about a learner."""


@dataclass(slots=True)
class Preview:
    """What an import of a file would do. ``new``, ``changed`` and ``same`` count cards, compared with the deck.

    ``duplicates`` are cards that the file has twice, ``unstorable`` cards without a text or with one that is too
    long, ``image_only`` cards with a side whose image gives it a text. ``keys`` are the first of each deck of the
    file, by its path. ``targets`` are the existing decks that the file's decks go into if it is split.

    ``guesses`` are the languages of the terms and of the definitions of the first cards, by the path of their deck
    if the file is split; a code is empty without a sure guess. ``problems`` are the first of
    ``problem_count`` cards to look at, and then those that the learner has decided about; ``dismissed`` ones are
    left out. ``known`` are new cards whose term the deck has.
    """

    parsed: Parsed
    file_counts: FileCounts = field(default_factory=FileCounts)
    new: int = 0
    changed: int = 0
    same: int = 0
    duplicates: int = 0
    unstorable: int = 0
    image_only: int = 0
    dismissed: int = 0
    tags: int = 0
    has_history: bool = False
    keys: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    targets: dict[tuple[str, ...], Deck] = field(default_factory=dict)
    guesses: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    known: int = 0

    @property
    def kind(self) -> FileKind:
        return KINDS[self.parsed.kind]

    @property
    def total(self) -> int:
        return self.new + self.changed + self.same

    @property
    def about(self) -> ParsedDeck | None:
        """What the file says about its deck. None if it has several."""
        decks = [deck for deck in self.parsed.decks if deck.path in self.file_counts.decks or not deck.path]
        return decks[0] if len(decks) == 1 else None


def preview_file(draft: ImportDraft, *, samples: int = 10) -> Preview:
    """Read the whole file, without a time limit for one slice. Nothing is imported. Raises FormatError."""
    with open_content(draft) as content:
        for _ in preview_steps(draft, content):
            pass
        content.save()
        return make_preview(draft, content, samples=samples)


def preview_steps(draft: ImportDraft, content: FileContent) -> Steps:
    """Read the file into ``content``, and compare its cards with the decks that they go into.

    Raises FormatError, and FileNotFoundError if the file does not exist.
    """
    yield from read_steps(draft, content)
    yield from compare(draft, content)


def make_preview(draft: ImportDraft, content: FileContent, *, samples: int) -> Preview:
    """The preview, after all steps, with this many sample cards."""
    state = content.state
    file_counts = counts_from_json(state["file_counts"])
    file_counts.report = report_from_json(state["report"])
    file_counts.samples = [card for _, card in content.cards(0, samples)]
    known = known_problems(draft, content)
    problems = within_limits([*map(problem_from_json, state["problems"]), *known])
    counts, compared = Counter(state["counts"]), Counter(state["compared"]["counts"])
    keys = keys_of(content)
    return Preview(
        head_from_json(state["head"]),
        file_counts,
        **{name: compared[name] for name in RESULTS},
        **{name: counts[name] for name in LEFT_OUT},
        tags=len(state["tags"]),
        has_history=any(counts[name] for name in ("learned", *RECORDS)),
        keys=keys,
        targets=splitting.find_targets(draft.owner, keys) if splitting.is_split(draft) else {},
        guesses=guesses_of(draft, content, file_counts.samples, keys),
        problems=problems,
        problem_count=counts["problems"] + compared[KNOWN],
        known=compared[KNOWN],
    )


def guesses_of(
    draft: ImportDraft,
    content: FileContent,
    samples: Sequence[ParsedCard],
    keys: Mapping[tuple[str, ...], Sequence[str]],
) -> dict[tuple[str, ...], tuple[str, str]]:
    """A guess at the languages of the first cards, and of those of each deck if the file is split."""
    found: dict[tuple[str, ...], tuple[str, str]] = {(): languages_of_cards(samples)}
    if splitting.is_split(draft):
        found |= {path: languages_of_cards(content.cards_with(some)) for path, some in keys.items()}
    return found


def languages_of_cards(cards: Collection[ParsedCard]) -> tuple[str, str]:
    return guess_languages([card.term for card in cards], [card.definition for card in cards])


def keys_of(content: FileContent) -> dict[tuple[str, ...], list[str]]:
    """The first keys of each deck of the file, by its path."""
    return {tuple(path): keys for path, keys in content.state["keys"]}


# --- Comparing with the decks


def compare(draft: ImportDraft, content: FileContent) -> Steps:
    """Count the cards of a completely read file that are new, changed and the same, in chunks."""
    inputs = deck_states(draft)
    if content.state.get("compared", {}).get("inputs") != inputs:
        content.state["compared"] = {"inputs": inputs, "number": 0, "counts": {}, "same_terms": []}
    compared = content.state["compared"]
    has_keys = content.kind is None or content.kind.has_keys
    if draft.deck and not (content.kind and content.kind.is_complete):
        yield from load_deck_sides(draft.deck, content, compared)
    by_sides = None if has_keys or draft.deck is None else content
    targets = targets_of(draft, content)
    counts = Counter(compared["counts"])
    while outlines := content.outlines(compared["number"], CHUNK):
        for deck, cards in by_deck(outlines, targets).items():
            existing = ExistingCards.of(deck, [card.key for card in cards])
            results = [compare_card(card, existing, by_sides) for card in cards]
            counts.update(results)
            if draft.deck:
                new = [card.number for card, result in zip(cards, results, strict=True) if result == "new"]
                note_known(content, new, compared, counts, are_same=have_same_terms(draft))
        compared |= {"number": outlines[-1].number, "counts": dict(counts)}
        yield


def note_known(
    content: FileContent,
    numbers: Sequence[int],
    compared: dict[str, Any],
    counts: Counter[str],
    *,
    are_same: bool,
) -> None:
    """Count the new cards whose term the deck has, and note the first ones, each with the deck's card.

    If they ``are_same``, they change the deck's cards instead of being added.
    """
    if not numbers or not content.has_deck_terms:
        return
    new, told = set(numbers), {one["number"] for one in content.state["problems"]}
    for number, card in content.cards(min(numbers) - 1, max(numbers) - min(numbers) + 1):
        if number not in new or not card.term or not card.definition:
            continue
        term = digest(folded(card.term))
        there = content.replaced_by(term, card.key) if are_same else content.deck_card_named(term)
        if there is None:
            continue
        if are_same:
            counts.update({"new": -1, "changed": 1})
        elif number not in told:
            counts[KNOWN] += 1
            if len(compared["same_terms"]) < SHOWN_PROBLEMS:
                compared["same_terms"].append([number, there])


def known_problems(draft: ImportDraft, content: FileContent) -> list[Problem]:
    """The first cards whose term the deck has with another definition."""
    noted, kind = content.state["compared"]["same_terms"], content.kind
    if not noted or kind is None or draft.deck is None:
        return []
    there = draft.deck.cards.in_bulk([pk for _, pk in noted])
    return [
        Problem(
            row_id(card, kind),
            KNOWN,
            card,
            number=number,
            # A card with a key of its own stays another card.
            key="" if kind.has_keys else there[pk].key,
            other=there[pk].definition[:MOST_OTHER],
        )
        for number, pk in noted
        if pk in there
        for _, card in content.cards(number - 1, 1)
    ]


def deck_states(draft: ImportDraft) -> list[Any]:
    """What the comparison depends on. It changes with every change of one of the decks."""
    decks: list[Any] = []
    if splitting.is_split(draft):
        decks = splitting.own_deck_states(draft.owner)
    elif draft.deck:
        decks = [draft.deck.pk, draft.deck.updated_at.isoformat()]
    return [splitting.is_split(draft), decks, have_same_terms(draft)]


def targets_of(draft: ImportDraft, content: FileContent) -> dict[tuple[str, ...], Deck] | Deck | None:
    """The deck for all cards, or, if the file is split, decks by the path of the file's decks."""
    if not splitting.is_split(draft):
        return draft.deck
    if len(content.state["file_counts"]["in_decks"]) > splitting.MOST_DECKS:
        raise FormatError(f"A file can be split into at most {splitting.MOST_DECKS} decks.")
    return splitting.find_targets(draft.owner, keys_of(content))


def by_deck(
    outlines: Sequence[Outline], targets: Mapping[tuple[str, ...], Deck] | Deck | None
) -> dict[Deck | None, list[Outline]]:
    found: dict[Deck | None, list[Outline]] = {}
    for card in outlines:
        deck = targets.get(card.deck) if isinstance(targets, Mapping) else targets
        found.setdefault(deck, []).append(card)
    return found


def load_deck_sides(deck: Deck, content: FileContent, state: dict[str, Any]) -> Steps:
    """Copy the sides of the deck's present cards into ``content``, in chunks. ``state`` says where to continue.

    Cards without keys are recognised by both sides, by which the site's database cannot find cards quickly.
    """
    if "known" not in state:
        content.clear_deck_sides()
        state["known"] = 0
    cards = deck.cards.present().order_by("pk").values_list("pk", "key", "term", "definition")
    while (last := state["known"]) is not None:
        found = list(cards.filter(pk__gt=last)[:SIDES_AT_ONCE])
        content.add_deck_sides(
            [(digest(folded(term)), pk, key, digest(term, definition)) for pk, key, term, definition in found]
        )
        state["known"] = found[-1][0] if len(found) == SIDES_AT_ONCE else None
        yield


@dataclass(frozen=True, slots=True)
class ExistingCards:
    """A deck's present cards with certain keys: the digest of their sides, and their images by key and side."""

    sides: dict[str, int] = field(default_factory=dict)
    images: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, deck: Deck | None, keys: Sequence[str]) -> "ExistingCards":
        if deck is None:
            return cls()
        rows = deck.cards.present().filter(key__in=keys).values_list("key", "term", "definition")
        images = CardImage.objects.filter(card__deck=deck, card__key__in=keys).order_by()
        return cls(
            {key: digest(term, definition) for key, term, definition in rows},
            Counter(images.values_list("card__key", "side")) if deck.has_images else Counter(),
        )

    def has_other_images(self, card: Outline) -> bool:
        """Whether the file has images for a side, and not as many as the deck."""
        return any(count and count != self.images[card.key, side] for side, count in card.images.items())


def compare_card(card: Outline, existing: ExistingCards, by_sides: FileContent | None) -> str:
    """One of `RESULTS`. With ``by_sides`` a card with the same sides is the same card, whatever its key."""
    is_same = existing.sides.get(card.key) == card.sides
    if is_same or (by_sides and by_sides.deck_cards_with(card.sides)):
        return "changed" if existing.has_other_images(card) else "same"
    return "changed" if card.key in existing.sides else "new"


def likely_deck(*, owner: User, cards: Sequence[ParsedCard]) -> Deck | None:
    """The owner's deck that has most of ``cards``: importing a file again updates it. None if there is none."""
    keys = [card.key for card in cards]
    found = Card.objects.filter(key__in=keys, deck__in=Deck.objects.owned_by(owner))
    decks = Counter(found.values_list("deck", flat=True))
    for deck, count in decks.most_common(1):
        if count * 2 > len(keys):
            return Deck.objects.get(pk=deck)
    return None
