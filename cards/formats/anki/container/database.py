"""An untrusted SQLite file, read within limits: plain tables only, read-only, and with limited work. Pure."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cards.formats.bounds import Meter
from cards.formats.types import FormatError

MAX_STEPS = 400_000_000
"""Instructions of SQLite's virtual machine. 100,000 cards with two million answers take a tenth of it."""

STEPS_PER_CALL = 100_000
MAX_VALUE = 16 * 2**20
"""Bytes of one row."""

TABLES = frozenset("cards col config deck_config decks fields notes notetypes revlog templates".split())
ERRORS = (sqlite3.Error, UnicodeError, OverflowError)
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
FUNCTIONS = {"count"}
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 2,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# One statement each, so that nothing of an unchecked schema is run.
PRAGMAS = (
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "query_only = ON",
    "mmap_size = 0",
    "cache_size = -8000",
    "temp_store = FILE",
)


class Database:
    """The tables of a collection. Every error is a FormatError that names the member ``where``."""

    def __init__(self, path: str, where: str, meter: Meter | None = None) -> None:
        self.where, self.meter = where, meter or Meter()
        self.steps = 0
        address = f"{Path(path).as_uri()}?mode=ro&immutable=1"
        self.connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self.connection.text_factory = lambda data: data.decode("utf-8", "replace")
        # The collation of Anki's names. The order does not matter here.
        self.connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        for limit, value in LIMITS.items():
            self.connection.setlimit(limit, value)
        self.connection.set_progress_handler(self.count_steps, STEPS_PER_CALL)
        try:
            for pragma in PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}")
            self.tables = self.harmless_tables()
        except ERRORS as error:
            self.close()
            raise self.damaged(error) from error
        except FormatError:
            self.close()
            raise
        self.connection.set_authorizer(self.authorize)

    def close(self) -> None:
        self.connection.close()

    def count_steps(self) -> int:
        """Called by SQLite. Returning 1 stops the statement."""
        self.steps += STEPS_PER_CALL
        return int(self.steps > MAX_STEPS or self.meter.is_over)

    def authorize(
        self, action: int, name: str | None, function: str | None, _db: str | None, _by: str | None
    ) -> int:
        """Allow only reading known tables: no function, no other table, no other statement."""
        if action == sqlite3.SQLITE_FUNCTION and function in FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action not in READS or (
            action == sqlite3.SQLITE_READ and name not in self.tables | {"sqlite_master"}
        ):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def harmless_tables(self) -> frozenset[str]:
        """The names of the tables. Raises FormatError for views, virtual tables and computed columns."""
        found = set()
        for kind, name, sql in self.connection.execute(
            "SELECT type, name, sql FROM sqlite_master LIMIT 1000"
        ):
            if name not in TABLES:
                continue
            statement = re.sub(r"--[^\n]*|/\*.*?\*/", " ", str(sql), flags=re.DOTALL)
            is_plain = re.match(r"CREATE TABLE\b", statement, re.IGNORECASE) is not None
            if (
                kind != "table"
                or not is_plain
                or re.search(r"\)?\s\bAS\b\s*\(|\bGENERATED\b", statement, re.IGNORECASE)
            ):
                raise FormatError(
                    f"“{name}” is not a plain table, as it is in Anki's files.", where=self.where
                )
            found.add(name)
        return frozenset(found)

    def damaged(self, error: Exception) -> FormatError:
        if self.steps > MAX_STEPS or self.meter.is_over:
            return self.meter.too_long()
        # SQLite's message may contain names from the file that are not text.
        why = f" ({error})" if isinstance(error, sqlite3.Error) else ""
        return FormatError(f"The collection is damaged{why}.", where=self.where)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a SELECT, one by one."""
        try:
            # Not the cursor itself: one that is not read to its end must not be closed after its connection.
            yield from iter(self.connection.execute(query).fetchone, None)
        except ERRORS as error:
            raise self.damaged(error) from error

    def count(self, table: str, limit: int, what: str) -> int:
        """The number of rows of ``table``. Raises FormatError if there are more than ``limit`` (of ``what``)."""
        (rows,) = self.row(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of ours
        if rows > limit:
            raise FormatError(f"It has {rows:,} {what}; at most {limit:,} can be read.", where=self.where)
        return int(rows)

    def row(self, query: str) -> tuple[Any, ...]:
        """The first row of a SELECT. Empty if there is none."""
        return next(self.rows(query), ())
