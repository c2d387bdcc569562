"""Forget guests who do not come back."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sessions_app import guests

DEFAULT_DAYS, MOST_DAYS = 30, 36_500


class Command(BaseCommand):
    help = "Delete guests, with all that they have answered, who have answered nothing for some days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days must be 1 to {MOST_DAYS}.")
        removed = guests.idle_guests_remove(before=timezone.now() - timedelta(days=options["days"]))
        self.stdout.write(f"{removed} idle guest{'' if removed == 1 else 's'} removed.")
