"""Opening files within limits, which never depend on what the file says about itself. Pure."""

import io
import os
from pathlib import Path
from typing import BinaryIO

from cards.formats.types import MAX_FILE, FormatError

Source = bytes | Path | BinaryIO
"""A file's bytes, its path, or the open file, which must be seekable and stays open."""

BLOCK = 2**20
"""Bytes that are read at once."""


def megabytes(size: int) -> str:
    """A number of bytes in words."""
    return f"{max(size / 2**20, 0.1):,.0f} MB" if size >= 2**20 else f"{max(size // 2**10, 1):,} KB"


def opened(source: Source, *, limit: int = MAX_FILE) -> BinaryIO:
    """The open file, at its beginning. Raises FormatError if it is empty or has more than ``limit`` bytes."""
    if isinstance(source, bytes):
        file: BinaryIO = io.BytesIO(source)
    elif isinstance(source, Path):
        file = source.open("rb")
    else:
        file = source
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if not size or size > limit:
        release(file, source)
        if not size:
            raise FormatError("The file is empty.")
        raise FormatError(f"The file has {megabytes(size)}; at most {megabytes(limit)} can be read.")
    return file


def release(file: BinaryIO, source: Source) -> None:
    """Close ``file`` unless the caller had opened it."""
    if file is not source:
        file.close()


def beginning(source: Source, length: int) -> bytes:
    """The first bytes of a file."""
    if isinstance(source, bytes):
        return source[:length]
    file = opened(source)
    try:
        return file.read(length)
    finally:
        file.seek(0)
        release(file, source)
