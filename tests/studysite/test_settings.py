"""How the settings read the environment, and which values they refuse."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from studysite.server import paths
from tests.variables import SETTINGS

KEY = "a-key-of-more-than-32-characters-for-tests"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment that sets nothing but DATA_DIR and SECRET_KEY."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", KEY)
    return monkeypatch


def read() -> dict[str, Any]:
    return runpy.run_path(str(paths.BASE_DIR / "studysite" / "settings.py"))


def refusal() -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", "too-short"),
        ("SECRET_KEY", "a" * 50),
        ("DEBUG", "maybe"),
        ("DEBUG", ""),
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("HOST", "example.org"),
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("CLIENT_SECONDS", "0"),
        ("SITE_URL", ""),
        ("SITE_URL", "study.example.org"),
        ("SITE_URL", "ftp://study.example.org"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://:8000"),
        ("SITE_URL", "https://study.example.org/cards"),
        ("SITE_URL", "https://study.example.org?x"),
        ("SITE_URL", "https://me:secret@study.example.org"),
        ("SITE_URL", "https://study.example.org:99999"),
        ("SITE_URL", "https://[study"),
        ("SITE_URL", "https://*"),
        ("SITE_URL", "https://.example.org"),
        ("EXTRA_HOSTS", "*"),
        ("EXTRA_HOSTS", "a.example.org,.example.org"),
        ("EXTRA_HOSTS", "https://a.example.org"),
        ("EXTRA_HOSTS", "a.example.org:8000"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("HSTS_SECONDS", "-1"),
        ("SIGNUP", "Open"),
        ("SIGNUP", ""),
        ("GUESTS", "maybe"),
        ("GUESTS", ""),
        ("LOG_LEVEL", "loud"),
        ("SQLITE_SYNC", "sometimes"),
        ("EMAIL_URL", "mail.example.org"),
        ("EMAIL_URL", "imap://mail.example.org"),
        ("EMAIL_URL", "smtp://mail.example.org:port"),
        ("EMAIL_URL", ""),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "mysql://me:secret@db/studysite"),
        ("DATABASE_URL", "nosuch://me:secret@db/studysite"),
        ("DATABASE_URL", "postgres://me:secret@db:port/studysite"),
        ("DATABASE_URL", "postgres://me:secret@db"),
        ("DATABASE_URL", "sqlite://:memory:"),
    ],
)
def test_invalid_value_is_refused_naming_the_variable(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    message = refusal()
    assert variable in message
    assert "\n" not in message
    assert "secret@" not in message


def test_missing_secret_key_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SECRET_KEY")
    assert refusal().startswith("SECRET_KEY: is not set")


def test_database_server_without_a_key_is_refused(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text(KEY)
    environment.delenv("SECRET_KEY")
    environment.setenv("DATABASE_URL", "postgres://db/studysite")
    assert refusal().startswith("SECRET_KEY: must be set where DATABASE_URL is")


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 50, b"\xff" * 50])
def test_damaged_key_file_is_refused(environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret_key").write_bytes(content)
    environment.delenv("SECRET_KEY")
    assert refusal().startswith("SECRET_KEY: DATA_DIR/secret_key")


def test_key_is_read_from_the_data_directory(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text(f"{KEY}\n")
    environment.delenv("SECRET_KEY")
    assert read()["SECRET_KEY"] == KEY


def test_mail_without_a_sender_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EMAIL_URL", "smtp://mail.example.org")
    assert refusal().startswith("DEFAULT_FROM_EMAIL: must be set")


@pytest.mark.parametrize(
    "sender", ["cards", "cards@", "Studysite <cards>", "cards@example.org\nBcc: all@example.org"]
)
def test_sender_that_is_no_address_is_refused(environment: pytest.MonkeyPatch, sender: str) -> None:
    environment.setenv("EMAIL_URL", "smtp://mail.example.org")
    environment.setenv("DEFAULT_FROM_EMAIL", sender)
    assert refusal().startswith("DEFAULT_FROM_EMAIL: must be an address")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SITE_URL", "https://localhost"),
        ("SITE_URL", "http://study.example.org"),
        ("HOST", "0.0.0.0"),
        ("HOST", "::"),
        ("HOST", "192.168.1.2"),
    ],
)
def test_debug_on_a_public_host_is_refused(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv("DEBUG", "on")
    environment.setenv(variable, value)
    assert refusal().startswith("DEBUG: must be off")


@pytest.mark.parametrize(("value", "expected"), [("on", True), ("1", True), ("no", False), ("False", False)])
def test_usual_words_for_yes_and_no_are_read(
    environment: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    environment.setenv("DEBUG", value)
    assert read()["DEBUG"] is expected


def test_defaults_are_safe(environment: pytest.MonkeyPatch) -> None:
    settings = read()
    assert settings["DEBUG"] is False
    assert settings["HOST"] == "127.0.0.1"
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["SECURE_HSTS_SECONDS"] == 0


def test_https_address_secures_cookies_and_redirects(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SITE_URL", "https://study.example.org/")
    environment.setenv("EXTRA_HOSTS", "cards.example.org, learn.example.org")
    environment.setenv("TRUSTED_PROXIES", "1")
    settings = read()
    assert settings["ALLOWED_HOSTS"] == ["study.example.org", "cards.example.org", "learn.example.org"]
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] > 0
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_forwarded_header_is_ignored_without_a_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SITE_URL", "https://study.example.org")
    assert read()["SECURE_PROXY_SSL_HEADER"] is None


def test_data_directory_may_have_any_name(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    directory = tmp_path / "50 % off? #1 &co"
    environment.setenv("DATA_DIR", str(directory))
    assert read()["DATABASES"]["default"]["NAME"] == str(directory / "studysite.sqlite3")


def test_sqlite_uses_immediate_transactions_and_wal(environment: pytest.MonkeyPatch) -> None:
    options = read()["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_postgresql_uses_a_pool_and_its_url_options(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgres://me@db/studysite?sslmode=require")
    options = read()["DATABASES"]["default"]["OPTIONS"]
    assert options["sslmode"] == "require"
    assert options["pool"]


@pytest.mark.parametrize(
    ("url", "backend", "tls"),
    [
        ("smtp://mail.example.org", "smtp", False),
        ("submission://me:pass%40word@mail.example.org:587", "smtp", True),
        ("console://", "console", False),
    ],
)
def test_mail_server_is_read_from_its_url(
    environment: pytest.MonkeyPatch, url: str, backend: str, tls: bool
) -> None:
    environment.setenv("EMAIL_URL", url)
    environment.setenv("DEFAULT_FROM_EMAIL", "cards@example.org")
    settings = read()
    assert settings["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert bool(settings["EMAIL_USE_TLS"]) is tls
    assert settings["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory"
