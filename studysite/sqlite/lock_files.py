"""Files that are only there to be locked."""

import os
from pathlib import Path
from typing import BinaryIO


def open_lock_file(path: Path, *, like: Path) -> BinaryIO:
    """Open the file at ``path``, or make it, with the owner and the permissions of ``like``. Raises OSError.

    Otherwise a command run by root would make a file that the service cannot open.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
    if like.exists() and os.fstat(file.fileno()).st_uid == os.geteuid():
        model = like.stat()
        os.fchmod(file.fileno(), model.st_mode & 0o666)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), model.st_uid, model.st_gid)
    return file
