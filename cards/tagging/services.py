"""Tagging cards, and merging tags."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cards.models import Card, Tag, TagLink, tag_key
from cards.text.words import words_of
from studysite.accounts.models import User

ANY, ALL = "any", "all"

LINKS_AT_ONCE = 5_000
"""Tags on cards that are written in one statement, where the database takes so many."""


def own_tags(*, owner: User, names: Sequence[str]) -> list[Tag]:
    """The owner's tags of these names (see `cards.models.tag.clean_tag_name`), created if they do not exist."""
    by_key = {tag_key(name): name for name in reversed(names)}
    have = set(owner.tags.filter(key__in=by_key).values_list("key", flat=True))
    # Another request of the owner may create the same tag at this moment.
    missing = [
        Tag(owner=owner, name=name, key=key, words=words_of(name))
        for key, name in by_key.items()
        if key not in have
    ]
    Tag.objects.bulk_create(missing, ignore_conflicts=True)
    return list(owner.tags.filter(key__in=by_key))


@transaction.atomic
def tag_cards(*, owner: User, names: Sequence[str], cards: QuerySet[Card]) -> int:
    """Add the owner's tags with these names to ``cards``; return how many cards got a new tag."""
    new: list[tuple[int, int]] = []
    for tag in own_tags(owner=owner, names=names):
        links = TagLink.objects.filter(tag=tag, card=OuterRef("pk"))
        without = cards.order_by().filter(~Exists(links)).values_list("pk", flat=True)
        new += [(card, tag.pk) for card in without]
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in new],
        batch_size=LINKS_AT_ONCE,
        ignore_conflicts=True,
    )
    return len({card for card, _ in new})


@transaction.atomic
def untag_cards(*, tags: QuerySet[Tag], cards: QuerySet[Card]) -> int:
    """Remove ``tags`` from ``cards``, and return from how many. The tags themselves stay."""
    links = TagLink.objects.filter(tag__in=tags, card__in=cards.order_by().values("pk"))
    count = links.values("card").distinct().count()
    links.delete()
    return count


@transaction.atomic
def merge_tags(*, tag: Tag, into: Tag) -> None:
    """Add ``into`` to all cards that have ``tag``, and delete ``tag``.

    Raises:
        ValueError: both are the same tag, or their owners differ.
    """
    if tag.pk == into.pk or tag.owner_id != into.owner_id:
        raise ValueError("Only two tags of one owner can be merged.")
    have = TagLink.objects.filter(tag=into).values("card")
    TagLink.objects.filter(tag=tag).exclude(card__in=have).update(tag=into)
    tag.delete()
