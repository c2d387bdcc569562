"""Bytes -> text. The encoding is guessed unless the file specifies it. Pure."""

import codecs

from cards.formats.types import FormatError

# UTF-32 before UTF-16, because its mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32-LE"),
    (codecs.BOM_UTF32_BE, "UTF-32-BE"),
    (codecs.BOM_UTF16_LE, "UTF-16-LE"),
    (codecs.BOM_UTF16_BE, "UTF-16-BE"),
)
WINDOWS = "Windows-1252"
ENCODINGS = ("UTF-8", "UTF-16-LE", "UTF-16-BE", "Windows-1252", "Latin-1", "Mac Roman")
"""The encodings that a user can choose if the guess is wrong."""

CODECS = {"Mac Roman": "mac_roman"}

# How files begin that are not text, and their names.
OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive (such as .xlsx, .docx, .apkg)"),
    (b"\xd0\xcf\x11\xe0", "an Office file that is old (such as .xls) or has a password"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
)


def guess_encoding(data: bytes) -> tuple[str, int]:
    """The most likely encoding, and the length of its mark at the start in bytes."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name, len(mark)
    sample = data[:4096]
    # Latin letters in UTF-16 have a zero in every second byte. Text in other encodings has no zeros.
    if len(sample) >= 2 and len(data) % 2 == 0:
        if sample[1::2].count(0) > len(sample) // 5:
            return "UTF-16-LE", 0
        if sample[0::2].count(0) > len(sample) // 5:
            return "UTF-16-BE", 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return WINDOWS, 0
    return "UTF-8", 0


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text, with ``\\n`` for every line end, and the name of its encoding, guessed unless given.

    Raises FormatError if the bytes are not text.
    """
    for start, what in OTHER_FILES:
        if data.startswith(start):
            raise FormatError(f"This is {what}, not text.")
    name, mark = guess_encoding(data)
    if encoding and encoding != name:
        name, mark = encoding, 0
    try:
        text = data[mark:].decode(CODECS.get(name, name), "strict" if name != WINDOWS else "latin_1_rest")
    except LookupError as error:
        raise FormatError(f"“{encoding}” is not a known encoding.") from error
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"This is not {name}.", where=f"row {row}") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise FormatError("This is not text.", where=f"row {row}")
    return text.removeprefix("\ufeff"), name


def latin_1_rest(error: UnicodeError) -> tuple[str, int]:
    """Windows-1252 leaves five bytes undefined. Browsers read them as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin_1_rest", latin_1_rest)
