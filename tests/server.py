"""The site in separate programs: prepared, managed and served in a DATA_DIR that a test made."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError

import pytest

from studysite.server.paths import BASE_DIR
from tests.variables import SETTINGS

# Stops a test that hangs; a start takes seconds, but not on a busy machine.
MAX_WAIT = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """The environment of a program of the site; with a free port unless ``variables`` name one."""
    dropped = {*SETTINGS, "SECRET_KEY", "SQLITE_SYNC", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "DATA_DIR": str(data_dir), "PORT": str(free_port()), "WORKERS": "1", **variables}


def run(module: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module]
    settings = environment(data_dir, **variables)
    return subprocess.run(
        command, env=settings, cwd=BASE_DIR, capture_output=True, text=True, timeout=MAX_WAIT
    )


def manage(data_dir: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    settings = environment(data_dir, **variables)
    return subprocess.run(
        command, env=settings, cwd=BASE_DIR, capture_output=True, text=True, timeout=MAX_WAIT
    )


def module_of(checkout: Path, name: str) -> str:
    """The module that starts or prepares the site in ``checkout``; earlier versions have it one folder higher."""
    is_there = (checkout / "studysite" / "server" / f"{name}.py").exists()
    return f"studysite.server.{name}" if is_there else f"studysite.{name}"


@contextmanager
def serving(
    data_dir: Path,
    port: int,
    output: IO[str] | int = subprocess.PIPE,
    checkout: Path = BASE_DIR,
    module: str = "",
    **variables: str,
) -> Iterator[subprocess.Popen[str]]:
    """A server that already answers, in its own process group.

    ``checkout`` serves another version, and ``module`` is started instead of the one that serves the site.
    """
    with subprocess.Popen(
        [python_of(checkout), "-m", module or module_of(checkout, "serve")],
        env=environment(data_dir, PORT=str(port), **variables),
        cwd=checkout,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_until_healthy(process, port)
            yield process
        finally:
            process.terminate()
            process.wait(MAX_WAIT)


def python_of(checkout: Path) -> str:
    """The Python of a checkout's own environment, or this one."""
    own = checkout / ".venv/bin/python"
    return str(own) if checkout != BASE_DIR and own.exists() else sys.executable


def wait_until_healthy(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(MAX_WAIT * 10):
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read() == b"ok":
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail("the server never answered")


def query(data_dir: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data_dir / "studysite.sqlite3")) as database:
        return database.execute(sql).fetchall()
