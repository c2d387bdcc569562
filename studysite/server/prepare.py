"""Makes DATA_DIR ready to be served from: secret key, database, the library's decks, lists of words, static files.

Every step looks first whether it is needed, so that a second start changes nothing and is quick. ``python -m
studysite.server.prepare`` does just this; studysite.server.serve serves afterwards.
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
    """Why the site cannot start: one line for the person who started it, naming what they can change."""


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the program with one line, and no traceback, for what whoever starts the site can mend."""
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
    """Let one start at a time change ``directory``, which is made if need be.

    Raises CannotStartError where nothing can be written there.
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
    """Keep one key in DATA_DIR, which only its owner may read, unless SECRET_KEY is set."""
    path = directory / "secret_key"
    if os.environ.get("SECRET_KEY") or os.environ.get("DATABASE_URL") or path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))


def start_django() -> None:
    """Read the settings, which raise ImproperlyConfigured for what is unsafe, and load the applications."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
    directory = data_dir()
    with alone(directory):
        ensure_secret_key(directory)
    django.setup()


@contextmanager
def single_connection() -> Iterator[None]:
    """Use one connection and close it: a pool would try for long, and log it, where one fails at once."""
    options = settings.DATABASES["default"]["OPTIONS"]
    kept = dict(options)
    options.pop("pool", None)
    try:
        yield
    finally:
        connection.close()
        options.update(kept)


def ensure_database() -> None:
    """Bring the tables up to date. Raises DatabaseError where the database cannot be opened or written."""
    with transaction.atomic():
        executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Bringing the database up to date.", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    ensure_writable()
    call_command("createcachetable", verbosity=0)
    call_command("load_library", verbosity=0)
    # Each learner's progress in a deck in a transaction of its own: a start that is stopped goes on at the next.
    call_command("rebuild_progress", behind=True)


def ensure_writable() -> None:
    """Raise DatabaseError where the tables can only be read, which would show at the first answer otherwise.

    Deletes nothing. SQLite opens a file that belongs to somebody else, and begins a transaction, without a word.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id IS NULL")


def static_signature() -> str:
    """Changes whenever collecting would give other files: with those of the site, or with any package."""
    digest = hashlib.sha256()
    sources = [BASE_DIR / "requirements.txt", BASE_DIR / "studysite" / "fonts.py"]
    for directory in settings.STATICFILES_DIRS:
        sources += sorted(path for path in Path(directory).rglob("*") if path.is_file())
    for path in sources:
        digest.update(f"{path.relative_to(BASE_DIR)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_static_files() -> None:
    signature = static_signature()
    kept = settings.STATIC_ROOT.with_name("static.signature")
    if settings.STATIC_ROOT.is_dir() and kept.exists() and kept.read_text() == signature:
        return
    print("Collecting static files.", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    kept.write_text(signature)


def prepare() -> None:
    """Do everything that a start needs, after `start_django`."""
    with alone(settings.DATA_DIR):
        with single_connection():
            ensure_database()
        # The workers share them, once loaded, with the process that forks them.
        call_command("load_words")
        if not settings.DEBUG:
            ensure_static_files()


if __name__ == "__main__":
    with in_one_line():
        start_django()
        prepare()
