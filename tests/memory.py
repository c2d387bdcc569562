"""Where tests keep their files: in memory if it has room, so that no test waits for a disk."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
"""Bytes that must be free there: far more than a whole run uses at any time."""


def make_directory(prefix: str) -> Path:
    """Make a directory for one run: in memory, unless TMPDIR names another place or too little is free."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return Path(
        tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room and "TMPDIR" not in os.environ else None)
    )
