"""Request bodies: received completely, into memory or a file, before a Django thread is used.

So a client may send slowly, and nobody else waits for it.
"""

import asyncio
import io
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from typing import IO, Any

from studysite.numbers import whole_number

Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = Iterable[tuple[bytes, bytes]]

IN_MEMORY = 64 * 1024
"""Bytes of a body that are kept in memory; a longer body goes into a file."""

TOO_MUCH = "Too much is being sent to the site at once. Try again in a minute."

SLOWEST = 8 * 1024
"""Bytes a second that a client must reach over time: it may take twenty minutes for a photo of 10 MB."""


class BodyRefusedError(Exception):
    """The body is not accepted; ``status`` and the error's text say why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class DiskQuota:
    """How many bytes of bodies a process may keep in files at a time, so that they do not fill the disk."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.receiving: set[Body] = set()

    async def reserve(self, count: int, body: "Body") -> None:
        """Reserve ``count`` bytes; if they are not free, the body that arrives most slowly is cancelled.

        Only bodies that have reserved something are cancelled: the others would free nothing. Raises
        BodyRefusedError if ``body`` itself is the slowest, or all the others have arrived completely.
        """
        while self.used + count > self.limit:
            slowest = min((one for one in self.receiving if one.reserved), key=Body.speed, default=body)
            if slowest is body or slowest.speed() >= body.speed():
                raise BodyRefusedError(503, TOO_MUCH)
            slowest.cancel()
            await slowest.closed.wait()
        self.used += count


class Body:
    """A request's body while it arrives, and then a file to read from; `close` frees what it has reserved."""

    def __init__(self, quota: DiskQuota, disk: Executor) -> None:
        self.quota, self.disk = quota, disk
        self.memory = io.BytesIO()
        self.file: IO[bytes] = self.memory
        self.length = self.reserved = 0
        self.began = time.monotonic()
        self.timeout: asyncio.Timeout | None = None
        self.closed = asyncio.Event()

    def speed(self) -> float:
        """Bytes a second so far; the first second counts as a whole, so a new body does not look slow."""
        return self.length / max(1.0, time.monotonic() - self.began)

    def cancel(self) -> None:
        """Let `receive_body` end at once, with 408."""
        if self.timeout:
            self.timeout.reschedule(asyncio.get_running_loop().time())

    async def add(self, chunk: bytes) -> None:
        """Keep the next chunk. Raises BodyRefusedError if the quota is used up or the disk is full."""
        self.length += len(chunk)
        if self.file is self.memory and self.memory.tell() + len(chunk) <= IN_MEMORY:
            self.memory.write(chunk)
            return
        if self.file is self.memory:
            chunk = self.memory.getvalue() + chunk
            # A file without a name disappears with the process, even if that is killed.
            self.file = await self._on_disk(tempfile.TemporaryFile)
        await self.quota.reserve(len(chunk), self)
        self.reserved += len(chunk)
        await self._on_disk(self.file.write, chunk)

    async def rewind(self) -> None:
        """Go to the beginning, to read it."""
        if self.file is self.memory:
            self.memory.seek(0)
        else:
            # This also writes what is still in a buffer.
            await self._on_disk(self.file.seek, 0)

    def close(self) -> None:
        self.file.close()
        self.quota.used -= self.reserved
        self.reserved = 0
        self.closed.set()

    async def _on_disk(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.disk, function, *arguments)
        except OSError as error:
            raise BodyRefusedError(503, "The site's disk is full. Try again later.") from error


def announced_length(headers: Headers) -> int:
    """How many bytes the client is going to send. Raises BodyRefusedError if the headers do not say it."""
    lengths = {value for name, value in headers if name == b"content-length"}
    if not lengths:
        if any(name == b"transfer-encoding" for name, _ in headers):
            raise BodyRefusedError(411, "The request must say how long its body is (Content-Length).")
        return 0
    length = whole_number(lengths.pop().decode("latin-1").strip())
    if length is None or lengths:
        raise BodyRefusedError(400, "The length of the request is not a number (Content-Length).")
    return length


async def receive_body(receive: Receive, body: Body, *, length: int, seconds: float) -> None:
    """Fill ``body`` with everything that the client sends.

    ``seconds`` limits the time without any new data. The whole may take as much longer as `SLOWEST` allows for
    ``length`` bytes. Raises BodyRefusedError: 408 if it takes longer, 400 if the client closes the connection.
    """
    if not length:
        return
    deadline = time.monotonic() + seconds + length / SLOWEST
    body.quota.receiving.add(body)
    more = True
    try:
        async with asyncio.timeout(None) as body.timeout:
            while more:
                left = min(seconds, deadline - time.monotonic())
                body.timeout.reschedule(asyncio.get_running_loop().time() + left)
                message = await receive()
                if message["type"] == "http.disconnect":
                    # A client that has closed only its sending side can still read this.
                    raise BodyRefusedError(400, "The connection was closed before everything had arrived.")
                await body.add(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        raise BodyRefusedError(408, "The request took too long to arrive. Nothing was saved.") from None
    finally:
        body.quota.receiving.discard(body)
    await body.rewind()
