"""A file with several decks -> as many decks of ours, each filled hidden, and all of them shown at once.

What belongs together is kept in the draft's options: for each deck of the file its ``path``, the hidden deck
``staging``, and the ``deck`` that has most of its cards already, to which they then go.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cards.formats.types import FormatError, ParsedDeck
from cards.models import Card, Deck, ImportDraft, SideChoice, is_editor
from cards.text.cleaning import clean_text
from studysite.accounts.models import User

MOST_DECKS = 100
"""Decks that one file may be split into."""

TAGS, DECKS = "tags", "decks"
KEYS_ASKED = 20
"""Keys of a deck's first cards, by which it is found again."""

DECK_GONE = "The deck is not there any more."
WRITTEN_GONE = "What was written of it is gone. Import it again."

Path = tuple[str, ...]


@dataclass
class Home:
    """Where the cards of one deck of the file go: ``staging`` is hidden; ``place`` is that of the next card."""

    staging: Deck
    deck: Deck | None
    place: int

    def next_place(self) -> int:
        self.place += 1
        return self.place - 1


def is_split(draft: ImportDraft) -> bool:
    return bool(draft.options.get("subdecks") == DECKS)


def parts_of(draft: ImportDraft) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = draft.options.get("parts", [])
    return parts


def title_of(path: Path, default: str) -> str:
    return clean_text(": ".join(path))[:200] or default


def targets(owner: User, keys: Mapping[Path, Sequence[str]]) -> dict[Path, Deck]:
    """For each deck of a file, by its first ``keys``, the owner's deck that has most of them.

    One that would take several of them is none: its cards were put together then, and now are not to be.
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


def state_of_decks(owner: User) -> list[Any]:
    """Changes whenever one of the owner's decks, to which parts of a file may go, does."""
    decks = Deck.objects.owned_by(owner).order_by("pk").values_list("pk", "updated_at")
    return [[pk, at.isoformat()] for pk, at in decks]


def make_parts(
    draft: ImportDraft, paths: Iterable[Path], known: Mapping[Path, Deck], about: Sequence[ParsedDeck]
) -> Deck:
    """Make the hidden decks, note them on the draft, and return the first; nothing of the draft is saved."""
    said = {deck.path: deck for deck in about}
    parts, first = [], None
    for path in sorted(paths):
        there = known.get(path)
        staging = Deck(owner=draft.owner, title=title_of(path, draft.title), is_building=True)
        if there:
            staging.language, staging.side_choice = there.language, there.side_choice
        elif path in said:
            describe(staging, said[path])
        staging.save()
        first = first or staging
        parts.append({"path": path, "staging": staging.pk, "deck": there.pk if there else None})
    draft.options["parts"] = parts
    assert first is not None  # noqa: S101
    return first


def describe(deck: Deck, about: ParsedDeck) -> None:
    """Let a new deck be as the file says."""
    deck.description = clean_text(about.description)[:2_000]
    deck.language = about.language[:12] or deck.language
    deck.side_choice = about.side_choice if about.side_choice in SideChoice.values else SideChoice.AUTO


def homes_of(draft: ImportDraft) -> dict[Path, Home]:
    """The draft's hidden decks by the path of their cards in the file; by none where it is not split.

    Raises FormatError where one of them has gone, or a deck that they are for.
    """
    staging = staging_of(draft)
    there = targets_of(draft)
    if not is_split(draft):
        return {(): Home(staging, draft.deck, draft.done)}
    hidden = {deck.pk: deck for deck in hidden_decks(draft)}
    parts = parts_of(draft)
    if any(part["staging"] not in hidden for part in parts):
        raise FormatError(WRITTEN_GONE)
    return {
        tuple(part["path"]): Home(
            hidden[part["staging"]],
            there[part["deck"]] if part["deck"] else None,
            hidden[part["staging"]].cards.count(),
        )
        for part in parts
    }


def staging_of(draft: ImportDraft) -> Deck:
    """The hidden deck of a begun import, of several the first. Raises FormatError where it has gone."""
    if draft.staging is None:
        raise FormatError(WRITTEN_GONE)
    return draft.staging


def target_keys(draft: ImportDraft) -> set[int]:
    """The decks that are there and to which the draft's cards go."""
    return {key for key in (draft.deck_id, *(part["deck"] for part in parts_of(draft))) if key}


def targets_of(draft: ImportDraft) -> dict[int, Deck]:
    """Those decks by their keys. Raises FormatError where the draft's owner may not write into one any more."""
    return require_decks(draft.owner, target_keys(draft))


def require_decks(person: User, keys: Collection[int]) -> dict[int, Deck]:
    """Decks by their keys; raises FormatError where one is removed, or not for ``person`` to change any more."""
    decks = decks_by_key(person, keys)
    if len(decks) < len(set(keys)):
        raise FormatError(DECK_GONE)
    return decks


def decks_by_key(person: User, keys: Collection[int]) -> dict[int, Deck]:
    """Those of the decks that are there and that ``person`` may import into: on the site or in the admin."""
    if not keys:
        return {}
    # Who may add cards in the admin, and change them, imports into everybody's decks there.
    in_admin = is_editor(person) and person.has_perm("cards.add_card")
    decks = Deck.objects.present() if in_admin else Deck.objects.editable_by(person)
    return {deck.pk: deck for deck in decks.filter(pk__in=keys).select_related("owner")}


def hidden_decks(draft: ImportDraft) -> list[Deck]:
    """The decks that the draft is filling and that nobody sees yet."""
    keys = {draft.staging_id, *(part["staging"] for part in parts_of(draft))}
    return list(Deck.objects.filter(pk__in=keys - {None}, is_building=True).select_related("owner"))


def decks_of(draft: ImportDraft) -> list[Deck]:
    """The decks that a draft has filled, or is to fill with a history, in the order of their parts."""
    if not is_split(draft):
        return [draft.deck] if draft.deck else []
    decks = decks_by_key(draft.owner, target_keys(draft))
    return [decks[part["deck"]] for part in parts_of(draft) if part["deck"] in decks]
