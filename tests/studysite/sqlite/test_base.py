"""Transactions and single statements take the write lock, and release it in every case."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from studysite.accounts.models import User
from studysite.sqlite.base import DatabaseBusyError
from studysite.sqlite.write_lock import WaitLimit, waiting_at_most
from tests.sqlite_trouble import locked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no such lock"),
]


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    with waiting_at_most(WaitLimit(0.2, 0.5)):
        yield


def another_program_writes() -> AbstractContextManager[None]:
    return locked(connection.settings_dict["NAME"])


def has_lock() -> bool:
    return bool(connection.has_write_lock)


def test_transaction_holds_the_write_lock_throughout() -> None:
    with transaction.atomic():
        assert has_lock()
        with transaction.atomic():
            pass
        assert has_lock()
    assert not has_lock()


def test_failed_transaction_releases_the_write_lock() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        raise RuntimeError
    assert not has_lock()


def test_closed_connection_releases_the_write_lock() -> None:
    with suppress(OperationalError, InterfaceError), transaction.atomic():
        connection.close()
    assert not has_lock()


def test_single_statement_takes_the_write_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    acquire = connection.acquire_write_lock
    monkeypatch.setattr(connection, "acquire_write_lock", lambda: (taken.append(1), acquire()))
    User.objects.filter(pk=0).update(name="Nobody")
    assert (len(taken), has_lock()) == (1, False)
    list(User.objects.all())
    assert len(taken) == 1
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE accounts_user SET name = %s WHERE id = %s", [("Nobody", 0), ("Nobody", -1)]
        )
    assert (len(taken), has_lock()) == (2, False)


def last_written() -> float:
    return float(connection.write_lock.last_written())


def write_alone() -> None:
    User.objects.filter(pk=0).update(name="Nobody")


def write_in_a_transaction() -> None:
    with transaction.atomic():
        write_alone()


@pytest.mark.parametrize("write", [write_alone, write_in_a_transaction])
def test_write_updates_the_time_of_the_last_write(write: Callable[[], None]) -> None:
    """So they keep waiting: no other program holds the database."""
    before = time.monotonic()
    write()
    assert last_written() >= before


def test_failed_write_is_not_counted_as_the_last_write() -> None:
    before = last_written()
    with suppress(RuntimeError), transaction.atomic():
        write_alone()
        raise RuntimeError
    with another_program_writes(), pytest.raises(DatabaseBusyError):
        write_alone()
    assert last_written() == before


def test_failed_statement_releases_the_write_lock() -> None:
    person = User.objects.create_user("ada@example.org")
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=person.pk).update(email=None)
    assert not has_lock()


def test_foreign_lock_is_waited_for_and_then_reported() -> None:
    with another_program_writes():
        with pytest.raises(DatabaseBusyError), transaction.atomic():
            pass
        with pytest.raises(DatabaseBusyError):
            User.objects.filter(pk=0).update(name="Nobody")
        assert not has_lock()
        assert User.objects.count() == 0
    with transaction.atomic():
        assert has_lock()


def test_busy_timeout_of_readers_stays(settings: Any) -> None:
    with another_program_writes(), pytest.raises(DatabaseBusyError):
        User.objects.filter(pk=0).update(name="Nobody")
    assert connection.connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_bulk_statements_use_as_many_parameters_as_sqlite_allows() -> None:
    """Django's SQLite backend reads the number from the connection's features."""
    connection.ensure_connection()
    most = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    fields = list(User._meta.concrete_fields)[:2]
    assert most > 999
    assert connection.ops.bulk_batch_size(fields, [None] * most) == most // 2
