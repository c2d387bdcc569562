"""The responses to monitors."""

from collections import namedtuple

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from studysite import health
from studysite.sqlite.write_lock import WaitLimit, wait_limit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "readiness", health.Readiness())


def test_healthz_is_200_while_the_database_answers(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def test_healthz_is_503_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (503, b"database unavailable")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_post_returns_405(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


def test_readyz_is_200_while_it_can_write(client: Client) -> None:
    response = client.get("/readyz")
    text = response.content.decode()
    assert response.status_code == 200
    assert text.startswith("ready\nroom left: ")
    assert "no-store" in response["Cache-Control"]


def test_readyz_is_503_while_nothing_can_be_written(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.core.cache.backends.db.DatabaseCache._base_set", lambda *_: False)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content.startswith(b"nothing can be written\n")


def test_readyz_waits_at_most_a_second_to_write(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitor gets its response sooner than a learner who waits for the lock."""
    seen: list[WaitLimit] = []
    monkeypatch.setattr(health.cache, "set", lambda *_, **__: seen.append(wait_limit()))
    client.get("/readyz")
    assert [(limit.stalled, limit.total) for limit in seen] == [(1, 1)]


def test_readyz_is_503_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    assert client.get("/readyz").status_code == 503


def test_readyz_is_503_on_a_nearly_full_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(100, 99, (health.LEAST_FREE - 1) * 2**20)
    monkeypatch.setattr("studysite.health.shutil.disk_usage", lambda path: usage)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content.decode() == f"the disk is nearly full\nroom left: {health.LEAST_FREE - 1} MB\n"


def test_readyz_writes_once_for_frequent_requests(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(health, "can_write", lambda: not written.append(1))  # type: ignore[func-returns-value]
    assert {client.get("/readyz").status_code for _ in range(5)} == {200}
    assert len(written) == 1
