"""Any file -> the reader that understands it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from cards.formats import archive
from cards.formats.anki.container.package import NEW, OLD, Package
from cards.formats.anki.reader import AnkiOptions, read_anki
from cards.formats.archive import read_archive
from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.reader import TextOptions, read_text
from cards.formats.sources import Source, beginning
from cards.formats.types import FormatError, Parsed
from cards.formats.work import Work
from cards.formats.zips import Archive

TEXT, ANKI, ARCHIVE = "text", "anki", "archive"

OTHER_ZIPS = (
    ("xl/workbook.xml", "an Excel workbook. Save it as CSV, or copy its cells and paste them"),
    ("word/document.xml", "a Word document. Save it as plain text, or copy the cards and paste them"),
    ("content.xml", "an OpenDocument file. Save it as CSV or plain text, or copy the cards and paste them"),
)


def kind_of(source: Source) -> str:
    """``text``, ``anki`` or ``archive``, by what is in the file and not by its name.

    Raises FormatError, which says what it is instead where that can be told.
    """
    start = beginning(source, 16)
    if start.startswith(b"SQLite format 3"):
        return ANKI
    if not start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return TEXT
    members = Archive(source)
    try:
        if archive.MANIFEST in members:
            return ARCHIVE
        if any(name in members for name in (NEW, *OLD)):
            return ANKI
        for name, what in OTHER_ZIPS:
            if name in members:
                raise FormatError(f"This is {what}.")
        if any(name.lower().endswith((".apkg", ".colpkg", ".zip")) for name in members.members):
            raise FormatError("This is a zip archive with another one inside. Unpack it and choose that one.")
    finally:
        members.close()
    raise FormatError("This zip archive holds neither a deck of this site nor an Anki collection.")


def read_file(
    source: Source,
    *,
    text: TextOptions | None = None,
    anki: AnkiOptions | None = None,
    limits: Limits = ACCOUNT,
    work: Work | None = None,
    kind: str = "",
) -> Parsed:
    """The cards of any file that is understood here, within ``limits``. Raises FormatError. Close it.

    With ``work`` it is to be read in slices, all but the first of which know its ``kind``.
    """
    kind = kind or kind_of(source)
    if kind == ANKI:
        return read_anki(source, anki, limits=limits, work=work)
    if kind == ARCHIVE:
        return read_archive(source, limits=limits, work=work)
    return read_text(source, text, limits=limits)


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a file, by the names that its cards have for them. Close it."""

    read: Callable[[str], bytes]
    close: Callable[[], None]


def open_images(source: Source, *, limits: Limits = ACCOUNT) -> Images:
    """The images alone of a package or an archive. Raises FormatError."""
    if kind_of(source) == ANKI:
        package = Package(source, Meter(limits))
        package.read_media_list()
        return Images(package.read_image, package.close)
    members = Archive(source, Meter(limits))
    return Images(lambda name: members.read(archive.IMAGES.format(name), archive.MAX_IMAGE), members.close)
