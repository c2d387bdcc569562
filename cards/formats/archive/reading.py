"""Reading an archive. Pure."""

from collections.abc import Iterator
from typing import Any

from cards.formats.archive.card_lines import card_from_json
from cards.formats.archive.layout import (
    CARDS,
    DECK_FIELDS,
    FORMAT,
    IMAGES,
    MANIFEST,
    MAX_KEY,
    MAX_MANIFEST,
    MAX_PAIRS,
    TWINS,
    VERSION,
)
from cards.formats.archive.lines import begin, from_json, is_texts, lines_of, text
from cards.formats.archive.records import read_records, records_and_places
from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.checking import fits
from cards.formats.sources import Source
from cards.formats.types import (
    MAX_CARDS,
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
)
from cards.formats.work import Work
from cards.formats.zips import Archive
from cards.text.images import MAX_IMAGE


def read_archive(source: Source, *, limits: Limits = ACCOUNT, work: Work | None = None) -> Parsed:
    """A deck from an archive. Raises FormatError if it is damaged, not an archive, or of a newer version.

    With ``work`` the archive is read in slices, and the twins are read with `Parsed.lines`.
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
    """Each of the ``twins`` or of the records called ``name``, from ``place`` on, with the place behind it."""
    if name == "twins":
        for pair in read_twins(archive, place):
            yield pair, archive.places[TWINS]
        return
    yield from records_and_places(archive, name, place)


def read_manifest(archive: Archive) -> ParsedDeck:
    head = from_json(archive.read(MANIFEST, MAX_MANIFEST), MANIFEST)
    if head.get("format") != FORMAT:
        raise FormatError("This is not an archive of a deck.", where=MANIFEST)
    version = head.get("version")
    if version != VERSION:
        message = f"It has version {str(version)[:20]}, but this site reads version {VERSION}."
        raise FormatError(message, where=MANIFEST)
    deck: dict[str, Any] = {name: text(head, name, MANIFEST) for name in DECK_FIELDS if name in head}
    return ParsedDeck((), **deck)


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


def is_pair(keys: list[str]) -> bool:
    return len(keys) == 2 and max(map(len, keys)) <= MAX_KEY


def read_units(archive: Archive, report: Report, place: Place = None) -> Iterator[Unit]:
    begin(archive, CARDS, place)
    for where, line in lines_of(archive, CARDS, most=MAX_CARDS):
        card = card_from_json(line, where)
        card.term_images = present(archive, card.term_images, report, where)
        card.definition_images = present(archive, card.definition_images, report, where)
        yield [card] if is_wanted(archive, card, report) else [], archive.places[CARDS]


def is_wanted(archive: Archive, card: ParsedCard, report: Report) -> bool:
    """Whether the card can be stored and its key is new. Otherwise ``report`` says why it is left out."""
    if not fits(card, report):
        return False
    if card.key and not archive.work.is_new(CARDS, card.key):
        why = f"The key “{card.key}” was already used."
        report.skip("cards that are in the file twice", where=card.where, why=why)
        return False
    return True


def present(
    archive: Archive, images: tuple[ImageRef, ...], report: Report, where: str
) -> tuple[ImageRef, ...]:
    """The ``images`` that the archive holds. The others are added to ``report``."""
    found = tuple(image for image in images if IMAGES.format(image.name) in archive)
    for image in images:
        if IMAGES.format(image.name) not in archive:
            why = f"The image “{image.name[:80]}” is not in the file."
            report.skip("images that are missing from the file", where=where, why=why)
    return found
