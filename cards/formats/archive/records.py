"""The records of an archive, such as a learner's history: kept as they are, under names. Pure."""

from collections.abc import Iterator
from typing import Any

from cards.formats.archive.layout import MAX_KEY, MOST_RECORDS, RECORDS
from cards.formats.archive.lines import UNSTORABLE, begin, lines_of
from cards.formats.bounds import ANSWERS_OF_A_CARD
from cards.formats.types import MAX_REVIEWS, FormatError, Place
from cards.formats.zips import Archive


def read_records(archive: Archive, name: str) -> Iterator[dict[str, Any]]:
    """The records called ``name``, as they were written. Empty if the archive has none."""
    for record, _ in records_and_places(archive, name):
        yield record


def records_and_places(
    archive: Archive, name: str, place: Place = None
) -> Iterator[tuple[dict[str, Any], Place]]:
    """Each record from ``place`` on, and the place behind it.

    Records about the same card must be next to each other, and at most `ANSWERS_OF_A_CARD`: they are processed
    together, in memory.
    """
    member = RECORDS.format(name)
    if member not in archive:
        return
    begin(archive, member, place)
    # The current card, and how many records were about it so far.
    card, count = (*place[2:], 0)[:2] if place else (None, 0)
    for where, record in lines_of(archive, member, most=MOST_RECORDS.get(name, MAX_REVIEWS)):
        key = record.get("card")
        if isinstance(key, str) and key != card:
            if len(key) > MAX_KEY or not archive.work.is_new(member, storable(key)):
                raise FormatError("All records about one card must be next to each other.", where=where)
            card, count = key, 0
        if card is not None and key == card:
            count += 1
        if count > ANSWERS_OF_A_CARD:
            raise FormatError(f"It has more than {ANSWERS_OF_A_CARD:,} records about one card.", where=where)
        yield record, (*archive.places[member], card, count)


def storable(key: str) -> str:
    """A key that a database can hold. Keys that cannot be stored are encoded, each differently."""
    return key.encode("utf-8", "surrogatepass").hex() if UNSTORABLE.search(key) else key
