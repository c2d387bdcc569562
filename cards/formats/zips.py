"""Zip archives, read within limits. The names of members are never used as file names on disk. Pure."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from cards.formats.bounds import Meter
from cards.formats.sources import BLOCK, Source, megabytes, opened, release
from cards.formats.types import FormatError
from cards.formats.work import Work, blocks_of

MAX_MEMBERS = 50_000
MEMBER_SIGNATURE = b"PK\x01\x02"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class Archive:
    """An open zip archive. Every error is a FormatError. ``meter`` counts the unpacked bytes.

    ``places`` says for members of lines where reading continues: the number of bytes and of lines before it. If
    ``work`` has a folder, such members are unpacked there once, so that reading can continue at any place.
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
                "The file is not a complete zip archive. Was its download or upload interrupted?"
            ) from error
        self.members = {member.filename: member for member in self.zip.infolist()}
        try:
            # Unpacked by earlier slices: the limit is for all slices of a file together.
            for name, size in self.work.unpacked():
                self.meter.unpack(name, size)
        except BaseException:
            self.close()
            raise

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def close(self) -> None:
        release(self.file, self.source)
        if not self.work.has_folder:
            self.work.close()

    def member(self, name: str, limit: int) -> zipfile.ZipInfo:
        """The directory entry of a member that may be read."""
        member = self.members.get(name)
        if member is None:
            raise FormatError("It is missing from the archive.", where=name)
        if stat.S_ISLNK(member.external_attr >> 16) or member.is_dir():
            raise FormatError("It is a link or a folder instead of a file.", where=name)
        if member.flag_bits & 1:
            raise FormatError("It is encrypted.", where=name)
        if member.compress_type not in METHODS:
            raise FormatError("Its compression method is not supported.", where=name)
        if member.file_size > limit:
            raise too_large(name, limit)
        return member

    def chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """The content of a member in blocks, at most ``limit`` bytes, whatever the directory claims."""
        member = self.member(name, limit)
        total = 0
        try:
            with self.zip.open(member) as file:
                while chunk := file.read(BLOCK):
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
        """The content of a member from the byte ``start`` on.

        Raises ValueError if that is not its beginning and it cannot be unpacked into a folder.
        """
        if not self.work.has_folder:
            if start:
                raise ValueError("Without a folder a member is read from its beginning only.")
            return self.chunks(name, limit)
        path = self.work.unpack(name.replace("/", "-"), lambda: self.chunks(name, limit))
        return blocks_of(path, start, BLOCK)

    def read(self, name: str, limit: int) -> bytes:
        """The whole content of a member of at most ``limit`` bytes."""
        return b"".join(self.chunks(name, limit))


def too_large(name: str, limit: int) -> FormatError:
    return FormatError(f"It is too large when unpacked; at most {megabytes(limit)} can be read.", where=name)


def count_members(file: BinaryIO) -> int:
    """An upper bound of the number of members that a zip reader could find.

    Counts the signatures of directory entries instead of trusting the number in the archive, because a reader
    needs about a kilobyte of memory per entry.
    """
    count, rest = 0, b""
    while chunk := file.read(BLOCK):
        chunk = rest + chunk
        count += chunk.count(MEMBER_SIGNATURE)
        rest = chunk[-3:]
    file.seek(0)
    return count
