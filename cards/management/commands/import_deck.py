"""Imports a file from the command line, with the same code as the pages."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cards.formats.types import FormatError
from cards.importing import drafts, running, splitting, writing
from cards.importing.images import images_message
from cards.importing.preview import comparing
from cards.management.progress_bar import Bar
from cards.models import Deck, ImportDraft, SideChoice
from studysite.accounts.models import User

SECONDS = 20.0
"""Length of one slice. It must be shorter than `slices.CLAIMED_FOR`, or the daily command could take over."""


class Command(BaseCommand):
    help = "Import text, CSV, an Anki package or an archive into a new or an existing deck."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", metavar="EMAIL", required=True, help="whose deck it is")
        parser.add_argument(
            "--title", help="of the new deck; without it, the title in the file, or the file's name"
        )
        parser.add_argument("--into", metavar="SLUG", help="the owner's deck that the cards go into")
        parser.add_argument(
            "--ask",
            choices=[SideChoice.TERM.value, SideChoice.DEFINITION.value, SideChoice.BOTH.value],
            default="",
            help="what the cards ask for; without it, the file, the deck and the texts decide",
        )
        parser.add_argument("--markdown", action="store_true", help="the text is Markdown")
        parser.add_argument(
            "--subdecks",
            choices=[splitting.TAGS, splitting.DECKS],
            default=splitting.TAGS,
            help="what a collection's decks become: tags of one deck, or a deck each",
        )
        parser.add_argument(
            "--keep",
            action="store_true",
            help="keep the existing version of cards that differ in the file",
        )
        parser.add_argument("--without-history", action="store_true", help="leave out answers and due dates")

    def handle(self, *args: Any, **options: Any) -> None:
        draft = self.draft(options)
        try:
            preview = comparing.preview_file(draft)
            about = preview.about.title if preview.about else ""
            title = options["title"] or about or options["file"].stem
            running.begin(draft=draft, preview=preview, title=title[:200])
            bar = Bar(self.stderr)

            def show() -> None:
                bar.show(draft.done, draft.total)

            while not running.run(draft=draft, seconds=SECONDS, on_progress=show):
                show()
            bar.end()
        except FormatError as error:
            phase = drafts.drop_draft(draft=draft)
            raise CommandError(f"{running.what_stays(phase)} {error}") from error
        for notice in preview.file_counts.report.notices:
            self.stderr.write(str(notice))
        if message := images_message(draft):
            self.stderr.write(message)
        counts = f"{draft.added:,} cards added, {draft.updated:,} updated, {draft.unchanged:,} there already"
        addresses = [deck.get_absolute_url() for deck in splitting.decks_of(draft)]
        self.stdout.write(f"{counts}: {' '.join(addresses)}")

    def draft(self, options: dict[str, Any]) -> ImportDraft:
        owner = User.objects.filter(email=options["owner"].lower(), is_guest=False).first()
        if owner is None:
            raise CommandError(f"There is no account with the address {options['owner']}.")
        deck = None
        if options["into"] and options["subdecks"] == splitting.DECKS:
            raise CommandError("A file that is split cannot go into an existing deck.")
        if options["into"]:
            deck = Deck.objects.owned_by(owner).filter(slug=options["into"]).first()
            if deck is None:
                raise CommandError(f"{owner} has no deck with the address {options['into']}.")
        try:
            with options["file"].open("rb") as file:
                draft = drafts.make_draft(
                    owner=owner, content=file, file_name=options["file"].name, deck=deck
                )
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        draft.options = {"history": not options["without_history"], "subdecks": options["subdecks"]}
        draft.options[splitting.ASKS] = options["ask"]
        if options["keep"]:
            draft.options["keep"] = writing.DECK
        if options["markdown"]:
            draft.options["markdown"] = True
        draft.save(update_fields=["options"])
        return draft
