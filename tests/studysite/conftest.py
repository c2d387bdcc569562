"""Directories in which the site's programs run."""

import os
import shutil
from pathlib import Path

import pytest

from tests import server


@pytest.fixture
def free_port() -> int:
    return server.free_port()


@pytest.fixture(scope="session")
def prepared() -> Path:
    """A DATA_DIR after a first start, one for all workers; tests that change it take a copy."""
    data_dir = Path(os.environ["TEST_DATA_DIR"]) / "prepared" / "not there yet"
    ended = server.run("studysite.server.prepare", data_dir)
    assert ended.returncode == 0, ended.stderr
    return data_dir


@pytest.fixture
def data_dir(prepared: Path, tmp_path: Path) -> Path:
    return copy_of(prepared, tmp_path)


@pytest.fixture(scope="module")
def shared_data_dir(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for all tests of a module, which share a server."""
    return copy_of(prepared, tmp_path_factory.mktemp("shared"))


def copy_of(prepared: Path, place: Path) -> Path:
    unfinished = shutil.ignore_patterns("*-shm", "*-wal")
    return shutil.copytree(prepared, place / "data", ignore=unfinished)
