"""Runs the tests that use the database on a PostgreSQL server of their own: ``python -m tests.postgres``.

The server listens on a socket in a temporary directory, keeps nothing, and ends with the tests. Arguments are
handed on to pytest.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests import programs

# Nothing has to outlive a crash here.
OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def run(*command: str | Path, user: str | None) -> None:
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def server(programs_directory: Path) -> Iterator[str]:
    """Start a new PostgreSQL server and give its DATABASE_URL."""
    # initdb refuses to work for root.
    user = "postgres" if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="studysite-postgres-"))
    try:
        if user:
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        data, pg_ctl = directory / "data", programs_directory / "pg_ctl"
        initdb = (programs_directory / "initdb", "--auth=trust", "--username=studysite", "--no-sync")
        run(*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "-D", data, user=user)
        log = directory / "log"
        run(pg_ctl, "start", "-w", "-D", data, "-l", log, "-o", f"{OPTIONS} -k {directory}", user=user)
        try:
            yield f"postgres://studysite@{quote(str(directory), safe='')}/studysite"
        finally:
            run(pg_ctl, "stop", "-w", "-m", "immediate", "-D", data, user=user)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(arguments: list[str]) -> int:
    programs_directory = programs.find_postgres()
    if not programs_directory:
        print(programs.NO_POSTGRES, file=sys.stderr)
        return 1 if programs.in_ci() else 0
    with server(programs_directory) as url:
        environment = {**os.environ, "TEST_DATABASE_URL": url}
        command = [sys.executable, "-m", "pytest", "-m", "not browser", *arguments]
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
