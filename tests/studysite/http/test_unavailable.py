"""A database that cannot be used: 503, nothing lost, and no 500."""

import html
import logging
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

from studysite.accounts.models import User
from studysite.http.unavailable import is_unavailable
from studysite.sqlite.base import DatabaseBusyError
from studysite.sqlite.write_lock import WriteLock
from tests.sqlite_trouble import full, read_only

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.studysite.urls")]
BUSY = DatabaseBusyError("waited too long for the write lock")


@pytest.fixture
def fail_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    def fail(error: Exception) -> None:
        monkeypatch.setattr("tests.studysite.urls.database_error", error)

    return fail


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_503_page_keeps_the_form_to_send_again(
    client: Client, fail_with: Callable[[Exception], None]
) -> None:
    fail_with(BUSY)
    typed = 'two\r\nlines & "quotes" <b>'
    response = client.post("/test/database/?page=2", {"text": typed, "many": ["1", "2"]})
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response["Cache-Control"] == "no-store"
    assert "Busy, not saved" in page
    assert 'action="/test/database/?page=2"' in page
    sent = [html.unescape(pair) for pair in re.findall(r'<input type="hidden" name="([^"]*)"', page)]
    assert sent == ["text", "many", "many"]
    assert f'value="{html.escape(typed)}"' in page


def test_503_page_asks_for_passwords_again(client: Client, fail_with: Callable[[Exception], None]) -> None:
    fail_with(BUSY)
    page = client.post("/test/database/", {"password1": "secret words", "email": "a@example.org"}).text
    assert '<input type="hidden" name="email" value="a@example.org">' in page
    assert '<input type="password" name="password1" required>' in page
    assert "secret words" not in page


def test_503_page_asks_for_files_again(client: Client, fail_with: Callable[[Exception], None]) -> None:
    fail_with(BUSY)
    page = client.post(
        "/test/database/", {"file": SimpleUploadedFile("a.txt", b"content"), "title": "A"}
    ).text
    assert '<input type="hidden" name="title" value="A">' in page
    assert '<input type="file" name="file" required>' in page
    assert 'enctype="multipart/form-data"' in page


def test_503_to_htmx_repeats_no_form(client: Client, fail_with: Callable[[Exception], None]) -> None:
    fail_with(BUSY)
    response = client.post("/test/database/", {"text": "typed"}, headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert "typed" not in response.content.decode()


def test_503_of_a_get_says_not_available_just_now(
    client: Client, fail_with: Callable[[Exception], None]
) -> None:
    fail_with(BUSY)
    response = client.get("/test/database/")
    assert response.status_code == 503
    assert "Not available at the moment" in response.content.decode()


def test_503_is_logged_with_its_reason(
    client: Client, fail_with: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(BUSY)
    with caplog.at_level(logging.WARNING, "studysite.http.requests"):
        client.get("/test/database/")
    assert "the database cannot be used: waited too long for the write lock" in caplog.messages


def test_full_disk_returns_503_and_other_os_errors_500(
    client: Client, fail_with: Callable[[Exception], None]
) -> None:
    fail_with(OSError(28, "No space left on device"))
    assert client.post("/test/database/", {"text": "typed"}).status_code == 503
    fail_with(OSError(2, "No such file or directory"))
    assert client.get("/test/database/").status_code == 500


def test_other_database_error_returns_500(client: Client, fail_with: Callable[[Exception], None]) -> None:
    fail_with(ProgrammingError("no such thing"))
    assert client.get("/test/database/").status_code == 500


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_full_disk_returns_503(client: Client) -> None:
    with full() as too_many:
        sql = f"CREATE TABLE another AS SELECT zeroblob({too_many})"
        assert client.get("/test/database/", {"sql": sql}).status_code == 503


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_read_only_database_returns_503(client: Client) -> None:
    with read_only():
        assert client.get("/test/database/", {"sql": "CREATE TABLE another (id)"}).status_code == 503


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, 503),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, 503),
        (sqlite3.SQLITE_CANTOPEN, 503),
        (sqlite3.SQLITE_ERROR, 500),
        (None, 500),
    ],
)
@pytest.mark.parametrize("is_django_s", [True, False])
def test_sqlite_codes_decide_between_503_and_500(
    client: Client, fail_with: Callable[[Exception], None], code: int | None, status: int, is_django_s: bool
) -> None:
    """Also for a file outside Django, and for an error without a code, which Python's module has raised."""
    error = sqlite3.OperationalError("SQLite's words")
    if code is not None:
        error.sqlite_errorcode = code
    outer = OperationalError("Django's words")
    outer.__cause__ = error
    fail_with(outer if is_django_s else error)
    assert client.get("/test/database/").status_code == status


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_unopenable_lock_files_count_as_unavailable(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Because of the error that the backend raises then."""

    def refuse(path: Path) -> WriteLock:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("studysite.sqlite.base.write_lock_for", refuse)
    other = connection.copy()
    other.settings_dict["NAME"] = tmp_path / "another.sqlite3"
    with pytest.raises(OperationalError) as refused:
        other.connect()
    assert is_unavailable(refused.value)


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_invalid_sql_returns_500(client: Client) -> None:
    assert client.get("/test/database/?sql=SELECT+nothing+FROM+nowhere").status_code == 500


@pytest.mark.skipif("connection.vendor != 'postgresql'")
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_connection_errors_return_503(
    client: Client, fail_with: Callable[[Exception], None], error: type[Exception]
) -> None:
    fail_with(error("the connection is closed"))
    assert client.get("/test/database/").status_code == 503


def test_database_error_in_a_middleware_returns_503(
    learner_client: Client, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BUSY

    learner_client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    response = learner_client.get("/decks/new/")
    assert response.status_code == 503
    assert connection.vendor in ("sqlite", "postgresql")
