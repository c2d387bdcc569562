"""What every reader returns: cards as they could be stored, and a report of what was left out. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from cards.formats.bounds import MAX_DECKS, MAX_TAGS, Meter
from cards.formats.errors import FormatError as FormatError
from cards.text.studied_side import BOTH

MAX_FILE = 100 * 2**20
"""Bytes of a file that can be read."""

MAX_CARDS = 200_000
"""Cards of one file."""

MAX_REVIEWS = 3_000_000
"""Answers of one file."""

MAX_NOTICES = 200
"""Notices that a report keeps. Further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the user about one place in the file: ``where`` names the row, note or member."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass(slots=True)
class Report:
    """What was left out while the file was read. ``skipped`` counts it, by a name in the plural."""

    notices: list[Notice] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    more_notices: int = 0
    too_long: list["ParsedCard"] = field(default_factory=list, compare=False)
    """The beginnings of the last cards that are too long. Whoever can show them takes them out."""

    def notice(self, message: str, *, where: str = "") -> None:
        """Add a notice. Beyond `MAX_NOTICES` they are only counted."""
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(Notice(where, message))
        else:
            self.more_notices += 1

    @property
    def reasons(self) -> str:
        """What was left out, in words: "sounds (12), notes that are too large (1)". Empty if nothing was."""
        return ", ".join(f"{what} ({count:,})" for what, count in self.skipped.most_common())

    def skip(self, what: str, *, where: str = "", why: str = "") -> None:
        """Count one more of ``what`` as left out, with a notice if there is a reason to tell."""
        self.skipped[what] += 1
        if why:
            self.notice(why, where=where)


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image on a side: its name in the file, for `Parsed.read_image`, and its description."""

    name: str
    alt: str = ""


class PastReview(NamedTuple):
    """One answer given in another program. ``side`` is the side that was asked for.

    ``rating`` is 1 (again) to 4 (easy). ``kind`` is ``learn``, ``review``, ``relearn``, ``early`` (before it was
    due, in a filtered deck of Anki) or ``cram`` (outside the schedule, on which it has no effect). The interval is
    the card's after this answer, in days. ``study_day`` is None if the file does not say when its days begin.
    ``counted_since`` is when the card was last made new again before this answer.
    """

    side: str
    reviewed_at: datetime
    rating: int
    elapsed_ms: int
    kind: str
    interval_days: float
    study_day: date | None = None
    counted_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The state of one ``side`` of a card in another program.

    ``state`` is ``new``, ``learning``, ``review`` or ``relearning``. ``due_day`` is the study day of a card whose
    interval is in days, ``due_at`` the time of one whose interval is in minutes. ``stability`` (days),
    ``difficulty`` (1 to 10) and ``retention`` (0 to 1) belong to FSRS and are None if it was not used.
    ``reset_at`` is when the card was last made new again: earlier answers do not count. ``first_difficulty`` (1 to
    10) is that of a memory whose answers are not known: the first known answer stands for them.
    """

    side: str
    state: str
    due_day: date | None = None
    due_at: datetime | None = None
    interval_days: int = 0
    reps: int = 0
    lapses: int = 0
    stability: float | None = None
    difficulty: float | None = None
    retention: float | None = None
    last_review: datetime | None = None
    last_day: date | None = None
    reset_at: datetime | None = None
    suspended: bool = False
    buried: bool = False
    first_difficulty: float | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """How a learner's memory of a deck is calculated: desired retention (0 to 1), and the parameters of FSRS-6."""

    retention: float
    weights: tuple[float, ...]


@dataclass(slots=True)
class ParsedCard:
    """A card of a file. ``term`` and ``definition`` are Markdown sources, converted from the file's format.

    ``key`` is empty if the file has none. ``deck`` is the path of its deck within the file. ``side_choice`` is
    ``auto``, a side, or ``both``. ``where`` names the row, note or line that the card comes from.
    """

    term: str
    definition: str
    key: str = ""
    tags: tuple[str, ...] = ()
    accepted_terms: tuple[str, ...] = ()
    accepted_definitions: tuple[str, ...] = ()
    wrong_terms: tuple[str, ...] = ()
    wrong_definitions: tuple[str, ...] = ()
    side_choice: str = "auto"
    starred: bool = False
    deck: tuple[str, ...] = ()
    term_images: tuple[ImageRef, ...] = ()
    definition_images: tuple[ImageRef, ...] = ()
    asked_since: datetime | None = None
    created_at: datetime | None = None
    schedules: tuple[Schedule, ...] = ()
    reviews: tuple[PastReview, ...] = ()
    where: str = ""

    @property
    def one_sided(self) -> bool:
        """Whether one side has neither text nor image."""
        return not (self.term or self.term_images) or not (self.definition or self.definition_images)

    @property
    def images(self) -> tuple[ImageRef, ...]:
        return self.term_images + self.definition_images


@dataclass(frozen=True, slots=True)
class Studied:
    """What a learner has done with one card, and what it asks them for: a side, or ``both``."""

    side_choice: str
    schedules: tuple[Schedule, ...] = ()
    reviews: tuple[PastReview, ...] = ()
    starred: bool = False


@dataclass(slots=True)
class Learned:
    """What a file says of its learner about one card: as Anki has it, or as an archive's lines."""

    number: int
    key: str
    card: ParsedCard | None = None
    reviews: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ParsedDeck:
    """A deck of a file. ``language`` is that of its terms; ``definition_language`` is empty if it is the same.

    ``weights`` are FSRS parameters that were optimised for its owner, if any."""

    path: tuple[str, ...]
    title: str = ""
    description: str = ""
    language: str = ""
    definition_language: str = ""
    side_choice: str = "auto"
    visibility: str = ""
    slug: str = ""
    retention: float | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TwinKeys:
    """Two cards, by their keys, and whether their owner said that they are twins or that they are not."""

    first: str
    second: str
    are_twins: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a text or a table: its name if there is a header row, what it is, and its first cells.

    ``kind`` is one of `cards.formats.delimited.columns.KINDS`, empty if it is left out.
    """

    name: str = ""
    kind: str = ""
    cells: tuple[str, ...] = ()


@dataclass(slots=True)
class FileCounts:
    """Counts of a file, and its first cards as ``samples``. ``decks`` and ``tags`` count cards."""

    cards: int = 0
    samples: list[ParsedCard] = field(default_factory=list)
    one_sided: int = 0
    both_sides: int = 0
    images: int = 0
    reviews: int = 0
    scheduled: int = 0
    suspended: int = 0
    decks: Counter[tuple[str, ...]] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    report: Report = field(default_factory=Report)

    def add(self, card: ParsedCard) -> None:
        """Count ``card``. Raises FormatError for too many decks or tags."""
        self.cards += 1
        self.one_sided += card.one_sided
        self.both_sides += card.side_choice == BOTH and not card.one_sided
        self.images += len(card.images)
        self.reviews += len(card.reviews)
        self.scheduled += sum(schedule.state != "new" for schedule in card.schedules)
        self.suspended += sum(schedule.suspended for schedule in card.schedules)
        self.decks[card.deck] += 1
        self.tags.update(card.tags)
        if len(self.decks) > MAX_DECKS or len(self.tags) > MAX_TAGS:
            raise FormatError(
                f"A file has at most {MAX_DECKS:,} decks and {MAX_TAGS:,} tags.", where=card.where
            )


def no_image(name: str) -> bytes:
    raise FormatError("There is no such image.", where=name)


def no_records(_name: str) -> Iterator[Mapping[str, Any]]:
    return iter(())


Place = Any
"""Where a reader continues, as a JSON value. None is the beginning."""

Unit = tuple[list[ParsedCard], Place]
"""The cards of one row, note or line, and the place behind it."""


def cards_in(units: Iterable[Unit]) -> Iterator[ParsedCard]:
    return (card for cards, _ in units for card in cards)


def no_units(_report: Report, _place: Place) -> Iterator[Unit]:
    return iter(())


def no_lines(_name: str, _place: Place) -> Iterator[tuple[Any, Place]]:
    return iter(())


def no_steps(_report: Report, _place: Place) -> Iterator[Place]:
    return iter(())


@dataclass(slots=True)
class Parsed:
    """An opened file. Each iteration reads its cards again, so that no file has to fit into memory.

    Iterate over it for the cards. Afterwards ``report`` says what was left out. Iterating may raise FormatError,
    since damage may follow after the first cards, and ``meter`` limits its time. Close it, or use ``with``:
    large files are unpacked on disk.

    ``columns`` and the fields around it say how a text or a workbook is read; with ``joins``, rows without a
    separator go on the card before.

    To read a file in slices, take `steps` and then `units`, and store the place of the last one. Open the file
    with a `cards.formats.work.Work`, which stores what else is needed to continue.
    """

    kind: str
    make_cards: Callable[[Report], Iterable[ParsedCard]]
    make_units: Callable[[Report, Place], Iterator[Unit]] = no_units
    make_steps: Callable[[Report, Place], Iterator[Place]] = no_steps
    decks: tuple[ParsedDeck, ...] = ()
    encoding: str = ""
    separator: str = ""
    row_separator: str = ""
    is_markdown: bool = False
    is_html: bool = False
    columns: tuple[Column, ...] = ()
    joins: bool = False
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    note_types: tuple[Any, ...] = ()
    twins: tuple[TwinKeys, ...] = ()
    read_image: Callable[[str], bytes] = no_image
    records: Callable[[str], Iterator[Mapping[str, Any]]] = no_records
    make_lines: Callable[[str, Place], Iterator[tuple[Any, Place]]] = no_lines
    close: Callable[[], None] = lambda: None
    report: Report = field(default_factory=Report)
    meter: Meter = field(default_factory=Meter)

    def __iter__(self) -> Iterator[ParsedCard]:
        self.report = Report()
        for count, card in enumerate(self.meter.timed(iter(self.make_cards(self.report))), 1):
            if count > MAX_CARDS:
                raise FormatError(f"A file has at most {MAX_CARDS:,} cards.", where=card.where)
            yield card

    def units(self, place: Place, report: Report, left: float | None) -> Iterator[Unit]:
        """Read on from ``place``, with the ``report`` so far and the seconds that are ``left``."""
        return self.meter.timed(self.make_units(report, place), left)

    def steps(self, place: Place, report: Report, left: float | None) -> Iterator[Place]:
        """Read what is needed before the cards. Yields the place behind each step."""
        return self.meter.timed(self.make_steps(report, place), left)

    def lines(self, name: str, place: Place, left: float | None) -> Iterator[tuple[Any, Place]]:
        """The ``twins`` or the records called ``name``, from ``place`` on, each with the place behind it."""
        return self.meter.timed(self.make_lines(name, place), left)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
