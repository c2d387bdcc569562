"""Members of an archive that hold one JSON object per line, and the values in them. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cards.formats.archive.layout import MAX_LINE, MAX_LINES
from cards.formats.types import FormatError, Place
from cards.formats.zips import Archive

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def begin(archive: Archive, member: str, place: Place) -> None:
    """Start to read a member of lines at ``place``."""
    archive.places[member] = (place[0], place[1]) if place else (0, 0)
    if not place:
        archive.work.forget_seen(member)


def lines_of(archive: Archive, name: str, *, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place in words, and its object. Raises FormatError after ``most`` lines.

    Starts at the archive's place for ``name`` and moves that place behind each line. The limits of the archive may
    allow fewer lines.
    """
    start, number = archive.places[name]
    rest = b""
    limits = archive.meter.limits
    most = min(most, limits.lines)
    for chunk in archive.chunks_from(name, MAX_LINES, start):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            start += len(line) + 1
            archive.meter.check()
            if number > most:
                raise FormatError(f"It has more than {most:,} lines. {limits.hint}", where=name)
            if line:
                archive.places[name] = (start, number)
                yield f"{name}, line {number}", from_json(line, f"{name}, line {number}")
        if len(rest) > MAX_LINE:
            raise FormatError(
                f"The line is longer than {MAX_LINE:,} bytes.", where=f"{name}, line {number + 1}"
            )
    if rest:
        archive.places[name] = (start + len(rest), number + 1)
        yield f"{name}, line {number + 1}", from_json(rest, f"{name}, line {number + 1}")


def from_json(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object in ``data``. Raises FormatError if there is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError("It is not JSON.", where=where) from error
    if not isinstance(value, dict):
        raise FormatError("It is not a JSON object.", where=where)
    return value


def text(line: Mapping[str, Any], name: str, where: str) -> str:
    """The text called ``name``, empty if missing. Raises FormatError for what a database cannot hold."""
    value = line.get(name, "")
    if not isinstance(value, str) or UNSTORABLE.search(value):
        raise FormatError(f"“{name}” must be a text.", where=where)
    return value


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
