"""Prepares DATA_DIR and serves the site: ``python -m studysite.server.serve``, which `make run` calls.

The workers are forked from the process that prepared, so that they share its memory and start at once.
"""

import errno
import multiprocessing
import os
import resource
import shlex
import signal
import socket
import sys
import threading
import time
from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from studysite.server.paths import BASE_DIR
from studysite.server.prepare import CannotStartError, in_one_line, prepare, start_django

HEADER_MILLISECONDS = 5_000
CONNECTIONS = 4_000
BUFFER = 128 * 1024
"""Bytes that a connection may have on their way; a third of granian's own number, for many slow readers."""
END_SECONDS = 10
"""How long open requests have to come to their end when the server is told to end."""


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
        # As the server would do: whoever is sending slowly must not keep the port from the next start.
        time.sleep(END_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)


def load_application() -> Any:
    """The site, in a worker; a worker whose server was killed would keep the port from the next start."""
    threading.Thread(target=end_with_server, daemon=True).start()
    from studysite.server.application import application

    return application


def allow_open_files() -> None:
    """Let the workers have as many connections and files as the system lets them: services start with 1,024.

    granian 2.8.7 happens to do the same when it is imported, but does not promise it.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve() -> None:
    """Serve until SIGTERM, Ctrl-C or the end of the terminal; open requests are let finish."""
    allow_open_files()
    server = Granian(
        "studysite.server.application:application",
        address=settings.HOST,
        port=settings.PORT,
        # Without the protocol's "lifespan": nothing has to happen at the start and at the end.
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=BUFFER),
        websockets=False,
        workers=settings.WORKERS,
        # Connections of a worker, idle ones too; what comes beyond waits to be accepted.
        backpressure=CONNECTIONS,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=END_SECONDS,
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
