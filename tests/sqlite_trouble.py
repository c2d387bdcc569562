"""A SQLite database whose lock another program holds, that is full, or that takes nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from tests.server import PATIENCE


@contextmanager
def locked(database: Path | str) -> Iterator[None]:
    """Hold the write lock until the end of the block, as a program that is none of the site's would."""
    # Without an isolation level Python begins nothing by itself.
    with closing(sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full() -> Iterator[int]:
    """Let the site's database not grow until the end of the block; gives a number of bytes that do not fit in."""
    with connection.cursor() as cursor:
        (most,) = cursor.execute("PRAGMA max_page_count").fetchone()
        cursor.execute("PRAGMA max_page_count = 1")
        # What earlier tests have deleted leaves room in the file.
        (free,) = cursor.execute("PRAGMA freelist_count").fetchone()
        (size,) = cursor.execute("PRAGMA page_size").fetchone()
        try:
            yield (free + 10) * size
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")


@contextmanager
def read_only() -> Iterator[None]:
    """Let the site's database take nothing until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            yield
        finally:
            cursor.execute("PRAGMA query_only = OFF")
