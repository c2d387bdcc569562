"""Decompressing Zstandard, which Anki's newer files use, within limits. Pure."""

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


def unpacked(chunks: Iterable[bytes], limit: int, *, where: str) -> Iterator[bytes]:
    """The content of compressed ``chunks`` in blocks, at most ``limit`` bytes.

    Raises FormatError, which names ``where``, for more bytes or damaged data.
    """
    decompressor = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG})
    total = 0
    try:
        for chunk in chunks:
            data = chunk
            while not decompressor.eof:
                piece = decompressor.decompress(data, max_length=BLOCK)
                total += len(piece)
                if total > limit:
                    raise too_large(where, limit)
                if piece:
                    yield piece
                if decompressor.needs_input:
                    break
                data = b""
    except zstd.ZstdError as error:
        raise FormatError("It is damaged.", where=where) from error
    if not decompressor.eof:
        raise FormatError("It ends too early.", where=where)


def unpack(data: bytes, limit: int, *, where: str) -> bytes:
    """The whole content of compressed ``data`` of at most ``limit`` bytes."""
    return b"".join(unpacked([data], limit, where=where))
