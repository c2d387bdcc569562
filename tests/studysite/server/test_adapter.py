"""The application as the server calls it: requests reach Django, and its responses reach the client."""

import asyncio
import io
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from studysite.server import django_threads
from studysite.server.adapter import CHUNK, SENT_WHOLE, Adapter
from studysite.server.bodies import IN_MEMORY as BODY_IN_MEMORY
from studysite.server.bodies import DiskQuota
from studysite.server.django_threads import IN_MEMORY, STALLED, TOTAL, DjangoThreads, Response, kind_of
from studysite.sqlite.write_lock import WaitLimit, wait_limit
from tests.studysite.server.event_loop import run

LARGEST = 2 * BODY_IN_MEMORY
ONE_EACH = {"reads": 1, "writes": 1, "exports": 1, "health": 1, "readiness": 1}
QUOTA = 30 * CHUNK
View = Callable[[HttpRequest], HttpResponseBase]


class Client:
    """Sends one request and keeps the response; after ``takes`` pieces it reads no more.

    It needs ``pause`` seconds for each piece.
    """

    def __init__(
        self,
        *chunks: bytes,
        takes: float = float("inf"),
        leaves_after: float | None = None,
        pause: float = 0,
    ) -> None:
        self.chunks, self.takes, self.leaves_after = list(chunks), takes, leaves_after
        self.pause = pause
        self.sent: list[dict[str, Any]] = []
        self.received = 0

    async def receive(self) -> dict[str, Any]:
        self.received += 1
        if self.chunks:
            return {"type": "http.request", "body": self.chunks.pop(0), "more_body": bool(self.chunks)}
        await asyncio.sleep(60 if self.leaves_after is None else self.leaves_after)
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if len(self.sent) >= self.takes:
            await asyncio.sleep(60)
        self.sent.append(message)
        await asyncio.sleep(self.pause)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def is_whole(self) -> bool:
        return not self.sent[-1].get("more_body", False)


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    """Send a request to a site with only this view, and check that no space stays reserved afterwards."""

    def ask(
        view: View, client: Client | None = None, *, method: str = "GET", path: str = "/", **headers: str
    ) -> Client:
        django = DjangoThreads(ONE_EACH)
        monkeypatch.setattr(django, "get_response", view)
        adapter = Adapter(
            django,
            largest=lambda path: LARGEST,
            quota=DiskQuota(10 * LARGEST),
            response_quota=QUOTA,
            seconds=0.3,
        )
        client = client or Client()
        if client.chunks:
            headers.setdefault("content-length", str(sum(map(len, client.chunks))))
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        run(adapter(scope, client.receive, client.send))
        assert (adapter.quota.used, adapter.response_bytes) == (0, 0)
        return client

    return ask


def echo(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(request.read(), headers={"X-Method": str(request.method)})
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def test_request_and_response_pass_through(ask: Callable[..., Client]) -> None:
    client = ask(echo, Client(b"two ", b"pieces"), method="POST")
    assert (client.status, client.body, client.is_whole) == (200, b"two pieces", True)
    assert client.headers["x-method"] == "POST"
    assert [value for name, value in client.sent[0]["headers"] if name == b"Set-Cookie"] == [
        b"one=1; Path=/",
        b"two=2; Path=/",
    ]


def test_long_body_passes_through_a_file(ask: Callable[..., Client]) -> None:
    """The response comes from a file, which is closed afterwards."""
    sent = b"x" * LARGEST
    assert ask(echo, Client(sent), method="POST").body == sent


def test_request_signals_are_sent_in_the_worker_thread(ask: Callable[..., Client]) -> None:
    """Django then cleans up its connections; each thread has its own."""
    told: list[tuple[str, str]] = []

    def started(**_: object) -> None:
        told.append(("started", threading.current_thread().name))

    def finished(**_: object) -> None:
        told.append(("finished", threading.current_thread().name))

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        ask(echo)
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)
    assert told == [("started", "reads_0"), ("finished", "reads_0")]


def test_waiting_for_a_thread_counts_as_waiting_to_write(ask: Callable[..., Client]) -> None:
    seen: list[WaitLimit] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(wait_limit())
        return HttpResponse()

    ask(view, method="POST")
    assert (seen[0].stalled, seen[0].total) == (STALLED, TOTAL)
    assert seen[0].waited > 0


def test_body_is_read_as_utf_8_despite_its_charset(ask: Callable[..., Client]) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded; charset=latin-1"}
    client = ask(lambda request: HttpResponse(request.POST["a"]), Client(b"a=%C3%A9"), method="POST", **kind)
    assert client.body.decode() == "é"


def test_head_response_has_headers_only(ask: Callable[..., Client]) -> None:
    client = ask(lambda request: HttpResponse("long", headers={"Content-Length": "4"}), method="HEAD")
    assert (client.headers["content-length"], client.body, client.is_whole) == ("4", b"", True)


@pytest.mark.parametrize("size", [0, 1, SENT_WHOLE, SENT_WHOLE + 1, SENT_WHOLE + CHUNK])
def test_response_of_any_length_is_complete(ask: Callable[..., Client], size: int) -> None:
    client = ask(lambda request: HttpResponse(b"x" * size))
    assert (len(client.body), client.is_whole) == (size, True)
    assert max(len(message["body"]) for message in client.sent[1:]) <= SENT_WHOLE


@pytest.mark.parametrize("size", [0, 10, 2 * IN_MEMORY])
def test_streamed_response_is_complete(ask: Callable[..., Client], size: int) -> None:
    pieces = (b"x" for _ in range(size))
    client = ask(lambda request: StreamingHttpResponse(pieces))
    assert (len(client.body), client.is_whole) == (size, True)
    assert client.headers["content-length"] == str(size)


def test_file_response_is_read_while_sent(ask: Callable[..., Client]) -> None:
    files: list[IO[bytes]] = []

    def view(request: HttpRequest) -> FileResponse:
        file = tempfile.TemporaryFile()  # noqa: SIM115
        file.write(b"head" + b"x" * 3 * CHUNK)
        file.seek(4)
        files.append(file)
        return FileResponse(file)

    client = ask(view)
    assert (client.body, client.is_whole) == (b"x" * 3 * CHUNK, True)
    assert len(client.sent) == 1 + 3 + 1
    assert files[0].closed


def test_file_object_without_descriptor_is_sent(ask: Callable[..., Client]) -> None:
    client = ask(lambda request: FileResponse(io.BytesIO(b"content")))
    assert (client.body, client.is_whole) == (b"content", True)


def test_client_that_reads_nothing_is_dropped(ask: Callable[..., Client]) -> None:
    client = ask(lambda request: HttpResponse(b"x" * 20 * CHUNK), Client(takes=3))
    assert (len(client.sent), client.is_whole) == (3, False)


def test_client_that_reads_too_slowly_is_dropped(
    ask: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studysite.server.adapter.SLOWEST", 10**9)
    client = ask(lambda request: HttpResponse(b"x" * 20 * CHUNK), Client(pause=0.1))
    assert not client.is_whole


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("how", [{}, {"takes": 3}, {"leaves_after": 0}], ids=["reads", "stops", "leaves"])
def test_file_is_closed_in_every_case(
    ask: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    method: str,
    how: dict[str, float],
) -> None:
    sent: list[IO[bytes]] = []

    def note(file: Any) -> IO[bytes] | None:
        copy = duplicate(file)
        sent.extend([copy] if copy else [])
        return copy

    duplicate = django_threads.duplicate
    monkeypatch.setattr(django_threads, "duplicate", note)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10 * CHUNK)
    ask(lambda request: FileResponse(path.open("rb")), Client(**how), method=method)
    assert [file.closed for file in sent] == [True]


def test_response_stops_when_the_client_disconnects(ask: Callable[..., Client]) -> None:
    client = ask(lambda request: HttpResponse(b"x" * 10_000 * CHUNK), Client(leaves_after=0))
    assert len(client.sent) < 100
    assert not client.is_whole


def test_too_large_body_is_not_read(ask: Callable[..., Client]) -> None:
    client = Client(b"x" * 10)
    length = str(LARGEST + 1)
    ask(lambda request: HttpResponse(request.META["CONTENT_LENGTH"]), client, **{"content-length": length})
    assert (client.body.decode(), client.received) == (length, 0)


def test_body_of_unknown_length_is_refused(ask: Callable[..., Client]) -> None:
    client = ask(echo, Client(b"x"), **{"content-length": "", "transfer-encoding": "chunked"})
    assert client.status == 400
    client = ask(echo, **{"transfer-encoding": "chunked"})
    assert (client.status, client.headers["connection"]) == (411, "close")


def test_incomplete_body_does_not_reach_django(ask: Callable[..., Client]) -> None:
    client = ask(echo, Client(leaves_after=0), **{"content-length": "10"})
    assert client.status == 400


def test_responses_beyond_the_limit_return_503(ask: Callable[..., Client]) -> None:
    """Files written for one client count; a file that exists anyway takes no extra space."""

    def written(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(b"x" * CHUNK for _ in range(31))

    client = ask(written)
    assert (client.status, client.headers["retry-after"]) == (503, "60")


def test_named_file_does_not_count_towards_the_limit(ask: Callable[..., Client], tmp_path: Path) -> None:
    path = tmp_path / "named"
    path.write_bytes(b"x" * CHUNK * 31)
    client = ask(lambda request: FileResponse(path.open("rb")))
    assert (client.status, len(client.body)) == (200, CHUNK * 31)


def test_error_outside_django_returns_500_and_is_logged(
    ask: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("broken")

    assert ask(broken).status == 500
    assert "RuntimeError: broken" in caplog.text


def test_undecodable_path_returns_400(ask: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    def undecodable(*_: object) -> None:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid")

    monkeypatch.setattr("studysite.server.django_threads.Request", undecodable)
    assert ask(echo).status == 400


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/", "reads"),
        ("HEAD", "/decks/export/", "exports"),
        ("GET", "/decks/a/export/anki/", "exports"),
        ("POST", "/decks/a/export/anki/", "writes"),
        ("OPTIONS", "/", "reads"),
        ("DELETE", "/", "writes"),
        ("GET", "/healthz", "health"),
        ("GET", "/readyz", "readiness"),
    ],
)
def test_request_goes_to_the_threads_of_its_kind(method: str, path: str, kind: str) -> None:
    assert kind_of(method, path) == kind


def test_writes_delay_no_reads_or_health_checks() -> None:
    django = DjangoThreads(ONE_EACH)
    may_end = threading.Event()

    def answer(scope: dict[str, Any], *_: object) -> Response:
        if scope["method"] == "POST":
            assert may_end.wait(30)
        return Response(200, [], scope["path"].encode())

    django._respond = answer  # type: ignore[method-assign, assignment]

    async def all_kinds() -> list[bytes | IO[bytes]]:
        writing = asyncio.create_task(django.respond({"method": "POST", "path": "/write"}, io.BytesIO()))
        await asyncio.sleep(0)
        paths = ("/", "/healthz", "/decks/a/export/tab/")
        read = [await django.respond({"method": "GET", "path": path}, io.BytesIO()) for path in paths]
        may_end.set()
        return [answer.content for answer in (*read, await writing)]

    assert run(all_kinds()) == [b"/", b"/healthz", b"/decks/a/export/tab/", b"/write"]


def test_empty_path_is_the_front_page(ask: Callable[..., Client]) -> None:
    assert ask(lambda request: HttpResponse(request.path), path="").body == b"/"
