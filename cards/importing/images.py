"""The images of a file that is imported, written anew and kept; what cannot be is counted, and fails nothing."""

from collections.abc import Callable, Iterable
from pathlib import PurePath

from cards.formats.detect import Images
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
"""Images of one file, and their bytes together before they are written anew."""

SHOWN_NAMES = 10
TOO_MANY = "The images of this file are too many, or too large together."


def refs_on(card: ParsedCard, side: str) -> tuple[ImageRef, ...]:
    """The images that the file has for a side, each once."""
    refs: tuple[ImageRef, ...] = getattr(card, f"{side}_images")
    return tuple({ref.name: ref for ref in reversed(refs)}.values())[::-1]


def name_sides(card: ParsedCard, *, only_bare: bool) -> bool:
    """Give each side that is an image alone what that shows as its text, else its name; whether there was one.

    With ``only_bare`` a card that has a text on either side stays as it is.
    """
    if not card.images or (only_bare and (card.term or card.definition)):
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
    """Keeps the images of a draft's file; ``came_to`` counts them, to be saved as ``draft.images``. Close it.

    The file is opened at the first image: in most there is none.
    """

    def __init__(self, draft: ImportDraft, open_images: Callable[[], Images]) -> None:
        self.open_images = open_images
        self.images: Images | None = None
        self.counts: dict[str, int] = {name: draft.images.get(name, 0) for name in ("kept", "bytes", "bad")}
        self.names: list[str] = list(draft.images.get("names", []))
        self.known: dict[str, StoredImage | None] = {}

    @property
    def came_to(self) -> dict[str, object]:
        return {**self.counts, "names": self.names}

    def close(self) -> None:
        if self.images:
            self.images.close()

    def images_of(self, card: ParsedCard) -> dict[str, list[StoredImage]]:
        """The images of each side as they are kept now."""
        return {side: self._kept(refs_on(card, side)) for side in SIDES} if card.images else {}

    def _kept(self, refs: Iterable[ImageRef]) -> list[StoredImage]:
        kept: dict[str, StoredImage] = {}
        for ref in refs:
            if len(kept) == MAX_ON_SIDE:
                self._leave_out(ref.name, f"A side has at most {MAX_ON_SIDE} images.")
            elif image := self._image(ref.name):
                kept.setdefault(image.sha256, image.said(clean_alt(ref.alt)))
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


def said_of(draft: ImportDraft) -> str:
    """How many images could not be kept, in words; empty where all could."""
    bad = draft.images.get("bad", 0)
    if not bad:
        return ""
    names = "; ".join(draft.images["names"])
    more = f"; and {bad - len(draft.images['names']):,} more" if bad > len(draft.images["names"]) else ""
    return f"{bad:,} image{'s were' if bad > 1 else ' was'} left out: {names}{more}."
