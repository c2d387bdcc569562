"""Zstandard, which Anki's newer files use: decompressing within limits, and compressing. Pure."""

import sys
from collections.abc import Iterable, Iterator

from cards.formats.sources import BLOCK
from cards.formats.types import FormatError
from cards.formats.zips import too_large

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_WINDOW_LOG = 24
"""A decompressor needs 2 to the power of this bytes. Anki's files need 2 to the power of 21."""


PIECE = 2**16
MAX_FRAMES = 4_000
"""Frames that follow each other in one file. Anki writes one, our own exports one for each 256 KB."""


def decompressor() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG})


def unpacked(chunks: Iterable[bytes], limit: int, *, where: str) -> Iterator[bytes]:
    """The content of compressed ``chunks`` in blocks, at most ``limit`` bytes.

    A file may consist of several frames (RFC 8878, 3); Anki reads them, too. Raises FormatError, which names
    ``where``, for more bytes or damaged data.
    """
    frame, frames, total = decompressor(), 1, 0
    try:
        for chunk in chunks:
            data = chunk
            while data or not (frame.eof or frame.needs_input):
                if frame.eof:
                    frame, frames = decompressor(), frames + 1
                    if frames > MAX_FRAMES:
                        raise FormatError("It has too many parts.", where=where)
                piece = frame.decompress(data, max_length=BLOCK)
                total += len(piece)
                if total > limit:
                    raise too_large(where, limit)
                if piece:
                    yield piece
                data = frame.unused_data if frame.eof else b""
    except zstd.ZstdError as error:
        raise FormatError("It is damaged.", where=where) from error
    if not frame.eof:
        raise FormatError("It ends too early.", where=where)


def pack(data: bytes) -> bytes:
    """``data`` compressed, as one frame."""
    return zstd.compress(data)


def unpack(data: bytes, limit: int, *, where: str) -> bytes:
    """The whole content of compressed ``data`` of at most ``limit`` bytes."""
    # In pieces: what follows a frame is copied for the next one.
    pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
    return b"".join(unpacked(pieces, limit, where=where))
