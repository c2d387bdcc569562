"""Runs the tests that use the database on a PostgreSQL server of their own: ``python -m tests.postgres``.

The server listens on a socket in a temporary directory, keeps nothing, and ends with the tests. Arguments are
passed on to pytest.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests import memory, programs

# No data has to survive a crash here.
OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server in its own directory. It can be stopped and started."""

    programs: Path
    directory: Path
    user: str | None
    options: str

    @property
    def url(self) -> str:
        """Its DATABASE_URL."""
        return f"postgres://studysite@{quote(str(self.directory), safe='')}/studysite"

    def start(self) -> None:
        options = ("-o", f"{self.options} -k {self.directory}")
        self._control("start", "-l", self.directory / "log", *options)

    def create(self) -> None:
        """Make the database of `url`; tests make one of their own."""
        arguments = ("--host", self.directory, "--username=studysite", "studysite")
        run(self.programs / "createdb", *arguments, user=self.user)

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is like a crash; ``fast`` closes the connections properly."""
        self._control("stop", "-m", mode)

    def _control(self, what: str, *arguments: str | Path) -> None:
        run(self.programs / "pg_ctl", what, "-w", "-D", self.directory / "data", *arguments, user=self.user)


def run(*command: str | Path, user: str | None) -> None:
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def server(programs_directory: Path, options: str = OPTIONS) -> Iterator[Server]:
    """Start a new PostgreSQL server."""
    # initdb refuses to work for root.
    user = "postgres" if os.getuid() == 0 else None
    directory = memory.make_directory("studysite-postgres-")
    try:
        if user:
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        initdb = (programs_directory / "initdb", "--auth=trust", "--username=studysite", "--no-sync")
        run(*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "-D", directory / "data", user=user)
        started = Server(programs_directory, directory, user, options)
        started.start()
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(arguments: list[str]) -> int:
    programs_directory = programs.find_postgres()
    if not programs_directory:
        print(programs.NO_POSTGRES, file=sys.stderr)
        return 1 if programs.in_ci() else 0
    with server(programs_directory) as started:
        environment = {**os.environ, "TEST_DATABASE_URL": started.url}
        command = [sys.executable, "-m", "pytest", "-m", "not browser", *arguments]
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
