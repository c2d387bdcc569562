"""Forgets files that nobody has imported."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cards import importing


class Command(BaseCommand):
    help = "Forget what was handed in to be imported more than a day ago, with what it has half written."

    def handle(self, *args: Any, **options: Any) -> None:
        removed = importing.old_drafts_remove(now=timezone.now())
        self.stdout.write(f"{removed} old import{'' if removed == 1 else 's'} removed.")
