"""Prepares DATA_DIR and serves the site: ``python -m studysite.serve``, which `make run` calls.

The workers are forked from the process that prepared, so that they share its memory and start at once.
"""

import errno
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import threading

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

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


def announce() -> None:
    data_dir = os.environ.get("DATA_DIR")
    print(f"Studysite is at {settings.SITE_URL}")
    print("To make an admin: make admin" + (f" DATA_DIR={shlex.quote(data_dir)}" if data_dir else ""))
    print("Ctrl-C ends it.", flush=True)


def develop() -> None:
    """Become Django's server, which reloads when a file changes."""
    announce()
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    command = [sys.executable, str(BASE_DIR / "manage.py"), "runserver", f"{host}:{settings.PORT}"]
    os.execv(sys.executable, command)


def end_with_server() -> None:
    """Wait in a worker until the server's process is gone, however it ended, and end the worker."""
    server = multiprocessing.parent_process()
    if server:
        server.join()
        os.kill(os.getpid(), signal.SIGTERM)


def load_application() -> WSGIHandler:
    """The site, in a worker; a worker whose server was killed would keep the port from the next start."""
    threading.Thread(target=end_with_server, daemon=True).start()
    from studysite.wsgi import application

    return application


def serve() -> None:
    """Serve until SIGTERM, Ctrl-C or the end of the terminal; open requests are let finish."""
    server = Granian(
        "studysite.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.WORKERS,
        # SQLite has one writer: more threads in a worker would only queue for it, and made the slowest
        # answers ten times slower.
        blocking_threads=1 if connection.vendor == "sqlite" else 4,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        working_dir=BASE_DIR,
    )

    def on_startup() -> None:
        # By itself the server would outlive its terminal, and keep the port.
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)
        announce()

    server.on_startup(on_startup)
    server.serve(target_loader=load_application, wrap_loader=False)


def main() -> None:
    with in_one_line():
        start_django()
        check_port(settings.HOST, settings.PORT)
        prepare()
    if settings.DEBUG:
        develop()
    serve()


if __name__ == "__main__":
    main()
