"""Images for tests, and cards that show them."""

import io

from PIL import Image

from cards.editing import cards
from cards.media.encoding import reencode
from cards.media.files import store
from cards.models import Card
from cards.text.images import StoredImage


def png(colour: str = "red", size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def stored(colour: str = "red", alt: str = "", size: tuple[int, int] = (40, 30)) -> StoredImage:
    return store(reencode(png(colour, size)), alt)


def show(card: Card, *, term: tuple[StoredImage, ...] = (), definition: tuple[StoredImage, ...] = ()) -> Card:
    """Let ``card`` show these images."""
    images = {"term": list(term), "definition": list(definition)}
    assert cards.edit_card(card=card, seen=card.updated_at, images=images) is None
    return card
