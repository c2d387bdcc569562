"""The site's daily tasks; `manage.py daily` runs all of them.

A task writes in short transactions, stops between two of them when the time of ``slice_`` is over, and continues
the next day. It returns its result in one line. To add one, write a function and list it in `DAILY_TASKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.template.defaultfilters import pluralize

from cards.erasing.services import erase_claimed_decks, old_cards_erase, old_decks_claim
from cards.exporting import preparing
from cards.importing import running
from cards.importing.drafts import hidden_remove, old_drafts_remove
from cards.media.files import unused_images_remove
from cards.searching.index import forget_deleted_words
from cards.temporary_files import remove_strays
from sessions_app.learners.guests import idle_guests_erase
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice

IDLE_DAYS = 30
"""Days without an answer after which a guest is erased."""

ROWS_AT_ONCE = 1_000
MORE = " More is left for the next run."


@dataclass(frozen=True)
class DailyTask:
    """``run`` takes the time of day and the slice of time in which it may work; it returns its result."""

    name: str
    run: Callable[[datetime, Slice], str]


def counted(number: int, noun: str, done: str) -> str:
    """ "3 images removed." """
    return f"{number:,} {noun}{pluralize(number)} {done}."


def sessions(now: datetime, slice_: Slice) -> str:
    """Delete browser sessions that have expired."""
    expired = Session.objects.filter(expire_date__lt=now)
    count = 0
    while keys := list(expired.order_by("expire_date").values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        count += Session.objects.filter(pk__in=keys, expire_date__lt=now).delete()[0]
        if slice_.is_over:
            return counted(count, "expired session", "removed") + MORE
    return counted(count, "expired session", "removed")


def guests(now: datetime, slice_: Slice) -> str:
    """Erase guests who have not come back."""
    count = idle_guests_erase(before=now - timedelta(days=IDLE_DAYS), slice_=slice_)
    return counted(count, "idle guest", "erased")


def imports(now: datetime, slice_: Slice) -> str:
    """Delete files that were not imported for a day, and unfinished cards of imports."""
    removed = old_drafts_remove(now=now)
    is_done = hidden_remove(slice_=slice_)
    return counted(removed, "old import", "removed") + ("" if is_done else MORE)


def exports(now: datetime, slice_: Slice) -> str:
    """Delete exported files that are older than a day."""
    return counted(preparing.old_exports_remove(now=now), "old export", "removed")


def begun(now: datetime, slice_: Slice) -> str:
    """Finish imports and exports whose page was closed.

    It runs after the tasks that free space or erase, which must not wait for it. Imports take at most half of
    the time that is left.
    """
    drafts = running.run_waiting(seconds=slice_.left / 2)
    files = preparing.run_waiting(seconds=slice_.left)
    return f"{counted(drafts, 'import', 'finished')} {counted(files, 'export', 'finished')}"


def files(now: datetime, slice_: Slice) -> str:
    """Delete temporary files and folders that a killed server left behind."""
    count = remove_strays(settings.TEMPORARY_FILES, known=(), before=now - timedelta(days=1))
    return counted(count, "temporary file", "removed")


def people(now: datetime, slice_: Slice) -> str:
    """Delete what belongs to erased accounts, also of guests."""
    erasing.continue_erasing(slice_=slice_)
    left = User.objects.filter(is_erasing=True).count()
    return counted(left, "account", "left to be erased") if left else "Nothing is left of erased accounts."


def decks(now: datetime, slice_: Slice) -> str:
    """Erase decks that were removed 30 days ago, and delete empty rows that nothing refers to."""
    count = old_decks_claim(now=now)
    is_done = erase_claimed_decks(slice_=slice_)
    return counted(count, "deck", "erased") + ("" if is_done else MORE)


def cards(now: datetime, slice_: Slice) -> str:
    """Erase cards that were removed 30 days ago from decks that stay."""
    count, is_done = old_cards_erase(now=now, slice_=slice_)
    return counted(count, "card", "erased") + ("" if is_done else MORE)


def images(now: datetime, slice_: Slice) -> str:
    """Delete images that no card has shown for a day. This runs after the tasks that erase cards."""
    return counted(unused_images_remove(now=now), "image", "without a card removed")


def words(now: datetime, slice_: Slice) -> str:
    """Remove erased words from the search indexes. This runs after the tasks that erase."""
    return "No erased word is left." if forget_deleted_words(slice_=slice_) else MORE.strip()


def log(now: datetime, slice_: Slice) -> str:
    """Write SQLite's write-ahead log into the database and empty it: it still holds erased pages."""
    if connection.vendor != "sqlite":
        return "This database has none."
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchone()[0]
    except OperationalError:
        is_busy = True
    return "In use at the moment; the next run empties it." if is_busy else "Emptied."


DAILY_TASKS = (
    DailyTask("sessions", sessions),
    DailyTask("guests", guests),
    DailyTask("imports", imports),
    DailyTask("exports", exports),
    DailyTask("files", files),
    DailyTask("people", people),
    DailyTask("decks", decks),
    DailyTask("cards", cards),
    DailyTask("images", images),
    DailyTask("words", words),
    DailyTask("begun", begun),
    # The last one: after it no file holds anything that was erased.
    DailyTask("log", log),
)
