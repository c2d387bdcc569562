from typing import Any

from django.core.management.base import BaseCommand

from cards.management import library


class Command(BaseCommand):
    help = "Writes the fixture of the deck that comes with the site, from its source in fixtures/."

    def handle(self, *args: Any, **options: Any) -> None:
        text = library.fixture_text(library.read_source())
        old = library.FIXTURE_FILE.read_text(encoding="utf-8") if library.FIXTURE_FILE.exists() else ""
        if text == old:
            self.stdout.write(f"{library.FIXTURE_FILE.name} is up to date.")
            return
        library.FIXTURE_FILE.write_text(text, encoding="utf-8")
        self.stdout.write(f"{library.FIXTURE_FILE.name} written.")
