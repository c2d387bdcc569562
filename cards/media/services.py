"""Writes on the images of cards; each leaves the files where they are."""

from collections.abc import Iterable, Mapping, Sequence

from cards.models import CHUNK, Card, CardImage, Deck
from cards.text.images import StoredImage


def rows_of(card: Card, images: Mapping[str, Sequence[StoredImage]]) -> list[CardImage]:
    """The rows of a card's images on each side, not saved yet."""
    return [
        CardImage(
            card=card,
            side=side,
            position=position,
            sha256=image.sha256,
            width=image.width,
            height=image.height,
            alt=image.alt,
        )
        for side, listed in images.items()
        for position, image in enumerate(listed)
    ]


def set_images(*, card: Card, images: Mapping[str, Sequence[StoredImage]]) -> None:
    """Let ``card`` have these images alone; saving it then brings its HTML up to date."""
    card.images.all().delete()
    CardImage.objects.bulk_create(rows_of(card, images))


def copy_images(*, deck: Deck, copied: Mapping[int, int]) -> None:
    """Give each copy of a card of ``deck`` (by primary keys) the same images."""
    images = CardImage.objects.filter(card__deck=deck).order_by()
    rows = []
    for image in images.iterator():
        if image.card_id in copied:
            image.pk, image.card_id = None, copied[image.card_id]
            rows.append(image)
    CardImage.objects.bulk_create(rows, batch_size=CHUNK)


def move_images(moves: Iterable[tuple[int, int, str]]) -> None:
    """Let cards have other cards' images on a side instead of their own: keys, to and from, and the side."""
    sources = {(source, side): target for target, source, side in moves}
    for side in {side for _, side in sources}:
        targets = [target for (_, on), target in sources.items() if on == side]
        CardImage.objects.filter(card__in=targets, side=side).delete()
    moved = []
    for image in CardImage.objects.filter(card__in={source for source, _ in sources}):
        if target := sources.get((image.card_id, image.side)):
            image.card_id = target
            moved.append(image)
    CardImage.objects.bulk_update(moved, ["card"], batch_size=CHUNK)
