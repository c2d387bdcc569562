"""Exports of large decks: files that are written in slices, and then wait for a day to be fetched."""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Case, QuerySet, Sum, When

from cards.exporting.writing import Writer
from cards.formats.types import FormatError
from cards.models import Deck, DeckExport, exports_folder
from cards.temporary_files import remove_strays
from studysite.accounts.models import User
from studysite.slices import Slice
from studysite.sqlite.base import sqlite_code

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=1)
"""How long a file waits to be fetched."""

KEPT_EXPORTS = 3
"""Exports of one learner, or of one browser; beyond them the oldest goes."""

STRANGERS_EXPORTS = 100
"""Exports of all who are not signed in, together."""

MOST_ROOM = 2 * 2**30
"""Bytes of all exports together; beyond them the oldest go."""


def begin(*, deck: Deck, learner: User | None, kind: str, others: Iterable[str] = ()) -> DeckExport:
    """Begin to export ``deck``, as nobody yet without a ``learner``.

    Of the learner's exports, or of the ``others`` of a browser (tokens), the newest stay.
    """
    export = DeckExport.objects.create(deck=deck, learner=learner, kind=kind)
    mine = DeckExport.objects.filter(learner=learner)
    if learner is None:
        mine = mine.filter(token__in=others)
        # A browser that keeps no cookies would begin one after the other.
        forget(DeckExport.objects.filter(learner=None), beyond=STRANGERS_EXPORTS)
    forget(mine.exclude(pk=export.pk), beyond=KEPT_EXPORTS - 1)
    return export


def forget(exports: QuerySet[DeckExport], *, beyond: int) -> None:
    """Forget all but the newest of ``exports``."""
    for old in exports.order_by("-created_at", "-pk")[beyond:]:
        old.delete()


def go_on(*, export: DeckExport, seconds: float | None = None) -> bool:
    """Go on writing for about so long; whether the file is whole. False too while somebody else does.

    Raises FormatError, and the export is forgotten, where the file would be too large, or the deck is no longer
    open to whom it is for. Raises DeckExport.DoesNotExist where it was forgotten meanwhile.
    """
    slice_ = Slice(seconds)
    with export.claim() as mine:
        if mine:
            try:
                _write(export, slice_)
            except (FileNotFoundError, sqlite3.OperationalError) as error:
                if isinstance(error, sqlite3.Error) and sqlite_code(error) != sqlite3.SQLITE_ERROR:
                    # A full disk, which may have room again.
                    raise
                # Whoever has taken over a slice that took too long may have finished it.
                export.refresh_from_db()
                if export.is_whole:
                    return True
                export.delete()
                raise FormatError("The part that was written is lost. Prepare it again.") from error
            except FormatError:
                export.delete()
                raise
    return export.is_whole


def _write(export: DeckExport, slice_: Slice) -> None:
    # As somebody else has left it since.
    export.refresh_from_db()
    deck = Deck.objects.visible_to(export.viewer).select_related("owner").filter(pk=export.deck_id).first()
    if deck is None:
        raise FormatError("The deck no longer exists.")
    if export.is_whole:
        return
    export.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = export.state
    writer = Writer(
        deck, export.viewer, export.kind, now=export.created_at, folder=export.folder, state=state
    )
    export.is_whole = slice_.run(writer.steps())
    export.total, export.done = writer.total, writer.done
    export.size = writer.path.stat().st_size if export.is_whole else writer.size
    names = ("state", "total", "done", "is_whole", "size")
    # No more than that, and only while it is ours: it may have been forgotten, or taken over, meanwhile.
    mine = DeckExport.objects.filter(pk=export.pk, claimed_until=export.claimed_until)
    if not mine.update(**{name: getattr(export, name) for name in names}):
        export.refresh_from_db()
    elif export.is_whole:
        for path in export.folder.iterdir():
            if path != writer.path:
                path.unlink(missing_ok=True)
    make_room(besides=export)


def make_room(*, besides: DeckExport) -> None:
    """Forget the oldest exports, those of strangers first, as long as all of them take up too much room."""
    is_learners = Case(When(learner=None, then=0), default=1)
    others = DeckExport.objects.exclude(pk=besides.pk).order_by(is_learners, "created_at", "pk")
    while (DeckExport.objects.aggregate(all=Sum("size"))["all"] or 0) > MOST_ROOM and (old := others.first()):
        old.delete()


# --- For the daily command


def go_on_all(*, seconds: float) -> int:
    """Go on with exports that were begun and that nobody drives, for about so long; how many came to their end.

    Those of learners: a stranger's is known to their browser alone, which drives it as long as it is there.
    """
    all_of_it, finished = Slice(seconds), 0
    begun = DeckExport.objects.filter(is_whole=False).exclude(learner=None)
    for export in begun.order_by("created_at", "pk"):
        try:
            finished += _drive(export, all_of_it)
        except (FormatError, DeckExport.DoesNotExist):
            # Nobody waits for it any more.
            continue
        except Exception:
            logger.exception("The export %s cannot be written", export.pk)
    return finished


def _drive(export: DeckExport, all_of_it: Slice) -> bool:
    """Go on with one export until it is done, or somebody else has it, or the time is over; whether it is done."""
    while not all_of_it.is_over and not export.is_claimed():
        if go_on(export=export):
            return True
        export.refresh_from_db()
    return False


def old_exports_remove(*, now: datetime) -> int:
    """Forget exports, and folders without one, that have waited for longer than `KEPT_FOR`; returns how many."""
    old = list(DeckExport.objects.filter(created_at__lt=now - KEPT_FOR))
    for export in old:
        export.delete()
    known = set(DeckExport.objects.values_list("token", flat=True))
    remove_strays(exports_folder(), known=known, before=now - KEPT_FOR)
    return len(old)
