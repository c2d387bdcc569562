from typing import Any

from django.core.management.base import BaseCommand

from cards.editing import decks


class Command(BaseCommand):
    help = "Renders every card anew: after loaddata of cards from elsewhere, or after the renderer changed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{decks.render_cards():,} cards came out differently and were written.")
