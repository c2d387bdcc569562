"""The file of a draft -> its cards as they will be stored: with a key and a text each, and no two alike.

`cards.formats` reads; here the cards get their keys and are checked like any other input.
"""

import gc
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from cards.drafts import ImportDraft
from cards.formats.anki.reader import AnkiOptions
from cards.formats.anki.sides import FieldChoice
from cards.formats.bounds import ACCOUNT, GUEST, Limits
from cards.formats.detect import ARCHIVE, read_file
from cards.formats.text import TextOptions
from cards.formats.types import Parsed, ParsedCard
from cards.import_images import name_sides
from cards.models import clean_text
from cards.rendering import MAX_SOURCE
from studysite.accounts.models import User

TEXT_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://studysite.invalid/import/")
"""Namespace of the keys of cards whose file has none: made of the term, so that a later import finds them."""

COLLECTED = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage in cycles less often: cards make none, and looking took a tenth of the time."""
    gc.set_threshold(50_000, *COLLECTED[1:])
    try:
        yield
    finally:
        gc.set_threshold(*COLLECTED)


def open_draft(draft: ImportDraft, *, history: bool = False, start: int = 0) -> Parsed:
    """The draft's file, read as its learner chose. Raises FormatError. Close what is returned.

    Of Anki's notes those from the id ``start`` on.
    """
    chosen = draft.options
    text = TextOptions(
        separator=chosen.get("separator", ""),
        row_separator=chosen.get("row_separator", ""),
        encoding=chosen.get("encoding", "") if draft.file_name else "UTF-8",
        markdown=chosen.get("markdown"),
        head=chosen.get("head"),
        is_csv=draft.is_csv,
    )
    fields = {
        int(key): FieldChoice(tuple(sides[0]), tuple(sides[1]))
        for key, sides in chosen.get("fields", {}).items()
    }
    anki = AnkiOptions(fields=fields, history=history, start=start)
    return read_file(draft.path, text=text, anki=anki, limits=limits_of(draft.owner))


def limits_of(owner: User | AnonymousUser) -> Limits:
    """What may be read for ``owner``; strangers are guests from now on."""
    return ACCOUNT if owner.is_authenticated and not owner.is_guest else GUEST


@dataclass(slots=True)
class Settled:
    """The cards of a file as they will be stored: with a key and a text each, and no two alike.

    Iterate over it; afterwards ``doubled`` counts the cards that were left out because an earlier one has the same
    sides, ``unfit`` those that cannot be stored, and ``named`` those of which a side was an image alone. What has
    a key of its own is left as it is; what has one of those ``written`` is passed over.
    """

    parsed: Parsed
    path: tuple[str, ...] = ()
    doubled: int = 0
    unfit: int = 0
    named: int = 0
    keyless: int = 0
    written: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[ParsedCard]:
        self.doubled = self.unfit = self.named = self.keyless = 0
        keys = set(self.written)
        sides: set[int] = set()
        for card in self.parsed:
            if card.deck[: len(self.path)] != self.path:
                continue
            # In an archive of ours a side may be without a text.
            is_named = name_sides(card, only_bare=self.parsed.kind == ARCHIVE)
            if not is_storable(card):
                self.unfit += 1
                continue
            texts = hash((card.term, card.definition))
            if not card.key:
                self.keyless += 1
                if texts in sides:
                    self.doubled += 1
                    continue
                card.key = free_key(card.term, keys)
            elif card.key in keys:
                self.doubled += 1
                continue
            sides.add(texts)
            keys.add(card.key)
            self.named += is_named
            yield card


def is_storable(card: ParsedCard) -> bool:
    """Bring the card's texts into the form in which they are stored; whether they fit then."""
    card.term, card.definition = clean_text(card.term), clean_text(card.definition)
    return bool(card.term or card.definition) and max(len(card.term), len(card.definition)) <= MAX_SOURCE


def free_key(term: str, keys: set[str]) -> str:
    """A key for a card whose file has none: the same for the same term, whatever else changes."""
    number, name = 1, term
    while (key := str(uuid.uuid5(TEXT_KEYS, name))) in keys:
        number += 1
        name = f"{number} {term}"
    return key
