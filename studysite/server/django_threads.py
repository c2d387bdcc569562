"""Calls Django in threads; each kind of request has its own.

A request that waits for the write lock occupies its thread, and one that writes a large file does so for long. So
requests that only read, and those that ask for the site's health, have threads of their own.
"""

import asyncio
import io
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

from django.core import signals
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from studysite.http.requests import Utf8Request
from studysite.sqlite.write_lock import WaitLimit, waiting_at_most

READS = ("GET", "HEAD", "OPTIONS")
HEALTH = {"/healthz": "health", "/readyz": "readiness"}
EXPORTS = "/export/"
STALLED, TOTAL = 3.0, 10.0
"""Seconds that a request may wait to write (see `WaitLimit`)."""

IN_MEMORY = 256 * 1024
"""Bytes of a streamed response that are kept in memory; a longer one goes into a file."""


class Request(Utf8Request, ASGIRequest):
    pass


@dataclass
class Response:
    """A complete response; an open file holds the content from its current position to its end.

    ``disk_bytes`` is what a file that was written for this response alone takes on the disk.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes | IO[bytes]
    disk_bytes: int = 0


class DjangoThreads(BaseHandler):
    """Answers requests; each kind has a fixed number of threads."""

    def __init__(self, threads: Mapping[str, int]) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self.threads = {kind: ThreadPoolExecutor(count, kind) for kind, count in threads.items()}

    async def respond(self, scope: dict[str, Any], body: IO[bytes]) -> Response:
        """The response to a request whose body has arrived completely."""
        threads = self.threads[kind_of(scope["method"], scope["path"])]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, self._respond, scope, body, time.monotonic())

    def _respond(self, scope: dict[str, Any], body: IO[bytes], since: float) -> Response:
        # Waiting for a thread counts too: the threads wait for the write lock.
        waited = time.monotonic() - since
        with waiting_at_most(WaitLimit(STALLED, TOTAL, waited)):
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=self.__class__, scope=scope)
            response = self._response(scope, body)
            try:
                content = self._content(response)
                if not isinstance(content, bytes) and not response.has_header("Content-Length"):
                    # Otherwise a client could not see that a response was cut off.
                    response["Content-Length"] = size_of(content)
                headers = list(headers_of(response))
                return Response(response.status_code, headers, content, disk_bytes_of(content))
            finally:
                # This also sends `request_finished`, in the thread whose database connection was used.
                response.close()

    def _response(self, scope: dict[str, Any], body: IO[bytes]) -> HttpResponseBase:
        try:
            request = Request(scope, body)
        except UnicodeDecodeError:
            return HttpResponseBadRequest()
        response = self.get_response(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        return response

    def _content(self, response: HttpResponseBase) -> bytes | IO[bytes]:
        """The content, to be read after the response is closed."""
        if isinstance(response, HttpResponse):
            return response.content
        if isinstance(response, FileResponse) and (file := duplicate(response.file_to_stream)):
            return file
        # The adapter closes it after sending.
        spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            spool.writelines(response)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool


def kind_of(method: str, path: str) -> str:
    """The kind of a request: health, readiness, exports, reads or writes."""
    if method not in READS:
        return "writes"
    return HEALTH.get(path) or ("exports" if EXPORTS in path else "reads")


def duplicate(file: Any) -> IO[bytes] | None:
    """The same open file, which stays open when ``file`` is closed; None if it has no file descriptor."""
    try:
        descriptor = os.dup(file.fileno())
    except (AttributeError, io.UnsupportedOperation):
        return None
    copy = os.fdopen(descriptor, "rb")
    # The system's position is behind what Python has read ahead.
    copy.seek(file.tell())
    return copy


def disk_bytes_of(content: bytes | IO[bytes]) -> int:
    """Bytes that the content takes on the disk; 0 for a file with a name, which is there anyway."""
    if isinstance(content, bytes):
        return 0
    is_spool = isinstance(content, tempfile.SpooledTemporaryFile)
    return size_of(content) if is_spool or os.fstat(content.fileno()).st_nlink == 0 else 0


def size_of(file: IO[bytes]) -> int:
    """Bytes from the file's position to its end."""
    here = file.tell()
    size = file.seek(0, io.SEEK_END) - here
    file.seek(here)
    return size


def headers_of(response: HttpResponseBase) -> Iterator[tuple[bytes, bytes]]:
    """The response's headers and cookies, as they are sent."""
    for name, value in response.items():
        yield name.encode("ascii"), value.encode("latin-1")
    for cookie in response.cookies.values():
        yield b"Set-Cookie", cookie.output(header="").strip().encode("ascii")
