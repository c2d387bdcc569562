"""Files that wait for somebody, in folders of the site's own; any of them may be removed at any moment."""

import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path


def is_older(path: Path, moment: datetime) -> bool:
    """Whether the file was written before ``moment``; one that is not there any more was not."""
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def remove_strays(folder: Path, *, known: Collection[str], before: datetime) -> int:
    """Remove what was written before ``before`` and is named for none of ``known``, whatever its ending.

    Returns how many files and folders that were.
    """
    count = 0
    for path in folder.glob("*"):
        if path.name.partition(".")[0] in known or not is_older(path, before):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count
