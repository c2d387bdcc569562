"""The working files of a reader: unpacked members, and a database of keys that were read. Pure.

A file that is read in slices keeps them in a folder until it is read to its end. A file that is read at once needs
the database only, which is then a temporary file.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS seen (kind TEXT, key TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, is_true INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  card INTEGER, time INTEGER, number INTEGER, rating INTEGER, interval INTEGER, elapsed INTEGER, kind INTEGER,
  PRIMARY KEY (card, time, number)
) WITHOUT ROWID;
"""
# A half-written transaction of a killed server is rolled back. After a power cut the file is read again.
PRAGMAS = ("journal_mode = TRUNCATE", "synchronous = OFF", "cache_size = -32000")
DATABASE, PARTIAL = "read.sqlite3", ".part"
SECONDS_TO_WAIT = 1.0
"""How long to wait for another process that is writing a slice of the same file."""


class Work:
    """A folder with unpacked members of a file, and a database, which is temporary without a ``folder``.

    Call `save` to keep what was written. Close it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = sqlite3.connect(
            folder / DATABASE if folder else "", timeout=SECONDS_TO_WAIT, check_same_thread=False
        )
        for pragma in PRAGMAS:
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(TABLES)

    @property
    def has_folder(self) -> bool:
        """Whether the file is read in slices."""
        return self._folder is not None

    @property
    def folder(self) -> Path:
        """Raises ValueError if there is none."""
        if self._folder is None:
            raise ValueError("This file is read at once, without a folder.")
        return self._folder

    def save(self) -> None:
        self.db.commit()

    def close(self) -> None:
        self.db.close()

    def forget_seen(self, kind: str) -> None:
        self.db.execute("DELETE FROM seen WHERE kind = ?", (kind,))

    def is_new(self, kind: str, key: str) -> bool:
        """Whether this key of that kind was not seen before. It is remembered."""
        found = self.db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, key))
        return found.rowcount == 1

    def is_fact(self, name: str, find_out: Callable[[], bool]) -> bool:
        """Whether something about the file is true: from an earlier slice, else from ``find_out``."""
        known = rows(self.db, "SELECT is_true FROM facts WHERE name = ?", (name,))
        if not known:
            known = [(find_out(),)]
            self.db.execute("INSERT INTO facts VALUES (?, ?)", (name, known[0][0]))
        return bool(known[0][0])

    def unpack(self, name: str, chunks: Callable[[], Iterable[bytes]]) -> Path:
        """The file called ``name`` in the folder, written from ``chunks`` unless it exists."""
        path = self.folder / name
        if not path.exists():
            partial = path.with_name(f"{name}{PARTIAL}")
            with partial.open("wb") as file:
                for chunk in chunks():
                    file.write(chunk)
            partial.replace(path)
        return path

    def has_unpacked(self, name: str) -> bool:
        """Whether the folder has the file called ``name``. False without a folder."""
        return self._folder is not None and (self._folder / name).exists()

    def unpacked(self) -> Iterator[tuple[str, int]]:
        """The name and the size in bytes of each file that is completely unpacked."""
        for path in self.folder.iterdir() if self.has_folder else ():
            if not path.name.startswith(DATABASE) and path.suffix != PARTIAL:
                yield path.name, path.stat().st_size

    def forget_unpacked(self, *kept: str) -> None:
        """Remove the unpacked files, except those with the names ``kept``."""
        for path in self.folder.iterdir():
            if path.name not in kept and not path.name.startswith(DATABASE):
                path.unlink(missing_ok=True)


def blocks_of(path: Path, start: int, size: int) -> Iterator[bytes]:
    """The content of a file from the byte ``start`` on, in blocks of ``size`` bytes."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(size):
            yield block


def rows(db: sqlite3.Connection, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return db.execute(query, values).fetchall()
