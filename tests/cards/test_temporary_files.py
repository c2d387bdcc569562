"""Files that wait for a user, and files whose row is deleted."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from cards.temporary_files import is_older, remove_strays

NOW = timezone.now()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with two files and two folders that are two days old, and a new file."""
    for name in ("kept.txt", "stray.txt", "new.txt"):
        (tmp_path / name).touch()
    for name in ("kept", "stray"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    for name in ("kept.txt", "stray.txt", "kept", "stray"):
        moment = (NOW - timedelta(days=2)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    return tmp_path


def test_only_old_files_without_a_row_are_removed(old: Path) -> None:
    remove_strays(old, known={"kept"}, before=NOW - timedelta(days=1))
    assert {path.name for path in old.iterdir()} == {"kept", "kept.txt", "new.txt"}


def test_file_removed_meanwhile_is_no_error(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda *arguments: iter([old / "gone", old / "stray.txt"]))
    remove_strays(old, known=set(), before=NOW - timedelta(days=1))
    assert not (old / "stray.txt").exists()
    assert not is_older(old / "gone", NOW)


def test_missing_folder_is_no_error(tmp_path: Path) -> None:
    remove_strays(tmp_path / "none", known=set(), before=NOW)
