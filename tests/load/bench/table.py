"""Tables of figures: written as Markdown, read again, and compared with the committed ones."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studysite.server.paths import BASE_DIR

COMMITTED = BASE_DIR / "docs" / "benchmarks.md"
MOVED = 1.1
"""A figure has moved if it is this many times the committed one, or the other way round."""
BEGIN, END = "<!-- {name}: written by make bench -->", "<!-- end of {name} -->"

Row = Mapping[str, float]


@dataclass
class Table:
    """Rows of figures by their name. ``columns`` gives for each heading its number of decimals."""

    name: str
    first: str
    columns: Mapping[str, int]
    rows: dict[str, Row]

    def lines(self) -> Iterator[str]:
        """The table in Markdown; a figure that was not measured is a dash."""
        yield self._line([self.first, *self.columns])
        yield self._line(["---", *("---:" for _ in self.columns)])
        for name in self.rows:
            yield self.line(name)

    def line(self, name: str) -> str:
        row = self.rows[name]
        return self._line([name, *(shown(row.get(head), places) for head, places in self.columns.items())])

    def _line(self, cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    @property
    def marks(self) -> tuple[str, str]:
        return BEGIN.format(name=self.name), END.format(name=self.name)

    def put_into(self, text: str) -> str:
        """``text`` with this table in place of the one between its marks. Raises ValueError if it has no marks."""
        begin, end = self.marks
        before, is_there, after = text.partition(begin)
        _, is_closed, after = after.partition(end)
        if not (is_there and is_closed):
            raise ValueError(f"no place for the table {self.name!r}")
        return "\n".join([before + begin, *self.lines(), end + after])

    def read(self, text: str) -> dict[str, Row]:
        """The rows of the table between the marks in ``text``; none where it is not there."""
        begin, end = self.marks
        lines = text.partition(begin)[2].partition(end)[0].strip().splitlines()
        if not lines:
            return {}
        headings = cells_of(lines[0])[1:]
        return {
            name: {
                head: float(cell.replace(",", ""))
                for head, cell in zip(headings, figures, strict=True)
                if cell != "-"
            }
            for name, *figures in map(cells_of, lines[2:])
        }

    def moved(self, before: Mapping[str, Row], heads: Sequence[str]) -> Iterator[str]:
        """A line for each figure under ``heads`` that differs much from the one ``before``."""
        for name, row in self.rows.items():
            for head in heads:
                old, new = before.get(name, {}).get(head), row.get(head)
                if not old or not new or 1 / MOVED < new / old < MOVED:
                    continue
                places = self.columns[head]
                yield f"{name}, {head}: {shown(old, places)}, now {shown(new, places)} ({new / old:.2f} times)"


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def shown(figure: float | None, places: int) -> str:
    return "-" if figure is None else f"{figure:,.{places}f}"


def committed(path: Path = COMMITTED) -> str:
    return path.read_text() if path.exists() else ""


def write(tables: Sequence[Table], machine: str, path: Path = COMMITTED) -> None:
    """Put the tables, and what was measured on, into the committed text. Raises ValueError without their marks."""
    text = path.read_text()
    for table in tables:
        if table.rows:
            text = table.put_into(text)
    begin, end = BEGIN.format(name="machine"), END.format(name="machine")
    text = re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}", f"{begin}\n{machine}\n{end}", text, flags=re.DOTALL
    )
    path.write_text(text)
