"""Writing folders, and archiving decks."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from cards.models import Deck
from sessions_app.models import MAX_FOLDERS, Enrollment, Folder, FolderDeck
from studysite.accounts.models import User

LINKS_AT_ONCE = 500


class TooManyFoldersError(Exception):
    """The learner has as many folders as they can make."""


def folder_make(*, learner: User, name: str) -> Folder:
    """The learner's folder of this clean name; made if they have none.

    Raises:
        TooManyFoldersError: they have MAX_FOLDERS already.
    """
    with transaction.atomic():
        # Two requests of one learner come one after the other, so that the limit holds.
        list(User.objects.select_for_update(no_key=True).filter(pk=learner.pk).values_list("pk"))
        made = Folder(learner=learner, name=name)
        made.clean_name()
        if same := learner.folders.filter(key=made.key).first():
            return same
        if learner.folders.count() >= MAX_FOLDERS:
            raise TooManyFoldersError
        made.save()
        return made


def folder_change(*, folder: Folder, name: str, decks: Collection[int], among: Collection[int]) -> bool:
    """Rename the folder, and let it have those of the decks ``among`` (primary keys) that are in ``decks``.

    Other decks in it stay. False, with nothing changed, if a request of the same moment has taken the name.
    """
    wanted = set(decks) & set(among)
    try:
        with transaction.atomic():
            folder.name = name
            folder.save(update_fields=["name"])
            folder.links.filter(deck__in=set(among) - wanted).delete()
            _link((folder.pk, deck) for deck in wanted)
    except IntegrityError:
        return False
    return True


def deck_folders_set(*, learner: User, deck: Deck, folders: Collection[int]) -> None:
    """Let the deck be in those of the learner's folders whose keys are in ``folders``, and in no other."""
    with transaction.atomic():
        wanted = list(learner.folders.filter(pk__in=folders).values_list("pk", flat=True))
        FolderDeck.objects.filter(folder__learner=learner, deck=deck).exclude(folder__in=wanted).delete()
        _link((folder, deck.pk) for folder in wanted)


def archive(*, learner: User, deck: Deck, at: datetime | None) -> None:
    """Put the deck away at this instant, or with None back into the learner's list and their day.

    An own deck that was never studied gets an enrollment, as it does for settings.
    """
    Enrollment.objects.set_for(learner, deck, archived_at=at)


def _link(pairs: Iterable[tuple[int, int]]) -> None:
    FolderDeck.objects.bulk_create(
        [FolderDeck(folder_id=folder, deck_id=deck) for folder, deck in pairs],
        batch_size=LINKS_AT_ONCE,
        ignore_conflicts=True,
    )
