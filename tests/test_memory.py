"""Files of tests are kept in memory only if it has room and TMPDIR names no other place."""

import tempfile
from pathlib import Path

import pytest

from tests import memory


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one for memory and one on the disk."""
    for name in ("memory", "disk"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "disk"))
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr(memory, "ROOM", 0)
    return tmp_path


def test_memory_is_used(places: Path) -> None:
    assert memory.make_directory("a-").parent.name == "memory"


def test_memory_without_room_is_left_alone(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ROOM", 2**62)
    assert memory.make_directory("a-").parent.name == "disk"


def test_machine_without_shared_memory_uses_the_disk(places: Path) -> None:
    (places / "memory").rmdir()
    assert memory.make_directory("a-").parent.name == "disk"


def test_named_directory_is_used(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(places / "disk"))
    assert memory.make_directory("a-").parent.name == "disk"
