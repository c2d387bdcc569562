"""Any file -> the reader that understands it. Pure."""

from cards.formats.anki.reader import AnkiOptions
from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.reader import TextOptions
from cards.formats.kinds import KINDS, FileKind, Images, ReadOptions
from cards.formats.sources import Source, beginning
from cards.formats.types import FormatError, Parsed, no_image
from cards.formats.work import Work
from cards.formats.zips import Archive

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
OTHER_ZIPS = (
    ("xl/workbook.bin", "a binary Excel workbook. Save it as .xlsx or CSV"),
    ("word/document.xml", "a Word document. Save it as plain text, or copy the cards and paste them"),
    ("content.xml", "an OpenDocument file. Save it as CSV or plain text, or copy the cards and paste them"),
)


def kind_of(source: Source) -> FileKind:
    """The kind of a file, by its content and not by its name.

    Raises FormatError for a zip archive of another kind, and says what it is if that is known.
    """
    start = beginning(source, 16)
    if not start.startswith(ZIP_SIGNATURES):
        signatures = ((kind, kind.signature) for kind in KINDS.values())
        return next(kind for kind, mark in signatures if mark is not None and start.startswith(mark))
    archive = Archive(source)
    try:
        for kind in KINDS.values():
            if any(name in archive for name in kind.members):
                return kind
        for name, what in OTHER_ZIPS:
            if name in archive:
                raise FormatError(f"This is {what}.")
        if any(name.lower().endswith((".apkg", ".colpkg", ".zip")) for name in archive.members):
            raise FormatError(
                "This is a zip archive that contains another one. Unpack it and choose that one."
            )
    finally:
        archive.close()
    raise FormatError(
        "This zip archive contains neither a deck of this site nor an Anki collection, nor a workbook."
    )


def read_file(
    source: Source,
    *,
    text: TextOptions | None = None,
    anki: AnkiOptions | None = None,
    limits: Limits = ACCOUNT,
    work: Work | None = None,
    kind: FileKind | None = None,
) -> Parsed:
    """The cards of a file of any kind, within ``limits``. Raises FormatError. Close what is returned.

    With ``work`` the file is read in slices. From the second slice on the caller knows its ``kind``.
    """
    kind = kind or kind_of(source)
    return kind.read(source, ReadOptions(text, anki, limits, work))


def open_images(source: Source, *, limits: Limits = ACCOUNT) -> Images:
    """The images of a file, without its cards. Raises FormatError. Close what is returned."""
    kind = kind_of(source)
    if kind.open_images is None:
        return Images(no_image, lambda: None)
    return kind.open_images(source, Meter(limits))
