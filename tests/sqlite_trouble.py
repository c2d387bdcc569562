"""A SQLite database that another program has locked, that is full, or that is read-only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from tests.server import MAX_WAIT


@contextmanager
def locked(database: Path | str) -> Iterator[None]:
    """Hold the write lock until the end of the block, as a program that is not part of the site would."""
    # Without an isolation level Python starts no transaction by itself.
    with closing(sqlite3.connect(database, timeout=MAX_WAIT, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full() -> Iterator[int]:
    """Stop the site's database from growing until the end of the block; gives a size that does not fit."""
    with connection.cursor() as cursor:
        (most,) = cursor.execute("PRAGMA max_page_count").fetchone()
        cursor.execute("PRAGMA max_page_count = 1")
        # Data that earlier tests deleted has left space in the file.
        (free,) = cursor.execute("PRAGMA freelist_count").fetchone()
        (size,) = cursor.execute("PRAGMA page_size").fetchone()
        try:
            yield (free + 10) * size
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")


@contextmanager
def read_only() -> Iterator[None]:
    """Make the site's database refuse all writes until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            yield
        finally:
            cursor.execute("PRAGMA query_only = OFF")
