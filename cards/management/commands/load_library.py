from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from cards.management import library
from cards.models import LIBRARY_SLUG, Deck


class Command(BaseCommand):
    help = "Loads the deck that comes with the site, unless a deck has its address, even a changed or removed one."

    def handle(self, *args: Any, **options: Any) -> None:
        if Deck.objects.filter(slug=LIBRARY_SLUG).exists():
            if options["verbosity"]:
                self.stdout.write(f"The deck {LIBRARY_SLUG} exists already; nothing loaded.")
            return
        call_command("loaddata", library.FIXTURE, verbosity=0)
        self.stdout.write(f"Loaded the deck {LIBRARY_SLUG}.")
