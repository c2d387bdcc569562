"""Files that are written in slices: they only grow, and what was written beyond a slice is cut off. Pure."""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from cards.formats.types import FormatError

BLOCK = 2**18
"""Bytes that are compressed in one step."""

MOST_BYTES = 2**30
"""Of one file; a zip archive of members above four gigabytes is of another kind."""

FILE, DIRECTORY = "file", "directory"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""When every member of a zip was written, as far as it says: the same deck makes the same file."""

DESCRIBED = 0x08
"""Flag of a member whose size stands behind it."""

DEFLATE = -zlib.MAX_WBITS


class Parts:
    """Files in a folder by their names; ``sizes``, to be kept between slices, says how much of each counts."""

    def __init__(self, folder: Path, sizes: dict[str, int]) -> None:
        self.folder, self.sizes = folder, sizes
        self.files: dict[str, BinaryIO] = {}

    def path(self, name: str) -> Path:
        return self.folder / name.replace("/", "-")

    def append(self, name: str, data: bytes) -> None:
        """Write at the end of the file ``name``, which is made if need be."""
        if name not in self.files:
            file = self.files[name] = self.path(name).open("ab")
            file.truncate(self.sizes.setdefault(name, 0))
            file.seek(self.sizes[name])
        self.sizes[name] += len(data)
        if self.sizes[name] > MOST_BYTES:
            raise FormatError(f"The file is too large; at most {MOST_BYTES // 2**20:,} MB are written.")
        self.files[name].write(data)

    def flush(self) -> None:
        for file in self.files.values():
            file.flush()

    def blocks(self, path: Path, start: int, end: int | None) -> Iterator[bytes]:
        """The content of a file between two places, in blocks."""
        self.flush()
        with path.open("rb") as file:
            file.seek(start)
            while block := file.read(BLOCK if end is None else min(BLOCK, end - file.tell())):
                yield block

    def lines(self, name: str) -> list[str]:
        self.flush()
        path = self.path(name)
        if not self.sizes.get(name):
            return []
        with path.open("rb") as file:
            return file.read(self.sizes[name]).decode().splitlines()

    def close(self) -> None:
        for file in self.files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a zip: a file to be compressed, up to ``end``, or bytes that are compressed already."""

    name: str
    path: Path | None = None
    end: int | None = None
    read: Callable[[], bytes] = bytes


@dataclass(slots=True)
class Zip:
    """Writes a zip archive as the part `FILE`, block by block; ``state`` is to be kept between slices."""

    parts: Parts
    state: dict[str, Any] = field(default_factory=dict)

    def steps(self, members: Iterable[Member]) -> Iterator[None]:
        """Add ``members``, which are the same in each slice, and end the archive."""
        for number, member in enumerate(members):
            if number < self.state.get("member", 0):
                continue
            if member.path:
                yield from self.deflate(member)
            else:
                self.store(member)
            # Where its bytes began and how far they were is of no use for the next.
            self.state.clear()
            self.state["member"] = number + 1
            yield
        self.end()

    def deflate(self, member: Member) -> Iterator[None]:
        """Compress a file: each block for itself, since no compressor outlives its process."""
        state, path = self.state, member.path
        assert path is not None  # noqa: S101
        if "start" not in state:
            state |= {"start": self.parts.sizes.get(FILE, 0), "at": 0, "packed": 0, "crc": 0}
            self.parts.append(FILE, entry(member.name, zipfile.ZIP_DEFLATED, DESCRIBED).FileHeader())
        for block in self.parts.blocks(path, state["at"], member.end):
            compressor = zlib.compressobj(wbits=DEFLATE)
            data = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
            self.parts.append(FILE, data)
            state["packed"] += len(data)
            state["at"] += len(block)
            state["crc"] = zlib.crc32(block, state["crc"])
            yield
        last = zlib.compressobj(wbits=DEFLATE).flush()
        self.parts.append(FILE, last)
        numbers = (state["crc"], state["packed"] + len(last), state["at"])
        self.parts.append(FILE, b"PK\x07\x08" + b"".join(number.to_bytes(4, "little") for number in numbers))
        self.note(member.name, zipfile.ZIP_DEFLATED, state["start"], numbers)

    def store(self, member: Member) -> None:
        data = member.read()
        numbers = (zlib.crc32(data), len(data), len(data))
        start = self.parts.sizes.get(FILE, 0)
        self.parts.append(FILE, entry(member.name, zipfile.ZIP_STORED, 0, numbers).FileHeader() + data)
        self.note(member.name, zipfile.ZIP_STORED, start, numbers)

    def note(self, name: str, method: int, start: int, numbers: tuple[int, int, int]) -> None:
        self.parts.append(DIRECTORY, json.dumps([name, method, start, numbers]).encode() + b"\n")

    def end(self) -> None:
        """Write the directory behind the members, as `zipfile` does."""
        self.parts.append(FILE, b"")
        self.parts.flush()
        with self.parts.path(FILE).open("r+b") as file:
            file.truncate(self.parts.sizes[FILE])
            file.seek(self.parts.sizes[FILE])
            with zipfile.ZipFile(file, "w") as archive:
                for line in self.parts.lines(DIRECTORY):
                    name, method, start, numbers = json.loads(line)
                    flags = DESCRIBED if method == zipfile.ZIP_DEFLATED else 0
                    member = entry(name, method, flags, numbers)
                    member.header_offset = start
                    archive.filelist.append(member)


def entry(name: str, method: int, flags: int, numbers: tuple[int, int, int] = (0, 0, 0)) -> zipfile.ZipInfo:
    """What a zip says of a member; ``numbers`` are its checksum and its sizes, packed and not."""
    member = zipfile.ZipInfo(name, MOMENT)
    member.compress_type, member.flag_bits = method, flags
    member.external_attr = 0o644 << 16
    member.CRC, member.compress_size, member.file_size = numbers
    return member
