"""Programs that tests start: where Chromium and PostgreSQL's are; and only tests marked ``slow`` start any."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cards.text.formulas.process import HELPER

NO_CHROMIUM = "BROWSER TESTS DID NOT RUN: there is no Chromium here (Debian: apt install chromium)."
NO_POSTGRES = "NOTHING WAS TESTED ON POSTGRESQL: initdb is not here (Debian: apt install postgresql)."


def in_ci() -> bool:
    """Whether every test has to run, so that a missing program is a failure."""
    return os.environ.get("CI") == "true"


CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


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


STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec"}
"""The audit events that Python raises before it starts a program or a process."""

_test_that_may_not = ""


class ProgramStartedError(Exception):
    """A test that is not marked ``slow`` starts a program."""


@contextmanager
def refused(test: str) -> Iterator[None]:
    """Forbid starting programs until the end of the block, which runs this test."""
    global _test_that_may_not
    before, _test_that_may_not = _test_that_may_not, test
    try:
        yield
    finally:
        _test_that_may_not = before


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in STARTS and _test_that_may_not and not _is_helper(event, arguments):
        raise ProgramStartedError(f"{_test_that_may_not} starts a program ({event}): mark it slow")


def _is_helper(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether it is the converter of formulas, which the first page with a formula starts."""
    return event == "subprocess.Popen" and str(HELPER) in arguments[1]


sys.addaudithook(_refuse)
