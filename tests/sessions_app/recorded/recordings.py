"""The files with the records, one for each sitting; packed, with one line for each thing that happened."""

import gzip
from pathlib import Path

RECORD = "RECORD_SITTINGS"
"""The environment variable that lets the tests write the records instead of comparing with them."""

FOLDER = Path(__file__).parent / "records"


def read(name: str) -> list[str]:
    """The lines of a record; none if the sitting was never recorded."""
    path = FOLDER / f"{name}.txt.gz"
    return gzip.decompress(path.read_bytes()).decode().splitlines() if path.exists() else []


def write(name: str, lines: list[str]) -> None:
    """Store a record; equal records are equal files."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
