"""The daily command: every task, one at a time, even if others fail."""

import fcntl
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from cards.models import Card, Deck
from sessions_app.management import daily_tasks
from studysite.accounts.models import User
from studysite.slices import Slice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def lines(capsys):
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def test_each_task_reports_its_result(capsys):
    call_command("daily")
    said = lines(capsys)
    assert list(said) == [task.name for task in daily_tasks.DAILY_TASKS]
    assert said["images"] == "0 images without a card removed."


def test_expired_sessions_are_removed(client, learner, capsys, monkeypatch):
    monkeypatch.setattr(daily_tasks, "ROWS_AT_ONCE", 1)
    for _ in range(3):
        client.force_login(learner)
        client.cookies.clear()
    kept = Session.objects.first()
    Session.objects.exclude(pk=kept.pk).update(expire_date=timezone.now() - timedelta(days=1))
    call_command("daily")
    assert lines(capsys)["sessions"] == "2 expired sessions removed."
    assert list(Session.objects.all()) == [kept]


def test_failing_task_does_not_stop_others(monkeypatch, capsys, caplog):
    def fail(now, slice_):
        raise ValueError("no")

    rest = [task for task in daily_tasks.DAILY_TASKS if task.name != "guests"]
    monkeypatch.setattr(
        "sessions_app.management.commands.daily.DAILY_TASKS", (daily_tasks.DailyTask("guests", fail), *rest)
    )
    with pytest.raises(CommandError, match=r"^Failed: guests\. "):
        call_command("daily")
    assert set(lines(capsys)) == {task.name for task in rest}
    assert "ValueError: no" in caplog.text


def test_second_run_at_the_same_time_does_nothing(tmp_path, capsys):
    with (tmp_path / ".daily-lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        call_command("daily")
    assert capsys.readouterr().out == "The daily tasks are already running.\n"
    call_command("daily")
    assert "guests" in lines(capsys)


@pytest.mark.parametrize("minutes", [0, -1, 10**6])
def test_invalid_minutes_are_refused(minutes):
    with pytest.raises(CommandError, match="--minutes must be"):
        call_command("daily", minutes=minutes)


def test_unfinished_work_is_left_to_the_next_run(make_deck, learner, capsys, monkeypatch):
    make_deck(3)
    Deck.objects.update(removed_at=timezone.now() - timedelta(days=31))
    User.objects.create_guest(time_zone="UTC")
    User.objects.filter(is_guest=True).update(date_joined=timezone.now() - timedelta(days=31))
    with monkeypatch.context() as patch:
        patch.setattr("sessions_app.management.commands.daily.Slice", lambda seconds: Slice(-1))
        call_command("daily")
    said = lines(capsys)
    assert said["decks"] == "1 deck erased. More is left for the next run."
    assert said["guests"] == "0 idle guests erased."
    assert Card.objects.count() == 3
    call_command("daily")
    assert not Card.objects.exists()
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps files of its own")
@pytest.mark.django_db(transaction=True)
def test_erased_text_is_in_no_database_file():
    secret = "Zq7 never to be read again " * 50
    user = User.objects.create_user("leaves@example.org", name="Leaves")
    deck = Deck.objects.create(owner=user, title="Secrets", slug="secrets", description=secret)
    Card.objects.create(deck=deck, term="Kept", definition="zqxsearched")
    Card.objects.create(deck=Deck.objects.create(owner=user, title="Kept"), term="A neighbour: zqw")
    database = Path(connection.settings_dict["NAME"])
    files = [database, database.with_name(f"{database.name}-wal")]
    assert any(b"Zq7 never" in file.read_bytes() for file in files)
    Deck.objects.filter(pk=deck.pk).update(removed_at=timezone.now() - timedelta(days=31))
    call_command("daily")
    for text in (b"Zq7 never", b"xsearched"):
        assert not any(text in file.read_bytes() for file in files)


def test_temporary_files_of_a_killed_server_are_removed(settings, tmp_path, capsys):
    settings.TEMPORARY_FILES = tmp_path / "tmp"
    for name, age in (("old", 90_000), ("new", 0)):
        file, folder = settings.TEMPORARY_FILES / name, settings.TEMPORARY_FILES / f"{name} folder"
        folder.mkdir(parents=True)
        (folder / "part").touch()
        file.touch()
        for path in (file, folder):
            os.utime(path, (time.time() - age,) * 2)
    call_command("daily")
    assert lines(capsys)["files"] == "2 temporary files removed."
    assert {path.name for path in settings.TEMPORARY_FILES.iterdir()} == {"new", "new folder"}
