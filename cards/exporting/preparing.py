"""Exports of large decks: files that are written in slices, and can then be downloaded for a day."""

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
"""How long a file can be downloaded."""

KEPT_EXPORTS = 3
"""Exports of one learner, or of one browser without a learner. Older ones are deleted."""

VISITORS_EXPORTS = 100
"""Exports of all visitors who are not logged in."""

MOST_BYTES = 2 * 2**30
"""Bytes of all exports together. Beyond them the oldest are deleted."""


def begin(*, deck: Deck, learner: User | None, kind: str, others: Iterable[str] = ()) -> DeckExport:
    """Create an export of ``deck``, and delete older ones.

    Without a ``learner``, the export belongs to a browser, whose ``others`` are given by their tokens.
    """
    export = DeckExport.objects.create(deck=deck, learner=learner, kind=kind)
    mine = DeckExport.objects.filter(learner=learner)
    if learner is None:
        mine = mine.filter(token__in=others)
        # The exports of a browser without cookies cannot be distinguished from those of others.
        delete_oldest(DeckExport.objects.filter(learner=None), beyond=VISITORS_EXPORTS)
    delete_oldest(mine.exclude(pk=export.pk), beyond=KEPT_EXPORTS - 1)
    return export


def delete_oldest(exports: QuerySet[DeckExport], *, beyond: int) -> None:
    """Delete all but the newest of ``exports``."""
    for old in exports.order_by("-created_at", "-pk")[beyond:]:
        old.delete()


def run(*, export: DeckExport, seconds: float | None = None) -> bool:
    """Write for about this long. Returns whether the file is complete, False too if another process writes it.

    Raises FormatError, and deletes the export, if the file gets too large or the viewer can no longer open the
    deck. Raises DeckExport.DoesNotExist if it was deleted in the meantime.
    """
    slice_ = Slice(seconds)
    with export.claim() as mine:
        if mine:
            try:
                _write(export, slice_)
            except (FileNotFoundError, sqlite3.OperationalError) as error:
                if isinstance(error, sqlite3.Error) and sqlite_code(error) != sqlite3.SQLITE_ERROR:
                    # Such as a full disk, which may have space later.
                    raise
                # A process that took over after this slice took too long may have finished it.
                export.refresh_from_db()
                if export.is_whole:
                    return True
                discard(export, "its files are lost")
                raise FormatError("The part that was written is lost. Prepare it again.") from error
            except FormatError:
                discard(export, "it is too large, or its deck is gone")
                raise
    return export.is_whole


def discard(export: DeckExport, why: str) -> None:
    """Delete an export that cannot be continued, and log it."""
    logger.warning(
        "Export %s of deck %s has failed at %s of %s cards: %s.",
        *(export.pk, export.deck_id, export.done, export.total, why),
    )
    export.delete()


def _write(export: DeckExport, slice_: Slice) -> None:
    # Another process may have continued it.
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
    # Only these fields, and only if it was neither deleted nor taken over by another process in the meantime.
    mine = DeckExport.objects.filter(pk=export.pk, claimed_until=export.claimed_until)
    if not mine.update(**{name: getattr(export, name) for name in names}):
        export.refresh_from_db()
    elif export.is_whole:
        for path in export.folder.iterdir():
            if path != writer.path:
                path.unlink(missing_ok=True)
    free_space(keep=export)


def free_space(*, keep: DeckExport) -> None:
    """Delete the oldest exports, those of visitors first, until all together are within `MOST_BYTES`."""
    is_learners = Case(When(learner=None, then=0), default=1)
    others = DeckExport.objects.exclude(pk=keep.pk).order_by(is_learners, "created_at", "pk")
    while (DeckExport.objects.aggregate(all=Sum("size"))["all"] or 0) > MOST_BYTES:
        oldest = others.first()
        if oldest is None:
            break
        oldest.delete()


# --- For the daily command


def run_waiting(*, seconds: float) -> int:
    """Continue learners' exports that nobody runs, for about this long. Returns how many were finished.

    Exports of visitors are not continued: only their browser knows them, and runs them while their page is open.
    """
    whole, finished = Slice(seconds), 0
    begun = DeckExport.objects.filter(is_whole=False).exclude(learner=None)
    for export in begun.order_by("created_at", "pk"):
        try:
            finished += _run_to_end(export, whole)
        except (FormatError, DeckExport.DoesNotExist):
            # It is deleted, and logged if it has failed.
            continue
        except Exception:
            logger.exception("Export %s has failed.", export.pk)
    return finished


def _run_to_end(export: DeckExport, whole: Slice) -> bool:
    """Run slices of one export until it is done, another process runs it, or the time is over.

    Returns whether it is done.
    """
    while not whole.is_over and not export.is_claimed():
        if run(export=export):
            return True
        export.refresh_from_db()
    return False


def old_exports_remove(*, now: datetime) -> int:
    """Delete exports, and folders without one, that are older than `KEPT_FOR`. Returns the number of exports."""
    old = list(DeckExport.objects.filter(created_at__lt=now - KEPT_FOR))
    for export in old:
        export.delete()
    known = set(DeckExport.objects.values_list("token", flat=True))
    remove_strays(exports_folder(), known=known, before=now - KEPT_FOR)
    return len(old)
