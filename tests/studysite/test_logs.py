"""Logs contain no secret address, whichever program writes the line."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client, RequestFactory

from studysite.logs import KeyFilter, RequestIdFilter, current_request, masked_path

pytestmark = pytest.mark.urls("tests.studysite.urls")
KEY = "Zk3_q-9vXw1Lr7TtYb5Nc2Pd8Ge4Hf6J"
RESET = f"/accounts/password/reset/key/1-c8x2ab-{KEY}/"
KEYS = [
    f"/accounts/invitation/{KEY}/",
    RESET,
    f"/accounts/confirm-email/MQ:1tJx2a:{KEY}/",
    f"/import/{KEY}/",
    f"/import/{KEY}/go-on/",
    f"/import/{KEY}/study/",
    f"/decks/deep-learning/test/beat/{KEY}/",
    f"/test/reset/{KEY}/",
]
SPOILT = [
    f"/import/{KEY}",
    f"/import/{KEY}./",
    f"/import/ {KEY}/",
    f"/nothing/?next=/import/{KEY}/",
    f"/invitations/{KEY}/",
    f"/accounts/invitation/{KEY}/more/",
    f"/x/import/{KEY}/",
]


class Log:
    """What a handler like the site's writes."""

    def __init__(self) -> None:
        self.handler = logging.StreamHandler(io.StringIO())
        self.handler.setFormatter(logging.Formatter("%(request_id)s %(name)s %(message)s"))
        self.handler.addFilter(RequestIdFilter())
        self.handler.addFilter(KeyFilter())

    @property
    def text(self) -> str:
        return str(self.handler.stream.getvalue())


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    log, root = Log(), logging.getLogger()
    for name in ("django.request", "django.security", "django.server", "studysite.http.requests"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    root.addHandler(log.handler)
    yield log
    root.removeHandler(log.handler)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_every_handler_masks_keys_and_none_sends_mail() -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert all("keys" in handler["filters"] for handler in handlers)
    used = {handler for name in ("", "django") for handler in logging.getLogger(name).handlers}
    assert not [handler for handler in used if "mail" in type(handler).__name__.lower()]


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*KEYS, *SPOILT])
def test_request_lines_hold_no_key(client: Client, log: Log, address: str) -> None:
    client.get(address)
    client.post(address)
    client.post(address, headers={"Origin": "https://evil.example.org"})
    client.delete(address)
    assert "studysite.requests GET /" in log.text
    assert "django.security.csrf Forbidden" in log.text or address in SPOILT
    assert KEY not in log.text


@pytest.mark.django_db
def test_referer_is_masked(client: Client, log: Log) -> None:
    referer = f"https://testserver:444/import/{KEY}/?q={KEY}"
    client.post("/accounts/logout/", secure=True, headers={"Referer": referer})
    assert "Referer checking failed - https://testserver:444/import/<token>/?… does not" in log.text
    assert KEY not in log.text


@pytest.mark.parametrize(
    "error",
    [f"cannot use {KEY}", f"no such page: {RESET}", f"1-c8x2ab-{KEY}"],
)
def test_traceback_holds_no_key(log: Log, error: str) -> None:
    request = RequestFactory().get(RESET.replace("1-c8x2ab-", "") if error.endswith(f"use {KEY}") else RESET)
    token = current_request.set(request)
    try:
        raise ValueError(error)
    except ValueError:
        logging.getLogger("anything").exception("Broke", stack_info=True)
    finally:
        current_request.reset(token)
    assert "Traceback" in log.text
    assert "Stack" in log.text
    assert KEY not in log.text


def test_crash_is_logged_without_the_key(client: Client, log: Log) -> None:
    client.get(f"/test/crash/{KEY}/")
    assert "Internal Server Error: /test/crash/<key>/" in log.text
    assert "RuntimeError: a page that breaks for <key>" in log.text
    assert KEY not in log.text


def test_development_server_line_is_masked(log: Log) -> None:
    line = f"GET /import/{KEY}/?next=%2Fimport%2F{KEY} HTTP/1.1"
    logging.getLogger("django.server").info('"%s" %s %s', line, 200, 17, extra={"request": object()})
    assert 'django.server "GET /import/<token>/?… HTTP/1.1" 200 17' in log.text


def test_encoded_key_is_masked(log: Log) -> None:
    line = f"GET /accounts/invitation/{KEY.replace('_', '%5F')}/ HTTP/1.1"
    logging.getLogger("django.server").info('"%s" %s %s', line, 200, 17)
    assert "/accounts/invitation/<token>/ HTTP/1.1" in log.text


def test_lines_of_other_loggers_about_a_request_are_masked(log: Log) -> None:
    token = current_request.set(
        RequestFactory().get(f"/import/{KEY}/", {"next": f"/decks/a/test/beat/x{KEY}/"})
    )
    logging.getLogger("anything").warning("Cannot read %s for x%s", KEY, KEY)
    current_request.reset(token)
    assert "Cannot read <key> for <key>" in log.text


@pytest.mark.django_db
def test_public_paths_are_not_masked(client: Client, log: Log) -> None:
    for path in ("/static/css/base.css", "/decks/deep-learning/", "/healthz"):
        client.get(path, headers={"Referer": f"https://testserver{path}"})
        assert f"studysite.requests GET {path} " in log.text


def test_unrelated_lines_are_not_changed(log: Log) -> None:
    current_request.set(None)
    logging.getLogger("anything").warning("%d%% of /srv/studysite/images is full", 90)
    assert "anything 90% of /srv/studysite/images is full" in log.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"),
        ("/decks/deep-learning/learn/", "/decks/deep-learning/learn/"),
        ("/decks/deep-learning/cards/7/mark/", "/decks/deep-learning/cards/7/mark/"),
        ("/decks/deep-learning/test/results/12/", "/decks/deep-learning/test/results/12/"),
        ("/admin/accounts/user/3/change/", "/admin/accounts/user/3/change/"),
        ("/static/css/base.0123456789ab.css", "/static/css/base.0123456789ab.css"),
        ("/healthz", "/healthz"),
        (f"/import/{KEY}/", "/import/<token>/"),
        (RESET, "/accounts/password/reset/key/<uidb36-key>/"),
        (f"/nothing/{KEY}/", "/<unknown>/<unknown>/"),
        ("/import/" + "1" * 30 + "/", "/import/<token>/"),
        ("/decks/d/cards/" + "1" * 30 + "/", "/decks/<unknown>/cards/<unknown>/"),
        ("/nothing\nGET /", "/<unknown>/"),
        ("/static/\nGET /", "/static/\\nGET /"),
    ],
)
def test_path_is_shown_with_its_keys_masked(path: str, shown: str) -> None:
    assert masked_path(path) == shown


def test_request_without_an_address_is_logged(log: Log) -> None:
    logging.getLogger("django.request").error("Broke", extra={"request": HttpRequest()})
    assert "django.request Broke" in log.text
