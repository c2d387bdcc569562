"""Pasted or uploaded text with a card in each row -> cards. Pure.

Only the first separator splits a row, so that a definition may contain more of them. If a header row names the
columns, all of them do. Anki's text exports say in lines with ``#`` how to read them
(https://docs.ankiweb.net/importing/text-files.html#file-headers).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cards.formats.bounds import ACCOUNT, Limits, Meter
from cards.formats.delimited.columns import Columns, anki_head, named_columns, split_tags
from cards.formats.delimited.decoding import decode
from cards.formats.delimited.rows import NEWLINE, Layout, Rows, guess_layout, is_blank
from cards.formats.delimited.spreadsheet import unguarded
from cards.formats.markdown.escaping import escape_plain
from cards.formats.markdown.from_html import Converted, convert
from cards.formats.sources import Source, opened, release
from cards.formats.types import (
    FormatError,
    Parsed,
    ParsedCard,
    Place,
    Report,
    Unit,
    cards_in,
    clean_tags,
    fits,
)

MAX_TEXT = 24 * 2**20
"""Bytes of a text file."""

MAX_KEY = 64


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What a user chose. Empty values and None are guessed, and `Parsed` says how.

    ``markdown``: the text is Markdown already, and is not escaped. ``columns`` names what each column is, by
    the words of `columns.KINDS` (empty for one to leave out), and then every separator splits. ``head``:
    whether the first row names the columns. ``is_csv`` prefers commas where the rows leave it open.
    """

    separator: str = ""
    row_separator: str = ""
    encoding: str = ""
    markdown: bool | None = None
    columns: tuple[str, ...] = ()
    head: bool | None = None
    is_csv: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text is read, decided once before its rows are read."""

    text: str
    layout: Layout
    columns: Columns
    start: int = 0
    is_markdown: bool = False
    is_html: bool = False
    is_own: bool = False
    is_anki: bool = False
    tags: tuple[str, ...] = ()
    deck: tuple[str, ...] = ()
    notices: tuple[str, ...] = field(default=())


def read_text(
    source: Source | str, options: TextOptions | None = None, *, limits: Limits = ACCOUNT
) -> Parsed:
    """The cards of a text. Raises FormatError if it is not text, or empty."""
    options, meter = options or TextOptions(), Meter(limits)
    if isinstance(source, str):
        text, encoding = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), ""
        if len(text) > MAX_TEXT:
            raise FormatError(f"The text has {len(text):,} characters; at most {MAX_TEXT:,} can be read.")
    else:
        text, encoding = decode(read_all(source), options.encoding)
    if not text.strip():
        raise FormatError("There is no text in it.")
    plan = make_plan(text, options)
    return Parsed(
        "text",
        lambda report: cards_in(read_units(plan, report, meter)),
        lambda report, place: read_units(plan, report, meter, place),
        encoding=encoding,
        separator=plan.layout.separator,
        row_separator=plan.layout.row_separator,
        is_markdown=plan.is_markdown,
        meter=meter,
    )


def read_all(source: Source) -> bytes:
    file = opened(source, limit=MAX_TEXT)
    try:
        return file.read()
    finally:
        release(file, source)


def make_plan(text: str, options: TextOptions) -> Plan:
    """Decide how ``text`` is read, from its own settings, the user's choices, and its rows."""
    anki = anki_head(text)
    layout = guess_layout(
        text[anki.end :],
        separator=options.separator or anki.separator,
        row_separator=options.row_separator or (NEWLINE if anki.end else ""),
        is_csv=options.is_csv,
    )
    plan = Plan(
        text,
        layout,
        Columns(options.columns) if options.columns else anki.columns,
        start=anki.end,
        is_markdown=bool(options.markdown),
        is_html=bool(anki.is_html),
        is_anki=bool(anki.end),
        tags=anki.tags,
        deck=anki.deck,
    )
    if anki.end:
        return plan
    return with_head(plan, options)


def with_head(plan: Plan, options: TextOptions) -> Plan:
    """The plan with the first row considered, which may name the columns."""
    if options.head is False:
        return plan
    _, names = next(iter(Rows(plan.text, plan.layout, columns=0, start=plan.start)), (0, []))
    named, is_own = named_columns(names)
    if named is None and not options.head:
        return plan
    _, start = Rows(plan.text, plan.layout, columns=0, start=plan.start).row(plan.start, "row 1")
    notices = () if is_own else ("The first row was taken for the names of the columns.",)
    plan = replace(plan, start=start, notices=notices, is_own=is_own)
    if options.columns or named is None:
        return plan
    markdown = is_own if options.markdown is None else options.markdown
    return replace(plan, columns=named, is_markdown=markdown)


def read_units(plan: Plan, report: Report, meter: Meter, place: Place = None) -> Iterator[Unit]:
    """The cards of each row, from ``place`` on."""
    side = reader_of_sides(plan)
    # With two columns only the first separator splits a row, with more all of them.
    split = 2 if plan.columns.is_plain else 0
    rows_before = plan.text.count("\n", 0, plan.start)
    rows = Rows(plan.text, plan.layout, columns=split, start=plan.start)
    if place:
        rows.place = tuple(place)
    else:
        for message in plan.notices:
            report.notice(message, where="row 1")
    for number, fields in rows:
        meter.check()
        card = card_of_row(plan, fields, side, report, f"row {number + rows_before}")
        yield [card] if card else [], rows.place


def card_of_row(
    plan: Plan, fields: list[str], side: Callable[[str], Converted], report: Report, where: str
) -> ParsedCard | None:
    """The card of one row. None if there is none, or it cannot be stored."""
    if is_blank(fields):
        return None
    if plan.is_anki and fields[0].startswith("#") and len(fields) == 1:
        # A card that begins with "#" has two fields, or is in quotation marks.
        report.skip("comments")
        return None
    if plan.is_own:
        fields = [unguarded(text) for text in fields]
    card = card_of(plan, plan.columns.sort(fields), side, report, where)
    if not fits(card, report):
        return None
    if card.one_sided:
        missing = "definition" if card.term else "term"
        report.notice(f"There is no {missing}.", where=where)
    return card


def reader_of_sides(plan: Plan) -> Callable[[str], Converted]:
    if plan.is_html:
        return convert
    if plan.is_markdown:
        return Converted
    return lambda text: Converted(escape_plain(text))


def card_of(
    plan: Plan, sorted_fields: dict[str, str], side: Callable[[str], Converted], report: Report, where: str
) -> ParsedCard:
    """The card of one row."""
    term, definition = side(sorted_fields.get("term", "")), side(sorted_fields.get("definition", ""))
    for converted in (term, definition):
        for what, count in (("sounds", converted.sounds), ("images", len(converted.images))):
            if count:
                report.skipped[what] += count
    if left_out := sorted_fields.get("", ""):
        report.skipped["fields of columns that were left out"] += left_out.count("\n") + 1
    names = sorted_fields.get("tags", "")
    tags = names.split() if plan.is_anki else split_tags(names)
    key = sorted_fields.get("key", "").replace("\0", "")
    if len(key) > MAX_KEY or not key.isprintable():
        report.notice(
            f"A key has at most {MAX_KEY} characters on one line; this one was left out.", where=where
        )
        key = ""
    deck = sorted_fields.get("deck", "")
    return ParsedCard(
        term.text,
        definition.text,
        key=key,
        tags=clean_tags([*tags, *plan.tags], report, where=where),
        deck=tuple(deck.split("::")) if deck else plan.deck,
        where=where,
    )
