"""A collection and images -> the members of an ``.apkg``, in steps. Pure.

In the newest format, the collection, the list of media and every medium are compressed with Zstandard, and the
members of the zip are not compressed again (package/meta.rs and media.rs of Anki's rslib).
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cards.formats.anki.container import protobuf, zstandard
from cards.formats.anki.writing.note_types import NOTE_TYPES
from cards.formats.anki.writing.package import Package
from cards.formats.anki.writing.schemas import OLD, schema_of
from cards.formats.parts import Member, Parts, Zip

PACKED, MEDIA = "packed", "media"
STUB = "collection.anki2"
"""What a version of Anki reads that does not know the other member: a note that says so."""

TOO_OLD = "This package was made for a newer version of Anki. Please update Anki, or choose the older format."

# Field numbers of PackageMetadata, MediaEntries and MediaEntry.
VERSION, ENTRY = 1, 1
NAME, SIZE, SHA1 = 1, 2, 3

ReadImage = Callable[[str], bytes]


def steps(
    parts: Parts,
    state: dict[str, Any],
    package: Package,
    collection: Path,
    images: Sequence[str],
    read_image: ReadImage,
) -> Iterator[None]:
    """Write the package as the part `cards.formats.parts.FILE`. Store ``state`` between slices.

    ``collection`` is a file that is ended, ``images`` are the names of media. Raises FormatError if the file gets
    too large.
    """
    if package.is_newest and "zip" not in state:
        yield from compress(parts, state, collection)
        yield from list_media(parts, state, images, read_image)
    members = members_of(parts, package, collection, images, read_image)
    yield from Zip(parts, state.setdefault("zip", {})).steps(members)


def compress(parts: Parts, state: dict[str, Any], collection: Path) -> Iterator[None]:
    """Compress the collection block by block. Each is a frame of its own: a compressor cannot be stored."""
    parts.append(PACKED, b"")
    for block in parts.blocks(collection, state.get("compressed", 0), None):
        parts.append(PACKED, zstandard.pack(block))
        state["compressed"] = state.get("compressed", 0) + len(block)
        yield


def list_media(
    parts: Parts, state: dict[str, Any], images: Sequence[str], read_image: ReadImage
) -> Iterator[None]:
    """Write Anki's MediaEntries, which have the size and the hash of each medium."""
    parts.append(MEDIA, b"")
    for name in images[state.get("listed", 0) :]:
        data = read_image(name)
        entry: dict[int, protobuf.Value] = {
            NAME: name,
            SIZE: len(data),
            SHA1: hashlib.sha1(data, usedforsecurity=False).digest(),
        }
        parts.append(MEDIA, protobuf.write({ENTRY: protobuf.write(entry)}))
        state["listed"] = state.get("listed", 0) + 1
        yield


def members_of(
    parts: Parts, package: Package, collection: Path, images: Sequence[str], read_image: ReadImage
) -> Iterator[Member]:
    """The members in their order. Media are named by numbers, and a list has their names."""
    schema = schema_of(package)
    yield Member("meta", read=partial(protobuf.write, {VERSION: schema.version}))
    if package.is_newest:
        path = parts.path(PACKED)
        yield Member(schema.member, path, parts.sizes[PACKED], is_packed=True)
    else:
        yield Member(schema.member, collection)
    yield Member(STUB, read=partial(stub, package))
    if package.is_newest:
        yield Member("media", read=lambda: zstandard.pack(b"".join(parts.blocks(parts.path(MEDIA), 0, None))))
    else:
        names = json.dumps({str(number): name for number, name in enumerate(images)})
        yield Member("media", read=names.encode)
    for number, name in enumerate(images):
        if package.is_newest:
            yield Member(str(number), read=lambda name=name: zstandard.pack(read_image(name)))  # type: ignore[misc]
        else:
            yield Member(str(number), read=partial(read_image, name))


def stub(package: Package) -> bytes:
    """A collection with one note, for versions of Anki that do not know the format of the package."""
    note_type, seconds = NOTE_TYPES["definition"], package.seconds
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("PRAGMA page_size = 512")
        OLD.begin(db, package)
        fields = (seconds * 1000, "studysite-too-old", note_type.id, seconds, f"{TOO_OLD}\x1f", TOO_OLD)
        db.execute("INSERT INTO notes VALUES (?, ?, ?, ?, -1, '', ?, ?, 0, 0, '')", fields)
        card = (seconds * 1000, seconds * 1000, package.deck, seconds)
        db.execute(
            "INSERT INTO cards VALUES (?, ?, ?, 0, ?, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}')", card
        )
        OLD.end(db, replace(package, description="", preset=None), (note_type,))
        db.commit()
        return db.serialize()
