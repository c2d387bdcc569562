"""Anki's notes and cards -> ours. Pure.

A note with a card for each direction becomes one card of ours that asks for both sides: progress is kept for each
side, so both schedules have a place, what is corrected is corrected once, and the two never meet as each other's
wrong option. A cloze deletion becomes a card with the gap as its term and the hidden words as its definition, so
that they can be typed.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from cards.formats.anki import repeats
from cards.formats.anki.collection import OWN_TYPES, AnkiDeck, Schema, read_schema
from cards.formats.anki.container.database import Database
from cards.formats.anki.container.package import Package
from cards.formats.anki.history import CardRow, Log, by_note, schedule
from cards.formats.anki.notes import MAX_NOTE, Note, is_occlusion, is_reverse, key_of, other_side, read_note
from cards.formats.anki.sides import FieldChoice, NoteReader, Sides
from cards.formats.anki.tags import from_anki as tags_of
from cards.formats.bounds import ACCOUNT, ANSWERS_OF_A_CARD, MAX_DECKS, Limits, Meter, most_answers
from cards.formats.checking import clean_tags, fits
from cards.formats.markdown.from_html import Converted, convert
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
    Unit,
    cards_in,
)
from cards.formats.work import Work
from cards.text.studied_side import BOTH

MAX_SAMPLED_TYPES = 100
SAMPLES = 3

MAX_ACCEPTED = 1_000
"""Characters of an accepted answer."""

ALL, NONE = "all", "none"
TYPE_QUERY = "SELECT id, mid FROM notes"
NOTE_QUERY = "SELECT id, guid, mid, tags, flds FROM notes"


@dataclass(frozen=True, slots=True)
class AnkiOptions:
    """What a person chose after the preview.

    ``fields`` are by the note type's id, for those whose template does not show what is wanted. ``subdecks`` is
    ``decks`` or ``tags``. ``merge_reversed`` makes one card, which asks for both sides, of a note that has one for
    each direction.
    ``note_types`` are those to be shown with samples: ``all`` that have notes, none, or one by its id.
    """

    fields: Mapping[int, FieldChoice] = field(default_factory=dict)
    subdecks: str = "decks"
    history: bool = True
    merge_reversed: bool = True
    note_types: str | int = ALL


@dataclass(frozen=True, slots=True)
class NoteTypeInfo:
    """A note type of the file as the preview shows it: its fields, what is chosen, and up to three ``samples``.

    ``samples`` are pairs of a note's fields, as Markdown, and the first card that is made from them.
    """

    id: int
    name: str
    fields: tuple[str, ...]
    notes: int
    is_cloze: bool
    chosen: FieldChoice
    samples: tuple[tuple[dict[str, str], ParsedCard], ...]


def read_anki(
    source: Source, options: AnkiOptions | None = None, *, limits: Limits = ACCOUNT, work: Work | None = None
) -> Parsed:
    """The cards of an ``.apkg`` or ``.colpkg``. Raises FormatError if it is damaged or not such a file."""
    package = Package(source, meter := Meter(limits), work)
    database: Database | None = None
    try:
        package.write_collection()
        database = Database(package.path, package.member, meter)
        reader = Reader(package, database, options or AnkiOptions())
        return Parsed(
            "anki",
            reader.cards,
            reader.units,
            reader.steps,
            decks=tuple(map(parsed_deck, reader.schema.decks.values())),
            is_markdown=True,
            note_types=tuple(reader.note_types()),
            read_image=package.read_image,
            close=reader.close,
            meter=meter,
        )
    except BaseException:
        if database:
            database.close()
        package.close()
        raise


def parsed_deck(deck: AnkiDeck) -> ParsedDeck:
    return ParsedDeck(
        deck.path,
        title=": ".join(deck.path),
        description=convert(deck.description).text,
        side_choice="definition",
        retention=deck.retention,
        weights=deck.weights,
    )


class Reader:
    """Reads one package, any number of times."""

    def __init__(self, package: Package, database: Database, options: AnkiOptions) -> None:
        self.package, self.database, self.options = package, database, options
        self.schema: Schema = read_schema(database)
        self.card_count = database.count("cards", MAX_CARDS, "cards")
        database.count("notes", MAX_CARDS, "notes")
        if len(self.schema.decks) > MAX_DECKS:
            raise FormatError(f"It has more than {MAX_DECKS:,} decks.", where=database.where)
        self.repeating: dict[tuple[int, int], bool] = {}
        self.log = Log(package.work)
        package.read_media_list()
        self.readers = {
            key: NoteReader(note_type, options.fields.get(key))
            for key, note_type in self.schema.note_types.items()
        }

    def close(self) -> None:
        self.database.close()
        self.package.close()

    def steps(self, report: Report, place: Place) -> Iterator[Place]:
        """Copy the answers, so that the cards can be read with them."""
        if self.options.history:
            yield from self.log.read(self.database, report, most_answers(self.card_count), place)

    def cards(self, report: Report) -> Iterator[ParsedCard]:
        """Every card, note by note, in the order in which the notes were created."""
        self.database.steps = 0
        for _ in self.steps(report, None):
            self.package.meter.check()
        yield from cards_in(self.units(report, None))

    def units(self, report: Report, place: Place) -> Iterator[Unit]:
        """The cards of each note from ``place`` on: the smallest id of the next note."""
        if place is None:
            self.package.work.forget_seen("anki")
            for name in self.package.refused:
                why = f"“{name[:80]}” is not a file name."
                report.skip("images with a path for a name", where="media", why=why)
        log = self.log if self.options.history else None
        for note, rows in self.notes(report, f">= {place}" if place is not None else ""):
            found = [card for card in self.cards_of(note, rows, log, report) if self.is_wanted(card, report)]
            yield found, note.id + 1

    def is_wanted(self, card: ParsedCard, report: Report) -> bool:
        """Whether the card can be stored and its key is new."""
        if not fits(card, report):
            return False
        if not self.package.work.is_new("anki", card.key):
            report.skip("cards that are in the file twice", where=card.where)
            return False
        return True

    def notes(self, report: Report, chosen: str = "") -> Iterator[tuple[Note, list[CardRow]]]:
        """The notes that have cards, with these. ``chosen`` is an SQL condition for their ids."""
        notes = self.database.rows(f"{NOTE_QUERY} {chosen and 'WHERE id ' + chosen} ORDER BY id")
        row = next(notes, None)
        for note_id, rows in by_note(self.database, chosen and f"WHERE nid {chosen}"):
            while row is not None and (not isinstance(row[0], int) or row[0] < note_id):
                row = next(notes, None)
            if row is None or row[0] != note_id:
                report.skipped["cards without a note"] += len(rows)
                continue
            self.package.meter.check()
            if note := read_note(row, report, cards=len(rows)):
                yield note, rows

    def cards_of(
        self, note: Note, rows: list[CardRow], log: Log | None, report: Report
    ) -> Iterator[ParsedCard]:
        """The cards of one note."""
        reader = self.readers.get(note.type)
        if reader is None:
            report.skip("notes of an unknown type", where=note.where)
            return
        if is_occlusion(reader.note_type, note):
            report.skipped["image occlusion cards"] += len(rows)
            return
        values = reader.values(note.fields)
        turned: list[CardRow] = []
        if reader.choice is not None and not reader.note_type.is_cloze:
            first = rows[0].ord
            turned = [row for row in rows if first in reader.turned_templates(row.ord)]
            rows, turned = rows[:1], turned[: int(self.options.merge_reversed)]
        there = {row.ord for row in rows}
        made: list[ParsedCard] = []
        for row in rows:
            sides = reader.sides(values, row.ord)
            if sides is None:
                report.skip("cards whose template or deletion is gone", where=note.where)
                continue
            card = self.card(note, row, sides, report)
            side = reader.asked_side
            twin = None
            if self.options.merge_reversed:
                twin = next((other for other in made if is_reverse(other, card)), None)
                if twin is None and (earlier := self.turned(note, row, card, there)):
                    card, side = earlier, other_side(side)
            if twin:
                twin.tags = clean_tags([*twin.tags, *card.tags], report, where=note.where)
                self.add_history(twin, row, other_side(side), log, report)
                # Unless an earlier card of the note has asked for this side alone.
                twin.side_choice = twin.side_choice if twin.side_choice == other_side(side) else BOTH
                continue
            card.side_choice = side
            self.add_history(card, row, side, log, report)
            made.append(card)
        # With chosen fields both directions have the same sides, so the templates say which one it is.
        for row in turned if made else ():
            self.add_history(made[0], row, other_side(reader.asked_side), log, report)
            made[0].side_choice = BOTH
        yield from made

    def turned(self, note: Note, row: CardRow, card: ParsedCard, there: Collection[int]) -> ParsedCard | None:
        """The card of an earlier template that has the sides of ``card`` the other way round, if there is one.

        Its template is none of those whose cards are ``there``, for example because only some cards were exported.
        In a package with both cards, the note becomes the same card of ours.
        """
        reader = self.readers[note.type]
        for ord_ in () if card.one_sided or reader.choice else reader.turned_templates(row.ord):
            sides = None if ord_ in there else reader.sides(reader.values(note.fields), ord_)
            # What is left out was counted for the other card of the note.
            earlier = sides and self.card(note, replace(row, ord=ord_), sides, Report())
            if earlier and is_reverse(earlier, card):
                return earlier
        return None

    def add_history(self, card: ParsedCard, row: CardRow, side: str, log: Log | None, report: Report) -> None:
        """Add the history of an Anki card to ``card``, as that of ``side``."""
        if log is None:
            return
        deck, clock = self.schema.decks.get(row.deck), self.schema.clock
        reviews, reset_at = log.of(row.id, side, clock, report)
        card.schedules += (schedule(row, side, clock, deck, reset_at),)
        card.reviews += tuple(reviews)
        if len(card.reviews) > ANSWERS_OF_A_CARD:
            report.skipped["old answers to one card"] += len(card.reviews) - ANSWERS_OF_A_CARD
            report.notice(f"Only its last {ANSWERS_OF_A_CARD:,} answers are read.", where=card.where)
            card.reviews = tuple(sorted(card.reviews, key=attrgetter("reviewed_at"))[-ANSWERS_OF_A_CARD:])

    def card(self, note: Note, row: CardRow, sides: Sides, report: Report) -> ParsedCard:
        term, definition = convert(sides.term), convert(sides.definition)
        for side in (term, definition):
            count_left_out(side, report)
        if self.repeats(note.type, row.ord):
            definition = repeats.without_question(term, definition) or definition
        answers = (convert(answer).text for answer in sides.answers)
        accepted = tuple(
            text for text in answers if text != definition.text and 0 < len(text) <= MAX_ACCEPTED
        )
        deck = self.schema.decks.get(row.deck)
        path = deck.path if deck else ()
        names, starred = tags_of(note.tags, is_own=note.type in OWN_TYPES.values())
        if row.flag:
            names.append(f"{row.flag} flag")
        if self.options.subdecks == "tags" and path[1:]:
            names.append("::".join(path[1:]))
            path = path[:1]
        return ParsedCard(
            term.text,
            definition.text,
            key=key_of(note, row.ord),
            tags=clean_tags(names, report, where=note.where),
            accepted_definitions=accepted,
            starred=starred,
            deck=path,
            term_images=self.images(term, note, report),
            definition_images=self.images(definition, note, report),
            where=note.where,
        )

    def repeats(self, note_type: int, ord_: int) -> bool:
        """Whether the answers of a template repeat their questions, by the first notes of its type."""
        key = (note_type, ord_)
        if key not in self.repeating:
            reader = self.readers[note_type]
            # The sides of chosen fields and of cloze deletions are made without a template's answer, and our own
            # templates repeat nothing.
            has_answer = reader.choice is None and not reader.note_type.is_cloze
            is_needed = has_answer and note_type not in OWN_TYPES.values()
            self.repeating[key] = is_needed and self.package.work.is_fact(
                f"{note_type}:{ord_} repeats", lambda: repeats.is_rule(self.rests(reader, ord_))
            )
        return self.repeating[key]

    def rests(self, reader: NoteReader, ord_: int) -> Iterator[Converted | None]:
        """The answers of a template without their questions, for its first notes that have both."""
        query = f"{NOTE_QUERY} WHERE mid = {int(reader.note_type.id)} ORDER BY id LIMIT {repeats.SAMPLED}"
        for row in self.database.rows(query):
            # Others take too long for many notes at once.
            note = read_note(row, Report(), looked_at=MAX_NOTE)
            if note is None or not (sides := reader.sides(reader.values(note.fields), ord_)):
                continue
            question, answer = convert(sides.term), convert(sides.definition)
            if (question.text or question.images) and answer.text and question.text != answer.text:
                yield repeats.without_question(question, answer)

    def images(self, side: Converted, note: Note, report: Report) -> tuple[ImageRef, ...]:
        """The images of a side that are in the package. The others are added to ``report``."""
        found = []
        for image in side.images:
            name = unicodedata.normalize("NFC", image.name)
            if name in self.package.media:
                found.append(replace(image, name=name))
            else:
                why = f"The image “{name[:80]}” is not in the file."
                report.skip("images that are missing from the file", where=note.where, why=why)
        return tuple(found)

    def note_types(self) -> Iterator[NoteTypeInfo]:
        """The note types to show, those with the most notes first."""
        if self.options.note_types == NONE:
            return
        counts: Counter[int] = Counter()
        first: dict[int, list[int]] = {}
        only = "" if self.options.note_types == ALL else f"WHERE mid = {int(self.options.note_types)}"
        for note, note_type in self.database.rows(f"{TYPE_QUERY} {only} ORDER BY id"):
            # A damaged table may have rows without a key.
            if not isinstance(note, int):
                continue
            counts[note_type] += 1
            if len(examples := first.setdefault(note_type, [])) < SAMPLES:
                examples.append(note)
            elif only:
                break
        chosen = [key for key, _ in counts.most_common(MAX_SAMPLED_TYPES) if key in self.readers]
        for key in chosen:
            reader = self.readers[key]
            yield NoteTypeInfo(
                key,
                reader.note_type.name,
                reader.note_type.fields,
                counts[key],
                reader.note_type.is_cloze,
                reader.choice or reader.default,
                tuple(self.samples(reader, first[key])),
            )

    def samples(self, reader: NoteReader, ids: list[int]) -> Iterator[tuple[dict[str, str], ParsedCard]]:
        ignored = Report()
        for note, rows in self.notes(ignored, f"IN ({','.join(map(str, ids))})"):
            fields = {name: convert(text).text for name, text in reader.values(note.fields).items()}
            for card in self.cards_of(note, rows[:2], None, ignored):
                yield fields, card
                break


def count_left_out(side: Converted, report: Report) -> None:
    """Count what is left out of a side."""
    for what, count in (
        ("sounds", side.sounds),
        ("images on other sites", side.outside_images),
        ("images written into the text", side.embedded_images),
        ("drawings (SVG)", side.drawings),
    ):
        if count:
            report.skipped[what] += count
