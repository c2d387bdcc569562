"""Anki's notes: their keys, and which of their cards are the two directions of one. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cards.formats.anki.collection import NoteType
from cards.formats.markdown.from_html import DATA_ADDRESS
from cards.formats.markdown.tags import without_unread
from cards.formats.types import ParsedCard, Report
from cards.text.studied_side import DEFINITION, TERM

MAX_NOTE = 1_000_000
"""Characters of one note's fields, without embedded images and, in a longer one, without what is never shown.

They are read within a second, and are far longer than a card.
"""

MAX_LOOKED_AT = 4_000_000
"""Characters of a note in which this is looked for, embedded images excluded: about a second."""

MAX_OF_CARDS = 2_000_000
"""The same times the number of the note's cards, each of which is made from all fields."""

MAX_KEY = 56
"""Characters of a note's guid. With the number of the card, this makes a key of at most 64."""


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    guid: str
    type: int
    tags: str
    fields: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"note {self.id}"


def read_note(
    row: Sequence[Any], report: Report, *, cards: int = 1, looked_at: int = MAX_LOOKED_AT
) -> Note | None:
    """The note in a row of `NOTE_QUERY`. None if it is too large for its cards, which ``report`` says.

    A note that is too large is read without what is never shown. At most so many characters are ``looked_at``.
    """
    key, guid, note_type, tags, fields = row
    texts = DATA_ADDRESS.sub("data:,", fields) if isinstance(fields, str) else ""
    most = min(MAX_NOTE, MAX_OF_CARDS // cards)
    if len(texts) > looked_at:
        most = looked_at
    elif len(texts) > most:
        texts = "\x1f".join(map(without_unread, texts.split("\x1f")))
    if len(texts) > most:
        why = f"The note has {len(texts):,} characters; at most {most:,} are read."
        report.skip("notes that are too large", where=f"note {key}", why=why)
        return None
    return Note(key, str(guid), note_type, str(tags), tuple(texts.split("\x1f")))


def is_occlusion(note_type: NoteType, note: Note) -> bool:
    """Whether the note hides parts of an image, so that there is no text to ask for."""
    return note_type.is_image_occlusion or any("::image-occlusion:" in text for text in note.fields[:1])


def is_reverse(one: ParsedCard, other: ParsedCard) -> bool:
    """Whether ``other`` asks for what ``one`` shows, and shows what it asks for."""
    return (one.term, one.term_images, one.definition, one.definition_images) == (
        *(other.definition, other.definition_images, other.term, other.term_images),
    )


def other_side(side: str) -> str:
    return TERM if side == DEFINITION else DEFINITION


def key_of(note: Note, ord_: int) -> str:
    """A card's key: its note's guid, with a number from the second template or deletion on."""
    guid = note.guid or str(note.id)
    if len(guid) > MAX_KEY or not guid.isprintable():
        guid = hashlib.sha256(guid.encode("utf-8", "replace")).hexdigest()[:40]
    return guid if ord_ == 0 else f"{guid}:{ord_ + 1}"
