"""The file of a draft -> its cards as they will be stored: with a key and a text each, and no two alike.

`cards.formats` reads, in slices; here the cards get their keys and are checked like any other input. What comes of
it is a reading (`cards.importing.reading.storage`), from which all that follows goes on.
"""

import gc
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import AnonymousUser

from cards.formats.anki.container.package import COLLECTION
from cards.formats.anki.reader import ALL, NONE, AnkiOptions
from cards.formats.anki.sides import FieldChoice
from cards.formats.bounds import ACCOUNT, GUEST, Limits, most_answers
from cards.formats.delimited.reader import TextOptions
from cards.formats.detect import ANKI, ARCHIVE, TEXT, read_file
from cards.formats.types import MAX_CARDS, FileCounts, FormatError, Parsed, ParsedCard, Place, Report
from cards.formats.work import Work
from cards.importing.images import name_sides, refs_on
from cards.importing.reading.as_json import (
    head_to_json,
    preview_from_json,
    preview_to_json,
    report_from_json,
    report_to_json,
)
from cards.importing.reading.storage import Reading, digest, images_of, learned_to
from cards.importing.splitting import KEYS_ASKED, MOST_DECKS
from cards.models import ImportDraft
from cards.text.cleaning import clean_text
from cards.text.markdown import MAX_SOURCE
from studysite.accounts.models import User
from studysite.slices import Steps

FORM = 1
"""Of a reading; to be raised when it changes, so that what was read before is read anew."""

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


def open_draft(
    draft: ImportDraft, *, work: Work | None = None, kind: str = "", note_types: str | int = ALL
) -> Parsed:
    """The draft's file, read as its learner chose. Raises FormatError. Close what is returned.

    With ``work`` it is to be read in slices; all but the first know its ``kind``.
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
    anki = AnkiOptions(fields=fields, note_types=note_types)
    limits = limits_of(draft.owner)
    return read_file(draft.path, text=text, anki=anki, limits=limits, work=work, kind=kind)


def limits_of(owner: User | AnonymousUser) -> Limits:
    """What may be read for ``owner``; strangers are guests from now on."""
    return ACCOUNT if owner.is_authenticated and not owner.is_guest else GUEST


FILE = 3
READ_AS = ("separator", "row_separator", "encoding", "markdown", "head", "fields", "path")
"""Options of a draft that say how its file is read."""


def read_as(draft: ImportDraft) -> list[Any]:
    """What a reading depends on: the file, how it is to be read, and how much of it may be."""
    file, limits = draft.path.stat(), limits_of(draft.owner)
    options = {name: value for name, value in draft.options.items() if name in READ_AS}
    # The first `FILE` of these say which file it is.
    state = [FORM, file.st_size, file.st_mtime_ns, options, [limits.unpacked, limits.lines, limits.seconds]]
    made: list[Any] = json.loads(json.dumps(state))
    return made


def steps(draft: ImportDraft, reading: Reading) -> Steps:
    """Read the draft's file into ``reading``, which goes on where it stopped; at once at its end if it is whole.

    Raises FormatError, and FileNotFoundError where the file has gone.
    """
    of = read_as(draft)
    if reading.state.get("of", [])[:FILE] != of[:FILE]:
        reading.forget_unpacked()
    if reading.state.get("of") != of:
        reading.forget()
        reading.state = {"of": of, "stage": "", "place": None}
    if reading.state["stage"] == WHOLE:
        return
    kind = reading.kind
    with (
        open_draft(draft, work=reading, kind=kind, note_types=NONE if kind else ALL) as parsed,
        seldom_collected(),
    ):
        yield from Reader(draft, reading, parsed).steps()


WHOLE = "whole"
STAGES = {
    TEXT: ("cards",),
    ANKI: ("before", "cards"),
    ARCHIVE: ("cards", "twins", "reviews", "marks", "settings"),
}
"""What is read of each kind of file, one after the other."""


class Reader:
    """Reads an opened file into a reading, stage by stage; the state of that says where it goes on."""

    def __init__(self, draft: ImportDraft, reading: Reading, parsed: Parsed) -> None:
        self.reading, self.parsed, self.state = reading, parsed, reading.state
        self.path = tuple(draft.options.get("path", ()))
        if "head" not in self.state:
            self.state |= {
                "head": head_to_json(parsed),
                "stage": STAGES[parsed.kind][0],
                "counts": {},
                "keys": [],
            }
            self.report, self.preview = Report(), FileCounts()
        else:
            self.report = report_from_json(self.state["report"])
            self.preview = preview_from_json(self.state["preview"])
            self.preview.tags.update(self.state["tags"])
        self.counts: Counter[str] = Counter(self.state["counts"])
        # The first of each deck of the file, as long as it may be split.
        self.keys: dict[tuple[str, ...], list[str]] = {tuple(path): some for path, some in self.state["keys"]}
        self.number = reading.count

    def steps(self) -> Steps:
        stages = STAGES[self.parsed.kind]
        for stage in stages[stages.index(self.state["stage"]) :]:
            if self.state["stage"] != stage:
                self.state |= {"stage": stage, "place": None, "left": None}
            yield from self.read(stage)
        self.check_answers()
        self.note()
        self.state |= {"stage": WHOLE, "place": None}
        # Of Anki's notes the preview shows some anew whenever other fields are chosen.
        self.reading.forget_unpacked(COLLECTION)
        yield

    def read(self, stage: str) -> Steps:
        """Read one stage; what a step has come to is noted before the next."""
        start, left = self.state["place"], self.state.get("left")
        if stage == "before":
            for place in self.parsed.steps(start, self.report, left):
                yield from self.after(place)
        elif stage == "cards":
            for cards, place in self.parsed.units(start, self.report, left):
                for card in cards:
                    self.add(card)
                yield from self.after(place)
        else:
            for line, place in self.parsed.lines(stage, start, left):
                self.add_line(stage, line)
                yield from self.after(place)

    def after(self, place: Place) -> Steps:
        """Let whoever drives this stop here; then all that goes on with it is noted."""
        self.state |= {"place": place, "left": self.parsed.meter.left}
        try:
            yield
        except GeneratorExit:
            self.note()
            raise

    def note(self) -> None:
        self.state |= {
            "report": report_to_json(self.report),
            "preview": preview_to_json(self.preview),
            "tags": list(self.preview.tags),
            "counts": dict(self.counts),
            "keys": list(self.keys.items()),
        }

    # --- Cards

    def add(self, card: ParsedCard) -> None:
        """Take a card over as it will be stored: with a key and a text, and none like it before.

        What has a key of its own is left as it is.
        """
        self.counts["read"] += 1
        if self.counts["read"] > MAX_CARDS:
            raise FormatError(f"A file has at most {MAX_CARDS:,} cards.", where=card.where)
        if card.deck[: len(self.path)] != self.path:
            return
        # In an archive of ours a side may be without a text.
        is_named = name_sides(card, only_bare=self.parsed.kind == ARCHIVE)
        if not is_storable(card):
            self.counts["unfit"] += 1
            return
        sides = digest(card.term, card.definition)
        if not card.key:
            if self.reading.has_sides(sides):
                self.counts["doubled"] += 1
                return
            card.key = free_key(card.term, self.reading)
        elif self.reading.has_key(card.key):
            self.counts["doubled"] += 1
            return
        self.counts["named"] += is_named
        self.store(card, sides)

    def store(self, card: ParsedCard, sides: int) -> None:
        shown = digest(*(text for ref in card.images for text in (ref.name, ref.alt)))
        self.preview.add(card, is_double=self.reading.has_shown(sides, shown))
        self.number += 1
        self.reading.add_card(self.number, card, sides, shown, images_of(card, refs_on))
        if len(self.keys) <= MOST_DECKS or card.deck in self.keys:
            some = self.keys.setdefault(card.deck, [])
            some += [card.key][: len(some) < KEYS_ASKED]
        if card.starred or card.reviews or card.schedules:
            self.counts["learned"] += brings_history(card)
            self.reading.add_learned("card", card.key, learned_to(card))

    # --- What goes with them in an archive

    def add_line(self, stage: str, line: Any) -> None:
        self.counts[stage] += 1
        if stage == "twins":
            self.reading.add_twins(self.counts[stage], line)
        elif stage == "settings":
            self.state["settings"] = [*self.state.get("settings", []), line]
        else:
            key = line.get("card")
            # No card has another kind of key.
            fits = isinstance(key, str) and clean_text(key) == key
            self.reading.add_learned(stage, key if fits else None, json.dumps(line))

    def check_answers(self) -> None:
        """Raise FormatError where there are more answers than the cards can have."""
        answers, cards = self.counts["reviews"], self.preview.cards
        if answers > most_answers(cards):
            most = (
                f"at most {most_answers(cards):,} can be read with {cards:,} card{'' if cards == 1 else 's'}"
            )
            raise FormatError(f"It has {answers:,} answers; {most}.")


def brings_history(card: ParsedCard) -> bool:
    """Whether the file knows anything of a learner of ``card``."""
    schedules = (one for one in card.schedules if one.state != "new" or one.suspended or one.buried)
    return bool(card.starred or card.reviews or next(schedules, None))


def is_storable(card: ParsedCard) -> bool:
    """Bring the card's texts into the form in which they are stored; whether they fit then."""
    card.term, card.definition = clean_text(card.term), clean_text(card.definition)
    return bool(card.term or card.definition) and max(len(card.term), len(card.definition)) <= MAX_SOURCE


def free_key(term: str, reading: Reading) -> str:
    """A key for a card whose file has none: the same for the same term, whatever else changes."""
    key = str(uuid.uuid5(TEXT_KEYS, term))
    while reading.has_key(key):
        # Not from the first on: a thousand cards of one term would ask a million times.
        key = str(uuid.uuid5(TEXT_KEYS, f"{reading.next_number(digest(term))} {term}"))
    return key
