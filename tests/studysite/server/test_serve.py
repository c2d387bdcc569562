"""What `make run` does: it prepares DATA_DIR and serves, or says in one line why it cannot."""

import gc
import multiprocessing
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import urllib.request
import weakref
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from studysite.server import serve
from studysite.server.paths import BASE_DIR
from tests.load.sites import children, is_running
from tests.server import MAX_WAIT, environment, manage, query, run, serving, wait_until_healthy

pytestmark = [pytest.mark.long]

FORK = multiprocessing.get_context("fork")


def refusal(data_dir: Path, **variables: str) -> str:
    """The one line of a start that failed."""
    ended = run("studysite.server.serve", data_dir, **variables)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("Studysite cannot start. ")
    return ended.stderr


def snapshot(data_dir: Path) -> dict[str, int]:
    """When each file was changed; SQLite's own bookkeeping beside the database is left out."""
    files = [
        path
        for path in data_dir.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal", "-turn"))
    ]
    return {str(path): path.stat().st_mtime_ns for path in files if path.name != ".lock"}


def test_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"PORT: {port} is taken" in refusal(tmp_path, PORT=str(port))


def test_foreign_address_is_refused(tmp_path: Path) -> None:
    assert "HOST and PORT: cannot listen at 192.0.2.1" in refusal(tmp_path, HOST="192.0.2.1")


def test_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "DATA_DIR: cannot write into" in refusal(tmp_path / "file")
    assert "DATA_DIR: cannot write into" in refusal(tmp_path / "file" / "below")


def test_unwritable_data_directory_is_refused() -> None:
    assert "DATA_DIR: cannot write into /proc" in refusal(Path("/proc"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "maybe"),
        ("PORT", "abc"),
        ("EXTRA_HOSTS", "*"),
        ("SECRET_KEY", "short"),
        ("SITE_URL", "example"),
    ],
)
def test_unusable_setting_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    assert variable in refusal(tmp_path, **{variable: value})


def test_database_server_without_a_key_is_refused(tmp_path: Path) -> None:
    assert "SECRET_KEY: must be set" in refusal(tmp_path, DATABASE_URL="postgres://localhost/studysite")
    assert not (tmp_path / "secret_key").exists()


def test_unreachable_database_server_is_refused(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"postgres://studysite@127.0.0.1:{silent.getsockname()[1]}/studysite"
        line = refusal(tmp_path, DATABASE_URL=url, SECRET_KEY="0123456789" * 5)
    assert "DATABASE_URL: the database cannot be used" in line


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studysite.sqlite3").write_text("no database at all" * 100)
    assert "the database cannot be used" in refusal(tmp_path)


def test_unopenable_database_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studysite.sqlite3").mkdir()
    assert "the database cannot be used" in refusal(tmp_path)


def test_manage_py_refuses_settings_in_one_line(tmp_path: Path) -> None:
    for command in ("check", "migrate", "load_library"):
        ended = manage(tmp_path, command, DEBUG="maybe")
        assert ended.returncode == 1
        assert ended.stderr == 'Environment variable "DEBUG" invalid: Not a valid boolean.\n'


def test_secret_key_is_long_and_private_to_its_owner(prepared: Path) -> None:
    path = prepared / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) >= 50


def test_library_deck_is_loaded_without_tags(prepared: Path) -> None:
    with sqlite3.connect(prepared / "studysite.sqlite3") as database:
        assert database.execute("SELECT slug, card_count FROM cards_deck").fetchall() == [
            ("deep-learning", 46)
        ]
        assert database.execute("SELECT count(*) FROM cards_tag").fetchone() == (0,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_second_start_changes_nothing(data_dir: Path) -> None:
    before = snapshot(data_dir)
    ended = run("studysite.server.prepare", data_dir)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert snapshot(data_dir) == before


@pytest.mark.long
def test_start_migrates_an_older_database(data_dir: Path) -> None:
    assert manage(data_dir, "migrate", "sessions_app", "zero").returncode == 0
    assert run("studysite.server.prepare", data_dir).stdout.startswith("Bringing the database up to date.\n")
    assert query(data_dir, "SELECT count(*) FROM sessions_app_review") == [(0,)]


@pytest.mark.long
def test_two_simultaneous_first_starts_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "studysite.server.prepare"]
    settings = environment(tmp_path, DEBUG="on")
    pair = [subprocess.Popen(command, env=settings, cwd=BASE_DIR, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=MAX_WAIT)[1] for process in pair] == [b"", b""]
    assert [process.returncode for process in pair] == [0, 0]
    assert query(tmp_path, "SELECT count(*) FROM cards_card") == [(46,)]


@pytest.mark.long
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_server_runs_until_it_is_signalled(data_dir: Path, free_port: int, ending: signal.Signals) -> None:
    with serving(data_dir, free_port) as process:
        page = urllib.request.urlopen(f"http://127.0.0.1:{free_port}/accounts/login/", timeout=MAX_WAIT)
        assert page.status == 200
        process.send_signal(ending)
        output, _ = process.communicate(timeout=MAX_WAIT)
    assert process.returncode == 0
    assert f"Studysite is at http://localhost:{free_port}\n" in output
    assert "make admin" in output
    assert "Traceback" not in output


@pytest.mark.long
def test_dead_worker_is_replaced(data_dir: Path, free_port: int) -> None:
    with serving(data_dir, free_port) as process:
        for worker in children(process):
            os.kill(worker, signal.SIGKILL)
        wait_until_healthy(process, free_port)


@pytest.mark.long
def test_killed_server_leaves_no_worker(data_dir: Path, free_port: int) -> None:
    with serving(data_dir, free_port) as process:
        workers = children(process)
        process.kill()
        process.wait(MAX_WAIT)
    wait_until_gone(workers)


def wait_until_gone(workers: list[int]) -> None:
    for _ in range(MAX_WAIT * 10):
        if not any(is_running(worker) for worker in workers):
            return
        time.sleep(0.1)
    pytest.fail("a worker still runs, and keeps the port")


def stubborn_worker(pipe: Connection) -> None:
    """A process that ignores SIGTERM, as a server with slow clients does for a long time."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve.END_SECONDS = 0
    threading.Thread(target=serve.end_with_server, daemon=True).start()
    pipe.send(os.getpid())
    time.sleep(2 * MAX_WAIT)


def server_of_one(pipe: Connection) -> None:
    FORK.Process(target=stubborn_worker, args=(pipe,)).start()
    time.sleep(MAX_WAIT)


def test_worker_that_does_not_end_is_killed() -> None:
    pipe, theirs = FORK.Pipe()
    server = FORK.Process(target=server_of_one, args=(theirs,))
    server.start()
    assert pipe.poll(MAX_WAIT)
    worker = pipe.recv()
    server.kill()
    server.join()
    wait_until_gone([worker])


def test_garbage_is_still_collected_beside_what_is_kept() -> None:
    before = gc.get_freeze_count()
    serve.keep_what_is_loaded()
    try:
        assert gc.get_freeze_count() > before
        circle: list[object] = [type("Link", (), {})()]
        gone = weakref.ref(circle[0])
        circle[0].itself = circle[0]  # type: ignore[attr-defined]
        circle.clear()
        gc.collect()
        assert gone() is None
    finally:
        gc.unfreeze()
