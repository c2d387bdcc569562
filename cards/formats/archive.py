"""The site's own archive of a deck: a zip of JSON and images, described in docs/formats.md. Pure.

What is written is read back equal. Cards and records are one JSON object in each line, so that neither has to
fit into memory.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cards.formats.bounds import ACCOUNT, ANSWERS_OF_A_CARD, Limits, Meter
from cards.formats.parts import FILE, Member, Parts, Zip
from cards.formats.sources import Source
from cards.formats.types import (
    MAX_CARDS,
    MAX_REVIEWS,
    MAX_TAG,
    FormatError,
    ImageRef,
    Parsed,
    ParsedCard,
    ParsedDeck,
    Place,
    Report,
    TwinKeys,
    Unit,
    cards_in,
    fits,
    no_image,
)
from cards.formats.work import Work
from cards.formats.zips import Archive

FORMAT, VERSION = "studysite-deck", 1

MANIFEST, CARDS, TWINS = "deck.json", "cards.jsonl", "twins.jsonl"
MEMBERS = (MANIFEST, CARDS, TWINS)
RECORDS, IMAGES = "records/{}.jsonl", "images/{}"
RECORDS_NAME = re.compile(r"[a-z][a-z_]{0,39}")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
IMAGE_NAME = re.compile(r"[\w][\w .()+-]{0,199}")

MAX_MANIFEST = 2**20
MAX_LINE = 2**20
MAX_LINES = 512 * 2**20
"""Bytes of one member of lines; read line by line."""

MAX_PAIRS = 100_000
MOST_RECORDS = {"marks": 2 * MAX_CARDS, "settings": 10}
"""Lines of twins; of records of that name, of others `MAX_REVIEWS`."""

MAX_KEY = 64
MAX_LIST = 1_000
"""Texts, tags or images that a card's line may list; far fewer are kept of each."""

MAX_IMAGE = 10 * 2**20

TEXTS = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions", "tags")
SIDE_CHOICES = ("auto", "term", "definition")
DECK_FIELDS = ("title", "description", "language", "side_choice", "visibility", "slug")


# Writing


def write_archive(
    file: BinaryIO,
    *,
    deck: ParsedDeck,
    cards: Iterable[ParsedCard],
    twins: Iterable[TwinKeys] = (),
    read_image: Callable[[str], bytes] | None = None,
    records: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
) -> None:
    """Write a deck to ``file``; ``cards`` and ``records`` are taken one after the other.

    ``read_image`` gives the bytes of each image that a card names. ``records`` are kept as they are, by names
    of small letters: a learner's history, for instance. Raises ValueError for a name that an archive cannot
    hold.
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
            raise ValueError("The cards have images: say how to read them.")
        names = [*MEMBERS, *map(records_member, records or {})]
        for _ in Zip(parts).steps(members_of(parts, names, images, read_image)):
            pass
        for block in parts.blocks(parts.path(FILE), 0, None):
            file.write(block)


def members_of(
    parts: Parts, names: Iterable[str], images: Iterable[str], read_image: Callable[[str], bytes] | None
) -> Iterator[Member]:
    """The members of an archive: those ``names`` of which are written as ``parts``, and images."""
    for name in names:
        yield Member(name, parts.path(name), parts.sizes[name])
    for name in images:
        # They are compressed already.
        yield Member(IMAGES.format(name), read=partial(read_image or no_image, name))


def records_member(name: str) -> str:
    if not RECORDS_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for records.")
    return RECORDS.format(name)


def manifest(deck: ParsedDeck) -> bytes:
    head = {"format": FORMAT, "version": VERSION} | {name: getattr(deck, name) for name in DECK_FIELDS}
    return json.dumps(head, ensure_ascii=False, indent=1).encode()


def line_of(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def twins_to_json(pair: TwinKeys) -> dict[str, Any]:
    return {"cards": [pair.first, pair.second], "twins": pair.are_twins}


def card_to_json(card: ParsedCard, images: dict[str, None]) -> dict[str, Any]:
    """The card's line; what is empty is left out. The names of its images are added to ``images``."""
    line: dict[str, Any] = {"key": card.key, "term": card.term, "definition": card.definition}
    line |= {name: list(values) for name in TEXTS if (values := getattr(card, name))}
    if card.side_choice != "auto":
        line["side_choice"] = card.side_choice
    for name in ("asked_since", "created_at"):
        if moment := getattr(card, name):
            line[name] = moment.isoformat()
    for name in ("term_images", "definition_images"):
        if refs := getattr(card, name):
            line[name] = [{"name": ref.name, "alt": ref.alt} for ref in refs]
            for ref in refs:
                if not IMAGE_NAME.fullmatch(ref.name):
                    raise ValueError(f"{ref.name!r} is no name for an image.")
                images[ref.name] = None
    return line


# Reading


def read_archive(source: Source, *, limits: Limits = ACCOUNT, work: Work | None = None) -> Parsed:
    """A deck from an archive. Raises FormatError where it is damaged, none, or of a version to come.

    With ``work`` it is to be read in slices, its twins too.
    """
    archive = Archive(source, meter := Meter(limits), work)
    try:
        deck = read_manifest(archive)
        twins = tuple(read_twins(archive)) if work is None else ()
    except BaseException:
        archive.close()
        raise
    return Parsed(
        "archive",
        lambda report: cards_in(read_units(archive, report)),
        lambda report, place: read_units(archive, report, place),
        decks=(deck,),
        is_markdown=True,
        twins=twins,
        read_image=lambda name: archive.read(IMAGES.format(name), MAX_IMAGE),
        records=lambda name: meter.timed(read_records(archive, name)),
        make_lines=lambda name, place: read_on(archive, name, place),
        close=archive.close,
        meter=meter,
    )


def read_on(archive: Archive, name: str, place: Place) -> Iterator[tuple[Any, Place]]:
    """Each of the ``twins``, or of the records called ``name``, from ``place`` on, and the place behind it."""
    if name == "twins":
        for pair in read_twins(archive, place):
            yield pair, archive.places[TWINS]
        return
    yield from records_and_places(archive, name, place)


def read_manifest(archive: Archive) -> ParsedDeck:
    head = from_json(archive.read(MANIFEST, MAX_MANIFEST), MANIFEST)
    if head.get("format") != FORMAT:
        raise FormatError("This is no archive of a deck.", where=MANIFEST)
    version = head.get("version")
    if version != VERSION:
        message = f"It is of version {str(version)[:20]}, and this site reads version {VERSION}."
        raise FormatError(message, where=MANIFEST)
    deck: dict[str, Any] = {name: text(head, name, MANIFEST) for name in DECK_FIELDS if name in head}
    return ParsedDeck((), **deck)


def from_json(data: bytes, where: str) -> dict[str, Any]:
    """A JSON object. Raises FormatError where ``data`` is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError("It is no JSON.", where=where) from error
    if not isinstance(value, dict):
        raise FormatError("It is no JSON object.", where=where)
    return value


def lines_of(archive: Archive, name: str, *, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's place in words, and its object; of at most ``most`` lines, or as many as the limits allow.

    From the archive's place for ``name`` on, which is then the one behind the line.
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


def begin(archive: Archive, member: str, place: Place) -> None:
    """Read a member of lines from ``place`` on."""
    archive.places[member] = (place[0], place[1]) if place else (0, 0)
    if not place:
        archive.work.forget_seen(member)


def read_records(archive: Archive, name: str) -> Iterator[dict[str, Any]]:
    """The records of that name, as they were handed in; none where the archive has none."""
    for record, _ in records_and_places(archive, name):
        yield record


def records_and_places(
    archive: Archive, name: str, place: Place = None
) -> Iterator[tuple[dict[str, Any], Place]]:
    """Each record from ``place`` on, and the place behind it.

    Those about one card must stand together, and be few: whoever reads them has to have all of a card at once.
    """
    member = RECORDS.format(name)
    if member not in archive:
        return
    begin(archive, member, place)
    # The card that it is at, and how many records were about it.
    card, count = (*place[2:], 0)[:2] if place else (None, 0)
    for where, record in lines_of(archive, member, most=MOST_RECORDS.get(name, MAX_REVIEWS)):
        key = record.get("card")
        if isinstance(key, str) and key != card:
            if len(key) > MAX_KEY or not archive.work.is_new(member, storable(key)):
                raise FormatError("What is about one card must stand together.", where=where)
            card, count = key, 0
        if card is not None and key == card:
            count += 1
        if count > ANSWERS_OF_A_CARD:
            raise FormatError(f"It has more than {ANSWERS_OF_A_CARD:,} records about one card.", where=where)
        yield record, (*archive.places[member], card, count)


def storable(key: str) -> str:
    """A key as a database holds it; no two that are none of a card's come out alike."""
    return key.encode("utf-8", "surrogatepass").hex() if UNSTORABLE.search(key) else key


def read_twins(archive: Archive, place: Place = None) -> Iterator[TwinKeys]:
    if TWINS not in archive:
        return
    begin(archive, TWINS, place)
    for where, line in lines_of(archive, TWINS, most=MAX_PAIRS):
        keys: Any = line.get("cards")
        are_twins = line.get("twins", True)
        if not isinstance(are_twins, bool) or not is_texts(keys) or not is_pair(keys):
            raise FormatError("“cards” must be two keys, and “twins” true or false.", where=where)
        yield TwinKeys(keys[0], keys[1], are_twins)


def read_units(archive: Archive, report: Report, place: Place = None) -> Iterator[Unit]:
    begin(archive, CARDS, place)
    for where, line in lines_of(archive, CARDS, most=MAX_CARDS):
        card = card_from_json(line, where)
        card.term_images = present(archive, card.term_images, report, where)
        card.definition_images = present(archive, card.definition_images, report, where)
        yield [card] if is_wanted(archive, card, report) else [], archive.places[CARDS]


def is_wanted(archive: Archive, card: ParsedCard, report: Report) -> bool:
    """Whether the card can be stored, and none before has its key; else ``report`` says why it is left out."""
    if not fits(card, report):
        return False
    if card.key and not archive.work.is_new(CARDS, card.key):
        why = f"The key “{card.key}” was there before."
        report.skip("cards that are in the file twice", where=card.where, why=why)
        return False
    return True


def present(
    archive: Archive, images: tuple[ImageRef, ...], report: Report, where: str
) -> tuple[ImageRef, ...]:
    """Those of ``images`` that the archive holds."""
    found = tuple(image for image in images if IMAGES.format(image.name) in archive)
    for image in images:
        if IMAGES.format(image.name) not in archive:
            why = f"The image “{image.name[:80]}” is not in the file."
            report.skip("images that are missing from the file", where=where, why=why)
    return found


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_pair(keys: list[str]) -> bool:
    return len(keys) == 2 and max(map(len, keys)) <= MAX_KEY


def text(line: Mapping[str, Any], name: str, where: str) -> str:
    value = line.get(name, "")
    if not isinstance(value, str) or UNSTORABLE.search(value):
        raise FormatError(f"“{name}” must be a text.", where=where)
    return value


def card_from_json(line: Mapping[str, Any], where: str) -> ParsedCard:
    """The card of one line; unknown fields are passed over. Raises FormatError that names line and field."""
    card = ParsedCard(
        text(line, "term", where), text(line, "definition", where), key=text(line, "key", where), where=where
    )
    if len(card.key) > MAX_KEY:
        raise FormatError(f"“key” has more than {MAX_KEY} characters.", where=where)
    for name in TEXTS:
        values = line.get(name, [])
        if not is_texts(values) or any(not text({name: value}, name, where).strip() for value in values):
            raise FormatError(f"“{name}” must be a list of texts.", where=where)
        if len(values) > MAX_LIST:
            raise FormatError(f"“{name}” lists more than {MAX_LIST:,}.", where=where)
        setattr(card, name, tuple(values))
    if any(len(tag) > MAX_TAG for tag in card.tags):
        raise FormatError(f"A tag has at most {MAX_TAG} characters.", where=where)
    card.side_choice = text(line, "side_choice", where) or "auto"
    if card.side_choice not in SIDE_CHOICES:
        raise FormatError("“side_choice” must be auto, term or definition.", where=where)
    for name in ("asked_since", "created_at"):
        if name in line:
            setattr(card, name, moment(line, name, where))
    for name in ("term_images", "definition_images"):
        setattr(card, name, tuple(image_refs(line, name, where)))
    return card


def moment(line: Mapping[str, Any], name: str, where: str) -> datetime:
    try:
        value = datetime.fromisoformat(text(line, name, where))
    except ValueError as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"“{name}” must be a time.", where=where) from error
    if value.utcoffset() is None:
        raise FormatError(f"“{name}” must be a time with its zone.", where=where)
    return value


def image_refs(line: Mapping[str, Any], name: str, where: str) -> Iterator[ImageRef]:
    refs = line.get(name, [])
    if isinstance(refs, list) and len(refs) > MAX_LIST:
        raise FormatError(f"“{name}” lists more than {MAX_LIST:,}.", where=where)
    for ref in refs if isinstance(refs, list) else [None]:
        if not isinstance(ref, dict) or not IMAGE_NAME.fullmatch(text(ref, "name", where)):
            raise FormatError(f"“{name}” must be a list of images with a name.", where=where)
        yield ImageRef(text(ref, "name", where), text(ref, "alt", where))


KEPT = frozenset(field.name for field in fields(ParsedCard)) - {
    "both_sides", "starred", "deck", "schedules", "reviews", "where",
}  # fmt: skip
"""The fields of a card that an archive holds; the others tell of other programs' files."""
