"""The members of an ``.apkg`` or ``.colpkg``: a collection, and media files whose names are numbers. Pure.

Old packages hold ``collection.anki2`` or ``.anki21``, and a list of media as JSON. New ones hold
``collection.anki21b``, a list of media as a protocol buffer, and media, all compressed with Zstandard. Their
``collection.anki2`` is a stub with one note that asks for a newer Anki.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from cards.formats.anki.container import protobuf
from cards.formats.anki.container.zstandard import unpack, unpacked
from cards.formats.bounds import Meter
from cards.formats.sources import Source, beginning
from cards.formats.types import FormatError
from cards.formats.work import Work
from cards.formats.zips import Archive
from cards.text.images import MAX_IMAGE

MAX_COLLECTION = 256 * 2**20
"""Bytes of the unpacked collection, which is written to a temporary file."""

MAX_MEDIA_LIST = 4 * 2**20
MAX_IMAGES_TOTAL = 500 * 2**20

COLLECTION = "collection"
"""The name of the file that a collection is unpacked to."""

CONTENTS = "contents.json"
"""The name of the file with what else was found in a package that is read in slices."""

NEW, OLD = "collection.anki21b", ("collection.anki21", "collection.anki2")


class Package:
    """An open package. Close it: the collection is in a temporary file, or in the folder of ``work``.

    ``refused`` are the names of media that are not plain file names.
    """

    def __init__(self, source: Source, meter: Meter | None = None, work: Work | None = None) -> None:
        self.source, self.meter, self.work = source, meter or Meter(), work or Work()
        self.path = ""
        self.images_read = 0
        self.media: dict[str, str] = {}
        self.refused: list[str] = []
        try:
            if self.work.has_unpacked(COLLECTION) and self.work.has_unpacked(CONTENTS):
                self.load_contents()
            else:
                self.read_contents()
        except BaseException:
            self.close()
            raise

    @cached_property
    def archive(self) -> Archive:
        """The zip archive. Opening it reads the whole file, so a later slice does not, if it needs no image."""
        return Archive(self.source, self.meter, self.work)

    def read_contents(self) -> None:
        """Find the collection and the media. Raises FormatError if there is no collection."""
        if beginning(self.source, 15).startswith(b"SQLite format 3"):
            raise FormatError("This is a bare collection. Export it from Anki as .apkg or .colpkg.")
        self.is_new = NEW in self.archive
        self.member = NEW if self.is_new else next((name for name in OLD if name in self.archive), "")
        if not self.member:
            raise FormatError("There is no Anki collection in this file.")
        self.check_version()

    def load_contents(self) -> None:
        """The same, as an earlier slice has found them."""
        kept = json.loads((self.work.folder / CONTENTS).read_bytes())
        self.is_new, self.member, self.media, self.refused = kept

    def check_version(self) -> None:
        """Raise FormatError for packages of newer versions of Anki, of which only the stub is readable."""
        if "meta" not in self.archive:
            return
        version = protobuf.number(protobuf.read(self.archive.read("meta", 1_000)), 1)
        if version > 3 or (version == 3 and not self.is_new):
            raise FormatError("It was made by a newer version of Anki than this site supports.", where="meta")

    def chunks(self) -> Iterator[bytes]:
        chunks = self.archive.chunks(self.member, MAX_COLLECTION)
        if not self.is_new:
            yield from chunks
            return
        total = 0
        for chunk in unpacked(chunks, MAX_COLLECTION, where=self.member):
            total += len(chunk)
            self.meter.unpack(f"{self.member}, unpacked", total)
            yield chunk

    def write_collection(self) -> None:
        if self.work.has_folder:
            self.path = str(self.work.unpack(COLLECTION, self.chunks))
            return
        handle, self.path = tempfile.mkstemp(prefix="studysite-anki-", suffix=".db")
        with os.fdopen(handle, "wb") as file:
            for chunk in self.chunks():
                file.write(chunk)

    def close(self) -> None:
        if "archive" in self.__dict__:
            self.archive.close()
        elif not self.work.has_folder:
            self.work.close()
        if self.path and not self.work.has_folder:
            Path(self.path).unlink(missing_ok=True)
            self.path = ""

    def read_media_list(self) -> None:
        """Read which member holds which media file, unless an earlier slice did."""
        if self.work.has_unpacked(CONTENTS):
            return
        data = self.archive.read("media", MAX_MEDIA_LIST) if "media" in self.archive else b""
        for member, name in media_of_protobuf(data) if self.is_new and data else media_of_json(data):
            if is_plain_name(name):
                self.media[name] = member
            else:
                self.refused.append(name)
        if self.work.has_folder:
            kept = json.dumps([self.is_new, self.member, self.media, self.refused]).encode()
            self.work.unpack(CONTENTS, lambda: [kept])

    def read_image(self, name: str) -> bytes:
        """The bytes of a media file. Raises FormatError where it is missing or too large."""
        member = self.media.get(name)
        if member is None:
            raise FormatError("The image is missing from the file.", where=name)
        data = self.archive.read(member, MAX_IMAGE)
        if self.is_new:
            data = unpack(data, MAX_IMAGE, where=member)
            self.meter.unpack(f"{member}, unpacked", len(data))
        self.images_read += len(data)
        if self.images_read > MAX_IMAGES_TOTAL:
            raise FormatError("The images of this file are too large together.", where=name)
        return data


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is the name of a file and not a path."""
    return bool(name) and not set(name) & set("/\\\0:") and name not in (".", "..") and len(name) <= 255


def media_of_json(data: bytes) -> Iterator[tuple[str, str]]:
    """Each media file's member and name, from JSON like ``{"0": "heart.png"}``."""
    try:
        names = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise FormatError("The list of media is damaged.", where="media") from error
    if not isinstance(names, dict):
        raise FormatError("The list of media is damaged.", where="media")
    yield from ((member, name) for member, name in names.items() if isinstance(name, str))


def media_of_protobuf(data: bytes) -> Iterator[tuple[str, str]]:
    """Each media file's member and name, from Anki's MediaEntries, which lists them by number."""
    try:
        entries = protobuf.read(unpack(data, MAX_MEDIA_LIST, where="media")).get(1, [])
        for number, entry in enumerate(entries):
            if isinstance(entry, bytes):
                yield str(number), protobuf.text(protobuf.read(entry), 1)
    except protobuf.DamagedMessageError as error:
        raise FormatError("The list of media is damaged.", where="media") from error
