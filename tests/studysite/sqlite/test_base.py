"""Transactions and single statements take the turn, and give it back whatever happens."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from studysite.accounts.models import User
from studysite.sqlite.base import DatabaseBusyError
from studysite.sqlite.turn import Patience, waiting_at_most

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no writer's turn"),
]


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    with waiting_at_most(Patience(0.2, 0.5)):
        yield


@contextmanager
def another_program_writes() -> Iterator[None]:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


def has_turn() -> bool:
    return bool(connection.has_turn)


def test_a_transaction_has_the_turn_from_its_beginning_to_its_end() -> None:
    with transaction.atomic():
        assert has_turn()
        with transaction.atomic():
            pass
        assert has_turn()
    assert not has_turn()


def test_a_transaction_that_fails_gives_it_back() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        raise RuntimeError
    assert not has_turn()


def test_a_connection_that_is_closed_gives_it_back() -> None:
    with suppress(OperationalError, InterfaceError), transaction.atomic():
        connection.close()
    assert not has_turn()


def test_a_statement_by_itself_takes_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    take_turn = connection.take_turn
    monkeypatch.setattr(connection, "take_turn", lambda: (taken.append(1), take_turn()))
    User.objects.filter(pk=0).update(name="Nobody")
    assert (len(taken), has_turn()) == (1, False)
    list(User.objects.all())
    assert len(taken) == 1


def test_a_statement_that_fails_gives_it_back() -> None:
    person = User.objects.create_user("ada@example.org")
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=person.pk).update(email=None)
    assert not has_turn()


def test_another_program_is_waited_for_and_then_told_of() -> None:
    with another_program_writes():
        with pytest.raises(DatabaseBusyError), transaction.atomic():
            pass
        with pytest.raises(DatabaseBusyError):
            User.objects.filter(pk=0).update(name="Nobody")
        assert not has_turn()
        assert User.objects.count() == 0
    with transaction.atomic():
        assert has_turn()


def test_readers_are_as_patient_as_before(settings: Any) -> None:
    with another_program_writes(), pytest.raises(DatabaseBusyError):
        User.objects.filter(pk=0).update(name="Nobody")
    assert connection.connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)
