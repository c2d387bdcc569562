"""Bodies are read within limits of time, memory and disk space."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from studysite.server.bodies import (
    IN_MEMORY,
    Body,
    BodyRefusedError,
    DiskQuota,
    Receive,
    announced_length,
    receive_body,
)
from tests.studysite.server.event_loop import run

LONG = 10 * IN_MEMORY


@pytest.fixture
def disk() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as disk:
        yield disk


def client(chunks: Iterable[bytes], *, stays: bool = True, pause: float = 0.0) -> Receive:
    """A client that sends these messages, and then stays silent or disconnects."""
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting) or not stays}
        if stays:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return receive


def silent(chunks: Iterable[bytes]) -> Receive:
    """A client that sends these messages and then nothing, although it has announced more."""
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": True}

    return receive


def take(receive: Receive, body: Body, length: int, seconds: float = 30) -> bytes:
    run(receive_body(receive, body, length=length, seconds=seconds))
    return body.file.read()


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, LONG])
@pytest.mark.parametrize("chunk", [1000, IN_MEMORY, LONG])
def test_body_is_read_as_sent(disk: ThreadPoolExecutor, size: int, chunk: int) -> None:
    sent, quota = os.urandom(size), DiskQuota(LONG)
    body = Body(quota, disk)
    chunks = [sent[start : start + chunk] for start in range(0, size, chunk)]
    assert take(client(chunks), body, size) == sent
    assert quota.used == (size if size > IN_MEMORY else 0)
    body.close()
    assert quota.used == 0


def test_bodies_beyond_the_limit_return_503(disk: ThreadPoolExecutor) -> None:
    quota = DiskQuota(LONG)
    first, second = Body(quota, disk), Body(quota, disk)
    take(client([bytes(LONG - 1)]), first, LONG)
    with pytest.raises(BodyRefusedError) as refused:
        take(client([bytes(LONG)]), second, LONG)
    assert refused.value.status == 503
    second.close()
    first.close()
    assert quota.used == 0
    third = Body(quota, disk)
    assert len(take(client([bytes(LONG)]), third, LONG)) == LONG
    third.close()


def test_slowest_sender_is_dropped_for_others(disk: ThreadPoolExecutor) -> None:
    quota = DiskQuota(LONG)
    slow, fast = Body(quota, disk), Body(quota, disk)
    slow.began -= 3600

    async def both() -> list[object]:
        trickling = asyncio.create_task(take_slow())
        while not slow.reserved:
            await asyncio.sleep(0.01)
        sending = asyncio.create_task(receive_body(client([bytes(LONG)]), fast, length=LONG, seconds=30))
        return await asyncio.gather(trickling, sending, return_exceptions=True)

    async def take_slow() -> None:
        try:
            await receive_body(silent([bytes(LONG // 2)]), slow, length=LONG, seconds=30)
        finally:
            slow.close()

    refused, done = run(both())
    assert isinstance(refused, BodyRefusedError)
    assert done is None
    assert len(fast.file.read()) == LONG
    fast.close()


def test_slow_body_in_memory_is_not_dropped(disk: ThreadPoolExecutor) -> None:
    """A short form on a slow connection: disconnecting it would help no one."""
    quota = DiskQuota(LONG)
    form, whole, late = Body(quota, disk), Body(quota, disk), Body(quota, disk)
    form.began -= 3600

    async def all_three() -> list[object]:
        trickling = asyncio.create_task(
            receive_body(client([b"a=", b"1"], pause=0.2), form, length=3, seconds=30)
        )
        await receive_body(client([bytes(LONG)]), whole, length=LONG, seconds=30)
        sending = asyncio.create_task(receive_body(client([bytes(LONG)]), late, length=LONG, seconds=30))
        return await asyncio.gather(trickling, sending, return_exceptions=True)

    done, refused = run(all_three())
    assert done is None
    assert form.file.read() == b"a=1"
    assert isinstance(refused, BodyRefusedError)
    assert refused.status == 503
    for body in (form, whole, late):
        body.close()


def test_full_disk_returns_503(disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studysite.server.bodies.tempfile.TemporaryFile", full)
    body = Body(DiskQuota(LONG), disk)
    with pytest.raises(BodyRefusedError) as refused:
        take(client([bytes(LONG)]), body, LONG)
    assert refused.value.status == 503
    body.close()


def test_client_that_stops_sending_gets_408(disk: ThreadPoolExecutor) -> None:
    body = Body(DiskQuota(LONG), disk)
    with pytest.raises(BodyRefusedError) as refused:
        take(silent([b"a"]), body, 100, seconds=0.1)
    assert refused.value.status == 408
    body.close()


def test_client_that_sends_too_slowly_gets_408(disk: ThreadPoolExecutor) -> None:
    body = Body(DiskQuota(LONG), disk)
    with pytest.raises(BodyRefusedError) as refused:
        take(client([b"a"] * 50, pause=0.02), body, 50, seconds=0.1)
    assert refused.value.status == 408
    body.close()


def test_client_that_disconnects_is_refused(disk: ThreadPoolExecutor) -> None:
    body = Body(DiskQuota(LONG), disk)
    with pytest.raises(BodyRefusedError) as refused:
        take(client([b"a"], stays=False), body, 100)
    assert refused.value.status == 400
    body.close()


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ([], 0),
        ([(b"content-length", b"12")], 12),
        ([(b"content-length", b"12"), (b"content-length", b"12")], 12),
    ],
)
def test_announced_length_is_read_from_the_headers(headers: list[tuple[bytes, bytes]], length: int) -> None:
    assert announced_length(headers) == length


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"transfer-encoding", b"chunked")], 411),
        ([(b"content-length", b"-1")], 400),
        ([(b"content-length", b"1e3")], 400),
        ([(b"content-length", "²".encode("latin-1"))], 400),
        ([(b"content-length", b"12"), (b"content-length", b"13")], 400),
    ],
)
def test_invalid_length_is_refused(headers: list[tuple[bytes, bytes]], status: int) -> None:
    with pytest.raises(BodyRefusedError) as refused:
        announced_length(headers)
    assert refused.value.status == status
