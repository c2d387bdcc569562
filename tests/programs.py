"""Programs that some tests drive, which are not Python packages: Chromium and PostgreSQL's."""

import os
import shutil
from pathlib import Path

import pytest

NO_CHROMIUM = "BROWSER TESTS DID NOT RUN: there is no Chromium here (Debian: apt install chromium)."
NO_POSTGRES = "NOTHING WAS TESTED ON POSTGRESQL: initdb is not here (Debian: apt install postgresql)."


def in_ci() -> bool:
    """Whether everything has to run, so that what is missing is a failure."""
    return os.environ.get("CI") == "true"


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


def find_postgres() -> Path | None:
    """The directory of initdb and pg_ctl; Debian keeps those of each version out of PATH."""
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in versions), key=lambda path: int(path.parent.name), default=None)


def skip_or_fail(why: str) -> None:
    if in_ci():
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
