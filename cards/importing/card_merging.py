"""Merging the cards of a hidden deck into an existing deck: they move there, or update the cards of the deck."""

from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils import timezone

from cards.formats.kinds import FileKind
from cards.importing.drafts import delete_cards
from cards.importing.reading.content import FileContent, digest
from cards.importing.reading.problems import folded
from cards.importing.splitting import asked_sides, have_same_terms
from cards.importing.writing import DECK
from cards.media.services import move_images
from cards.models import ALTERNATIVES, CHUNK, DERIVED, RENDERED, Card, Deck, ImportDraft, SideChoice, TagLink
from cards.text.images import images_in
from cards.text.studied_side import SIDES

MERGED = (
    *("term", "definition", *DERIVED, "side_choice", "studied_side"),
    *ALTERNATIVES,
    *("updated_at", "removed_at", "erased_at"),
)


def merge_cards(
    draft: ImportDraft, content: FileContent, kind: FileKind, chunk: Sequence[Card], deck: Deck, position: int
) -> tuple[int, int]:
    """Merge the cards of ``chunk`` into ``deck``, new ones behind ``position``. The draft counts what was done.

    Returns by how many cards the deck has grown, and by how many that ask for both sides.
    """
    by_sides = None if kind.has_keys else content
    existing = find_existing(chunk, deck, by_sides)
    if by_sides and have_same_terms(draft):
        existing |= find_by_terms([card for card in chunk if card.pk not in existing], deck, by_sides)
    if keeps_existing(draft):
        # Removed cards are restored as the file has them: there is no version of the deck to keep.
        updated = {card: there for card, there in existing.items() if there.removed_at is not None}
    else:
        updated = existing
    new = [card.pk for card in chunk if card.pk not in existing]
    Card.objects.filter(pk__in=new).update(deck=deck, position=F("position") + position)
    before = counts_of(there for there in updated.values() if there.removed_at is None)
    is_asked = bool(asked_sides(draft))
    changed: list[Card] = []
    moves: list[tuple[int, int, str]] = []
    for card in chunk:
        if there := updated.get(card.pk):
            moves += image_moves(there, card, kind)
            changed += [there] * update_card(there, card, kind, is_asked=is_asked)
    Card.objects.bulk_create(changed, update_conflicts=True, unique_fields=["pk"], update_fields=list(MERGED))
    move_images(moves)
    move_tags({card: there.pk for card, there in updated.items()})
    delete_cards(list(existing))
    draft.added += len(new)
    draft.updated += len(changed)
    draft.unchanged += len(existing) - len(changed)
    after = counts_of([*updated.values(), *(card for card in chunk if card.pk not in existing)])
    return after[0] - before[0], after[1] - before[1]


def counts_of(cards: Iterable[Card]) -> tuple[int, int]:
    """How many cards these are, and how many of them ask for both sides."""
    sides = [card.studied_side for card in cards]
    return len(sides), sides.count(SideChoice.BOTH)


def keeps_existing(draft: ImportDraft) -> bool:
    """Whether cards of the deck stay unchanged if the file has another version."""
    return bool(draft.options.get("keep") == DECK)


def find_existing(cards: Sequence[Card], deck: Deck, by_sides: FileContent | None) -> dict[int, Card]:
    """The deck's card for each of ``cards`` that it has already, by primary key of the latter.

    Cards are recognised by their keys, and with ``by_sides`` by both sides first.
    """
    by_key = {card.key: card for card in deck.cards.filter(key__in=[card.key for card in cards])}
    found = {card.pk: by_key[card.key] for card in cards if card.key in by_key}
    if by_sides:
        candidates = {card.pk: by_sides.deck_cards_with(digest(card.term, card.definition)) for card in cards}
        present = deck.cards.present().in_bulk([pk for pks in candidates.values() for pk in pks])
        for card in cards:
            # A card with the same sides is the same card, even if another one has its key.
            same = [present[pk] for pk in candidates[card.pk] if pk in present]
            same = [one for one in same if (one.term, one.definition) == (card.term, card.definition)]
            if same:
                found[card.pk] = max(same, key=lambda one: (one.position, one.pk))
    return found


def find_by_terms(cards: Sequence[Card], deck: Deck, content: FileContent) -> dict[int, Card]:
    """The deck's card with the same term for each of ``cards`` that is a version of it.

    One without a definition replaces none.
    """
    named = {
        card.pk: content.replaced_by(digest(folded(card.term)), card.key)
        for card in cards
        if card.term and card.definition
    }
    present = deck.cards.present().in_bulk([pk for pk in named.values() if pk is not None])
    return {pk: present[there] for pk, there in named.items() if there in present}


def image_moves(there: Card, card: Card, kind: FileKind) -> list[tuple[int, int, str]]:
    """The sides of ``there`` whose images are replaced by those of ``card``, for `move_images`.

    A side without images in the file keeps the deck's, which are then added to ``card``, unless the file is
    complete.
    """
    moves = []
    for name, side in zip(RENDERED, SIDES, strict=True):
        old, new = images_in(getattr(there, name)), images_in(getattr(card, name))
        if not kind.is_complete and not new:
            setattr(card, name, getattr(card, name) + old)
        elif old != new:
            moves.append((there.pk, card.pk, side))
    return moves


def update_card(there: Card, card: Card, kind: FileKind, *, is_asked: bool = False) -> bool:
    """Copy the file's version onto the deck's card, and restore a removed one. Returns whether it has changed.

    With ``is_asked`` the learner chose for this import what the cards ask for.
    """
    names = ["term", "definition", *DERIVED]
    is_complete = kind.is_complete or there.erased_at is not None
    names += [name for name in ALTERNATIVES if is_complete or getattr(card, name)]
    if is_complete or is_asked or card.side_choice != SideChoice.AUTO:
        names.append("side_choice")
    differing = [name for name in names if getattr(there, name) != getattr(card, name)]
    if not differing and there.removed_at is None:
        return False
    for name in differing:
        setattr(there, name, getattr(card, name))
    there.removed_at = there.erased_at = None
    there.studied_side = there.chosen_side()
    there.updated_at = timezone.now()
    return True


def move_tags(targets: dict[int, int]) -> None:
    """Put the tags of hidden cards on the deck's cards, by primary keys from and to."""
    links = TagLink.objects.filter(card__in=targets).values_list("card_id", "tag_id")
    pairs = {(targets[card], tag) for card, tag in links}
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)],
        batch_size=CHUNK,
        ignore_conflicts=True,
    )
