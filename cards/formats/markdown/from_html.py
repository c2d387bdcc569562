"""HTML of other programs' cards -> our Markdown. Visible content stays; what would run or load is removed. Pure.

Written for our own dialect, where a line break is a line break, formulas are between dollars and pictures
are stored separately. Tags are read without a browser's repairs: the resulting text is escaped, so a
broken tag looks ugly but is safe. The time depends on the length of the text only.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from cards.formats.markdown.escaping import escape_plain
from cards.formats.markdown.inline import (
    EM,
    END,
    MARKERS,
    SPACES,
    STRIKE,
    STRONG,
    Pieces,
    without_controls,
    without_marks,
)
from cards.formats.markdown.maths import spans, take_formulas
from cards.formats.markdown.tags import (
    APART,
    BLOCKS,
    DRAWING,
    HEADINGS,
    MAX_HTML_SOURCE,
    attributes,
    cut_down,
    visible,
    without_comments,
)
from cards.formats.types import ImageRef

MAX_DEPTH = 8
"""Depth of nested lists and quotations."""

SOUND = re.compile(
    r"\[sound:[^\[\]\n]{1,500}\]|\[anki:play:[^\[\]]{0,50}\]|\[anki:tts[^\[\]]{0,500}\][^\[\]]{0,9999}\[/anki:tts\]"
)
DATA_ADDRESS = re.compile(r"data:[a-zA-Z0-9/+.;=-]*,[^\"'>\s]*+")
OUTSIDE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")

STYLES = {
    "b": STRONG, "strong": STRONG, "i": EM, "em": EM, "cite": EM, "var": EM, "dfn": EM,
    "s": STRIKE, "del": STRIKE, "strike": STRIKE,
}  # fmt: skip
SPANS = {"a", "sub", "sup", "code", "kbd", "tt", "samp", "rt"}

RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
ALL_RAISED = re.compile("[0-9+\\-−=()ni]+")
ALL_LOWERED = re.compile("[0-9+\\-−=()aehijklmnoprstuvx]+")
ORDINALS = {"st", "nd", "rd", "th", "er", "re", "e", "o", "a", "ème"}


@dataclass(slots=True)
class Converted:
    """A side as Markdown, its images, and the number of things that were left out.

    ``outside_images`` are on other servers, ``embedded_images`` are in the text itself. ``drawings`` are SVG.
    """

    text: str = ""
    images: list[ImageRef] = field(default_factory=list)
    sounds: int = 0
    outside_images: int = 0
    embedded_images: int = 0
    drawings: int = 0


class Converter:
    """Builds the lines of one side, token by token."""

    def __init__(self) -> None:
        self.out = Converted()
        self.pieces = Pieces()
        self.lines: list[str] = []
        self.line: list[str] = []
        # The prefixes of each open list or quotation: for its first line, and for the others.
        self.outer: list[list[str]] = []
        # The next number of each open list. None without numbers.
        self.lists: list[int | None] = []
        # How often each style is open, and the style that ended last.
        self.open = dict.fromkeys(MARKERS, 0)
        self.ended = ""
        # Open links, code and similar elements: the address, and where they start in the line.
        self.spans: list[tuple[str, int]] = []
        self.table_rows: list[list[str]] | None = None
        self.code_start: int | None = None

    def text(self, raw: str) -> None:
        text = html.unescape(raw)
        if self.code_start is None:
            self.line.append(SPACES.sub(" ", text))
            return
        first, *others = text.replace("\xa0", " ").split("\n")
        self.line.append(first)
        for other in others:
            self.end_line()
            self.line.append(other)

    # Lines

    def end_line(self) -> None:
        """Finish the line. Its open styles are opened again in the next line."""
        line, self.line = "".join(self.line), [mark for mark, depth in self.open.items() if depth]
        self.spans = [(address, 0) for address, _ in self.spans]
        if self.code_start is not None:
            self.lines.append(self.prefix() + self.pieces.resolve(without_marks(line)).rstrip())
            return
        shown = self.pieces.finish(line + END * len(self.line))
        if shown and not shown.strip("#"):
            shown = ""  # An empty heading.
        if self.table_rows is None:
            self.lines.append(self.prefix() + shown if shown else "")
        elif shown:
            row = self.table_rows[-1] if self.table_rows else []
            if not self.table_rows:
                self.table_rows.append(row)
            row[-1:] = [f"{row[-1]} {shown}".strip() if row else shown]

    def prefix(self) -> str:
        """The prefix of the line. A list's marker is before the first line of its item only."""
        made = ""
        for level in self.outer:
            made += level[0]
            level[0] = level[1]
        return made

    def break_line(self, *, apart: bool = False) -> None:
        """End the line unless it is empty. With ``apart`` an empty line follows."""
        if any(piece.strip() and piece not in MARKERS and piece != END for piece in self.line):
            self.end_line()
        if apart and self.table_rows is None and self.lines and self.lines[-1]:
            self.lines.append("")

    # Tags

    def tag(self, name: str, rest: str, *, closing: bool) -> None:
        if name in STYLES:
            self.style(STYLES[name], closing=closing)
        elif name == "br":
            self.end_line()
        elif name in SPANS:
            self.span(name, rest, closing=closing)
        elif name == "img" and not closing:
            self.image(attributes(rest))
        elif name in ("td", "th", "tr") and self.table_rows is not None:
            self.cell(name, closing=closing)
        elif name in BLOCKS:
            self.block(name, closing=closing)
        elif name in ("table", "ul", "ol", "li", "blockquote", "pre"):
            self.structure(name, rest, closing=closing)

    def structure(self, name: str, rest: str, *, closing: bool) -> None:
        """Tables, and blocks that may contain others. In a cell these are normal lines."""
        if name == "table":
            self.table(closing=closing)
        elif self.table_rows is not None:
            self.break_line()
        elif name == "li":
            self.item(closing=closing)
        elif name == "blockquote":
            self.quotation(closing=closing)
        elif name == "pre":
            self.code_block(closing=closing)
        else:
            self.list(name, rest, closing=closing)

    def style(self, mark: str, *, closing: bool) -> None:
        depth = self.open[mark]
        if closing and depth:
            self.open[mark] = depth - 1
            if depth == 1:
                self.line.append(END)
                self.ended = mark
        elif not closing:
            self.open[mark] = depth + 1
            if not depth and self.line[-1:] == [END] and self.ended == mark:
                self.line.pop()  # It continues: <b>a</b><b>b</b>.
            elif not depth:
                self.line.append(mark)

    def block(self, name: str, *, closing: bool) -> None:
        self.break_line(apart=name in APART)
        if self.table_rows is not None:
            return
        if name == "hr":
            self.lines += ["---", ""]
        elif name in HEADINGS and not closing:
            self.line.append(self.pieces.keep(HEADINGS[name]))

    def list(self, name: str, rest: str, *, closing: bool) -> None:
        self.break_line(apart=not self.lists)
        if not closing and len(self.outer) < MAX_DEPTH:
            start = attributes(rest).get("start", "1")
            number = int(start) if start.isdecimal() and len(start) < 9 else 1
            self.lists.append(number if name == "ol" else None)
            self.outer.append(["", ""])
        elif closing and self.lists and self.outer[-1][1] != "> ":
            self.lists.pop()
            self.outer.pop()
            if not self.lists:
                self.break_line(apart=True)

    def item(self, *, closing: bool) -> None:
        self.break_line()
        if closing or not self.lists or self.outer[-1][1] == "> ":
            return
        number = self.lists[-1]
        marker = "- " if number is None else f"{number}. "
        self.lists[-1] = None if number is None else number + 1
        self.outer[-1] = [marker, " " * len(marker)]

    def quotation(self, *, closing: bool) -> None:
        self.break_line(apart=True)
        if not closing and len(self.outer) < MAX_DEPTH:
            self.outer.append(["> ", "> "])
        elif closing and self.outer and self.outer[-1][1] == "> ":
            self.outer.pop()

    def code_block(self, *, closing: bool) -> None:
        if closing == (self.code_start is None):
            return
        if self.code_start is None:
            self.break_line(apart=not self.lists)
            # Spaces before the code are none of its own.
            self.line = [piece for piece in self.line if piece.strip()]
            self.lines.append(self.prefix() + "```")
            self.code_start = len(self.lines)
            return
        self.break_line()
        code = self.lines[self.code_start :]
        longest = max((len(run) for run in re.findall("`+", "".join(code))), default=0)
        fence = "`" * max(3, longest + 1)
        self.lines[self.code_start - 1] = self.lines[self.code_start - 1].replace("```", fence)
        if code and not code[0].strip():
            del self.lines[self.code_start]  # The line end after <pre>.
        self.lines.append(self.prefix() + fence)
        self.code_start = None

    def table(self, *, closing: bool) -> None:
        if not closing and self.table_rows is None and self.code_start is None:
            self.break_line(apart=True)
            self.table_rows = []
        elif closing and self.table_rows is not None:
            self.end_line()
            rows, self.table_rows = [row for row in self.table_rows if any(row)], None
            self.lines += [self.prefix() + row for row in table_lines(rows)]
            self.lines.append("")

    def cell(self, name: str, *, closing: bool) -> None:
        self.end_line()
        if closing or self.table_rows is None:
            return
        if name == "tr" or not self.table_rows:
            self.table_rows.append([])
        if name != "tr":
            self.table_rows[-1].append("")

    def image(self, found: dict[str, str]) -> None:
        address = found.get("src", "").strip()
        if address.startswith("data:"):
            self.out.embedded_images += 1
        elif OUTSIDE.match(address):
            self.out.outside_images += 1
        elif address:
            self.out.images.append(ImageRef(unquote(address), " ".join(found.get("alt", "").split())))

    def span(self, name: str, rest: str, *, closing: bool) -> None:
        """Elements that are converted at their end: links, code, superscript and subscript."""
        if not closing:
            self.spans.append((attributes(rest).get("href", "") if name == "a" else "", len(self.line)))
        elif self.spans and self.code_start is None:
            address, start = self.spans.pop()
            inner = "".join(self.line[start:])
            if inner.strip() and (made := self.spanned(name, address.strip(), inner)):
                self.line[start:] = [made]

    def spanned(self, name: str, address: str, inner: str) -> str:
        """The Markdown for ``inner``. Empty to keep it unchanged."""
        if name == "a":
            if not re.match(r"(?:https?://|mailto:)[^\s<>\\]+\Z", address, re.IGNORECASE):
                return ""
            shown = self.pieces.finish(inner)
            return "" if re.search(r"[\[\]`]", shown) else self.pieces.keep(f"[{shown}](<{address}>)")
        if name in ("sub", "sup"):
            return shifted(inner.strip(), raised=name == "sup")
        if name == "rt":
            return f"({inner})"
        code = self.pieces.resolve(without_marks(inner)).strip()
        return "" if not code or "`" in code else self.pieces.keep(f"`{code}`")


def shifted(text: str, *, raised: bool) -> str:
    """Superscript or subscript in Unicode's letters, otherwise after a caret or an underscore."""
    every, letters = (ALL_RAISED, RAISED) if raised else (ALL_LOWERED, LOWERED)
    if every.fullmatch(text):
        return text.translate(letters)
    if raised and text in ORDINALS:
        return text
    return f"{'^' if raised else '_'}{text if text.isalnum() else f'({text})'}"


def table_lines(rows: list[list[str]]) -> Iterator[str]:
    """A table as Markdown, with its first row as the header. A huge one, or one with one column, becomes lines."""
    width = max(map(len, rows), default=0)
    if width < 2 or len(rows) * width > 500:
        yield from (" ".join(filter(None, row)) for row in rows)
        return
    for number, row in enumerate(rows):
        cells = [cell.replace("|", r"\|") for cell in row] + [""] * (width - len(row))
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|" + " --- |" * width


def convert(marked: str) -> Converted:
    """The Markdown of a piece of HTML, with its images."""
    if len(marked) <= MAX_HTML_SOURCE and not any(sign in marked for sign in "<&[\\"):
        # Line ends are spaces in HTML.
        return Converted(escape_plain(SPACES.sub(" ", without_controls(marked))))
    if "data:" in marked:
        marked = DATA_ADDRESS.sub("data:,", marked)
    marked = without_controls(marked)
    converter = Converter()
    marked = without_comments(marked)
    if len(marked) > MAX_HTML_SOURCE:
        marked, converter.out.drawings = cut_down(marked)
    if len(marked) > MAX_HTML_SOURCE:
        converter.out.text = marked  # It is too long for a card in any case.
        return converter.out
    if "[" in marked:
        marked, converter.out.sounds = SOUND.subn("", marked)
    marked = take_formulas(marked, converter.pieces.keep)
    if "<" in marked:
        feed(converter, marked)
    else:
        # The converter has nothing to build: this is one line.
        line = converter.pieces.finish(html.unescape(marked))
        converter.out.text = line if line.strip("#") else ""
    return converter.out


def convert_plain(text: str) -> Converted:
    r"""The Markdown of plain text that a field of Anki has: as in its packages, ``\(..\)`` is a formula."""
    if "\\" in text or "[" in text:
        marked = html.escape(text, quote=False)
        if next(spans(marked), None):
            return convert(marked.replace("\r\n", "\n").replace("\n", "<br>"))
    return Converted(escape_plain(text))


def feed(converter: Converter, marked: str) -> None:
    """Pass every tag and text of ``marked`` to the converter, except what browsers do not show."""
    for piece in visible(marked):
        if isinstance(piece, str):
            converter.text(piece)
        elif piece[2].lower() == DRAWING:
            converter.out.drawings += not piece[1]
        else:
            converter.tag(piece[2].lower(), piece[3], closing=bool(piece[1]))
    converter.code_block(closing=True)
    converter.table(closing=True)
    converter.break_line()
    text = "\n".join(converter.lines).strip("\n")
    converter.out.text = re.sub(r"\n{3,}", "\n\n", text).strip()
