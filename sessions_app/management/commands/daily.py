"""Do the site's chores, one after the other."""

import fcntl
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from sessions_app.management.chores import CHORES, Chore
from studysite.deadline import in_seconds
from studysite.sqlite.lock_files import open_lock_file

logger = logging.getLogger(__name__)

DEFAULT_MINUTES, MOST_MINUTES = 30, 24 * 60
ADVISORY_LOCK = 5_217_331_904
"""PostgreSQL's name for this command: a number that nothing else on the site takes."""


class Command(BaseCommand):
    help = (
        "Do the daily chores: forget expired sessions, idle guests, old imports and unused images, "
        "and erase people who have left and what was removed 30 days ago."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--minutes",
            type=int,
            default=DEFAULT_MINUTES,
            help="after which what is left waits for the next run; default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["minutes"] <= MOST_MINUTES:
            raise CommandError(f"--minutes must be 1 to {MOST_MINUTES}.")
        with alone() as is_alone:
            if not is_alone:
                self.stdout.write("The daily chores are being done already.")
                return
            now, until = timezone.now(), in_seconds(60 * options["minutes"])
            failed = [chore.name for chore in CHORES if not self.is_done(chore, now, until)]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")

    def is_done(self, chore: Chore, now: datetime, until: float) -> bool:
        """Whether the chore ends without an error; one that fails keeps no other from being done."""
        try:
            self.stdout.write(f"{chore.name}: {chore.run(now, until)}")
        except Exception:
            logger.exception("The daily chore %s failed", chore.name)
            return False
        return True


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else is at it: on this DATA_DIR, or where several machines share a database, on that."""
    try:
        lock = open_lock_file(settings.DATA_DIR / ".daily-lock", like=settings.DATA_DIR)
    except OSError as error:
        raise CommandError(f"DATA_DIR: {error}") from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if connection.vendor != "postgresql":
            yield True
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            is_free = bool(cursor.fetchone()[0])
            try:
                yield is_free
            finally:
                if is_free:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
