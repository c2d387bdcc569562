"""The images of an imported file: encoded again and stored. Those that cannot be stored are counted."""

from collections.abc import Callable, Iterable
from pathlib import PurePath

from cards.formats.kinds import Images
from cards.formats.markdown.escaping import escape_plain
from cards.formats.types import FormatError, ImageRef, ParsedCard
from cards.media.encoding import ImageError, reencode
from cards.media.files import MAX_ON_SIDE, store
from cards.models import MAX_ALT, ImportDraft
from cards.text.cleaning import clean_text
from cards.text.images import StoredImage
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES

MAX_IMAGES = 20_000
MAX_BYTES = 500 * 2**20
"""Images of one file, and the sum of their bytes in the file."""

SHOWN_NAMES = 10
TOO_MANY = "The file has too many images, or they are too large together."


def refs_on(card: ParsedCard, side: str) -> tuple[ImageRef, ...]:
    """The images of a side in the file, without duplicates."""
    refs: tuple[ImageRef, ...] = getattr(card, f"{side}_images")
    return tuple({ref.name: ref for ref in reversed(refs)}.values())[::-1]


def name_image_sides(card: ParsedCard, *, only_without_text: bool) -> bool:
    """Give a text to each side that has an image only: the image's description, or its name.

    With ``only_without_text``, leave cards alone that have a text on either side. Returns whether there was one.
    """
    if not card.images or (only_without_text and (card.term or card.definition)):
        return False
    named = [side for side in SIDES if not getattr(card, side) and refs_on(card, side)]
    for side in named:
        ref = refs_on(card, side)[0]
        setattr(
            card, side, escape_plain(clean_alt(ref.alt) or PurePath(ref.name).stem or "Image")[:MAX_SOURCE]
        )
    return bool(named)


def clean_alt(alt: str) -> str:
    return " ".join(clean_text(alt).split())[:MAX_ALT]


class ImageReader:
    """Stores the images of a draft's file. ``result`` counts them, to be saved as ``draft.images``. Close it.

    The file is opened with the first image, since most files have none.
    """

    def __init__(self, draft: ImportDraft, open_images: Callable[[], Images]) -> None:
        self.open_images = open_images
        self.images: Images | None = None
        self.counts: dict[str, int] = {name: draft.images.get(name, 0) for name in ("kept", "bytes", "bad")}
        self.names: list[str] = list(draft.images.get("names", []))
        self.known: dict[str, StoredImage | None] = {}

    @property
    def result(self) -> dict[str, object]:
        return {**self.counts, "names": self.names}

    def close(self) -> None:
        if self.images:
            self.images.close()

    def images_of(self, card: ParsedCard) -> dict[str, list[StoredImage]]:
        """The stored images of each side."""
        return {side: self._kept(refs_on(card, side)) for side in SIDES} if card.images else {}

    def _kept(self, refs: Iterable[ImageRef]) -> list[StoredImage]:
        kept: dict[str, StoredImage] = {}
        for ref in refs:
            if len(kept) == MAX_ON_SIDE:
                self._leave_out(ref.name, f"A side has at most {MAX_ON_SIDE} images.")
            elif image := self._image(ref.name):
                kept.setdefault(image.sha256, image.described(clean_alt(ref.alt)))
        self.counts["kept"] += len(kept)
        return list(kept.values())

    def _image(self, name: str) -> StoredImage | None:
        if name not in self.known:
            try:
                self.known[name] = self._read(name)
            except (FormatError, ImageError) as error:
                self.known[name] = None
                self._leave_out(name, str(error).removeprefix(f"{name}: "))
        return self.known[name]

    def _read(self, name: str) -> StoredImage:
        if self.counts["kept"] >= MAX_IMAGES or self.counts["bytes"] >= MAX_BYTES:
            raise ImageError(TOO_MANY)
        if self.images is None:
            self.images = self.open_images()
        data = self.images.read(name)
        self.counts["bytes"] += len(data)
        return store(reencode(data))

    def _leave_out(self, name: str, why: str) -> None:
        self.counts["bad"] += 1
        if len(self.names) < SHOWN_NAMES:
            self.names.append(f"{name[:80]} ({why})")


def images_message(draft: ImportDraft) -> str:
    """A message about the images that could not be stored. Empty if all were."""
    bad = draft.images.get("bad", 0)
    if not bad:
        return ""
    names = "; ".join(draft.images["names"])
    more = f"; and {bad - len(draft.images['names']):,} more" if bad > len(draft.images["names"]) else ""
    return f"{bad:,} image{'s were' if bad > 1 else ' was'} left out: {names}{more}."
