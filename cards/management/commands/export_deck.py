"""Writes a deck to a file, with the same code as the pages."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cards.exporting import services as exporting
from cards.exporting.services import FORMATS
from cards.exporting.writing import ANKI, ANKI_OLDER, WITH_HISTORY
from cards.formats.types import FormatError
from cards.management.progress_bar import Bar
from cards.models import Deck
from studysite.accounts.models import User


class Command(BaseCommand):
    help = "Write a deck to a file. Its ending chooses the format: txt, csv, xlsx, md, apkg or zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the last part of the deck's address")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--learner",
            metavar="EMAIL",
            help="put this learner's answers into the archive or the Anki package",
        )
        parser.add_argument(
            "--older",
            action="store_true",
            help="write an Anki package in the format for versions before 2.1.50",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = next((each for each in FORMATS.values() if path.suffix.lower() == f".{each.ending}"), None)
        if kind is None:
            endings = ", ".join(f".{each.ending}" for each in FORMATS.values())
            raise CommandError(f"The file's name must end with one of {endings}.")
        if options["older"]:
            if kind.name != ANKI:
                raise CommandError("Only an Anki package has an older format: a file that ends with .apkg.")
            kind = FORMATS[ANKI_OLDER]
        deck = Deck.objects.present().select_related("owner").filter(slug=options["slug"]).first()
        if deck is None:
            raise CommandError(f"There is no deck with the address {options['slug']}.")
        learner = self.learner(options["learner"], kind.name)
        bar = Bar(self.stderr)
        try:
            # A partial file, so that an existing file stays until the new one is complete.
            partial = path.with_name(f".{path.name}.part")
            with partial.open("wb") as file:
                exporting.write(
                    kind.name,
                    file,
                    deck,
                    learner,
                    now=timezone.now(),
                    history=bool(learner),
                    on_progress=bar.show,
                )
            partial.replace(path)
        except (OSError, FormatError) as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        bar.end()
        self.stdout.write(f"{deck.card_count:,} cards written to {path}.")

    def learner(self, email: str | None, kind: str) -> User | None:
        if not email:
            return None
        if kind not in WITH_HISTORY:
            raise CommandError(
                "Only an archive or an Anki package can contain answers: a file that ends with .zip or .apkg."
            )
        learner = User.objects.filter(email=email.lower()).first()
        if learner is None:
            raise CommandError(f"There is no account with the address {email}.")
        return learner
