"""The ASGI application: an adapter between the server and Django, which runs in threads.

It receives request bodies and sends responses without occupying a Django thread. Django's own ASGI handler also
receives bodies first, but sends responses from its threads while it makes them. docs/server.md has measurements.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from studysite.logs import masked_path
from studysite.server.bodies import (
    SLOWEST,
    Body,
    BodyRefusedError,
    DiskQuota,
    Receive,
    announced_length,
    receive_body,
)
from studysite.server.django_threads import DjangoThreads, Response

Send = Callable[[dict[str, Any]], Awaitable[None]]

SENT_WHOLE = 128 * 1024
"""Bytes of the longest response that is given to the server as a whole: nearly all pages are shorter."""

CHUNK = 32 * 1024
"""Bytes of a longer response that the server gets at a time; a slow client keeps some of them in memory."""

logger = logging.getLogger("studysite.requests")


class Adapter:
    """Serves ``django``.

    ``largest`` returns the most bytes that a path accepts. ``quota`` limits the bodies on the disk, and
    ``response_quota``, in bytes, the files that are written to be sent. ``seconds`` is how long a client may send
    or receive nothing.
    """

    def __init__(
        self,
        django: DjangoThreads,
        *,
        largest: Callable[[str], int],
        quota: DiskQuota,
        response_quota: int,
        seconds: float,
    ) -> None:
        self.django, self.largest, self.quota, self.seconds = django, largest, quota, seconds
        self.response_quota, self.response_bytes = response_quota, 0
        self.disk = ThreadPoolExecutor(2, thread_name_prefix="disk")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # The server gives an empty path for CONNECT.
        scope["path"] = scope["path"] or "/"
        body = Body(self.quota, self.disk)
        started = time.perf_counter()
        try:
            length = announced_length(scope["headers"])
            # A body that is too large is not read: Django refuses it by its announced length.
            if length <= self.largest(scope["path"]):
                await receive_body(receive, body, length=length, seconds=self.seconds)
            response = await self.django.respond(scope, body.file)
            response = self.within_quota(response)
        except BodyRefusedError as error:
            response = error_response(error)
            took = (time.perf_counter() - started) * 1000
            logger.info("%s %s %d %.0f ms", scope["method"], masked_path(scope["path"]), error.status, took)
        except Exception:
            # Django answers its own errors with a page; this is for errors outside Django.
            logger.exception("%s %s 500", scope["method"], masked_path(scope["path"]))
            response = text_response(500, "The site has made an error.")
        finally:
            body.close()
        self.response_bytes += response.disk_bytes
        try:
            await self.send(response, scope["method"], receive, send)
        finally:
            self.response_bytes -= response.disk_bytes
            close(response)

    def within_quota(self, response: Response) -> Response:
        """The response, if its file fits beside those that slow clients are reading; else BodyRefusedError."""
        if self.response_bytes + response.disk_bytes <= self.response_quota:
            return response
        close(response)
        raise BodyRefusedError(503, "Too many files are being sent at once. Try again in a minute.")

    async def send(self, response: Response, method: str, receive: Receive, send: Send) -> None:
        """Send the response as fast as the client takes it; close the connection if it takes nothing for long."""
        content = b"" if method == "HEAD" else response.content
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        if isinstance(content, bytes) and len(content) <= SENT_WHOLE:
            await send({"type": "http.response.body", "body": content})
            return
        # The server accepts data for a client that has gone, without an error; only `receive` shows it.
        gone = asyncio.ensure_future(disconnected(receive))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.seconds + length_of(response) / SLOWEST
        try:
            async with asyncio.timeout(None) as timeout:
                async for chunk in self.chunks(content):
                    if gone.done():
                        return
                    timeout.reschedule(min(loop.time() + self.seconds, deadline))
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            # Without the last message the server closes the connection, so the client sees that data is missing.
            return
        finally:
            gone.cancel()

    async def chunks(self, content: bytes | IO[bytes]) -> AsyncIterator[bytes]:
        """The content in chunks."""
        if isinstance(content, bytes):
            for start in range(0, len(content), CHUNK):
                yield content[start : start + CHUNK]
            return
        loop = asyncio.get_running_loop()
        while chunk := await loop.run_in_executor(self.disk, content.read, CHUNK):
            yield chunk


def close(response: Response) -> None:
    if not isinstance(response.content, bytes):
        response.content.close()


def length_of(response: Response) -> int:
    """The length of the response in bytes, from its headers."""
    headers = {name.lower(): value for name, value in response.headers}
    return int(headers.get(b"content-length", b"0"))


async def disconnected(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def error_response(error: BodyRefusedError) -> Response:
    """The response to a refused body. It closes the connection, on which the rest of the body may still come."""
    response = text_response(error.status, str(error))
    response.headers.append((b"connection", b"close"))
    if error.status == 503:
        response.headers.append((b"retry-after", b"60"))
    return response


def text_response(status: int, text: str) -> Response:
    content = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Response(status, headers, content)
