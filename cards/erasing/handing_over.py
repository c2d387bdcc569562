"""Changing the owner of decks, with the owner's tags on their cards."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cards.models import CHUNK, Deck, Tag, TagLink
from cards.tagging.services import own_tags
from studysite.accounts.models import User
from studysite.queries.chunks import chunked


@transaction.atomic
def hand_over(*, decks: Collection[int], owner: User, to: User) -> int:
    """Make ``to`` the owner of those of ``decks`` (primary keys) that belong to ``owner``; return how many.

    The old owner's tags on these cards become the new owner's; a tag of the new owner with the same name is used
    if there is one. On other decks the old owner keeps their tags.
    """
    mine = [deck.pk for deck in Deck.objects.lock(decks) if deck.owner_id == owner.pk]
    _hand_over_tags(mine, owner, to)
    return Deck.objects.filter(pk__in=mine).update(owner=to, updated_at=timezone.now())


def _hand_over_tags(decks: Collection[int], owner: User, to: User) -> None:
    links = TagLink.objects.filter(tag__owner=owner, card__deck__in=decks)
    used = Tag.objects.filter(owner=owner, pk__in=links.values("tag"))
    elsewhere = TagLink.objects.filter(tag=OuterRef("pk")).exclude(card__deck__in=decks)
    same = Tag.objects.filter(owner=to, key=OuterRef("key"))
    # A tag that is on no other deck only changes its owner, so its cards need not be changed one by one.
    used.filter(~Exists(elsewhere), ~Exists(same)).update(owner=to)
    relink(links, to)


def relink(links: QuerySet[Any], to: User) -> None:
    """Replace ``links`` of cards to tags by links to the tags of the same names of ``to``, made where missing."""
    tags = list(Tag.objects.filter(pk__in=links.values("tag")))
    theirs = {tag.key: tag.pk for tag in own_tags(owner=to, names=[tag.name for tag in tags])}
    new = {tag.pk: theirs[tag.key] for tag in tags}
    pairs = list(links.order_by().values_list("pk", "card", "tag"))
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=new[tag]) for _, card, tag in pairs],
        batch_size=CHUNK,
        ignore_conflicts=True,
    )
    # In chunks: the number of keys in a statement is limited.
    for chunk in chunked([pk for pk, _, _ in pairs], CHUNK):
        TagLink.objects.filter(pk__in=chunk).delete()
