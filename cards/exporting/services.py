"""Decks -> files. They contain what the viewer sees: the owner's tags and the viewer's own."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cards.exporting.writing import ANKI, ANKI_OLDER, WITH_HISTORY, Viewer, Writer
from cards.models import Deck


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that a deck can be written to."""

    name: str
    title: str
    about: str
    ending: str
    media_type: str

    @property
    def with_history(self) -> str:
        """The name of the kind of file that also has the learner's answers. Empty if there is none."""
        return WITH_HISTORY.get(self.name, "")


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
        Format(
            "excel",
            "Excel workbook",
            "A table for Excel and other spreadsheets, in which letters of every language survive.",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        Format("markdown", "Markdown", "A document to read or print.", "md", "text/markdown; charset=utf-8"),
        Format(
            ANKI,
            "Anki",
            "A package for Anki 2.1.50 or newer. With your answers it has your schedule and memory too: in Anki, "
            "switch FSRS on and choose “Import any learning progress”. Cards that Anki has already keep the "
            "schedule that they have there.",
            "apkg",
            "application/zip",
        ),
        Format(
            ANKI_OLDER,
            "Anki, older format",
            "The same for older versions of Anki, and for other programs that do not read the newest format.",
            "apkg",
            "application/zip",
        ),
        Format(
            "archive",
            "Archive",
            "Everything that the deck has, to keep or to bring to another site like this one.",
            "zip",
            "application/zip",
        ),
    )
}


def format_of(kind: str) -> Format:
    """The format with this name, or with this name of a file with answers."""
    return next(each for each in FORMATS.values() if kind in (each.name, each.with_history))


def write(
    name: str,
    file: BinaryIO,
    deck: Deck,
    viewer: Viewer,
    *,
    now: datetime,
    history: bool = False,
    on_progress: Callable[[int, int], object] | None = None,
) -> None:
    """Write the deck as the kind of file called ``name``, without a time limit.

    With ``history`` an archive or an Anki package contains the viewer's answers. ``on_progress`` is called with
    the number of cards that are written, and with the number of all cards. Raises FormatError if the file gets too
    large.
    """
    kind = WITH_HISTORY.get(name, name) if history else name
    with tempfile.TemporaryDirectory(prefix="studysite-export-") as folder:
        writer = Writer(deck, viewer, kind, now=now, folder=Path(folder), state={})
        for _ in writer.steps():
            if on_progress:
                on_progress(writer.done, writer.total)
        with writer.path.open("rb") as written:
            shutil.copyfileobj(written, file, 2**20)


def file_name(deck: Deck, ending: str) -> str:
    """The name of the file: the deck's title without characters that file systems do not allow."""
    title = "".join(
        " " if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in deck.title
    )
    # Files whose name starts with a dot are hidden. 80 letters of three bytes fit into any file system.
    return f"{' '.join(title.split()).strip('. ')[:80] or 'Deck'}.{ending}"
