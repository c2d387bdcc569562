"""How a text or a table is read, by its own settings, the user's choices, and its first rows. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cards.formats.delimited.anki_text.lines import AnkiHead, anki_head
from cards.formats.delimited.columns import MAX_COLUMNS, PAIR, SIDES, Columns, named_columns
from cards.formats.delimited.joining import should_join
from cards.formats.delimited.markup import looks_like_html
from cards.formats.delimited.rows import NEWLINE, TAB, Layout, Rows, guess_layout
from cards.formats.markdown.escaping import escape_plain
from cards.formats.markdown.from_html import Converted, convert
from cards.formats.types import Column, FormatError

PLAIN, MARKDOWN, HTML = "plain", "markdown", "html"
"""What the sides of a file are."""

READERS: dict[str, Callable[[str], Converted]] = {
    PLAIN: lambda text: Converted(escape_plain(text)),
    MARKDOWN: Converted,
    HTML: convert,
}
SEP_LINE = re.compile(r"\"?sep=(?:\"?(\t|[^\s\w\"'])\"?[^\n\w]*)?(?:\n|\Z)", re.IGNORECASE)
"""Excel's line before the rows, which names their separator: also in quotation marks, or with cells behind it."""

SAMPLE_ROWS, SAMPLE = 500, 100_000
"""The first rows and characters of a text from which it is guessed how it is read."""

SHOWN_CELLS, SHOWN_LENGTH = 3, 60


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What a user chose. Empty values and None are guessed, and `Parsed` says how.

    ``markdown``: the text is Markdown already, and is not escaped; ``html``: it is HTML. ``columns`` names what
    each column is, by the words of `columns.KINDS` (empty for one to leave out), and then every separator
    splits, unless there are two. ``head``: whether the first row names the columns. ``swap``: the columns of
    the two sides change places. ``join``: rows without a separator belong to the row before. ``is_csv`` prefers
    commas where the rows leave it open. ``sheet`` is the name of a workbook's sheet.
    """

    separator: str = ""
    row_separator: str = ""
    encoding: str = ""
    markdown: bool | None = None
    html: bool | None = None
    columns: tuple[str, ...] = ()
    head: bool | None = None
    swap: bool = False
    join: bool | None = None
    is_csv: bool = False
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rows of a text or a table mean. ``is_pair``: only the first separator of a row splits it.

    ``shown`` are the columns for the user, and ``has_head`` says that their names are the first row.
    """

    columns: Columns = PAIR
    markup: str = PLAIN
    swap: bool = False
    is_own: bool = False
    is_anki: bool = False
    is_pair: bool = False
    has_head: bool = False
    note_type: str = ""
    tags: tuple[str, ...] = ()
    deck: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    shown: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPlan:
    """The plan of a text. The row with names, if any, is at ``head``, and the rows begin at ``start``.

    ``joins``: rows without a separator go on the row before.
    """

    text: str
    layout: Layout
    rows: Plan
    head: int = 0
    start: int = 0
    joins: bool = False


def text_plan(text: str, options: TextOptions) -> TextPlan:
    """Decide how ``text`` is read. Raises FormatError for settings in it that cannot be followed."""
    sep = SEP_LINE.match(text)
    start, named = (sep.end(), sep[1] or "") if sep else (0, "")
    anki = AnkiHead() if sep else anki_head(text)
    start = start or anki.end
    layout = guess_layout(
        text[start:],
        separator=options.separator or named or anki.separator,
        row_separator=options.row_separator or (NEWLINE if start else ""),
        is_csv=options.is_csv,
    )
    sample = first_rows(text, layout, start)
    may_be_table = layout.separator == TAB or options.is_csv
    plan = rows_plan(
        sample, options, anki, is_table=not start and looks_like_table(sample, by_count=may_be_table)
    )
    head = start
    if plan.has_head:
        _, start = Rows(text, layout, columns=0, start=start).row(start, "row 1")
        sample = sample[1:]
    joins = options.join
    if joins is None:
        can_join = plan.is_pair and not plan.is_anki and not options.is_csv
        joins = can_join and should_join(sample, layout.separator)
    if joins := joins and not plan.is_own:
        sample = [row for row in sample if len(row) > 1]
        plan = replace(plan, shown=tuple(shown_columns(plan, sample)))
    return TextPlan(text, layout, plan, head, start, joins)


def first_rows(text: str, layout: Layout, start: int) -> list[list[str]]:
    """The first rows, each split at every separator."""
    found: list[list[str]] = []
    rows = Rows(text[start : start + SAMPLE * 2], layout, columns=0)
    try:
        for _, fields in rows:
            found.append(fields)
            if len(found) >= SAMPLE_ROWS or rows.place[0] >= SAMPLE:
                break
    except FormatError:
        # It is told when the rows are read.
        pass
    return found


def rows_plan(
    sample: Sequence[Sequence[str]],
    options: TextOptions,
    anki: AnkiHead | None = None,
    *,
    is_table: bool = False,
) -> Plan:
    """Decide what the rows mean, of which ``sample`` are the first.

    ``anki`` are the settings before them. The cells of a table (``is_table``) have no separators between them.
    """
    anki = anki or AnkiHead()
    plan = Plan(
        columns=anki.columns,
        swap=options.swap,
        is_anki=bool(anki.end),
        note_type=anki.note_type,
        tags=anki.tags,
        deck=anki.deck,
    )
    if not anki.end and options.head is not False:
        plan = with_head(plan, sample, options)
    if is_table and not plan.has_head:
        plan = replace(plan, columns=filled_columns(sample))
    rows = sample[1:] if plan.has_head else sample
    markup = chosen_markup(options) or (MARKDOWN if plan.is_own else markup_of(anki, rows))
    if options.columns:
        plan = replace(plan, columns=Columns(options.columns, plan.columns.names))
    # In Anki's files, definitions with a separator are in quotation marks.
    plan = replace(plan, markup=markup, is_pair=plan.columns.is_pair and not (plan.is_anki or is_table))
    return replace(plan, shown=tuple(shown_columns(plan, rows)))


def chosen_markup(options: TextOptions) -> str:
    """What the user chose. Empty if that is to be guessed."""
    if options.html or options.markdown:
        return HTML if options.html else MARKDOWN
    # A text that is known to be neither is plain. One that is not Markdown may still be HTML, and the other way
    # round.
    return PLAIN if options.html is False and options.markdown is False else ""


def looks_like_table(sample: Sequence[Sequence[str]], *, by_count: bool) -> bool:
    """Whether the rows come from a spreadsheet without a head, and not from a list with long definitions.

    All have the same number of cells, at least three, and a column is empty in all of them. With tabs, or in a
    CSV, the number is enough (``by_count``); in a list, commas may be as many in each row by chance.
    """
    filled = [row for row in sample if any(row)]
    width = len(filled[0]) if len(filled) > 1 else 0
    if width <= len(SIDES) or any(len(row) != width for row in filled):
        return False
    return by_count or any(not any(row[index] for row in filled) for index in range(width))


def filled_columns(sample: Sequence[Sequence[str]]) -> Columns:
    """The first two columns with text are the sides, and the others are left out."""
    filled = sorted({index for row in sample for index, text in enumerate(row) if text})
    kinds = [""] * max(filled[1] + 1 if len(filled) > 1 else 2, 2)
    sides = filled[:2] if len(filled) > 1 else [0, 1]
    for side, index in zip(SIDES, sides, strict=True):
        kinds[index] = side
    return Columns(tuple(kinds))


def markup_of(anki: AnkiHead, rows: Sequence[Sequence[str]]) -> str:
    """Whether the rows are HTML: as Anki's lines say, or as they look. Otherwise they are plain text."""
    is_html = anki.is_html if anki.is_html is not None else looks_like_html(rows)
    return HTML if is_html else PLAIN


def with_head(plan: Plan, sample: Sequence[Sequence[str]], options: TextOptions) -> Plan:
    """The plan with the first row considered, which may name the columns."""
    first = sample[0] if sample else []
    columns, is_own = named_columns(first, is_head=bool(options.head))
    if columns is None:
        return plan
    notices = () if is_own else ("The first row was taken for the names of the columns.",)
    return replace(plan, columns=columns, has_head=True, is_own=is_own, notices=notices)


def shown_columns(plan: Plan, rows: Sequence[Sequence[str]]) -> Iterator[Column]:
    """Each column with its name, what it is, and its first cells."""
    kinds, names = plan.columns.kinds, plan.columns.names
    # Where only the first separator splits, further columns belong to the last one.
    rest = kinds[-1] if plan.is_pair else ""
    filled = [row for row in rows if any(row)]
    counts = Counter(len(row) for row in filled)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    if plan.is_pair and counts[usual] * 2 <= len(filled):
        usual = 0
    width = max(len(kinds), len(names), usual)
    for index in range(min(width, MAX_COLUMNS)):
        cells = (" ".join(row[index].split()) for row in filled if index < len(row))
        yield Column(
            names[index] if index < len(names) else "",
            kinds[index] if index < len(kinds) else rest,
            tuple(first_cells(cells)),
        )


def first_cells(cells: Iterator[str]) -> Iterator[str]:
    """The first cells that are not empty, shortened."""
    found = 0
    for cell in cells:
        if cell:
            found += 1
            yield cell if len(cell) <= SHOWN_LENGTH else f"{cell[: SHOWN_LENGTH - 1].rstrip()}…"
        if found == SHOWN_CELLS:
            return
