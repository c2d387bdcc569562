"""Prepares DATA_DIR and serves the site: ``python -m studysite.serve``, which `make run` calls.

Becomes the server's own process, so that signals reach it: SIGTERM and Ctrl-C let open requests finish.
"""

import errno
import os
import socket
import sys

from django.conf import settings
from django.db import connection

from studysite.paths import BASE_DIR
from studysite.prepare import CannotStartError, in_one_line, prepare, start_django


def check_port(host: str, port: int) -> None:
    """Raise CannotStartError unless the server could listen there.

    The server itself shares its port with any other that asks for the same, so it would not notice.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"PORT: {port} is taken; choose another, such as PORT={port + 1}"
            else:
                why = f"HOST and PORT: cannot listen at {host}, port {port}: {error.strerror}"
            raise CannotStartError(why) from None


def development_server() -> list[str]:
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    return [str(BASE_DIR / "manage.py"), "runserver", f"{host}:{settings.PORT}"]


def production_server() -> list[str]:
    # SQLite has one writer: more threads in a worker would only queue for it, and made the slowest
    # answers ten times slower.
    threads = 1 if connection.vendor == "sqlite" else 4
    options = {
        "interface": "wsgi",
        "host": settings.HOST,
        "port": settings.PORT,
        "http": "1",
        "workers": settings.WORKERS,
        "blocking-threads": threads,
        "backlog": 1024,
        "respawn-interval": 1,
        "workers-kill-timeout": 10,
        "log-level": "warning",
        "working-dir": BASE_DIR,
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return ["-m", "granian", *arguments, "--respawn-failed-workers", "--no-ws", "studysite.wsgi:application"]


def announce() -> None:
    given = "".join(f" {name}={os.environ[name]}" for name in ("DATA_DIR",) if os.environ.get(name))
    print(f"Studysite is at {settings.SITE_URL}")
    print(f"To make an admin: make admin{given}")
    print("Ctrl-C ends it.", flush=True)


def main() -> None:
    with in_one_line():
        start_django()
        check_port(settings.HOST, settings.PORT)
        prepare()
    announce()
    os.chdir(BASE_DIR)
    os.execv(
        sys.executable, [sys.executable, *(development_server() if settings.DEBUG else production_server())]
    )


if __name__ == "__main__":
    main()
