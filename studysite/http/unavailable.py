"""503 instead of 500 while the database cannot be used; nothing that was sent is lost.

With htmx the form stays on the page as it was filled in; other browsers get a page that can send it again.
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

# SQLite's errors about the file or the disk; the others are errors of a statement.
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
    """Whether the database or the disk could not be used, so the same request may work later."""
    if isinstance(error, OSError):
        return error.errno in FULL
    if isinstance(error, sqlite3.OperationalError):
        # From a SQLite file of an import or an export, which is not the site's database.
        return sqlite_code(error) in SQLITE_ERRORS
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error, DatabaseBusyError) or connection.vendor != "sqlite":
        # psycopg does not raise these errors for errors of a statement.
        return True
    # The cause is an OSError if the lock files could not be opened.
    return isinstance(error.__cause__, OSError) or sqlite_code(error) in SQLITE_ERRORS


def unavailable_to_503(get_response: Handler) -> Handler:
    """Answer with 503 if a view could not use the database (for other code `views.server_error` does this)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if is_unavailable(error) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The page that says that nothing was saved; it does not use the database."""
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
    """The posted fields without passwords, which must not be in a page that may be stored."""
    passwords = password_names(request)
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, value) for name, value in pairs if name not in passwords]


def password_names(request: HttpRequest) -> list[str]:
    return [name for name in request.POST if "password" in name]
