"""Many slow connections in one thread: slow bodies, responses that are read slowly, headers without an end.

Each is a plain socket. What is slow can be told to finish: then it sends and reads the rest at once, so that its
outcome shows whether the server has waited well.
"""

import asyncio
import io
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any
from urllib.parse import urlencode

from tests.load.browser import Browser, cookie_header

TICK = 0.25
"""Seconds between two pieces."""
FORM = "application/x-www-form-urlencoded"


@dataclass
class SlowClient:
    """One connection: what it sends at once, what it sends over ``seconds``, and how fast it reads.

    ``rate`` is in bytes a second; None reads what there is, 0 reads nothing before it is told to finish.
    """

    port: int
    head: bytes = b""
    body: bytes = b""
    seconds: float = 0
    rate: int | None = None
    received: bytearray = field(default_factory=bytearray)
    error: str = ""
    is_closed: bool = False

    @property
    def response(self) -> tuple[int, Message, bytes]:
        """The first answer: its status, headers and body. Raises HTTPException where it is not whole."""
        return parse(bytes(self.received))

    @property
    def status(self) -> int | str:
        """The status of the answer that came whole, or why there is none."""
        try:
            return self.response[0]
        except (HTTPException, IncompleteRead, ValueError) as error:
            return f"{type(error).__name__} after {len(self.received)} bytes {self.error}"


class _Received:
    """As much of a socket as HTTPResponse reads from."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.raw)


def parse(raw: bytes, method: str = "GET") -> tuple[int, Message, bytes]:
    """An answer as it came, chunks put together. Raises HTTPException where it breaks off."""
    received: Any = _Received(raw)
    response = HTTPResponse(received, method=method)
    response.begin()
    return response.status, response.headers, response.read()


def exchange(port: int, request: bytes) -> tuple[int, Message, bytes]:
    """Send all, read all until the server closes, and give the first answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        return parse(b"".join(iter(lambda: connection.recv(2**16), b"")))


class SlowClients:
    """The thread with all slow connections; made by `slow_clients`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.hurry = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    def open(self, clients: Iterable[SlowClient]) -> None:
        asyncio.run_coroutine_threadsafe(self._open(list(clients)), self.loop).result()

    def finish(self, seconds: float = 60) -> None:
        """Let all send and read the rest at once; close those that do not end within this many seconds."""
        asyncio.run_coroutine_threadsafe(self._finish(seconds), self.loop).result()

    def wait(self, seconds: float) -> None:
        """Wait until all are done at their own speed; close those that are not done after this many seconds."""
        asyncio.run_coroutine_threadsafe(self._end(seconds), self.loop).result()

    def abandon(self) -> None:
        """Cut all off."""
        asyncio.run_coroutine_threadsafe(self._finish(0), self.loop).result()

    async def _open(self, clients: Sequence[SlowClient]) -> None:
        self.hurry.clear()
        for number, client in enumerate(clients):
            self.tasks.add(asyncio.create_task(self._live(client)))
            if number % 50 == 49:
                # A burst would measure the queue of connections that are not accepted yet.
                await asyncio.sleep(0.02)

    async def _finish(self, seconds: float) -> None:
        self.hurry.set()
        await self._end(seconds)

    async def _end(self, seconds: float) -> None:
        if self.tasks:
            _, left = await asyncio.wait(self.tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        self.tasks.clear()

    async def _live(self, client: SlowClient) -> None:
        with socket.socket() as connection:
            connection.setblocking(False)
            if client.rate is not None:
                # Before it connects: afterwards the window is agreed on.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                await self.loop.sock_connect(connection, ("127.0.0.1", client.port))
                sending = asyncio.create_task(self._send(client, connection))
                try:
                    await self._receive(client, connection)
                finally:
                    sending.cancel()
            except OSError as error:
                client.error = repr(error)
            client.is_closed = True

    async def _send(self, client: SlowClient, connection: socket.socket) -> None:
        try:
            await self.loop.sock_sendall(connection, client.head)
            size = max(1, round(len(client.body) * TICK / max(client.seconds, TICK)))
            for start in range(0, len(client.body), size):
                await self._pause(TICK)
                await self.loop.sock_sendall(connection, client.body[start : start + size])
        except OSError as error:
            # The server may have answered and closed already: that is for the reading side to say.
            client.error = repr(error)

    async def _receive(self, client: SlowClient, connection: socket.socket) -> None:
        if client.rate == 0:
            await self.hurry.wait()
        size = 2**16 if not client.rate else max(1, round(client.rate * TICK))
        while data := await self.loop.sock_recv(connection, 2**16 if self.hurry.is_set() else size):
            client.received += data
            if client.rate:
                await self._pause(TICK)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.hurry.wait(), seconds)


@contextmanager
def slow_clients() -> Iterator[SlowClients]:
    """A thread for slow connections; those that are left are cut off at the end."""
    clients = SlowClients()
    clients.thread.start()
    try:
        yield clients
    finally:
        clients.abandon()
        clients.loop.call_soon_threadsafe(clients.loop.stop)
        clients.thread.join()
        clients.loop.close()


# --- Requests as bytes


def head_of(method: str, path: str, browser: Browser | None = None, **headers: object) -> bytes:
    """The head of a request; the connection ends with its answer."""
    fields = {"Host": "localhost", "Connection": "close"}
    if browser:
        fields["Cookie"] = cookie_header(browser.cookies)
    fields |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def multipart(fields: Mapping[str, object], name: str, file_name: str, content: bytes) -> tuple[bytes, str]:
    """A form with one file: its body, and its type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
    start = "".join([*parts, file, "Content-Type: application/octet-stream\r\n\r\n"]).encode()
    return start + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def upload(browser: Browser, path: str, body: bytes, kind: str, *, seconds: float) -> SlowClient:
    """A form that takes this many seconds to send."""
    head = head_of("POST", path, browser, Content_Type=kind, Content_Length=len(body), HX_Request="true")
    return SlowClient(browser.connection.port, head, body, seconds)


def form_body(browser: Browser, fields: Mapping[str, object]) -> bytes:
    return urlencode({"csrfmiddlewaretoken": browser.cookies["csrftoken"], **fields}).encode()


def reader(port: int, path: str, *, rate: int, browser: Browser | None = None) -> SlowClient:
    """A client that reads a response at this many bytes a second; at 0 it reads nothing."""
    return SlowClient(port, head_of("GET", path, browser), rate=rate)


def slow_header(port: int) -> SlowClient:
    """A request whose headers come byte by byte and do not end by themselves."""
    return SlowClient(port, body=head_of("GET", "/", X_Slow="x" * 400), seconds=400)


def idle(port: int) -> SlowClient:
    """A connection without any data."""
    return SlowClient(port)


def pipelined(port: int, paths: Sequence[str], *, rate: int | None = None) -> SlowClient:
    """Requests that are all sent at once; the last one ends the connection."""
    heads = [head_of("GET", path).replace(b"Connection: close\r\n", b"") for path in paths[:-1]]
    return SlowClient(port, b"".join(heads) + head_of("GET", paths[-1]), rate=rate)
