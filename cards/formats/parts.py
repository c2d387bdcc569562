"""Files that are written in slices. They only grow; what a failed slice wrote is cut off by the next. Pure."""

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
"""Bytes of one file. A zip archive with members of more than 4 GB needs another format (ZIP64)."""

FILE, DIRECTORY = "file", "directory"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of every member of a zip, so that the same deck makes the same file."""

DESCRIBED = 0x08
"""Flag of a zip member whose size follows its data."""

DEFLATE = -zlib.MAX_WBITS


class Parts:
    """Files in a folder, by name. ``sizes``, to be stored between slices, are the bytes of each that are valid."""

    def __init__(self, folder: Path, sizes: dict[str, int]) -> None:
        self.folder, self.sizes = folder, sizes
        self.files: dict[str, BinaryIO] = {}

    def path(self, name: str) -> Path:
        return self.folder / name.replace("/", "-")

    def append(self, name: str, data: bytes) -> None:
        """Append to the file ``name``, or create it. Raises FormatError if it gets too large."""
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
        """The content of a file between the bytes ``start`` and ``end``, in blocks."""
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
    """A member of a zip: the first ``end`` bytes of a file, to be compressed, or bytes that already are.

    A file that ``is_packed`` is not compressed again.
    """

    name: str
    path: Path | None = None
    end: int | None = None
    read: Callable[[], bytes] = bytes
    is_packed: bool = False


@dataclass(slots=True)
class Zip:
    """Writes a zip archive as the part `FILE`, block by block. Store ``state`` between slices."""

    parts: Parts
    state: dict[str, Any] = field(default_factory=dict)

    def steps(self, members: Iterable[Member]) -> Iterator[None]:
        """Add ``members``, which must be the same in each slice, and finish the archive."""
        for number, member in enumerate(members):
            if number < self.state.get("member", 0):
                continue
            if member.path and member.is_packed:
                yield from self.copy(member.name, member.path, member.end)
            elif member.path:
                yield from self.deflate(member.name, member.path, member.end)
            else:
                self.store(member)
            # The rest of the state is about this member only.
            self.state.clear()
            self.state["member"] = number + 1
            yield
        self.end()

    def deflate(self, name: str, path: Path, end: int | None) -> Iterator[None]:
        """Compress a file. Each block is compressed separately, since a compressor cannot be stored."""
        state = self.state
        if "start" not in state:
            state |= {"start": self.parts.sizes.get(FILE, 0), "at": 0, "packed": 0, "crc": 0}
            self.parts.append(FILE, entry(name, zipfile.ZIP_DEFLATED, DESCRIBED).FileHeader())
        for block in self.parts.blocks(path, state["at"], end):
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
        self.note(name, zipfile.ZIP_DEFLATED, state["start"], numbers)

    def copy(self, name: str, path: Path, end: int | None) -> Iterator[None]:
        """Store a file as it is. It is read twice, because its checksum comes before it."""
        state = self.state
        if "start" not in state:
            state.setdefault("summed", 0)
            for block in self.parts.blocks(path, state["summed"], end):
                state["crc"] = zlib.crc32(block, state.get("crc", 0))
                state["summed"] += len(block)
                yield
            state |= {"start": self.parts.sizes.get(FILE, 0), "at": 0}
            self.parts.append(FILE, entry(name, zipfile.ZIP_STORED, 0, self.stored()).FileHeader())
        for block in self.parts.blocks(path, state["at"], end):
            self.parts.append(FILE, block)
            state["at"] += len(block)
            yield
        self.note(name, zipfile.ZIP_STORED, state["start"], self.stored())

    def stored(self) -> tuple[int, int, int]:
        """The checksum and both sizes of the file that is copied."""
        return self.state.get("crc", 0), self.state["summed"], self.state["summed"]

    def store(self, member: Member) -> None:
        data = member.read()
        numbers = (zlib.crc32(data), len(data), len(data))
        start = self.parts.sizes.get(FILE, 0)
        self.parts.append(FILE, entry(member.name, zipfile.ZIP_STORED, 0, numbers).FileHeader() + data)
        self.note(member.name, zipfile.ZIP_STORED, start, numbers)

    def note(self, name: str, method: int, start: int, numbers: tuple[int, int, int]) -> None:
        self.parts.append(DIRECTORY, json.dumps([name, method, start, numbers]).encode() + b"\n")

    def end(self) -> None:
        """Write the directory after the members, with `zipfile`."""
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
    """The directory entry of a member. ``numbers`` are its checksum, its compressed and its original size."""
    member = zipfile.ZipInfo(name, MOMENT)
    member.compress_type, member.flag_bits = method, flags
    member.external_attr = 0o644 << 16
    member.CRC, member.compress_size, member.file_size = numbers
    return member
