"""Django's backend for SQLite, whose transactions and single writing statements wait for the writer's turn."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from studysite.sqlite.write_lock import BusyError, Turn, patience, turn_for

WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
READ_SECONDS = 5.0
"""How long a statement that only reads waits: SQLite itself locks readers out for moments alone."""


class DatabaseBusyError(OperationalError):
    """The writer's turn did not come in time: nothing was written, and may be sent again."""


class Cursor(base.SQLiteCursorWrapper):
    """Takes the turn for a statement that writes and is a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection, wrapper: "DatabaseWrapper") -> None:
        super().__init__(connection)
        self.wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with self.wrapper.turn_for_statement(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self.wrapper.turn_for_statement(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the turn from the beginning of a transaction, which is IMMEDIATE, to its end."""

    turn: Turn | None = None
    has_turn = False

    def get_connection_params(self) -> dict[str, Any]:
        return {"timeout": READ_SECONDS, **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Also open the files of the queue. Raises OperationalError where they cannot be."""
        connection = super().get_new_connection(conn_params)
        if not self.is_in_memory_db():
            try:
                self.turn = turn_for(Path(self.settings_dict["NAME"]))
            except OSError as error:
                connection.close()
                raise OperationalError(f"cannot write beside the database: {error}") from error
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=partial(Cursor, wrapper=self))

    @contextmanager
    def turn_for_statement(self, query: str) -> Iterator[None]:
        """Hold the turn meanwhile if the statement writes and no transaction is open that has it."""
        if self.turn is None or self.has_turn or not WRITES.match(query):
            yield
            return
        self.take_turn()
        has_written = False
        try:
            with self.busy_in_time():
                yield
            has_written = True
        finally:
            self.give_turn_back(has_written=has_written)

    def _start_transaction_under_autocommit(self) -> None:
        self.take_turn()
        try:
            with self.busy_in_time():
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self.give_turn_back(has_written=False)
            raise

    def _commit(self) -> None:
        # Where it fails, Django rolls back next.
        super()._commit()  # type: ignore[misc]
        self.give_turn_back(has_written=True)

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.give_turn_back(has_written=False)

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self.give_turn_back(has_written=False)

    def take_turn(self) -> None:
        """Wait for the turn unless this connection has it. Raises DatabaseBusyError."""
        if self.turn is None or self.has_turn:
            return
        try:
            self.turn.take()
        except BusyError:
            raise DatabaseBusyError("the writer's turn did not come in time") from None
        self.has_turn = True

    def give_turn_back(self, *, has_written: bool) -> None:
        if self.turn is not None and self.has_turn:
            self.has_turn = False
            self.turn.give_back(has_written=has_written)

    @contextmanager
    def busy_in_time(self) -> Iterator[None]:
        """Wait for SQLite's own lock, which only other programs hold now, no longer than for a turn.

        Raises DatabaseBusyError.
        """
        if self.turn is None:
            yield
            return
        since, limit = time.monotonic(), patience()
        self.set_busy_timeout(max(0.0, self.turn.time_left(since, limit)))
        try:
            yield
        except (OperationalError, sqlite3.OperationalError) as error:
            if sqlite_code(error) != sqlite3.SQLITE_BUSY:
                raise
            raise DatabaseBusyError("another program holds the database") from error
        finally:
            limit.waited += time.monotonic() - since
            self.set_busy_timeout(READ_SECONDS)

    def set_busy_timeout(self, seconds: float) -> None:
        if self.connection is not None:
            self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def sqlite_code(error: BaseException) -> int | None:
    """SQLite's primary result code of an error of its own or of Django's; None where SQLite has given none.

    Errors that Python's module raises by itself have no code. Of an extended code the last byte is the primary
    one: https://sqlite.org/rescode.html
    """
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
