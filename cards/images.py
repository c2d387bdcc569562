"""Images on the sides of cards: what is stored of each, its file, and its HTML.

The files lie below `folder`, each named by what is in it, so that the same image is kept once however many cards
show it. What a card's side shows is part of its stored HTML; who may see the file is decided when it is asked for
(`cards.views.images`).
"""

import html
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from cards.image_encoding import Encoded
from cards.kept_files import is_older
from cards.sides import SIDES

MAX_ALT = 500
MAX_ON_SIDE = 10
"""Images of one side."""

KEPT_UNUSED = timedelta(days=1)
"""How long a file stays that no card shows: it may be in a form that is not saved yet."""

ENDING = ".webp"
MEDIA_TYPE = "image/webp"
NOT_DESCRIBED = "Image without a description"
TAG = re.compile(r'<img class="card-image"[^>]*>')


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image whose file is there: its hash, its size in pixels, and what it shows in words."""

    sha256: str
    width: int
    height: int
    alt: str = ""

    @classmethod
    def of(cls, encoded: Encoded, alt: str = "") -> "StoredImage":
        return cls(encoded.sha256, encoded.width, encoded.height, alt)

    @property
    def url(self) -> str:
        return f"/images/{self.sha256}/"

    @property
    def html(self) -> str:
        alt = html.escape(self.alt or NOT_DESCRIBED)
        size = f'width="{self.width}" height="{self.height}"'
        return f'<img class="card-image" src="{self.url}" alt="{alt}" {size} loading="lazy">'

    def said(self, alt: str) -> "StoredImage":
        """The same with other words."""
        return replace(self, alt=alt)


class CardImage(models.Model):
    """An image on one side of a card; those of a side stand below its text in the order of ``position``."""

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="images", db_index=False)
    side = models.CharField(max_length=10, choices=[(side, side.capitalize()) for side in SIDES])
    position = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, help_text="Of the file, which is named by it.")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    alt = models.CharField(max_length=MAX_ALT, blank=True, help_text="What it shows, in words.")

    class Meta:
        ordering = ["card", "side", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["card", "side", "sha256"], name="card_image_once"),
            models.CheckConstraint(condition=Q(side__in=SIDES), name="card_image_side_known"),
        ]
        indexes = [models.Index(fields=["sha256"], name="card_image_by_file")]

    def __str__(self) -> str:
        return self.alt or NOT_DESCRIBED

    @property
    def stored(self) -> StoredImage:
        return StoredImage(self.sha256, self.width, self.height, self.alt)


# --- HTML


def with_images(text_html: str, images: Iterable[StoredImage]) -> str:
    """A side's HTML with these images below its text, instead of any that it had."""
    return without_images(text_html) + "".join(image.html for image in images)


def without_images(side_html: str) -> str:
    """A side's HTML as `cards.rendering` made it of the text."""
    return TAG.sub("", side_html)


def images_in(side_html: str) -> str:
    """The images alone of a side's HTML."""
    return "".join(TAG.findall(side_html))


# --- Files


def folder() -> Path:
    return Path(settings.DATA_DIR) / "images"


def path_of(sha256: str) -> Path:
    return folder() / sha256[:2] / f"{sha256}{ENDING}"


def store(encoded: Encoded, alt: str = "") -> StoredImage:
    """Keep the file, as a whole or not at all; one that is there already counts as new from now on."""
    path = path_of(encoded.sha256)
    try:
        os.utime(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            try:
                file.write(encoded.data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    return StoredImage.of(encoded, alt)


def unused_images_remove(*, now: datetime) -> int:
    """Remove the files that no card has shown for a day, and return how many."""
    before = now - KEPT_UNUSED
    count = 0
    for paths in _chunks(path for path in folder().glob("*/*") if is_older(path, before)):
        names = [path.stem for path in paths]
        used = set(CardImage.objects.filter(sha256__in=names).values_list("sha256", flat=True))
        for path in paths:
            # Somebody may have chosen the same image a moment ago.
            if path.stem not in used and is_older(path, before):
                path.unlink(missing_ok=True)
                count += 1
    return count


def _chunks(paths: Iterator[Path], size: int = 500) -> Iterator[list[Path]]:
    while chunk := list(islice(paths, size)):
        yield chunk
