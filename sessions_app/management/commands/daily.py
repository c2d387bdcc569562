"""Run the site's daily tasks, one after the other."""

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

from sessions_app.management.daily_tasks import DAILY_TASKS, DailyTask
from studysite.slices import Slice
from studysite.sqlite.lock_files import open_lock_file

logger = logging.getLogger(__name__)

DEFAULT_MINUTES, MAX_MINUTES = 30, 24 * 60
ADVISORY_LOCK = 5_217_331_904
"""The number of this command's lock in PostgreSQL; nothing else on the site uses it."""


class Command(BaseCommand):
    help = (
        "Run the daily tasks: delete expired sessions, idle guests, old imports and unused images, "
        "and erase accounts that were deleted and decks and cards that were removed 30 days ago."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--minutes",
            type=int,
            default=DEFAULT_MINUTES,
            help="stop after this time and leave the rest to the next run; default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["minutes"] <= MAX_MINUTES:
            raise CommandError(f"--minutes must be 1 to {MAX_MINUTES}.")
        with alone() as is_alone:
            if not is_alone:
                self.stdout.write("The daily tasks are already running.")
                return
            now, slice_ = timezone.now(), Slice(60 * options["minutes"])
            failed = [task.name for task in DAILY_TASKS if not self.run(task, now, slice_)]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log says why.")

    def run(self, task: DailyTask, now: datetime, slice_: Slice) -> bool:
        """Run the task; whether it ended without an error. The others run in either case."""
        try:
            self.stdout.write(f"{task.name}: {task.run(now, slice_)}")
        except Exception:
            logger.exception("The daily task %s failed", task.name)
            return False
        return True


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other run is active, with this DATA_DIR, or with this database if several machines share it."""
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
