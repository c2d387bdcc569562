"""The rows of a text or a table -> cards, by a `Plan`. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cards.formats.anki.notes import Note, key_of
from cards.formats.anki.reader import MAX_ACCEPTED, count_left_out
from cards.formats.anki.sides import Sides
from cards.formats.anki.tags import restored, separated
from cards.formats.anki.writing.note_types import NOTE_TYPES
from cards.formats.bounds import Meter
from cards.formats.checking import clean_tags, fits
from cards.formats.delimited.anki_text import notes, stock
from cards.formats.delimited.columns import split_tags
from cards.formats.delimited.plan import HTML, PLAIN, READERS, Plan
from cards.formats.delimited.rows import is_blank
from cards.formats.delimited.spreadsheet import unguarded
from cards.formats.markdown.from_html import Converted, convert_plain
from cards.formats.types import ParsedCard, Report

MAX_KEY = 64
OWN_NAMES = {one.name for one in NOTE_TYPES.values()}
CLOZES = "A text with deletions ({{c1::…}}) becomes a card for each of them."


class RowReader:
    """Makes the cards of single rows, and tells ``report`` what is left out."""

    def __init__(self, plan: Plan, report: Report, meter: Meter) -> None:
        self.plan, self.report, self.meter = plan, report, meter
        is_field = plan.is_anki and plan.markup == PLAIN
        self.side = convert_plain if is_field else READERS[plan.markup]
        self.is_html = plan.markup == HTML
        self.line = "<br>" if self.is_html else "\n"

    def begin(self, head: int) -> None:
        """Tell what is true of all rows. ``head`` is the number of the row that may name the columns."""
        for message in self.plan.notices:
            self.report.notice(message, where=f"row {head}")

    def cards(self, fields: Sequence[str], where: str) -> list[ParsedCard]:
        """The cards of one row that can be stored."""
        self.meter.check()
        if is_blank(fields):
            return []
        if self.plan.is_anki and fields[0].startswith("#") and len(fields) == 1:
            # A card that begins with "#" has two fields, or is in quotation marks.
            self.report.skip("comments")
            return []
        if self.plan.is_own:
            fields = [unguarded(text) for text in fields]
        values = self.plan.columns.sort(fields, self.line)
        made = [card for card in self.made(fields, values, where) if fits(card, self.report)]
        for card in made:
            if card.one_sided:
                missing = "definition" if card.term else "term"
                self.report.notice(f"There is no {missing}.", where=where)
        return made

    def made(self, fields: Sequence[str], values: Mapping[str, str], where: str) -> Iterator[ParsedCard]:
        """The cards of one row that is not empty."""
        note_type = values.get("note_type", "") or self.plan.note_type
        kind = stock.stock_kind(note_type) if note_type else ""
        sides = {side: values.get(side, "") for side in ("term", "definition")}
        left_out = list(self.plan.columns.left_out(fields))
        third = left_out.pop(0)[1] if kind == stock.OPTIONAL and left_out else ""
        for label, _ in left_out:
            self.report.skipped[f"cells of {label}"] += 1
        if self.plan.is_anki and notes.OCCLUSION in sides["term"]:
            self.report.skip("image occlusion cards")
            return
        empty = self.without_sides(values, where)
        names, numbers = ([], []) if self.plan.is_own else notes.deletions(sides, kind)
        if numbers:
            yield from self.clozes(sides, names, numbers, empty)
            return
        asked = notes.asked_side(kind, sides, third)
        if self.plan.swap:
            sides = {"term": sides["definition"], "definition": sides["term"]}
        yield self.card(empty, Sides(sides["term"], sides["definition"]), asked or "auto")

    def clozes(
        self, sides: Mapping[str, str], names: list[str], numbers: list[int], empty: ParsedCard
    ) -> Iterator[ParsedCard]:
        """A card for each deletion of a note."""
        if not any(notice.message == CLOZES for notice in self.report.notices):
            self.report.notice(CLOZES, where=empty.where)
        if notes.is_too_large(sides, numbers):
            why = "It has too much text for so many deletions."
            self.report.skip("notes that are too large", where=empty.where, why=why)
            return
        # For packages, keys are made in the same way.
        note = Note(0, empty.key, 0, "", ())
        for number, made in notes.cloze_sides(sides, names, numbers, is_html=self.is_html):
            self.meter.check()
            key = key_of(note, number - 1) if empty.key else ""
            yield self.card(replace(empty, key=key), made, "definition")

    def card(self, empty: ParsedCard, sides: Sides, side_choice: str) -> ParsedCard:
        """``empty`` with its sides, itself. What is left out of them is told."""
        term, definition = self.converted(sides.term), self.converted(sides.definition)
        empty.term, empty.definition, empty.side_choice = term.text, definition.text, side_choice
        if sides.answers:
            answers = (self.side(answer).text for answer in sides.answers)
            empty.accepted_definitions = tuple(
                text for text in answers if text != definition.text and 0 < len(text) <= MAX_ACCEPTED
            )
        return empty

    def converted(self, text: str) -> Converted:
        """A side as Markdown. Images are in other files, which a text does not have."""
        made = self.side(text)
        count_left_out(made, self.report)
        if made.images:
            self.report.skipped["images"] += len(made.images)
        return made

    def without_sides(self, values: Mapping[str, str], where: str) -> ParsedCard:
        """The card of a row with everything but its sides."""
        names = values.get("tags", "")
        tags = separated(names) if self.plan.is_anki else split_tags(names)
        if values.get("note_type") in OWN_NAMES:
            tags = list(map(restored, tags))
        key = values.get("key", "").replace("\0", "")
        if len(key) > MAX_KEY or not key.isprintable():
            message = f"A key has at most {MAX_KEY} characters on one line; this one was left out."
            self.report.notice(message, where=where)
            key = ""
        deck = values.get("deck", "")
        return ParsedCard(
            "",
            "",
            key=key,
            tags=clean_tags([*tags, *self.plan.tags], self.report, where=where),
            deck=tuple(deck.split("::")) if deck else self.plan.deck,
            where=where,
        )
