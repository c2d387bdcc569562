"""Reads and writes the protocol buffers in Anki's files, without a schema. Pure.

The encoding: https://protobuf.dev/programming-guides/encoding/
"""

import struct
from collections import defaultdict
from collections.abc import Mapping

from cards.formats.types import FormatError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
MAX_VALUES = 100_000

Message = dict[int, list[int | bytes]]
"""A message's values by field number, in their order. Nested messages stay bytes."""


class DamagedMessageError(FormatError):
    """The bytes are not a message."""


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at ``position``, and where the next value starts."""
    value = 0
    for index, byte in enumerate(data[position : position + LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position + index + 1
    raise DamagedMessageError("It is damaged: a number does not end.")


def read(data: bytes) -> Message:
    """The fields of a message. Raises DamagedMessageError if ``data`` is not one."""
    message: Message = defaultdict(list)
    position, values = 0, 0
    while position < len(data):
        values += 1
        if values > MAX_VALUES:
            raise DamagedMessageError(f"It has more than {MAX_VALUES:,} values.")
        tag, position = varint(data, position)
        kind = tag & 7
        value: int | bytes
        if kind == VARINT:
            value, position = varint(data, position)
        else:
            if kind == BYTES:
                length, position = varint(data, position)
            elif kind in (FIXED32, FIXED64):
                length = 4 if kind == FIXED32 else 8
            else:
                raise DamagedMessageError("It is damaged: a field has an unknown type.")
            value, position = data[position : position + length], position + length
            if position > len(data):
                raise DamagedMessageError("It is damaged: a field is longer than what holds it.")
        message[tag >> 3].append(value)
    return message


def last(message: Message, field: int) -> int | bytes | None:
    """The last value, which counts for a field with one value."""
    values = message.get(field)
    return values[-1] if values else None


def text(message: Message, field: int) -> str:
    value = last(message, field)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def number(message: Message, field: int) -> int:
    value = last(message, field)
    return value if isinstance(value, int) else 0


def nested(message: Message, field: int) -> Message:
    value = last(message, field)
    return read(value) if isinstance(value, bytes) else {}


def floats(message: Message, field: int) -> tuple[float, ...]:
    """A list of 32-bit floats, packed or not. A single one makes a list of one."""
    data = b"".join(value for value in message.get(field, []) if isinstance(value, bytes))
    return tuple(value for (value,) in struct.iter_unpack("<f", data[: len(data) // 4 * 4]))


# Writing

Value = int | float | str | bytes | tuple[float, ...]


def write(values: Mapping[int, Value]) -> bytes:
    """A message with these values by field number, in their order.

    A float has 32 bits, a tuple is a packed list of such floats, and bytes may be a nested message. Whole numbers
    must not be negative.
    """
    return b"".join(field_of(number, value) for number, value in values.items())


def field_of(number: int, value: Value) -> bytes:
    """One field of a message. A list of messages is several fields with one number."""
    if isinstance(value, int):
        return encoded(number << 3 | VARINT) + encoded(value)
    if isinstance(value, float):
        return encoded(number << 3 | FIXED32) + struct.pack("<f", value)
    if isinstance(value, tuple):
        value = struct.pack(f"<{len(value)}f", *value)
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return encoded(number << 3 | BYTES) + encoded(len(data)) + data


def encoded(value: int) -> bytes:
    """A whole number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
