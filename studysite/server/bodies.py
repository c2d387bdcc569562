"""What clients send: read into memory or a file before a Django thread is used.

So a body may come slowly, and nobody else waits for it.
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
"""Bytes of a body that are kept in memory; what is longer goes into a file."""

TOO_MUCH = "Too much is being sent to the site at once. Try again in a minute."

SLOWEST = 8 * 1024
"""Bytes a second that a client may not fall below for long: a photo of 10 MB has twenty minutes."""


class BodyRefusedError(Exception):
    """The body is not taken; ``status`` and the error's text say why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Room:
    """How many bytes of bodies a process keeps in files at a time, so that they do not fill the disk."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.coming: set[Body] = set()

    async def take(self, count: int, body: "Body") -> None:
        """Make room by giving up whoever sends most slowly, of those who have any: others would free none.

        Raises BodyRefusedError where that is ``body`` itself, or all the others are whole already.
        """
        while self.taken + count > self.most:
            slowest = min((one for one in self.coming if one.room_taken), key=Body.speed, default=body)
            if slowest is body or slowest.speed() >= body.speed():
                raise BodyRefusedError(503, TOO_MUCH)
            slowest.give_up()
            await slowest.closed.wait()
        self.taken += count


class Body:
    """A request's body while it comes, and then a file to read from; `close` gives its room back."""

    def __init__(self, room: Room, disk: Executor) -> None:
        self.room, self.disk = room, disk
        self.memory = io.BytesIO()
        self.file: IO[bytes] = self.memory
        self.length = self.room_taken = 0
        self.began = time.monotonic()
        self.patience: asyncio.Timeout | None = None
        self.closed = asyncio.Event()

    def speed(self) -> float:
        """Bytes a second, as of now; one that has just begun is not slow yet."""
        return self.length / max(1.0, time.monotonic() - self.began)

    def give_up(self) -> None:
        """Let `take_in` end at once, with 408."""
        if self.patience:
            self.patience.reschedule(asyncio.get_running_loop().time())

    async def add(self, chunk: bytes) -> None:
        """Keep the next piece. Raises BodyRefusedError where there is no room for it, or the disk is full."""
        self.length += len(chunk)
        if self.file is self.memory and self.memory.tell() + len(chunk) <= IN_MEMORY:
            self.memory.write(chunk)
            return
        if self.file is self.memory:
            chunk = self.memory.getvalue() + chunk
            # Without a name: it goes with the process, however that ends.
            self.file = await self._on_disk(tempfile.TemporaryFile)
        await self.room.take(len(chunk), self)
        self.room_taken += len(chunk)
        await self._on_disk(self.file.write, chunk)

    async def rewind(self) -> None:
        """Let it be read from its beginning."""
        if self.file is self.memory:
            self.memory.seek(0)
        else:
            # Also writes what stands in a buffer yet.
            await self._on_disk(self.file.seek, 0)

    def close(self) -> None:
        self.file.close()
        self.room.taken -= self.room_taken
        self.room_taken = 0
        self.closed.set()

    async def _on_disk(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self.disk, function, *arguments)
        except OSError as error:
            raise BodyRefusedError(503, "The site has no room for this now. Try again later.") from error


def announced_length(headers: Headers) -> int:
    """How many bytes the client is going to send. Raises BodyRefusedError where it does not say."""
    lengths = {value for name, value in headers if name == b"content-length"}
    if not lengths:
        if any(name == b"transfer-encoding" for name, _ in headers):
            raise BodyRefusedError(411, "The request must say how long its body is (Content-Length).")
        return 0
    length = whole_number(lengths.pop().decode("latin-1").strip())
    if length is None or lengths:
        raise BodyRefusedError(400, "The length of what was sent is not a number (Content-Length).")
    return length


async def take_in(receive: Receive, body: Body, *, length: int, seconds: float) -> None:
    """Fill ``body`` with what comes, to its end.

    ``seconds`` is how long nothing may come, and the whole may take as much longer as `SLOWEST` allows. Raises
    BodyRefusedError (408) where it takes longer, and (400) where the client goes before.
    """
    if not length:
        return
    deadline = time.monotonic() + seconds + length / SLOWEST
    body.room.coming.add(body)
    more = True
    try:
        async with asyncio.timeout(None) as body.patience:
            while more:
                left = min(seconds, deadline - time.monotonic())
                body.patience.reschedule(asyncio.get_running_loop().time() + left)
                message = await receive()
                if message["type"] == "http.disconnect":
                    # A client that has closed only its sending side still reads this.
                    raise BodyRefusedError(400, "The connection was closed before everything had arrived.")
                await body.add(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        raise BodyRefusedError(408, "It took too long to arrive, and nothing was kept.") from None
    finally:
        body.room.coming.discard(body)
    await body.rewind()
