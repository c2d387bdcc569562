"""The table of the kinds of file: what a new row needs, and that each file is recognised."""

import io

import pytest

from cards.formats.archive import write_archive
from cards.formats.delimited.reader import read_text
from cards.formats.detect import kind_of, open_images
from cards.formats.kinds import ANKI, ARCHIVE, KINDS, TEXT, FileKind
from cards.formats.types import FormatError, ParsedDeck
from tests.cards.formats.packages import note, package, zipped


def an_archive() -> bytes:
    file = io.BytesIO()
    write_archive(file, deck=ParsedDeck((), title="T"), cards=[])
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"a\tb", TEXT),
        (b"deck.json", TEXT),
        (package([note(["a", "b"])]), ANKI),
        (package([note(["a", "b"])], new=False), ANKI),
        (b"SQLite format 3\0", ANKI),
        (an_archive(), ARCHIVE),
        (zipped({"deck.json": b"{}", "collection.anki2": b""}), ARCHIVE),
    ],
)
def test_file_is_recognised_by_its_content(content: bytes, kind: FileKind) -> None:
    assert kind_of(content) is kind


def test_new_kind_is_recognised_before_text(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = FileKind(
        "notes",
        label="Notes",
        accepted="notes",
        read=lambda source, options: read_text(source, options.text),
        stages=("cards",),
        members=("notes.txt",),
        signature=b"#notes",
    )
    monkeypatch.setattr("cards.formats.detect.KINDS", {"notes": notes, **KINDS})
    assert kind_of(b"#notes\na\tb") is notes
    assert kind_of(zipped({"notes.txt": b""})) is notes
    assert kind_of(b"a\tb") is TEXT


def test_text_file_has_no_images() -> None:
    with pytest.raises(FormatError, match="no such image"):
        open_images(b"a\tb").read("a.png")
