"""A file with several decks -> the same number of decks on the site, all of them shown at once at the end.

The draft's options store for each deck of the file its ``path``, the hidden deck ``staging`` that is filled, and
the existing ``deck`` that has most of its cards, if any, into which they are merged at the end.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cards.formats.types import FormatError, ParsedDeck
from cards.models import Card, Deck, ImportDraft, SideChoice, is_editor
from cards.text.cleaning import clean_text
from studysite.accounts.models import User

MOST_DECKS = 100
"""Decks that one file may be split into."""

TAGS, DECKS = "tags", "decks"
ASKS = "side_choice"
"""The option of a draft that says what its cards ask for."""

SAME_TERMS = "same_terms"
"""The option of a draft that says whether a card is the deck's card with the same term, in files without keys."""

KEYS_ASKED = 20
"""How many keys of a deck's first cards are looked up to find an existing deck."""

DECK_GONE = "The deck no longer exists."
WRITTEN_GONE = "The imported cards are gone. Import the file again."

Path = tuple[str, ...]


@dataclass
class Destination:
    """Where the cards of one deck of the file go: first into ``staging``, which is hidden, then into ``deck``.

    Without a ``deck``, the hidden deck becomes visible. ``place`` is the position of the next card.
    """

    staging: Deck
    deck: Deck | None
    place: int

    def next_place(self) -> int:
        self.place += 1
        return self.place - 1


def is_split(draft: ImportDraft) -> bool:
    return bool(draft.options.get("subdecks") == DECKS)


def asked_sides(draft: ImportDraft) -> str:
    """What the learner chose that the cards ask for; empty if the file, the deck and the texts decide."""
    chosen: str = draft.options.get(ASKS, "")
    return chosen if chosen in (SideChoice.TERM, SideChoice.DEFINITION, SideChoice.BOTH) else ""


def have_same_terms(draft: ImportDraft) -> bool:
    """Whether the learner chose that a card of the file is the deck's card with the same term."""
    return bool(draft.options.get(SAME_TERMS))


def parts_of(draft: ImportDraft) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = draft.options.get("parts", [])
    return parts


def part_title(path: Path, default: str) -> str:
    """The title of a deck of the file."""
    return clean_text(": ".join(path))[:200] or default


def find_targets(owner: User, keys: Mapping[Path, Sequence[str]]) -> dict[Path, Deck]:
    """For each deck of a file, the owner's deck that has most of its first ``keys``.

    A deck that has most of several decks of the file is left out: an earlier import did not split the file.
    """
    wanted = {key for some in keys.values() for key in some}
    found = Card.objects.filter(key__in=wanted, deck__in=Deck.objects.owned_by(owner))
    places: dict[str, list[int]] = defaultdict(list)
    for key, deck in found.values_list("key", "deck"):
        places[key].append(deck)
    best: dict[Path, int] = {}
    for path, some in keys.items():
        counts = Counter(deck for key in some for deck in places[key])
        for deck, count in counts.most_common(1):
            if count * 2 > len(some):
                best[path] = deck
    shared = Counter(best.values())
    decks = Deck.objects.in_bulk([deck for deck in best.values() if shared[deck] == 1])
    return {path: decks[deck] for path, deck in best.items() if deck in decks}


def own_deck_states(owner: User) -> list[Any]:
    """A value that changes with each change of one of the owner's decks, which parts of a file may go into."""
    decks = Deck.objects.owned_by(owner).order_by("pk").values_list("pk", "updated_at")
    return [[pk, at.isoformat()] for pk, at in decks]


def make_parts(
    draft: ImportDraft,
    languages: Mapping[Path, tuple[str, str]],
    known: Mapping[Path, Deck],
    about: Sequence[ParsedDeck],
) -> Deck:
    """Create the hidden decks, store them in the draft's options, and return the first. The draft is not saved.

    ``languages`` has each path of the file's decks, with the languages of both sides for a new deck.
    Raises ValueError without any.
    """
    about_path = {deck.path: deck for deck in about}
    staging = []
    for path in sorted(languages):
        existing = known.get(path)
        deck = Deck(owner=draft.owner, title=part_title(path, draft.title), is_building=True)
        if existing:
            take_after(deck, existing)
        elif path in about_path:
            describe(deck, about_path[path])
        if existing is None:
            deck.language, deck.definition_language = languages[path]
            deck.side_choice = asked_sides(draft) or deck.side_choice
        deck.save()
        staging.append((path, deck, existing))
    if not staging:
        raise ValueError("The file has no decks.")
    draft.options["parts"] = [
        {"path": path, "staging": deck.pk, "deck": existing.pk if existing else None}
        for path, deck, existing in staging
    ]
    return staging[0][1]


def take_after(staging: Deck, deck: Deck) -> None:
    """Give a hidden deck what decides about its cards in ``deck``, into which they go."""
    for name in ("language", "definition_language", "side_choice"):
        setattr(staging, name, getattr(deck, name))


def describe(deck: Deck, about: ParsedDeck) -> None:
    """Set the properties of a new deck to those of the file's deck, except for its languages."""
    deck.description = clean_text(about.description)[:2_000]
    deck.side_choice = about.side_choice if about.side_choice in SideChoice.values else SideChoice.AUTO


def destinations_of(draft: ImportDraft) -> dict[Path, Destination]:
    """Where the cards of each deck of the file go, by its path; by an empty path if the file is not split.

    Raises FormatError if one of the decks no longer exists.
    """
    staging = staging_of(draft)
    existing = targets_of(draft)
    if not is_split(draft):
        return {(): Destination(staging, draft.deck, draft.done)}
    hidden = {deck.pk: deck for deck in hidden_decks(draft)}
    parts = parts_of(draft)
    if any(part["staging"] not in hidden for part in parts):
        raise FormatError(WRITTEN_GONE)
    return {
        tuple(part["path"]): Destination(
            hidden[part["staging"]],
            existing[part["deck"]] if part["deck"] else None,
            hidden[part["staging"]].cards.count(),
        )
        for part in parts
    }


def staging_of(draft: ImportDraft) -> Deck:
    """The hidden deck of a started import, or the first of several. Raises FormatError if it no longer exists."""
    if draft.staging is None:
        raise FormatError(WRITTEN_GONE)
    return draft.staging


def target_keys(draft: ImportDraft) -> set[int]:
    """The primary keys of the existing decks that the draft's cards go into."""
    return {key for key in (draft.deck_id, *(part["deck"] for part in parts_of(draft))) if key}


def targets_of(draft: ImportDraft) -> dict[int, Deck]:
    """Those decks by their primary keys. Raises FormatError if the draft's owner may no longer change one."""
    return require_decks(draft.owner, target_keys(draft))


def require_decks(person: User, keys: Collection[int]) -> dict[int, Deck]:
    """Decks by their primary keys. Raises FormatError if one is removed, or ``person`` may not change it."""
    decks = decks_by_key(person, keys)
    if len(decks) < len(set(keys)):
        raise FormatError(DECK_GONE)
    return decks


def decks_by_key(person: User, keys: Collection[int]) -> dict[int, Deck]:
    """The present decks with these primary keys that ``person`` may import into, on the site or in the admin."""
    if not keys:
        return {}
    # People who may add and change cards in the admin can import into all decks there.
    in_admin = is_editor(person) and person.has_perm("cards.add_card")
    decks = Deck.objects.present() if in_admin else Deck.objects.editable_by(person)
    return {deck.pk: deck for deck in decks.filter(pk__in=keys).select_related("owner")}


def hidden_decks(draft: ImportDraft) -> list[Deck]:
    """The hidden decks that the draft is filling."""
    keys = {draft.staging_id, *(part["staging"] for part in parts_of(draft))}
    return list(Deck.objects.filter(pk__in=keys - {None}, is_building=True).select_related("owner"))


def path_into(draft: ImportDraft, deck: Deck) -> Path | None:
    """The path of the file's deck that goes into ``deck``. None if the file is not split."""
    return next((tuple(part["path"]) for part in parts_of(draft) if part["deck"] == deck.pk), None)


def decks_of(draft: ImportDraft) -> list[Deck]:
    """The decks of a draft whose cards are written, in the order of its parts."""
    if not is_split(draft):
        return [draft.deck] if draft.deck else []
    decks = decks_by_key(draft.owner, target_keys(draft))
    return [decks[part["deck"]] for part in parts_of(draft) if part["deck"] in decks]
