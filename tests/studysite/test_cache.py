"""The cache while another program holds the database: no limit counts this as too many tries."""

import threading
import time
from contextlib import AbstractContextManager

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import Client

from studysite.accounts.models import User
from studysite.sqlite.base import DatabaseBusyError
from studysite.sqlite.write_lock import WaitLimit, waiting_at_most
from tests.sqlite_trouble import full, locked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no such lock"),
    pytest.mark.slow,
]
GUESTS = 6


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")
    cache.clear()


def another_program_writes() -> AbstractContextManager[None]:
    return locked(connection.settings_dict["NAME"])


def test_full_disk_makes_cache_writes_raise() -> None:
    with full() as too_many, pytest.raises(OperationalError):
        cache.set("key", "x" * too_many)
    cache.set("key", "x" * too_many)
    assert cache.get("key") == "x" * too_many


def test_adding_an_existing_key_returns_false() -> None:
    assert cache.add("key", 1)
    assert not cache.add("key", 2)
    assert not cache.touch("another")
    assert cache.get("key") == 1


def test_locked_database_makes_writes_raise(client: Client) -> None:
    with another_program_writes(), waiting_at_most(WaitLimit(0.1, 0.1)), pytest.raises(DatabaseBusyError):
        cache.set("key", 1)
    cache.set("key", 1)
    assert cache.get("key") == 1


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/accounts/login/", {"login": "ada@example.org", "password": "wrong"}),
        ("/accounts/signup/", {"email": "b@example.org", "name": "B", "password1": "a long password 9"}),
        ("/decks/deep-learning/spaced/", {"new_per_day": "5"}),
        ("/import/", {"text": "one\ttwo"}),
    ],
)
def test_rate_limited_form_returns_503_while_locked(
    client: Client, address: str, fields: dict[str, str]
) -> None:
    client.get(address)
    with another_program_writes(), waiting_at_most(WaitLimit(0.2, 0.2)):
        response = client.post(address, fields)
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    kept = {name: value for name, value in fields.items() if "password" not in name}
    for name, value in kept.items():
        assert f'name="{name}" value="{value}"' in response.text


def test_simultaneous_guests_wait_for_a_short_lock(client: Client) -> None:
    """A lock of more than a second, which is how long django-allauth waits for its own."""
    statuses: list[int] = []

    def start() -> None:
        with waiting_at_most(WaitLimit(30, 60)):
            statuses.append(Client().post("/decks/deep-learning/spaced/").status_code)
        connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(GUESTS)]
    with another_program_writes():
        for thread in threads:
            thread.start()
        time.sleep(1.3)
    for thread in threads:
        thread.join(60)
    assert statuses == [302] * GUESTS
    assert User.objects.filter(is_guest=True).count() == GUESTS
