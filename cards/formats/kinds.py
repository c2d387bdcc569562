"""The kinds of file that can be imported. A new format needs a reader and a row of `KINDS`. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from cards.formats.anki.container.package import NEW, OLD, Package
from cards.formats.anki.reader import AnkiOptions, read_anki
from cards.formats.archive import read_archive
from cards.formats.archive.layout import IMAGES, MANIFEST
from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.reader import TextOptions, read_text
from cards.formats.sources import Source
from cards.formats.types import Parsed
from cards.formats.work import Work
from cards.formats.workbook.reader import read_workbook
from cards.formats.zips import Archive
from cards.text.images import MAX_IMAGE

SQLITE_SIGNATURE = b"SQLite format 3"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a file is read. Each reader uses the part that it needs."""

    text: TextOptions | None = None
    anki: AnkiOptions | None = None
    limits: Limits = ACCOUNT
    work: Work | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a file, by the names that its cards use for them. Close it."""

    read: Callable[[str], bytes]
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: how it is recognised and read, and what it can hold.

    ``name`` is what a draft stores. ``label`` names the kind in the preview, ``accepted`` where a file is chosen.
    A zip archive is of this kind if it has one of the ``members``. Another file is of this kind if it begins with
    the ``signature``; None is for kinds that are always zip archives. ``stages`` are the parts of the file in the
    order in which they are read (see `cards.importing.reading.reader`).
    """

    name: str
    label: str
    accepted: str
    read: Callable[[Source, ReadOptions], Parsed]
    stages: tuple[str, ...]
    open_images: Callable[[Source, Meter], Images] | None = None
    members: tuple[str, ...] = ()
    signature: bytes | None = None
    has_layout: bool = False
    """Whether the learner can choose its encoding and its separators."""
    has_columns: bool = False
    """Whether it has rows of which the learner chooses what each column is, and the markup of the sides."""
    has_decks: bool = False
    """Whether it can be split into several decks."""
    has_note_types: bool = False
    """Whether the learner chooses for each type of note which fields make a card."""
    has_history: bool = False
    """Whether it may hold the learner's answers and schedule."""
    can_leave_history: bool = False
    """Whether the learner can choose to import the cards without that."""
    has_keys: bool = True
    """Whether each card has a key. Without one, a card is recognised by its two sides."""
    is_complete: bool = False
    """Whether a card has every field that the site has: an empty one is empty on purpose."""


def open_package_images(source: Source, meter: Meter) -> Images:
    package = Package(source, meter)
    package.read_media_list()
    return Images(package.read_image, package.close)


def open_archive_images(source: Source, meter: Meter) -> Images:
    members = Archive(source, meter)
    return Images(lambda name: members.read(IMAGES.format(name), MAX_IMAGE), members.close)


WORKBOOK = FileKind(
    "workbook",
    label="An Excel workbook",
    accepted="Excel (.xlsx)",
    read=lambda source, options: read_workbook(
        source, options.text, limits=options.limits, work=options.work
    ),
    stages=("cards",),
    members=("xl/workbook.xml",),
    has_columns=True,
    has_keys=False,
)
TEXT = FileKind(
    "text",
    label="Text",
    accepted="Text, CSV",
    read=lambda source, options: read_text(source, options.text, limits=options.limits),
    stages=("cards",),
    signature=b"",
    has_layout=True,
    has_columns=True,
    has_keys=False,
)
ANKI = FileKind(
    "anki",
    label="An Anki collection",
    accepted="Anki (.apkg, .colpkg)",
    read=lambda source, options: read_anki(source, options.anki, limits=options.limits, work=options.work),
    stages=("before", "cards"),
    open_images=open_package_images,
    members=(NEW, *OLD),
    signature=SQLITE_SIGNATURE,
    has_decks=True,
    has_note_types=True,
    has_history=True,
    can_leave_history=True,
)
ARCHIVE = FileKind(
    "archive",
    label="An archive of this site",
    accepted="an archive of this site",
    read=lambda source, options: read_archive(source, limits=options.limits, work=options.work),
    stages=("cards", "twins", "reviews", "marks", "settings"),
    open_images=open_archive_images,
    members=(MANIFEST,),
    has_history=True,
    is_complete=True,
)

KINDS = {kind.name: kind for kind in (ARCHIVE, ANKI, WORKBOOK, TEXT)}
"""By name, in the order in which they are tried: text is what no other kind is."""
