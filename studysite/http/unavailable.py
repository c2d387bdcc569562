"""When the database cannot be used for now: 503 and not 500, and nothing of what was sent is lost.

htmx leaves the form on the page as it was filled in; other browsers get a page that sends it again.
"""

import errno
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studysite.sqlite.base import DatabaseBusyError, sqlite_code

RETRY_AFTER = 2
"""Seconds after which a client may try again."""

# Of SQLite's errors those that tell of the file or the disk; the others are faults of a statement.
SQLITE_ERRORS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

FULL = {errno.ENOSPC, errno.EDQUOT}

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("studysite.requests")


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database or the disk could not be used, so that the same may work later."""
    if isinstance(error, OSError):
        return error.errno in FULL
    if isinstance(error, sqlite3.OperationalError):
        # Of a file of our own that is no table of the site's.
        return sqlite_code(error) in SQLITE_ERRORS
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error, DatabaseBusyError) or connection.vendor != "sqlite":
        # psycopg has no such error for a fault of a statement.
        return True
    # An OSError where the files of the queue could not be opened.
    return isinstance(error.__cause__, OSError) or sqlite_code(error) in SQLITE_ERRORS


def unavailable_to_503(get_response: Handler) -> Handler:
    """Answer with 503 where a view could not use the database (`views.server_error` does it for the rest)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if is_unavailable(error) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The page that says that nothing was saved; it does not ask the database for anything."""
    logger.warning("the database cannot be used: %s", " ".join(str(error).split()))
    is_write = request.method == "POST"
    context: dict[str, Any] = {"is_write": is_write, "is_busy": isinstance(error, DatabaseBusyError)}
    if is_write and not request.headers.get("HX-Request"):
        context |= {"action": request.get_full_path(), "fields": fields_to_send_again(request)}
        context |= {"passwords": password_names(request), "files": list(request.FILES)}
    response = render(None, "503.html", context, status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    return response


def fields_to_send_again(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, to be sent again as it is, without the passwords: a page may be kept."""
    passwords = password_names(request)
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value) for name, value in pairs if name not in passwords]


def password_names(request: HttpRequest) -> list[str]:
    return [name for name in request.POST if "password" in name]
