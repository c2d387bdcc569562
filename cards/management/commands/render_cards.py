from typing import Any

from django.core.management.base import BaseCommand

from cards.editing import decks


class Command(BaseCommand):
    help = "Renders all cards again, after loaddata of cards or after a change of the renderer."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{decks.render_cards():,} cards have changed and were saved.")
