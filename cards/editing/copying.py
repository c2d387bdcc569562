"""Copies of whole decks, without anybody's progress."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.media.services import copy_images
from cards.models import ALTERNATIVES, CHUNK, DERIVED, Card, Deck, Tag, TagLink, TwinPair
from cards.tagging.services import own_tags
from studysite.accounts.models import User
from studysite.queries.chunks import chunked

COPIED = (
    *("key", "position", "term", "definition", *DERIVED, "side_choice", "studied_side"),
    *ALTERNATIVES,
)


@transaction.atomic
def copy_deck(*, deck: Deck, owner: User, title: str, slug: str) -> Deck:
    """Make a private deck of ``owner`` with the present cards of ``deck`` and their images, twins and tags.

    The copied tags are those that ``owner`` sees on the deck; they become their own. A form that is sent twice has
    the same ``slug``: then the existing copy is returned.
    """
    copy, is_new = Deck.objects.get_or_create(
        slug=slug,
        owner=owner,
        defaults={
            "title": title,
            "description": deck.description,
            "language": deck.language,
            "definition_language": deck.definition_language,
            "side_choice": deck.side_choice,
        },
    )
    if is_new:
        copied = _copy_cards(deck, copy)
        copy_images(deck=deck, copied=copied)
        _copy_tags(deck, owner, copied)
        _copy_twins(deck, copied)
        refresh_deck(deck=copy)
    return copy


def _copy_cards(deck: Deck, copy: Deck) -> dict[int, int]:
    """Copy the cards; return the primary key of each card's copy, by the key of the card."""
    copied: dict[int, int] = {}
    for chunk in chunked(deck.cards.present().in_order().iterator(chunk_size=CHUNK), CHUNK):
        now = timezone.now()
        cards = [
            Card(deck=copy, created_at=now, updated_at=now, **{name: getattr(card, name) for name in COPIED})
            for card in chunk
        ]
        made = Card.objects.bulk_create(cards)
        copied |= {card.pk: new.pk for card, new in zip(chunk, made, strict=True)}
    return copied


def _copy_tags(deck: Deck, owner: User, copied: dict[int, int]) -> None:
    seen = list(Tag.objects.seen_by(owner, deck=deck).on(deck))
    by_key = {tag.key: tag.pk for tag in own_tags(owner=owner, names=[tag.name for tag in seen])}
    own = {tag.pk: by_key[tag.key] for tag in seen}
    links = TagLink.objects.filter(tag__in=own, card__deck=deck).values_list("card_id", "tag_id")
    # A tag of the deck's owner and one of the new owner with the same name become one.
    pairs = {(copied[card], own[tag]) for card, tag in links.iterator() if card in copied}
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)], batch_size=CHUNK
    )


def _copy_twins(deck: Deck, copied: dict[int, int]) -> None:
    pairs = TwinPair.objects.filter(Q(first__deck=deck) & Q(second__deck=deck))
    new = []
    for pair in pairs.iterator():
        if pair.first_id in copied and pair.second_id in copied:
            first, second = sorted((copied[pair.first_id], copied[pair.second_id]))
            new.append(TwinPair(first_id=first, second_id=second, are_twins=pair.are_twins))
    TwinPair.objects.bulk_create(new, batch_size=CHUNK)
