"""Decks -> files, as whoever exports them sees them: with the owner's tags and their own."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cards.exporting.writing import HISTORY, Viewer, Writer
from cards.models import Deck


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that a deck can be written to."""

    name: str
    title: str
    about: str
    ending: str
    media_type: str


FORMATS = {
    each.name: each
    for each in (
        Format(
            "tab",
            "Text with tabs",
            "Pastes into Quizlet, Knowt and spreadsheets; imported here again, it updates the cards.",
            "txt",
            "text/plain; charset=utf-8",
        ),
        Format("comma", "CSV", "Opens in Excel and other spreadsheets.", "csv", "text/csv; charset=utf-8"),
        Format("markdown", "Markdown", "A document to read or print.", "md", "text/markdown; charset=utf-8"),
        Format("anki", "Anki", "A package that Anki imports.", "apkg", "application/zip"),
        Format(
            "archive",
            "Archive",
            "Everything that the deck has, to keep or to bring to another site like this one.",
            "zip",
            "application/zip",
        ),
    )
}

PACKAGES = ("anki", "archive")
"""Kinds that are zip archives."""


def format_of(kind: str) -> Format:
    """The format of one of `FORMATS`, or of the archive that is called ``history``."""
    return FORMATS["archive" if kind == HISTORY else kind]


def write(
    name: str,
    file: BinaryIO,
    deck: Deck,
    viewer: Viewer,
    *,
    now: datetime,
    history: bool = False,
    tell: Callable[[int, int], object] | None = None,
) -> None:
    """Write the deck as the kind of file called ``name``, however long that takes.

    With ``history`` an archive has the viewer's answers. ``tell`` is called with how many cards are written, and
    of how many.
    """
    kind = HISTORY if history and name == "archive" else name
    with tempfile.TemporaryDirectory(prefix="studysite-export-") as folder:
        writer = Writer(deck, viewer, kind, now=now, folder=Path(folder), state={})
        for _ in writer.steps():
            if tell:
                tell(writer.done, writer.total)
        with writer.path.open("rb") as written:
            shutil.copyfileobj(written, file, 2**20)


def file_name(deck: Deck, ending: str) -> str:
    """What the file is called: the deck's title, without what a file system takes for something else."""
    title = "".join(
        " " if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in deck.title
    )
    # A name that begins with a dot hides, and 80 letters of three bytes fit into any file system.
    return f"{' '.join(title.split()).strip('. ')[:80] or 'Deck'}.{ending}"
