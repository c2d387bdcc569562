"""Tags: writes on them, and narrowing cards to some of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from cards.models import MAX_TAG_KEY, Card, CardQuerySet, Tag, tag_key
from cards.services import CHUNK
from studysite.accounts.models import User

MAX_CHOSEN = 20
"""Tags that a list can be narrowed to at once."""

ANY, ALL = "any", "all"
TagLink = Card.tags.through


def own_tags(*, owner: User, names: Sequence[str]) -> list[Tag]:
    """The owner's tags of these names (see `cards.models.clean_tag_name`), made where she has none."""
    by_key = {tag_key(name): name for name in reversed(names)}
    have = set(owner.tags.filter(key__in=by_key).values_list("key", flat=True))
    # Another of her tabs may make the same tag at this moment.
    missing = [Tag(owner=owner, name=name, key=key) for key, name in by_key.items() if key not in have]
    Tag.objects.bulk_create(missing, ignore_conflicts=True)
    return list(owner.tags.filter(key__in=by_key))


@transaction.atomic
def tag_cards(*, owner: User, names: Sequence[str], cards: QuerySet[Card]) -> int:
    """Put the owner's tags of these names on ``cards``; returns on how many cards one was put that had it not."""
    tags = own_tags(owner=owner, names=names)
    keys = list(cards.order_by().values_list("pk", flat=True))
    links = TagLink.objects.filter(tag__in=tags, card__in=cards.order_by().values("pk"))
    have = set(links.values_list("card", "tag"))
    new = [(key, tag.pk) for key in keys for tag in tags if (key, tag.pk) not in have]
    TagLink.objects.bulk_create(
        [TagLink(card_id=card, tag_id=tag) for card, tag in new], batch_size=CHUNK, ignore_conflicts=True
    )
    return len({card for card, _ in new})


@transaction.atomic
def untag_cards(*, tags: QuerySet[Tag], cards: QuerySet[Card]) -> int:
    """Take ``tags`` off ``cards``; returns off how many. The tags stay, for other cards."""
    links = TagLink.objects.filter(tag__in=tags, card__in=cards.order_by().values("pk"))
    count = links.values("card").distinct().count()
    links.delete()
    return count


@transaction.atomic
def merge_tags(*, tag: Tag, into: Tag) -> None:
    """Put ``into`` on every card that ``tag`` is on, and delete ``tag``. Both are the same owner's.

    Raises:
        ValueError: they are one tag, or two owners'.
    """
    if tag.pk == into.pk or tag.owner_id != into.owner_id:
        raise ValueError("Only two tags of one owner can be merged.")
    have = TagLink.objects.filter(tag=into).values("card")
    TagLink.objects.filter(tag=tag).exclude(card__in=have).update(tag=into)
    tag.delete()


@dataclass(frozen=True)
class Chip:
    """A tag to narrow a list by: ``keys`` is what the address names once it is pressed."""

    name: str
    key: str
    count: int
    chosen: bool
    keys: tuple[str, ...]


@dataclass(frozen=True)
class TagChoice:
    """Which tags a list of cards is narrowed to: to cards that have any of them, or all.

    ``found`` are the tags that the learner sees on the deck, in order of their keys; her own and the owner's of
    one name are one to her.
    """

    found: tuple[Tag, ...]
    keys: tuple[str, ...]
    match: str

    @classmethod
    def from_address(cls, query: QueryDict, found: Iterable[Tag]) -> "TagChoice":
        """Read ``?tag=…&tag=…&match=all``; tags that are not ``found`` are passed over."""
        found = tuple(found)
        known = {tag.key for tag in found}
        named = dict.fromkeys(tag_key(name[:MAX_TAG_KEY]) for name in query.getlist("tag")[:MAX_CHOSEN])
        keys = tuple(key for key in named if key in known)
        return cls(found, keys, ALL if query.get("match") == ALL else ANY)

    @property
    def other_match(self) -> str:
        return ANY if self.match == ALL else ALL

    @property
    def chips(self) -> list[Chip]:
        chips: dict[str, Chip] = {}
        for tag in self.found:
            chosen = tag.key in self.keys
            keys = tuple(key for key in self.keys if key != tag.key) if chosen else (*self.keys, tag.key)
            before = chips[tag.key].count if tag.key in chips else 0
            count = max(before, getattr(tag, "card_count", 0))
            chips[tag.key] = Chip(tag.name, tag.key, count, chosen, keys)
        return list(chips.values())

    def narrow(self, cards: CardQuerySet) -> CardQuerySet:
        """Those of ``cards`` that have the chosen tags; all where none is chosen."""
        groups = [[tag.pk for tag in self.found if tag.key == key] for key in self.keys]
        if self.match == ANY and groups:
            groups = [[pk for group in groups for pk in group]]
        for group in groups:
            cards = cards.filter(pk__in=TagLink.objects.filter(tag__in=group).values("card"))
        return cards
