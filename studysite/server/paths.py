"""The directories of the site's code and of its data."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]


def data_dir() -> Path:
    """DATA_DIR: holds the database, the secret key and the collected static files; ``var/`` unless set."""
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()
