"""What reading a file in slices keeps on disk between two of them: what was unpacked, and what was seen. Pure.

Read at one go, a file needs the same for the time of a pass, and has it in a temporary file.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS seen (kind TEXT, key TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  card INTEGER, time INTEGER, number INTEGER, rating INTEGER, interval INTEGER, elapsed INTEGER, kind INTEGER,
  PRIMARY KEY (card, time, number)
) WITHOUT ROWID;
"""
# What a killed server has half written goes again; after a power cut the file is read anew.
PRAGMAS = ("journal_mode = TRUNCATE", "synchronous = OFF", "cache_size = -32000")
DATABASE, PARTIAL = "read.sqlite3", ".part"
SECONDS_TO_WAIT = 1.0
"""For another process that is in the middle of a slice of the same file."""


class Work:
    """A folder with what was unpacked of a file, and a database; without a ``folder`` the latter is temporary.

    What is written counts from `save` on. Close it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = sqlite3.connect(
            folder / DATABASE if folder else "", timeout=SECONDS_TO_WAIT, check_same_thread=False
        )
        for pragma in PRAGMAS:
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(TABLES)

    def save(self) -> None:
        self.db.commit()

    def close(self) -> None:
        self.db.close()

    def forget_seen(self, kind: str) -> None:
        self.db.execute("DELETE FROM seen WHERE kind = ?", (kind,))

    def is_new(self, kind: str, key: str) -> bool:
        """Whether this key of that kind was not seen before; now it is."""
        found = self.db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, key))
        return found.rowcount == 1

    def unpack(self, name: str, chunks: Callable[[], Iterable[bytes]]) -> Path:
        """The file called ``name`` in the folder, made of ``chunks`` unless it is there as a whole."""
        assert self.folder is not None  # noqa: S101
        path = self.folder / name
        if not path.exists():
            partial = path.with_name(f"{name}{PARTIAL}")
            with partial.open("wb") as file:
                for chunk in chunks():
                    file.write(chunk)
            partial.replace(path)
        return path

    def unpacked(self) -> Iterator[tuple[str, int]]:
        """What was unpacked as a whole by now: the name of each file, and its bytes."""
        for path in self.folder.iterdir() if self.folder else ():
            if not path.name.startswith(DATABASE) and path.suffix != PARTIAL:
                yield path.name, path.stat().st_size

    def forget_unpacked(self, *kept: str) -> None:
        """Remove what was unpacked, but for the files with the names ``kept``."""
        assert self.folder is not None  # noqa: S101
        for path in self.folder.iterdir():
            if path.name not in kept and not path.name.startswith(DATABASE):
                path.unlink(missing_ok=True)


def pieces_of(path: Path, start: int, size: int) -> Iterator[bytes]:
    """The content of a file from the byte ``start`` on, in pieces of ``size`` bytes."""
    with path.open("rb") as file:
        file.seek(start)
        while piece := file.read(size):
            yield piece


def rows(db: sqlite3.Connection, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return db.execute(query, values).fetchall()
