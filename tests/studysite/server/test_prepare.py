"""What a start prepares: static files, if they would change, and a database that can be written."""

from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from studysite.server import prepare

RECIPES = ("studysite/server/fonts.py", "studysite/server/static_files.py")


@pytest.fixture
def site(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a site that has one static file."""
    monkeypatch.setattr(prepare, "BASE_DIR", tmp_path)
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    for name in ("requirements.txt", *RECIPES, "static/css/base.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("first")
    return tmp_path


@pytest.fixture
def collected(site: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file with a line for each time that files were collected."""
    calls: list[str] = []

    def collect(command: str, **options: object) -> None:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        calls.append(command)

    monkeypatch.setattr(prepare, "call_command", collect)
    return calls


def test_static_files_are_collected_once(collected: list[str]) -> None:
    prepare.ensure_static_files()
    prepare.ensure_static_files()
    assert collected == ["collectstatic"]


@pytest.mark.parametrize("name", ["requirements.txt", *RECIPES, "static/css/base.css", "static/new.js"])
def test_static_files_are_collected_again_after_a_change(site: Path, collected: list[str], name: str) -> None:
    prepare.ensure_static_files()
    (site / name).write_text("other")
    prepare.ensure_static_files()
    assert len(collected) == 2


def test_static_files_are_collected_again_after_a_removal(site: Path, collected: list[str]) -> None:
    prepare.ensure_static_files()
    (site / "static/css/base.css").rename(site / "static/css/other.css")
    prepare.ensure_static_files()
    assert len(collected) == 2


def test_static_files_are_collected_again_if_missing(collected: list[str], settings: Settings) -> None:
    prepare.ensure_static_files()
    settings.STATIC_ROOT.rmdir()
    prepare.ensure_static_files()
    assert len(collected) == 2


def test_static_files_are_collected_again_after_an_interruption(
    collected: list[str], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(command: str, **options: object) -> None:
        (site / "data/static").mkdir(parents=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "call_command", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare.ensure_static_files()
    prepare.ensure_static_files()
    assert collected == ["collectstatic"]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reading alone is set in another way")
def test_read_only_database_is_refused() -> None:
    prepare.ensure_writable()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = on")
        with pytest.raises(OperationalError, match="readonly"):
            prepare.ensure_writable()
        cursor.execute("PRAGMA query_only = off")
