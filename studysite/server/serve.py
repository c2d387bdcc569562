"""Prepares DATA_DIR and serves the site: ``python -m studysite.server.serve``, which `make run` calls.

The workers are forked from the process that has prepared everything, so they share its memory and start at once.
"""

import errno
import gc
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

IS_PREPARED = "--prepared"
"""The argument of a server that has replaced the process which prepared everything."""
HEADER_MILLISECONDS = 5_000
CONNECTIONS = 4_000
BUFFER = 128 * 1024
"""Bytes that a connection may have in transit; a third of granian's default, for many slow readers."""
END_SECONDS = 10
"""Seconds that open requests have to finish when the server stops."""


def check_port(host: str, port: int) -> None:
    """Raise CannotStartError unless the server could listen there.

    The server itself would not notice: it shares its port with any other process that also allows it.
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
    """Replace this process by Django's development server, which reloads when a file changes."""
    announce()
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    command = [sys.executable, str(BASE_DIR / "manage.py"), "runserver", f"{host}:{settings.PORT}"]
    os.execv(sys.executable, command)


def end_with_server() -> None:
    """In a worker: wait until the server's process has ended for any reason, then end the worker."""
    server = multiprocessing.parent_process()
    if server:
        server.join()
        os.kill(os.getpid(), signal.SIGTERM)
        # As the server would do: a slow client must not keep the port in use for the next start.
        time.sleep(END_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)


def load_application() -> Any:
    """Load the site in a worker. It ends with the server, because it would keep the port in use."""
    threading.Thread(target=end_with_server, daemon=True).start()
    from studysite.server.application import application

    keep_what_is_loaded()
    return application


def keep_what_is_loaded() -> None:
    """Let the garbage collector pass over what exists now: the modules and settings, which stay until the end.

    It would look at all of them again in every full collection, which took a fifth of the time of a large import.
    """
    gc.collect()
    gc.freeze()


def allow_open_files() -> None:
    """Raise the limit of open files to the system's maximum: services start with 1,024.

    granian 2.8.7 does the same when it is imported, but this is not documented.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve() -> None:
    """Serve until SIGTERM, Ctrl-C or the end of the terminal; open requests may finish."""
    allow_open_files()
    server = Granian(
        "studysite.server.application:application",
        address=settings.HOST,
        port=settings.PORT,
        # Without the protocol's "lifespan": the site needs no start and stop events.
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=BUFFER),
        websockets=False,
        workers=settings.WORKERS,
        # Connections of a worker, including idle ones; more must wait to be accepted.
        backpressure=CONNECTIONS,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=END_SECONDS,
        log_level=LogLevels.warning,
        working_dir=BASE_DIR,
    )

    # Here too, so that collections in a worker leave the pages alone that it shares with this process.
    keep_what_is_loaded()

    def on_startup() -> None:
        # Otherwise the server would survive its terminal and keep the port.
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)
        announce()

    server.on_startup(on_startup)
    server.serve(target_loader=load_application, wrap_loader=False)


def main() -> None:
    with in_one_line():
        start_django()
        check_port(settings.HOST, settings.PORT)
        is_large = prepare()
    if settings.DEBUG:
        develop()
    if is_large and IS_PREPARED not in sys.argv:
        # Migrations and fonts take 100 MB, which this process would keep, and share with its workers.
        os.execv(sys.executable, [*sys.orig_argv, IS_PREPARED])
    serve()


if __name__ == "__main__":
    main()
