"""Images in the HTML of a side."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

MAX_IMAGE = 10 * 2**20
"""Bytes of an image file that can be added to a card."""

NOT_DESCRIBED = "Image without a description"

TAG = re.compile(r'<img class="card-image"[^>]*>')


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image with a stored file: its hash, its size in pixels, and its description."""

    sha256: str
    width: int
    height: int
    alt: str = ""

    @property
    def url(self) -> str:
        return f"/images/{self.sha256}/"

    @property
    def html(self) -> str:
        alt = html.escape(self.alt or NOT_DESCRIBED)
        size = f'width="{self.width}" height="{self.height}"'
        return f'<img class="card-image" src="{self.url}" alt="{alt}" {size} loading="lazy">'

    def described(self, alt: str) -> "StoredImage":
        """The same image with another description."""
        return replace(self, alt=alt)


def with_images(text_html: str, images: Iterable[StoredImage]) -> str:
    """A side's HTML with these images below its text. They replace its previous images."""
    return without_images(text_html) + "".join(image.html for image in images)


def without_images(side_html: str) -> str:
    """A side's HTML as `cards.text.markdown` made it from the text."""
    return TAG.sub("", side_html)


def images_in(side_html: str) -> str:
    """The images of a side's HTML, without its text."""
    return "".join(TAG.findall(side_html))
