"""The ASGI application: reads bodies and sends answers without using a Django thread for it.

Django's own handler for ASGI takes bodies in so too, but sends answers as they are made, in the threads; other
bridges do neither. docs/server.md tells what was measured.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from studysite.logs import masked_path
from studysite.server.bodies import SLOWEST, Body, BodyRefusedError, Receive, Room, announced_length, take_in
from studysite.server.django_threads import Answer, DjangoThreads

Send = Callable[[dict[str, Any]], Awaitable[None]]

AT_ONCE = 128 * 1024
"""Bytes of the longest answer that is handed to the server as a whole: nearly all pages are shorter."""

PIECE = 32 * 1024
"""Bytes of a longer answer that are handed over at a time: a slow client keeps some of them in memory."""

logger = logging.getLogger("studysite.requests")


class Bridge:
    """Serves ``django``; ``largest`` tells the most bytes that an address takes.

    ``room`` is for bodies, and ``room_for_answers`` in bytes for what is written to be sent; ``seconds`` is how
    long a client may send or take nothing.
    """

    def __init__(
        self,
        django: DjangoThreads,
        *,
        largest: Callable[[str], int],
        room: Room,
        room_for_answers: int,
        seconds: float,
    ) -> None:
        self.django, self.largest, self.room, self.seconds = django, largest, room, seconds
        self.room_for_answers, self.room_taken = room_for_answers, 0
        self.disk = ThreadPoolExecutor(2, thread_name_prefix="disk")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        # Of a request for an authority (CONNECT) the server leaves nothing.
        scope["path"] = scope["path"] or "/"
        body = Body(self.room, self.disk)
        started = time.perf_counter()
        try:
            length = announced_length(scope["headers"])
            # What is too large is not read: Django refuses it by its announced length.
            if length <= self.largest(scope["path"]):
                await take_in(receive, body, length=length, seconds=self.seconds)
            answer = await self.django.answer(scope, body.file)
            answer = self.fitting(answer)
        except BodyRefusedError as error:
            answer = refusal(error)
            took = (time.perf_counter() - started) * 1000
            logger.info("%s %s %d %.0f ms", scope["method"], masked_path(scope["path"]), error.status, took)
        except Exception:
            # Django answers its own errors with a page; this is for what happens around it.
            logger.exception("%s %s 500", scope["method"], masked_path(scope["path"]))
            answer = plain(500, "Something broke here, and the fault is the site's.")
        finally:
            body.close()
        self.room_taken += answer.room
        try:
            await self.send(answer, scope["method"], receive, send)
        finally:
            self.room_taken -= answer.room
            close(answer)

    def fitting(self, answer: Answer) -> Answer:
        """The answer, if there is room on the disk for it beside those that others are reading slowly."""
        if self.room_taken + answer.room <= self.room_for_answers:
            return answer
        close(answer)
        raise BodyRefusedError(503, "Too many files are being sent at once. Try again in a minute.")

    async def send(self, answer: Answer, method: str, receive: Receive, send: Send) -> None:
        """Send it as fast as the client takes it; the connection is closed on one that takes nothing for long."""
        content = b"" if method == "HEAD" else answer.content
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if isinstance(content, bytes) and len(content) <= AT_ONCE:
            await send({"type": "http.response.body", "body": content})
            return
        # The server accepts what is sent to a client that has gone, without an error; only this tells.
        gone = asyncio.ensure_future(disconnect(receive))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.seconds + length_of(answer) / SLOWEST
        try:
            async with asyncio.timeout(None) as patience:
                async for piece in self.pieces(content):
                    if gone.done():
                        return
                    patience.reschedule(min(loop.time() + self.seconds, deadline))
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            # Without the last message the server closes the connection: the client sees that it has not got all.
            return
        finally:
            gone.cancel()

    async def pieces(self, content: bytes | IO[bytes]) -> AsyncIterator[bytes]:
        """The content, some of it at a time."""
        if isinstance(content, bytes):
            for start in range(0, len(content), PIECE):
                yield content[start : start + PIECE]
            return
        loop = asyncio.get_running_loop()
        while piece := await loop.run_in_executor(self.disk, content.read, PIECE):
            yield piece


def close(answer: Answer) -> None:
    if not isinstance(answer.content, bytes):
        answer.content.close()


def length_of(answer: Answer) -> int:
    """Bytes that the answer has by its headers."""
    headers = {name.lower(): value for name, value in answer.headers}
    return int(headers.get(b"content-length", b"0"))


async def disconnect(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def refusal(error: BodyRefusedError) -> Answer:
    """The answer after which nothing else comes on this connection: the rest of the body stands in it."""
    answer = plain(error.status, str(error))
    answer.headers.append((b"connection", b"close"))
    if error.status == 503:
        answer.headers.append((b"retry-after", b"60"))
    return answer


def plain(status: int, text: str) -> Answer:
    content = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Answer(status, headers, content)
