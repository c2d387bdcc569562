"""Temporary files in folders of the site, any of which may be removed at any time."""

import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path


def is_older(path: Path, moment: datetime) -> bool:
    """Whether the file was written before ``moment``. False if it does not exist."""
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def remove_strays(folder: Path, *, known: Collection[str], before: datetime) -> int:
    """Remove files and folders that were written before ``before`` and have none of the ``known`` names.

    Their endings do not matter. Returns how many were removed.
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
