"""The environment that the tests' settings are read from; loaded as a plugin, before Django.

TEST_DATABASE_URL chooses the database (SQLite without it), TEST_DATA_DIR keeps the test database's directory.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import memory, programs
from tests.variables import SETTINGS

DATABASE_FIXTURES = {"db", "transactional_db"}

if "TEST_DATA_DIR" not in os.environ:
    # Workers of this run inherit the variable; another run has its own directory.
    os.environ["TEST_DATA_DIR"] = str(memory.make_directory("studysite-tests-"))
    atexit.register(shutil.rmtree, os.environ["TEST_DATA_DIR"], ignore_errors=True)
    # Also for temporary files of pytest and of the programs that tests start.
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="tmp-", dir=os.environ["TEST_DATA_DIR"])

for name in SETTINGS:
    os.environ.pop(name, None)
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
os.environ["SECRET_KEY"] = "tests-only-" + "0123456789" * 4
os.environ["SQLITE_SYNC"] = "OFF"
# Each worker has its own data: a test that deletes old files must not delete those of another worker's test.
os.environ["DATA_DIR"] = str(Path(os.environ["TEST_DATA_DIR"], os.environ.get("PYTEST_XDIST_WORKER", "")))
(Path(os.environ["DATA_DIR"]) / "static").mkdir(parents=True, exist_ok=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run only tests that use the database; on SQLite all."""
    for item in items:
        if any(item.get_closest_marker(name) for name in ("browser", "long")):
            item.add_marker(pytest.mark.slow)
    if "TEST_DATABASE_URL" not in os.environ:
        return
    chosen = [item for item in items if uses_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & DATABASE_FIXTURES) or item.get_closest_marker("django_db") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Check the rule of `make test-quick`: a test that is not marked ``slow`` starts no program."""
    with programs.refused("" if item.get_closest_marker("slow") else item.nodeid):
        return (yield)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not programs.find_chromium():
        programs.skip_or_fail(programs.NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, where it is easy to see, what could not be tested on this machine."""
    for why in missing(terminalreporter):
        terminalreporter.write_line(why, red=True, bold=True)


def missing(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    if any("browser" in report.keywords for report in terminalreporter.stats.get("skipped", ())):
        yield programs.NO_CHROMIUM
    if not programs.find_postgres():
        yield programs.NO_POSTGRES
