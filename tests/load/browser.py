"""A browser without scripts, fast enough to load a server: it keeps connections, cookies, forms' tokens."""

import gzip
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlencode

import brotli

HTMX = {"HX-Request": "true", "HX-Target": "question"}
MAX_WAIT = 60
"""Seconds that a browser waits for the next byte: longer than any answer may take."""
ENCODINGS = "gzip, br"
"""What a browser that takes compressed responses accepts."""
REQUESTS = 10
"""Requests on one connection. A worker keeps its connections, so a few long ones could load only one worker."""


class NotSentError(Exception):
    """No program listened, so the server cannot have done anything."""


class CutOffError(Exception):
    """The connection broke after the request was sent: the server may have done it or not."""


@dataclass(frozen=True)
class Answer:
    """A complete response."""

    status: int
    headers: Message
    text: str
    # Bytes of the body as it was sent.
    size: int

    @property
    def retry_after(self) -> float:
        """Seconds after which to try again; 0 if the response gives none, or gives a date."""
        value = self.headers.get("Retry-After", "")
        return float(value) if value.isascii() and value.isdigit() else 0.0


class Browser:
    """Sends to one server. Follows no redirect."""

    def __init__(
        self,
        port: int,
        cookies: Mapping[str, str] | None = None,
        *,
        max_wait: float = MAX_WAIT,
        is_compressed: bool = False,
    ) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=max_wait)
        self.cookies = dict(cookies or {})
        self.accepted = {"Accept-Encoding": ENCODINGS} if is_compressed else {}
        self.requests = 0

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises NotSentError or CutOffError, as `post` does."""
        return self._send("GET", path, None, headers or {})

    def post(self, path: str, fields: Mapping[str, object], headers: Mapping[str, str] = HTMX) -> Answer:
        body = urlencode({"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **fields}).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, body, {**form, **headers})

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self._connect()
        sent = {**headers, **self.accepted, "Cookie": cookie_header(self.cookies)}
        try:
            self.connection.request(method, path, body, sent)
            with self.connection.getresponse() as response:
                self._keep_cookies(response)
                content = response.read()
                text = decoded(content, response.headers.get("Content-Encoding", "")).decode()
                return Answer(response.status, response.headers, text, len(content))
        except (HTTPException, OSError) as error:
            self.connection.close()
            raise CutOffError(f"{method} {path}: {error!r}") from error

    def _connect(self) -> None:
        """Connect unless the connection that was kept is still open."""
        self.requests += 1
        if self.requests % REQUESTS == 0:
            self.connection.close()
        if self.connection.sock and is_readable(self.connection.sock):
            # No request is open, so readable data means that the server has closed the connection.
            self.connection.close()
        if self.connection.sock is None:
            try:
                self.connection.connect()
            except OSError as error:
                raise NotSentError(str(error)) from error

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value


def decoded(content: bytes, encoding: str) -> bytes:
    """The body without its compression. Raises KeyError for one that was not accepted."""
    return bytes({"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[encoding](content))


def is_readable(connection: socket.socket) -> bool:
    # `select.select` takes no file numbers from 1,024 on, and a load test has more.
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def cookie_header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def wait_for(answer: Answer) -> None:
    """Wait as long as a busy server asks, but not too long for a test."""
    time.sleep(min(max(answer.retry_after, 0.1), 2))
