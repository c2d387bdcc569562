"""Another program that holds the lock of a SQLite database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.server import PATIENCE


@contextmanager
def locked(database: Path | str) -> Iterator[None]:
    """Hold the write lock until the end of the block, as a program that is none of the site's would."""
    # Without an isolation level Python begins nothing by itself.
    with closing(sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
