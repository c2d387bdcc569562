"""Django's backend for SQLite, whose transactions and single writing statements wait for the write lock."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base, features
from django.db.utils import OperationalError
from django.utils.functional import cached_property

from studysite.sqlite.write_lock import BusyError, WriteLock, wait_limit, write_lock_for

WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
READ_SECONDS = 5.0
"""How long, in seconds, a statement that only reads waits: SQLite blocks readers only for moments."""


class DatabaseBusyError(OperationalError):
    """The wait for the write lock was too long: nothing was written, and the client may send it again."""


class Cursor(base.SQLiteCursorWrapper):
    """Holds the write lock for a statement that writes outside a transaction."""

    def __init__(self, connection: sqlite3.Connection, wrapper: "DatabaseWrapper") -> None:
        super().__init__(connection)
        self.wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with self.wrapper.lock_for_statement(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self.wrapper.lock_for_statement(query):
            return super().executemany(query, param_list)


class DatabaseFeatures(features.DatabaseFeatures):
    """Lets statements have as many parameters as this SQLite allows; Django 5.2 assumes 999.

    So handing in a test of 100 questions takes the same number of statements as one of five.
    """

    @cached_property
    def max_query_params(self) -> int:  # type: ignore[override]
        self.connection.ensure_connection()
        return int(self.connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the write lock from the beginning of a transaction, which is IMMEDIATE, to its end."""

    features_class = DatabaseFeatures
    write_lock: WriteLock | None = None
    has_write_lock = False

    def get_connection_params(self) -> dict[str, Any]:
        return {"timeout": READ_SECONDS, **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Also open the lock files. Raises OperationalError if they cannot be opened."""
        connection = super().get_new_connection(conn_params)
        if not self.is_in_memory_db():
            try:
                self.write_lock = write_lock_for(Path(self.settings_dict["NAME"]))
            except OSError as error:
                connection.close()
                raise OperationalError(f"cannot write beside the database: {error}") from error
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=partial(Cursor, wrapper=self))

    @contextmanager
    def lock_for_statement(self, query: str) -> Iterator[None]:
        """Hold the write lock while the statement runs, if it writes and no open transaction has the lock."""
        if self.write_lock is None or self.has_write_lock or not WRITES.match(query):
            yield
            return
        self.acquire_write_lock()
        has_written = False
        try:
            with self.busy_in_time():
                yield
            has_written = True
        finally:
            self.release_write_lock(has_written=has_written)

    def _start_transaction_under_autocommit(self) -> None:
        self.acquire_write_lock()
        try:
            with self.busy_in_time():
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self.release_write_lock(has_written=False)
            raise

    def _commit(self) -> None:
        # If it fails, Django rolls back next.
        super()._commit()  # type: ignore[misc]
        self.release_write_lock(has_written=True)

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.release_write_lock(has_written=False)

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self.release_write_lock(has_written=False)

    def acquire_write_lock(self) -> None:
        """Wait for the write lock, unless this connection has it. Raises DatabaseBusyError."""
        if self.write_lock is None or self.has_write_lock:
            return
        try:
            self.write_lock.acquire()
        except BusyError:
            raise DatabaseBusyError("waited too long for the write lock") from None
        self.has_write_lock = True

    def release_write_lock(self, *, has_written: bool) -> None:
        if self.write_lock is not None and self.has_write_lock:
            self.has_write_lock = False
            self.write_lock.release(has_written=has_written)

    @contextmanager
    def busy_in_time(self) -> Iterator[None]:
        """Wait for SQLite's own lock, which only another program can hold now, within the same `wait_limit`.

        Raises DatabaseBusyError.
        """
        if self.write_lock is None:
            yield
            return
        since, limit = time.monotonic(), wait_limit()
        self.set_busy_timeout(max(0.0, self.write_lock.time_left(since, limit)))
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
    """SQLite's primary result code of an sqlite3 error, or of the cause of a Django error; None if there is none.

    Errors that Python's module raises by itself have no code. The last byte of an extended code is the primary
    code: https://sqlite.org/rescode.html
    """
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
