"""Compute everything that follows from the log again."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cards.management.progress_bar import Bar
from sessions_app.models import Enrollment
from sessions_app.review_log import replaying
from sessions_app.review_log.locking import lock_for_replay

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Replay the log of reviews and correct progress, day totals and counts that differ from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deck", metavar="SLUG", help="only this deck")
        parser.add_argument("--learner", metavar="EMAIL", help="only this learner")
        parser.add_argument(
            "--behind",
            action="store_true",
            help="only progress that an earlier version of the site has computed",
        )
        parser.add_argument("--check", action="store_true", help="change nothing; fail if anything differs")

    def handle(self, *args: Any, **options: Any) -> None:
        enrollments = Enrollment.objects.order_by("pk")
        if options["deck"]:
            enrollments = enrollments.filter(deck__slug=options["deck"])
        if options["learner"]:
            enrollments = enrollments.filter(learner__email=options["learner"].lower())
        if options["behind"]:
            enrollments = enrollments.behind()
        keys = list(enrollments.values_list("pk", flat=True))
        if options["behind"] and not keys:
            return
        bar, different = Bar(self.stdout), 0
        for number, pk in enumerate(keys, 1):
            found = self.rebuild(pk, check=options["check"])
            # The rules of another version may give other results.
            if found and not options["behind"]:
                logger.warning("Enrollment %s: %d derived rows differed from the log.", pk, found)
            different += found
            bar.show(number, len(keys))
        bar.end()
        self.stdout.write(f"{len(keys)} enrollments replayed, {different} rows differed.")
        if options["check"] and different:
            raise CommandError("Derived fields differ from the log; run rebuild_progress without --check.")

    def rebuild(self, pk: int, *, check: bool) -> int:
        """Each enrollment is one transaction, so that learners can answer in the meantime."""
        with transaction.atomic():
            enrollment = lock_for_replay(pk)
            different = replaying.rebuild(enrollment) if enrollment else 0
            transaction.set_rollback(check)
        return different
