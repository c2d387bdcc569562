"""Requests that no browser would send, as bytes on a socket: each gets a clear answer or a closed connection.

Never a 500, and no header counts that a proxy would not have sent. Behind a proxy and https, because that is where
what a header claims counts.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from io import BufferedReader
from pathlib import Path

import pytest

from studysite.settings import MAX_IMPORT, MAX_REQUEST
from tests.load.sites import Site, site

pytestmark = [pytest.mark.long]

LOGIN = b"/accounts/login/"
BEHIND = {
    "SITE_URL": "https://study.example.org",
    "TRUSTED_PROXIES": "1",
    "EXTRA_HOSTS": "127.0.0.1",
    "CLIENT_SECONDS": "3",
}
HOST = b"Host: study.example.org\r\n"
HTTPS = b"X-Forwarded-Proto: https\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
QUIET = 2
"""After this many seconds without a byte the test assumes that the server waits for more."""
CLOSED, WAITS = "closed", "waits"
HEALTHY = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"

Outcome = int | str


@pytest.fixture(scope="module")
def served(shared_data_dir: Path) -> Iterator[Site]:
    with site(shared_data_dir, workers=1, **BEHIND) as running:
        yield running
    assert not re.search(r"studysite\.requests .* 500 \d+ ms", running.log.read_text())


def get(path: bytes = LOGIN, headers: bytes = HOST + HTTPS, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + path + b" " + version + b"\r\n" + headers + b"\r\n"


def post(headers: bytes, body: bytes = b"", path: bytes = LOGIN) -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + HTTPS + FORM + headers + b"\r\n" + body


class Connection:
    """A socket and the responses on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=QUIET)

    def outcome(self, sent: bytes = b"", method: str = "GET") -> Outcome:
        """The status of the next response, which is read completely, or what happens instead."""
        try:
            self.socket.sendall(sent)
            response = HTTPResponse(self.socket, method=method)
            response.begin()
            response.read()
        except TimeoutError:
            return WAITS
        except (OSError, HTTPException):
            return CLOSED
        return response.status


@contextmanager
def connected(served: Site) -> Iterator[Connection]:
    connection = Connection(served.port)
    with connection.socket:
        yield connection


REFUSED = {400, CLOSED}
LENGTHS = {
    "a sign": b"+4",
    "a minus": b"-4",
    "a space inside": b"4 4",
    "a point": b"4.0",
    "hexadecimal": b"0x4",
    "letters": b"four",
    "other digits": "٤".encode(),
    "a list of two": b"4, 5",
    "nothing": b"",
    "40 digits": b"9" * 40,
}
REQUESTS: dict[str, tuple[bytes, set[Outcome]]] = {
    "HTTP/1.0": (get(version=b"HTTP/1.0"), {200}),
    "HTTP/1.0 without a host": (get(headers=HTTPS, version=b"HTTP/1.0"), {200, 400}),
    "an unknown version": (get(version=b"HTTP/7.3"), {*REFUSED, 505}),
    "no version": (b"GET " + LOGIN + b"\r\n" + HOST + b"\r\n", REFUSED),
    "no host": (get(headers=HTTPS), REFUSED),
    "an empty host": (get(headers=b"Host:\r\n" + HTTPS), REFUSED),
    "two hosts": (get(headers=HOST + b"Host: evil.example.org\r\n" + HTTPS), {200, *REFUSED}),
    "another host": (get(headers=b"Host: evil.example.org\r\n" + HTTPS), REFUSED),
    "a whole address": (get(b"https://study.example.org" + LOGIN), {200, *REFUSED}),
    "a whole address elsewhere": (get(b"https://evil.example.org" + LOGIN), {200, 404, *REFUSED}),
    "an authority for a path": (get(b"study.example.org:443"), {200, 404, *REFUSED}),
    "a star for a path": (b"OPTIONS * HTTP/1.1\r\n" + HOST + HTTPS + b"\r\n", {200, 404, 405, *REFUSED}),
    "two slashes": (get(b"//evil.example.org/"), {301, 302, 404, *REFUSED}),
    "dots": (get(b"/static/../../secret_key"), {404, *REFUSED}),
    "encoded dots": (get(b"/static/%2e%2e/%2e%2e/secret_key"), {404, *REFUSED}),
    "bytes that are no text": (get(b"/%ff%fe/"), {404, *REFUSED}),
    "half a character": (get(b"/decks/%c3/"), {404, *REFUSED}),
    "a lone surrogate": (get(b"/%ed%a0%80/"), {404, *REFUSED}),
    "an encoded NUL": (get(b"/decks/%00/"), {404, *REFUSED}),
    "percent alone": (get(b"/decks/%/"), {404, *REFUSED}),
    "raw bytes in a path": (get("/decks/é/".encode()), {404, *REFUSED}),
    "raw bytes in a query": (get(LOGIN + b"?next=\xff"), {200, *REFUSED}),
    "an address of 8,000": (get(b"/" + b"x" * 8_000), {404, 414, *REFUSED}),
    "an address of 70,000": (get(b"/" + b"x" * 70_000), {404, 414, 431, *REFUSED}),
    "a header of 60,000": (get(headers=HOST + HTTPS + b"X-A: " + b"x" * 60_000 + b"\r\n"), {200, 431, *REFUSED}),
    "200 headers": (
        get(headers=HOST + HTTPS + b"".join(b"X-%d: y\r\n" % n for n in range(200))),
        {200, 431, *REFUSED},
    ),
    "a header without a name": (get(headers=HOST + HTTPS + b": y\r\n"), REFUSED),
    "a header without a colon": (get(headers=HOST + HTTPS + b"nothing\r\n"), REFUSED),
    "a header over two lines": (get(headers=HOST + HTTPS + b"X-A: y\r\n z\r\n"), {200, *REFUSED}),
    "raw bytes in a header": (get(headers=HOST + HTTPS + b"X-A: \xff\xfe\r\n"), {200, *REFUSED}),
    "an unknown method": (get().replace(b"GET", b"BREW", 1), {403, 405, 501, *REFUSED}),
    "a method in small letters": (get().replace(b"GET", b"get", 1), {200, 403, 405, 501, *REFUSED}),
    "CONNECT": (b"CONNECT study.example.org:443 HTTP/1.1\r\n" + HOST + HTTPS + b"\r\n", {403, 404, 405, *REFUSED}),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", REFUSED),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {404, 505, *REFUSED}),
    "an upgrade": (get(headers=HOST + HTTPS + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"), {200, *REFUSED}),
    "a websocket": (
        get(headers=HOST + HTTPS + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        {200, *REFUSED},
    ),
    "no length": (post(b""), {403, 411}),
    "two lengths that differ": (post(b"Content-Length: 4\r\nContent-Length: 5\r\n", b"a=1&b"), REFUSED),
    "two lengths alike": (post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"a=1"), {403, *REFUSED}),
    "a length and chunks": (
        post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"3\r\na=1\r\n0\r\n\r\n"),
        {411, *REFUSED},
    ),
    "chunks": (post(b"Transfer-Encoding: chunked\r\n", b"3\r\na=1\r\n0\r\n\r\n"), {411}),
    "chunks that do not end": (post(b"Transfer-Encoding: chunked\r\n", b"3\r\na=1\r\n"), {411}),
    "chunks of a GET": (get(headers=HOST + HTTPS + b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n", {200, 411}),
    "an unknown coding": (post(b"Transfer-Encoding: gzip\r\n", b"abc"), {411, 501, *REFUSED}),
    "more than was announced": (post(b"Content-Length: 3\r\n", b"a=1 and more\r\n\r\n"), {403, *REFUSED}),
    "a body of a GET": (get(headers=HOST + HTTPS + b"Content-Length: 3\r\n") + b"a=1", {200, *REFUSED}),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_malformed_request_does_not_harm_the_next(served: Site, name: str) -> None:
    """The next request on the same connection gets its own response, or the connection is closed."""
    sent, allowed = REQUESTS[name]
    with connected(served) as connection:
        assert connection.outcome(sent) in allowed
        assert connection.outcome(HEALTHY) in {200, *REFUSED}


@pytest.mark.parametrize("name", LENGTHS)
def test_invalid_content_length_is_refused(served: Site, name: str) -> None:
    with connected(served) as connection:
        sent = post(b"Content-Length: " + LENGTHS[name] + b"\r\n", b"a=1&")
        assert connection.outcome(sent) in {411, 413, *REFUSED}
        assert connection.outcome(HEALTHY) in {200, *REFUSED}


@pytest.mark.parametrize("name", [b"X_Forwarded_Proto", b"X-Forwarded_Proto", b"x_forwarded-proto"])
def test_only_the_proxys_own_header_counts(served: Site, name: bytes) -> None:
    """A proxy replaces X-Forwarded-Proto, but passes on headers that only look like it to a program."""
    with connected(served) as connection:
        assert connection.outcome(get(headers=HOST + name + b": https\r\n")) in {301, *REFUSED}


@pytest.mark.parametrize(("path", "most"), [(LOGIN, MAX_REQUEST), (b"/import/", MAX_IMPORT)])
def test_large_body_is_refused_by_its_announced_length(served: Site, path: bytes, most: int) -> None:
    with connected(served) as connection:
        assert connection.outcome(post(b"Content-Length: %d\r\n" % (most + 1), path=path)) == 413
        # The next request would be read as the body.
        assert connection.outcome(HEALTHY) == CLOSED


def test_large_body_is_refused_before_100_continue(served: Site) -> None:
    with connected(served) as connection:
        headers = b"Expect: 100-continue\r\nContent-Length: %d\r\n" % (MAX_REQUEST + 1)
        assert connection.outcome(post(headers)) == 413


def test_slow_body_after_100_continue_is_read(served: Site) -> None:
    with connected(served) as connection:
        connection.socket.sendall(post(b"Expect: 100-continue\r\nContent-Length: 3\r\n"))
        for byte in (b"a", b"=", b"1"):
            time.sleep(0.2)
            connection.socket.sendall(byte)
        # It has no CSRF token.
        assert connection.outcome() == 403
        assert connection.outcome(HEALTHY) == 200


def test_body_that_stops_returns_408(served: Site) -> None:
    with connected(served) as connection:
        connection.socket.settimeout(20)
        assert connection.outcome(post(b"Content-Length: 100\r\n", b"a=1")) == 408
        assert connection.outcome(HEALTHY) == CLOSED


def test_client_leaving_during_its_body_disturbs_no_request(served: Site) -> None:
    for _ in range(20):
        with connected(served) as connection:
            connection.socket.sendall(post(b"Content-Length: 100\r\n", b"a=1"))
    with connected(served) as connection:
        assert connection.outcome(HEALTHY) == 200


def test_head_requests_keep_the_connection_usable(served: Site) -> None:
    with connected(served) as connection:
        for path in (LOGIN, b"/healthz", b"/static/nothing.css", b"/decks/deep-learning/"):
            head = get(path).replace(b"GET", b"HEAD", 1)
            assert connection.outcome(head, method="HEAD") == connection.outcome(get(path))


def test_pipelined_requests_are_answered_in_order(served: Site) -> None:
    with connected(served) as connection:
        connection.socket.sendall(
            HEALTHY + get(b"/nothing/") + post(b"Content-Length: 3\r\n", b"a=1") + get()
        )
        reader = connection.socket.makefile("rb")
        assert [status_of(reader) for _ in range(4)] == [200, 404, 403, 200]


def status_of(reader: BufferedReader) -> int:
    """The status of the next of several responses; its body has a stated length."""
    status, length = int(reader.readline().split()[1]), 0
    while (line := reader.readline().lower()) != b"\r\n":
        length = int(line.split()[1]) if line.startswith(b"content-length:") else length
    reader.read(length)
    return status
