"""Prepares DATA_DIR for serving: secret key, database, the library's decks, word lists, static files.

Each step first checks whether it is needed, so a second start changes nothing and is fast. ``python -m
studysite.server.prepare`` only prepares; studysite.server.serve also serves.
"""

import fcntl
import hashlib
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from studysite.server.paths import BASE_DIR, data_dir
from studysite.sqlite.lock_files import open_lock_file


class CannotStartError(Exception):
    """The site cannot start; the text is one line that names what to change."""


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the program with one line instead of a traceback for errors that the operator can fix."""
    try:
        yield
    except (CannotStartError, ImproperlyConfigured) as error:
        sys.exit(f"Studysite cannot start. {one_line(error)}")
    except DatabaseError as error:
        name = "DATABASE_URL" if os.environ.get("DATABASE_URL") else f"DATA_DIR: {data_dir()}"
        sys.exit(f"Studysite cannot start. {name}: the database cannot be used: {one_line(error)}")
    except OSError as error:
        sys.exit(f"Studysite cannot start. DATA_DIR: {one_line(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Let only one process at a time change ``directory``, which is made if it does not exist.

    Raises CannotStartError if it cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = open_lock_file(directory / ".lock", like=directory)
    except OSError as error:
        raise CannotStartError(f"DATA_DIR: cannot write into {directory}: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_secret_key(directory: Path) -> None:
    """Make a key in DATA_DIR that only its owner may read, unless there is one or SECRET_KEY is set."""
    path = directory / "secret_key"
    if os.environ.get("SECRET_KEY") or os.environ.get("DATABASE_URL") or path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))


def start_django() -> None:
    """Read the settings and load the applications. Raises ImproperlyConfigured for unsafe settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
    directory = data_dir()
    with alone(directory):
        ensure_secret_key(directory)
    django.setup()


@contextmanager
def single_connection() -> Iterator[None]:
    """Use one connection and close it. It fails at once, while a pool would try again for long."""
    options = settings.DATABASES["default"]["OPTIONS"]
    kept = dict(options)
    options.pop("pool", None)
    try:
        yield
    finally:
        connection.close()
        options.update(kept)


def ensure_database() -> bool:
    """Bring the tables up to date; return whether they were not.

    Raises DatabaseError if the database cannot be opened or written.
    """
    with transaction.atomic():
        executor = MigrationExecutor(connection)
    is_behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if is_behind:
        print("Bringing the database up to date.", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    ensure_writable()
    call_command("createcachetable", verbosity=0)
    call_command("load_library", verbosity=0)
    # One transaction for each learner and deck: if the start is interrupted, the next one continues.
    call_command("rebuild_progress", behind=True)
    return is_behind


def ensure_writable() -> None:
    """Raise DatabaseError if the tables cannot be written; otherwise this would only show at the first answer.

    The statement deletes nothing. SQLite opens a read-only file, and begins a transaction, without an error.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id IS NULL")


def static_signature() -> str:
    """A digest of everything that collecting depends on: the site's files and the packages."""
    digest = hashlib.sha256()
    sources = [BASE_DIR / "requirements.txt"]
    sources += [BASE_DIR / "studysite" / "server" / name for name in ("fonts.py", "static_files.py")]
    for directory in settings.STATICFILES_DIRS:
        sources += sorted(path for path in Path(directory).rglob("*") if path.is_file())
    for path in sources:
        digest.update(f"{path.relative_to(BASE_DIR)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_static_files() -> bool:
    """Collect the static files if they have changed; return whether they had."""
    signature = static_signature()
    kept = settings.STATIC_ROOT.with_name("static.signature")
    if settings.STATIC_ROOT.is_dir() and kept.exists() and kept.read_text() == signature:
        return False
    print("Collecting static files.", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    kept.write_text(signature)
    return True


def prepare() -> bool:
    """Do everything that a start needs; call `start_django` first. Return whether there was much to do."""
    with alone(settings.DATA_DIR):
        with single_connection():
            was_behind = ensure_database()
        # Loaded before the fork, so that the workers share their memory.
        call_command("load_words")
        had_changed = not settings.DEBUG and ensure_static_files()
    return was_behind or had_changed


if __name__ == "__main__":
    with in_one_line():
        start_django()
        prepare()
