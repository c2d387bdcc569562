"""Zip archives within bounds: members are read by name and never written to disk by theirs. Pure."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from cards.formats.bounds import Meter
from cards.formats.sources import CHUNK, Source, megabytes, opened, release
from cards.formats.types import FormatError
from cards.formats.work import Work, pieces_of

MAX_MEMBERS = 50_000
MEMBER_SIGNATURE = b"PK\x01\x02"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class Archive:
    """An open zip archive. Every error is a FormatError. ``meter`` counts what is unpacked.

    ``places`` are those, by the names of members of lines, from which these are read on: bytes and lines before.
    With a ``work`` that has a folder such members are unpacked there, once, to be read on from any place.
    """

    def __init__(self, source: Source, meter: Meter | None = None, work: Work | None = None) -> None:
        self.source, self.meter, self.work = source, meter or Meter(), work or Work()
        self.places: dict[str, tuple[int, int]] = {}
        self.file = opened(source)
        try:
            if count_members(self.file) > MAX_MEMBERS:
                raise FormatError(f"The archive has more than {MAX_MEMBERS:,} members.")
            self.zip = zipfile.ZipFile(self.file)
        except FormatError:
            self.close()
            raise
        except DAMAGED as error:
            self.close()
            raise FormatError(
                "The file is not a whole zip archive. Was its download or upload cut short?"
            ) from error
        self.members = {member.filename: member for member in self.zip.infolist()}
        try:
            # By earlier slices: a file has one bound for all of them.
            for name, size in self.work.unpacked():
                self.meter.unpack(name, size)
        except BaseException:
            self.close()
            raise

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def close(self) -> None:
        release(self.file, self.source)
        if self.work.folder is None:
            self.work.close()

    def member(self, name: str, limit: int) -> zipfile.ZipInfo:
        """The directory's entry of a member that may be read."""
        member = self.members.get(name)
        if member is None:
            raise FormatError("It is missing from the archive.", where=name)
        if stat.S_ISLNK(member.external_attr >> 16) or member.is_dir():
            raise FormatError("It is a link or a folder, where a file should be.", where=name)
        if member.flag_bits & 1:
            raise FormatError("It is encrypted.", where=name)
        if member.compress_type not in METHODS:
            raise FormatError("It is compressed in a way that is not supported.", where=name)
        if member.file_size > limit:
            raise too_large(name, limit)
        return member

    def chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """The content of a member, piece by piece; at most ``limit`` bytes, whatever the directory says."""
        member = self.member(name, limit)
        total = 0
        try:
            with self.zip.open(member) as file:
                while chunk := file.read(CHUNK):
                    total += len(chunk)
                    if total > limit:
                        raise too_large(name, limit)
                    self.meter.unpack(name, total)
                    yield chunk
        except FormatError:
            raise
        except DAMAGED as error:
            raise FormatError("It is damaged.", where=name) from error

    def chunks_from(self, name: str, limit: int, start: int) -> Iterator[bytes]:
        """The content of a member from the byte ``start`` on."""
        if self.work.folder is None:
            assert not start  # noqa: S101
            return self.chunks(name, limit)
        path = self.work.unpack(name.replace("/", "-"), lambda: self.chunks(name, limit))
        return pieces_of(path, start, CHUNK)

    def read(self, name: str, limit: int) -> bytes:
        """The whole content of a member of at most ``limit`` bytes."""
        return b"".join(self.chunks(name, limit))


def too_large(name: str, limit: int) -> FormatError:
    return FormatError(f"It is too large when unpacked; at most {megabytes(limit)} can be read.", where=name)


def count_members(file: BinaryIO) -> int:
    """At least the number of members that a reader of the archive could find.

    Counted by what each entry of a directory begins with, not by what the archive says: a reader keeps a
    kilobyte of memory for each entry.
    """
    count, rest = 0, b""
    while chunk := file.read(CHUNK):
        chunk = rest + chunk
        count += chunk.count(MEMBER_SIGNATURE)
        rest = chunk[-3:]
    file.seek(0)
    return count
