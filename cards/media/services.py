"""Changes to the images of cards. They leave the files as they are."""

from collections.abc import Iterable, Mapping, Sequence

from cards.models import CHUNK, Card, CardImage, Deck
from cards.text.images import StoredImage


def rows_of(card: Card, images: Mapping[str, Sequence[StoredImage]]) -> list[CardImage]:
    """Unsaved rows for the images of a card, by side."""
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
    """Replace all images of ``card``. Save the card afterwards, which updates its HTML."""
    card.images.all().delete()
    CardImage.objects.bulk_create(rows_of(card, images))


def copy_images(*, deck: Deck, copied: Mapping[int, int]) -> None:
    """Copy the images of cards of ``deck`` to the copies of these cards, by primary keys."""
    images = CardImage.objects.filter(card__deck=deck).order_by()
    rows = []
    for image in images.iterator():
        if image.card_id in copied:
            image.pk, image.card_id = None, copied[image.card_id]
            rows.append(image)
    CardImage.objects.bulk_create(rows, batch_size=CHUNK)


def move_images(moves: Iterable[tuple[int, int, str]]) -> None:
    """Replace images by those of other cards. ``moves`` are the primary keys to and from, and the side."""
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
