"""Reads the site's settings from the environment.

Each function raises ImproperlyConfigured, with one line that names the variable, for a value that cannot be read
or would be unsafe. A message never repeats a password.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env

EMAIL_SCHEMES = ("smtp", "submission", "console", "dummy")
"""submission is SMTP with STARTTLS; console prints mail into the log; dummy is no mail server."""


def refusal(variable: str, why: str) -> ImproperlyConfigured:
    """The error that stops the start. The caller raises it, so that readers see where the flow ends."""
    return ImproperlyConfigured(f"{variable}: {why}")


def one_of(variable: str, default: str, choices: tuple[str, ...]) -> str:
    """The variable's value, which must be one of ``choices``."""
    value = os.environ.get(variable, default)
    if value not in choices:
        raise refusal(variable, f"must be one of {', '.join(choices)}, not {value!r}")
    return value


def between(variable: str, default: int, lowest: int, highest: int) -> int:
    """The variable's whole number, which must be ``lowest`` to ``highest``. Raises EnvError for other texts."""
    value = Env().int(variable, default)
    if not lowest <= value <= highest:
        raise refusal(variable, f"must be {lowest} to {highest}, not {value}")
    return value


def ip_address(variable: str, default: str) -> str:
    """The variable's IP address, version 4 or 6."""
    value = os.environ.get(variable, default)
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise refusal(
            variable, f"must be an IP address such as 127.0.0.1 or 0.0.0.0, not {value!r}"
        ) from None


def host_name(variable: str, value: str) -> str:
    """``value``, which must be one plain host name: a wildcard would let any host name through."""
    if not re.fullmatch(r"[a-z0-9_][a-z0-9._-]*", value, re.IGNORECASE):
        raise refusal(variable, f"{value!r} is not a host name (no wildcards, no port)")
    return value


def split_site_url(value: str) -> SplitResult:
    """The parts of SITE_URL, which must be an http or https address without path, query and user."""
    try:
        site = urlsplit(value)
        valid = site.port != 0 and site.scheme in ("http", "https") and site.netloc and "@" not in site.netloc
    except ValueError:
        valid = False
    if not valid or site.path or site.query or site.fragment:
        raise refusal("SITE_URL", "must be like https://study.example.org, without a path")
    return site


def read_database(data_dir: Path) -> dict[str, Any]:
    """DATABASE_URL as Django's settings; SQLite in ``data_dir`` if it is not set."""
    try:
        database = dj_database_url.parse(
            os.environ.get("DATABASE_URL") or f"sqlite:///{quote(str(data_dir))}/studysite.sqlite3",
            conn_max_age=None,
            conn_health_checks=True,
        )
    except ValueError:
        # The library's own message may hold the password.
        raise refusal("DATABASE_URL", "must be a sqlite:// or postgres:// address") from None
    if database["NAME"] in ("", ":memory:"):
        raise refusal("DATABASE_URL", "names no database")
    return dict(database)


def read_email() -> dict[str, Any]:
    """EMAIL_URL as Django's settings; without it the site sends no mail."""
    email = Env().dj_email_url("EMAIL_URL", "dummy://")
    if urlsplit(os.environ.get("EMAIL_URL", "dummy://")).scheme not in EMAIL_SCHEMES:
        raise refusal("EMAIL_URL", f"must begin with one of {', '.join(EMAIL_SCHEMES)}, followed by ://")
    return dict(email)


def is_guessable(key: str) -> bool:
    """Whether the key is shorter than 32 characters or repeats fewer than five of them."""
    return len(key) < 32 or len(set(key)) < 5


def read_secret_key(data_dir: Path) -> str:
    """SECRET_KEY, or the key that `make run` keeps in ``data_dir``; never a default that others know."""
    if key := os.environ.get("SECRET_KEY"):
        if is_guessable(key):
            raise refusal("SECRET_KEY", "must have 32 characters or more, and not the same few over and over")
        return key
    if os.environ.get("DATABASE_URL"):
        raise refusal(
            "SECRET_KEY", "must be set where DATABASE_URL is: several servers have to share one key"
        )
    try:
        key = (data_dir / "secret_key").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise refusal(
            "SECRET_KEY", "is not set, and DATA_DIR has no secret_key (`make run` makes it)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise refusal("SECRET_KEY", f"DATA_DIR/secret_key cannot be read: {error}") from None
    if is_guessable(key):
        raise refusal("SECRET_KEY", "DATA_DIR/secret_key holds fewer than 32 characters, or the same few")
    return key
