"""Django, called in threads, of which each kind of request has its own.

A request that waits for the writer's turn occupies its thread meanwhile, and one that writes a file does so for
long. So requests that only read, and those that ask for the site's health, have threads of their own.
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
from studysite.sqlite.write_lock import Patience, waiting_at_most

READS = ("GET", "HEAD", "OPTIONS")
HEALTH = {"/healthz": "health", "/readyz": "readiness"}
EXPORTS = "/export/"
UNMOVED, MOST = 3.0, 10.0
"""Seconds that a request waits to write: while nobody writes at all, and in all."""

IN_MEMORY = 256 * 1024
"""Bytes of an answer made piece by piece that are kept in memory; a longer one goes into a file."""


class Request(Utf8Request, ASGIRequest):
    pass


@dataclass
class Answer:
    """A whole answer: its content, or an open file with the content from its present position to its end.

    ``room`` is how many bytes on the disk are there for this answer alone.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes | IO[bytes]
    room: int = 0


class DjangoThreads(BaseHandler):
    """Answers requests, as many of a kind at a time as there are threads for it."""

    def __init__(self, threads: Mapping[str, int]) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self.threads = {kind: ThreadPoolExecutor(count, kind) for kind, count in threads.items()}

    async def answer(self, scope: dict[str, Any], body: IO[bytes]) -> Answer:
        """The answer to a request whose body is all there."""
        threads = self.threads[kind_of(scope["method"], scope["path"])]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, self._answer, scope, body, time.monotonic())

    def _answer(self, scope: dict[str, Any], body: IO[bytes], since: float) -> Answer:
        # Waiting for a thread is waiting for those who wait for their turn.
        waited = time.monotonic() - since
        with waiting_at_most(Patience(UNMOVED, MOST, waited)):
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=self.__class__, scope=scope)
            response = self._response(scope, body)
            try:
                content = self._content(response)
                if not isinstance(content, bytes) and not response.has_header("Content-Length"):
                    # Else a client could not tell an answer that was cut off from a whole one.
                    response["Content-Length"] = size_of(content)
                headers = list(headers_of(response))
                return Answer(response.status_code, headers, content, room_for(content))
            finally:
                # Also tells that the request has ended, in the thread whose database connection it used.
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
        """The content of a response that is closed next."""
        if isinstance(response, HttpResponse):
            return response.content
        if isinstance(response, FileResponse) and (file := duplicate(response.file_to_stream)):
            return file
        # Whoever sends it closes it.
        spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            spool.writelines(response)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool


def kind_of(method: str, path: str) -> str:
    """Which threads a request gets: health, readiness, exports, reads or writes."""
    if method not in READS:
        return "writes"
    return HEALTH.get(path) or ("exports" if EXPORTS in path else "reads")


def duplicate(file: Any) -> IO[bytes] | None:
    """The same open file, which stays open when ``file`` is closed; None where it has no file descriptor."""
    try:
        descriptor = os.dup(file.fileno())
    except (AttributeError, io.UnsupportedOperation):
        return None
    copy = os.fdopen(descriptor, "rb")
    # What was read ahead is not where the system's file stands.
    copy.seek(file.tell())
    return copy


def room_for(content: bytes | IO[bytes]) -> int:
    """Bytes that the content takes up on the disk; a file that has a name would be there anyway."""
    if isinstance(content, bytes):
        return 0
    is_spool = isinstance(content, tempfile.SpooledTemporaryFile)
    return size_of(content) if is_spool or os.fstat(content.fileno()).st_nlink == 0 else 0


def size_of(file: IO[bytes]) -> int:
    """Bytes from where the file stands to its end."""
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
