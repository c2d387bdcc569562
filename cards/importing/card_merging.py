"""Cards of a hidden deck -> the deck that they are for, which takes over what they say of its own."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from cards.formats.detect import ARCHIVE, TEXT
from cards.importing.drafts import forget_cards
from cards.importing.reading.storage import Reading, digest
from cards.importing.writing import ALTERNATIVES, DECK, TagLink
from cards.media.services import move_images
from cards.models import CHUNK, RENDERED, Card, Deck, ImportDraft, SideChoice
from cards.text.images import images_in
from cards.text.studied_side import SIDES

MERGED = (
    *("term", "definition", *RENDERED, "side_choice", "studied_side"),
    *ALTERNATIVES,
    *("updated_at", "removed_at", "erased_at"),
)


def merge(draft: ImportDraft, reading: Reading, chunk: Sequence[Card], deck: Deck, position: int) -> int:
    """Put ``chunk`` into ``deck``: what is new moves there, of the rest its cards take over what they say.

    Returns how many cards more the deck has then.
    """
    kind = reading.kind
    known = _counterparts(chunk, deck, reading if kind == TEXT else None)
    if keeps(draft):
        # A removed card comes back as the file has it: the deck has nothing to keep of it.
        taken = {card: there for card, there in known.items() if there.removed_at is not None}
    else:
        taken = known
    new = [card.pk for card in chunk if card.pk not in known]
    Card.objects.filter(pk__in=new).update(deck=deck, position=F("position") + position)
    returned = sum(there.removed_at is not None for there in taken.values())
    changed: list[Card] = []
    moves: list[tuple[int, int, str]] = []
    for card in chunk:
        if there := taken.get(card.pk):
            moves += _images_taken(there, card, kind)
            changed += [there] * _take_over(there, card, kind)
    Card.objects.bulk_create(changed, update_conflicts=True, unique_fields=["pk"], update_fields=list(MERGED))
    move_images(moves)
    _move_tags({card: there.pk for card, there in taken.items()})
    forget_cards(list(known))
    draft.added += len(new)
    draft.updated += len(changed)
    draft.unchanged += len(known) - len(changed)
    return len(new) + returned


def keeps(draft: ImportDraft) -> bool:
    """Whether cards that the deck has stay as they are, where the file has them otherwise."""
    return bool(draft.options.get("keep") == DECK)


def _counterparts(cards: Sequence[Card], deck: Deck, reading: Reading | None) -> dict[int, Card]:
    """The deck's card for each of ``cards`` that it has already: that of the same key, else of the same sides.

    By their sides they are found in ``reading``, where that is given.
    """
    by_key = {card.key: card for card in deck.cards.filter(key__in=[card.key for card in cards])}
    found = {card.pk: by_key[card.key] for card in cards if card.key in by_key}
    if reading:
        same = {card.pk: reading.knows(digest(card.term, card.definition)) for card in cards}
        there = deck.cards.present().in_bulk([pk for pks in same.values() for pk in pks])
        for card in cards:
            # What has the same sides is the same card, although another one may have its key.
            twins = [there[pk] for pk in same[card.pk] if pk in there]
            twins = [one for one in twins if (one.term, one.definition) == (card.term, card.definition)]
            if twins:
                found[card.pk] = max(twins, key=lambda one: (one.position, one.pk))
    return found


def _images_taken(there: Card, card: Card, kind: str) -> list[tuple[int, int, str]]:
    """The sides whose images are replaced by the file's, as `move_images` takes them.

    A side for which the file has none keeps its own, unless the file is an archive; ``card`` shows them then too.
    """
    moves = []
    for name, side in zip(RENDERED, SIDES, strict=True):
        own, files = images_in(getattr(there, name)), images_in(getattr(card, name))
        if kind != ARCHIVE and not files:
            setattr(card, name, getattr(card, name) + own)
        elif own != files:
            moves.append((there.pk, card.pk, side))
    return moves


def _take_over(there: Card, card: Card, kind: str) -> bool:
    """Bring what the file says onto the card that is there; whether that changes it. A removed card comes back."""
    names = ["term", "definition", *RENDERED]
    is_whole = kind == ARCHIVE or there.erased_at is not None
    names += [name for name in ALTERNATIVES if is_whole or getattr(card, name)]
    if is_whole or card.side_choice != SideChoice.AUTO:
        names.append("side_choice")
    differs = [name for name in names if getattr(there, name) != getattr(card, name)]
    if not differs and there.removed_at is None:
        return False
    for name in differs:
        setattr(there, name, getattr(card, name))
    there.studied_side = there.chosen_side()
    there.removed_at = there.erased_at = None
    there.updated_at = timezone.now()
    return True


def _move_tags(counterparts: dict[int, int]) -> None:
    """Put the tags of hidden cards onto the cards that they stand for."""
    links = TagLink.objects.filter(card__in=counterparts).values_list("card_id", "tag_id")
    pairs = {(counterparts[card], tag) for card, tag in links}
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)],
        batch_size=CHUNK,
        ignore_conflicts=True,
    )
