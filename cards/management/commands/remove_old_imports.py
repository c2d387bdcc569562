"""Forgets files that nobody has imported, and images that no card shows."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cards import importing
from cards.images import unused_images_remove


class Command(BaseCommand):
    help = (
        "Forget what was handed in to be imported more than a day ago, with what it has half written, "
        "and images that no card has shown for a day."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        removed = importing.old_drafts_remove(now=timezone.now())
        self.stdout.write(f"{removed} old import{'' if removed == 1 else 's'} removed.")
        images = unused_images_remove(now=timezone.now())
        self.stdout.write(f"{images} image{'' if images == 1 else 's'} without a card removed.")
