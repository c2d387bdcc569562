"""Uploaded images become images in the site's own form, or get a clear refusal."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from cards.media.encoding import MAX_SIDE, ImageError, reencode
from cards.text.images import MAX_IMAGE


def photo(width: int = 400, height: int = 300) -> Image.Image:
    """Many colours: red grows to the right, green downwards."""
    red = Image.linear_gradient("L").rotate(90).resize((width, height))
    green = Image.linear_gradient("L").resize((width, height))
    blue = Image.effect_noise((width, height), 60)
    return Image.merge("RGB", (red, green, blue))


def drawing() -> Image.Image:
    image = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(image).line((0, 0, 119, 79), fill="navy", width=3)
    return image


def saved(image: Image.Image, kind: str, **more) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_each_type_becomes_a_webp_of_the_same_size(kind):
    encoded = reencode(saved(photo(), kind))
    image = shown(encoded.data)
    assert (image.format, image.size) == ("WEBP", (400, 300))
    assert (encoded.width, encoded.height) == (400, 300)
    assert set(image.info) <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_each_colour_mode_becomes_rgb_or_rgba(mode):
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    image = drawing().convert("L").convert(mode) if mode == "I;16" else drawing().convert(mode)
    if mode == "PA":
        image = image.convert("RGBA")
    assert shown(reencode(saved(image, kind)).data).mode in ("RGB", "RGBA")


def test_sixteen_bit_grey_keeps_its_brightness():
    image = Image.new("I;16", (10, 10), 128 * 256)
    assert abs(shown(reencode(saved(image, "PNG")).data).convert("L").getpixel((5, 5)) - 128) < 3


def test_transparency_is_kept():
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert shown(reencode(saved(image, "PNG")).data).convert("RGBA").getpixel((1, 1))[3] == 0


def test_drawings_are_encoded_without_loss():
    image = shown(reencode(saved(drawing(), "PNG")).data).convert("RGB")
    assert image.tobytes() == drawing().tobytes()


@pytest.mark.slow
def test_longer_side_is_scaled_down():
    assert shown(reencode(saved(photo(3200, 800), "JPEG")).data).size == (MAX_SIDE, 400)
    assert shown(reencode(saved(photo(900, 3200), "PNG")).data).size == (450, MAX_SIDE)


def test_photograph_is_rotated_and_loses_its_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "My garden"
    encoded = reencode(saved(photo(3000, 600), "JPEG", exif=exif))
    assert (encoded.width, encoded.height) == (320, MAX_SIDE)
    assert b"garden" not in encoded.data
    assert not shown(encoded.data).getexif()
    # The left edge, which has no red, is now at the top.
    image = shown(encoded.data).convert("RGB")
    top, bottom = image.resize((1, 8)).getpixel((0, 0)), image.resize((1, 8)).getpixel((0, 7))
    assert abs(top[0] - bottom[0]) > 100


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_metadata_is_removed(kind):
    data = saved(drawing(), kind, icc_profile=b"profile" * 30, xmp=b"<x:secret/>", exif=b"Exif\0\0secret")
    encoded = reencode(data)
    assert b"secret" not in encoded.data
    assert b"profile" not in encoded.data


def test_animation_keeps_its_first_frame():
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        image = shown(reencode(data).data)
        assert getattr(image, "n_frames", 1) == 1
        assert image.convert("RGB").getpixel((5, 5))[0] > 200


@pytest.mark.parametrize("image", [photo(), drawing(), Image.new("RGBA", (9, 9), (1, 2, 3, 4))])
def test_encoded_image_is_kept_byte_for_byte(image):
    first = reencode(saved(image, "PNG"))
    assert reencode(first.data) == first
    assert reencode(first.data).sha256 == first.sha256


def test_data_hidden_in_a_webp_is_removed():
    data = reencode(saved(photo(), "PNG")).data
    behind = data + b"<script>"
    assert b"<script>" not in reencode(behind).data
    chunk = struct.pack("<4sI", b"EXIF", 8) + b"<script>"
    inside = data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk
    assert b"<script>" not in reencode(inside).data


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("data", [b"", b"GIF89a", SVG, b"%PDF-1.7", b"<html>", b"RIFF", b"\x89PNG\r\n\x1a\n"])
def test_file_that_is_no_image_is_refused(data):
    with pytest.raises(ImageError, match="image"):
        reencode(data)


def test_other_types_are_refused_by_content():
    for kind in ("BMP", "TIFF", "ICO"):
        with pytest.raises(ImageError, match="PNG, JPEG, GIF or WebP"):
            reencode(saved(drawing(), kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_truncated_image_is_refused(kind):
    data = saved(photo(), kind)
    with pytest.raises(ImageError, match="image"):
        reencode(data[: len(data) // 2])


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims this size, with almost no data."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + rows


def webp_of(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "data", [png_of(6_000, 6_000), png_of(200_000, 200_000), webp_of(16_000, 16_000), webp_of(4_000, 4_000)]
)
def test_too_many_pixels_are_refused_before_decoding(data):
    with pytest.raises(ImageError, match=r"at most (25|15) million"):
        reencode(data)


def test_huge_file_is_refused():
    with pytest.raises(ImageError, match="10 MB"):
        reencode(b"\x89PNG" + bytes(MAX_IMAGE))


@given(st.data())
def test_hostile_bytes_raise_no_unexpected_error(data):
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
    broken = bytearray(saved(drawing(), kind))
    for _ in range(data.draw(st.integers(1, 12))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        encoded = reencode(bytes(broken))
    except ImageError:
        return
    assert shown(encoded.data).format == "WEBP"
