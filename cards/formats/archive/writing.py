"""Writing an archive. Pure."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cards.formats.archive.layout import (
    CARDS,
    DECK_FIELDS,
    FORMAT,
    IMAGE_LISTS,
    IMAGE_NAME,
    IMAGES,
    MANIFEST,
    MEMBERS,
    MOMENTS,
    TEXT_LISTS,
    TWINS,
    VERSION,
    records_member,
)
from cards.formats.parts import FILE, Member, Parts, Zip
from cards.formats.types import ParsedCard, ParsedDeck, TwinKeys, no_image


def write_archive(
    file: BinaryIO,
    *,
    deck: ParsedDeck,
    cards: Iterable[ParsedCard],
    twins: Iterable[TwinKeys] = (),
    read_image: Callable[[str], bytes] | None = None,
    records: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
) -> None:
    """Write a deck to ``file``. ``cards`` and ``records`` are iterated over once and are never all in memory.

    ``read_image`` returns the bytes of an image that a card names. ``records``, such as a learner's history, are
    written unchanged. Their names have lower-case letters only. Raises ValueError for a name that an archive
    cannot hold.
    """
    with tempfile.TemporaryDirectory(prefix="studysite-archive-") as folder, Parts(Path(folder), {}) as parts:
        parts.append(MANIFEST, manifest(deck))
        images: dict[str, None] = {}
        parts.append(CARDS, b"")
        for card in cards:
            parts.append(CARDS, line_of(card_to_json(card, images)))
        parts.append(TWINS, b"")
        for pair in twins:
            parts.append(TWINS, line_of(twins_to_json(pair)))
        for name, lines in (records or {}).items():
            parts.append(records_member(name), b"")
            for line in lines:
                parts.append(records_member(name), line_of(line))
        if images and read_image is None:
            raise ValueError("The cards have images, so read_image is needed.")
        names = [*MEMBERS, *map(records_member, records or {})]
        for _ in Zip(parts).steps(members_of(parts, names, images, read_image)):
            pass
        for block in parts.blocks(parts.path(FILE), 0, None):
            file.write(block)


def members_of(
    parts: Parts, names: Iterable[str], images: Iterable[str], read_image: Callable[[str], bytes] | None
) -> Iterator[Member]:
    """The members of an archive: the parts with these ``names``, then the images."""
    for name in names:
        yield Member(name, parts.path(name), parts.sizes[name])
    for name in images:
        # Images are already compressed.
        yield Member(IMAGES.format(name), read=partial(read_image or no_image, name))


def manifest(deck: ParsedDeck) -> bytes:
    head = {"format": FORMAT, "version": VERSION} | {name: getattr(deck, name) for name in DECK_FIELDS}
    return json.dumps(head, ensure_ascii=False, indent=1).encode()


def line_of(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def twins_to_json(pair: TwinKeys) -> dict[str, Any]:
    return {"cards": [pair.first, pair.second], "twins": pair.are_twins}


def card_to_json(card: ParsedCard, images: dict[str, None]) -> dict[str, Any]:
    """The card's line, without empty fields. The names of its images are added to ``images``."""
    line: dict[str, Any] = {"key": card.key, "term": card.term, "definition": card.definition}
    line |= {name: list(values) for name in TEXT_LISTS if (values := getattr(card, name))}
    if card.side_choice != "auto":
        line["side_choice"] = card.side_choice
    line |= {name: moment.isoformat() for name in MOMENTS if (moment := getattr(card, name))}
    for name in IMAGE_LISTS:
        if refs := getattr(card, name):
            line[name] = [{"name": ref.name, "alt": ref.alt} for ref in refs]
            for ref in refs:
                if not IMAGE_NAME.fullmatch(ref.name):
                    raise ValueError(f"{ref.name!r} is not a valid name for an image.")
                images[ref.name] = None
    return line
