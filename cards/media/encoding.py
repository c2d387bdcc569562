"""Uploaded images -> images as the site stores them: recognised by content, and encoded again as WebP. Pure.

The result is one still picture of at most `MAX_SIDE` pixels a side, the right way up, and without metadata: no
location of a photograph, no colour profile, no text. SVG is not supported, since it can contain scripts.
"""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from cards.text.images import MAX_IMAGE

MAX_PIXELS = 25_000_000
"""Pixels of an image that is decoded, according to its header. Each takes four bytes, twice while it is scaled."""

MAX_WEBP_PIXELS = 15_000_000
"""The same for a WebP, whose decoder needs more memory."""

MAX_SIDE = 1_600
"""Pixels of the longer side of a stored image."""

FEW_COLOURS = 4_096
"""Drawings and diagrams have fewer colours, and are encoded without loss. Photographs have more."""

QUALITY = 85
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by its EXIF orientation."""

TYPES = ("PNG", "JPEG", "GIF", "WEBP")
UNKNOWN = "This is not an image that can be shown. Choose a PNG, JPEG, GIF or WebP."
DAMAGED = "The image is damaged."


class ImageError(ValueError):
    """An image cannot be stored. ``str()`` is a message for the user."""


@dataclass(frozen=True)
class Encoded:
    """An image as it is stored: WebP, with its size in pixels."""

    data: bytes
    width: int
    height: int

    @cached_property
    def sha256(self) -> str:
        """Its hash, by which the same picture is stored once."""
        return hashlib.sha256(self.data).hexdigest()


def reencode(data: bytes) -> Encoded:
    """The image as the site stores it. Its name does not matter.

    A file that the site could have written itself stays unchanged (`is_as_written`), because encoding it again
    would lose quality. Only the first frame of an animation is stored.

    Raises:
        ImageError: it has none of the four types, is too large, or is damaged.
    """
    if len(data) > MAX_IMAGE:
        raise ImageError(f"An image has at most {MAX_IMAGE // 2**20} MB.")
    if data[:4] == b"RIFF":
        # Pillow allocates memory for the whole picture before it returns its size.
        check_size(webp_size(data), MAX_WEBP_PIXELS)
    try:
        return decoded(data)
    except ImageError:
        raise
    except Image.UnidentifiedImageError:
        raise ImageError(UNKNOWN) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(too_many_pixels()) from None
    except Exception as error:  # Decoders may raise anything for unexpected data.
        raise ImageError(DAMAGED) from error


def decoded(data: bytes) -> Encoded:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=TYPES) as image:
            check_size(image.size)
            # A JPEG can be decoded at a half or a quarter of its size, which saves time and memory.
            image.draft(None, (MAX_SIDE, MAX_SIDE))
            image.load()
            check_size(image.size)
            if is_as_written(data):
                return Encoded(data, *image.size)
            return written(upright(image))


def upright(image: Image.Image) -> Image.Image:
    """The picture scaled, turned upright and in plain colours. Closes ``image``."""
    turn = TURNS.get(orientation(image))
    plain = scalable(image)
    if plain is not image:
        # Both together would need too much memory.
        image.close()
    if max(plain.size) > MAX_SIDE:
        plain.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    plain = in_colour(plain)
    return plain.transpose(turn) if turn is not None else plain


def orientation(image: Image.Image) -> int:
    """The EXIF orientation. 1, upright, if it cannot be read."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1


def scalable(image: Image.Image) -> Image.Image:
    """``image``, converted if its mode has no colours between two others, which scaling needs."""
    if image.mode.startswith("I") or image.mode == "F":
        # 16 bits per shade of grey.
        return image.convert("I").point(lambda shade: shade * (1 / 256)).convert("L")
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def in_colour(image: Image.Image) -> Image.Image:
    """``image`` in RGB, or in RGBA if some of it is transparent."""
    see_through = image.has_transparency_data and image.getchannel("A").getextrema() != (255, 255)
    return image.convert("RGBA" if see_through else "RGB")


def written(image: Image.Image) -> Encoded:
    is_drawing = image.getcolors(FEW_COLOURS) is not None
    file = io.BytesIO()
    image.save(
        file, "WEBP", lossless=is_drawing, quality=QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b""
    )
    return Encoded(file.getvalue(), *image.size)


def check_size(size: tuple[int, int], most: int = MAX_PIXELS) -> None:
    if size[0] * size[1] > most:
        raise ImageError(too_many_pixels(most))


def too_many_pixels(most: int = MAX_PIXELS) -> str:
    return f"It has too many pixels: at most {most // 1_000_000} million can be read."


# --- WebP: a RIFF file of chunks (https://developers.google.com/speed/webp/docs/riff_container)


def webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The names and contents of the chunks. Empty unless the file consists of complete chunks only."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or struct.unpack("<I", data[4:8])[0] != len(data) - 8:
        return []
    chunks, place = [], 12
    while place + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[place : place + 8])
        chunks.append((name, data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return chunks if place == len(data) else []


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the header of a WebP. (0, 0) if it has none."""
    name, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if name == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def is_as_written(data: bytes) -> bool:
    """Whether ``data``, which can be decoded, is a WebP like those that `written` makes.

    It must consist of complete chunks of one still picture, without metadata, colour profile or further frames,
    and no side may be too long.
    """
    if max(webp_size(data)) > MAX_SIDE:
        return False
    names = [name for name, _ in webp_chunks(data)]
    return names in ([b"VP8 "], [b"VP8L"], [b"VP8X", b"ALPH", b"VP8 "], [b"VP8X", b"VP8L"])
