"""What has to be done on the site once a day; `manage.py daily` does all of it.

A chore writes in short transactions, stops between two of them when the monotonic clock is past ``until``,
goes on the next day, and says in a line what it came to. To add one, write its function and name it in
`CHORES`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.template.defaultfilters import pluralize

from cards.erasing.services import decks_go_on, old_cards_erase, old_decks_claim
from cards.exporting import preparing
from cards.importing import running
from cards.importing.drafts import hidden_remove, old_drafts_remove
from cards.media.files import unused_images_remove
from cards.temporary_files import remove_strays
from sessions_app.learners.guests import idle_guests_erase
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.deadline import is_over
from studysite.slices import Slice

IDLE_DAYS = 30
"""Days without an answer after which a guest is erased."""

ROWS_AT_ONCE = 1_000
MORE = " More is left for the next run."


@dataclass(frozen=True)
class Chore:
    """``run`` is told what time it is, and until which reading of the monotonic clock it may work."""

    name: str
    run: Callable[[datetime, float], str]


def counted(number: int, noun: str, done: str) -> str:
    """ "3 images removed." """
    return f"{number:,} {noun}{pluralize(number)} {done}."


def sessions(now: datetime, until: float) -> str:
    """Browser sessions that have expired."""
    expired = Session.objects.filter(expire_date__lt=now)
    count = 0
    while keys := list(expired.order_by("expire_date").values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        count += Session.objects.filter(pk__in=keys, expire_date__lt=now).delete()[0]
        if is_over(until):
            return counted(count, "expired session", "removed") + MORE
    return counted(count, "expired session", "removed")


def guests(now: datetime, until: float) -> str:
    """Guests who do not come back."""
    count = idle_guests_erase(before=now - timedelta(days=IDLE_DAYS), until=until)
    return counted(count, "idle guest", "erased")


def imports(now: datetime, until: float) -> str:
    """Files that nobody has imported for a day, with what they have half written."""
    removed = old_drafts_remove(now=now)
    is_done = hidden_remove(slice_=Slice(time_left(until)))
    return counted(removed, "old import", "removed") + ("" if is_done else MORE)


def exports(now: datetime, until: float) -> str:
    """Files of decks that have waited for a day."""
    return counted(preparing.old_exports_remove(now=now), "old export", "removed")


def begun(now: datetime, until: float) -> str:
    """Imports and exports that were begun and that nobody drives on come to their end.

    After whatever makes room or erases, which must not wait for them; imports leave half of the time to exports.
    """
    drafts = running.run_waiting(seconds=time_left(until) / 2)
    files = preparing.go_on_all(seconds=time_left(until))
    return f"{counted(drafts, 'import', 'finished')} {counted(files, 'export', 'finished')}"


def files(now: datetime, until: float) -> str:
    """Temporary files, and folders of them, that a server left behind when it was killed."""
    count = remove_strays(settings.TEMPORARY_FILES, known=(), before=now - timedelta(days=1))
    return counted(count, "temporary file", "removed")


def time_left(until: float) -> float:
    """Seconds until the monotonic clock reads ``until``, none where it is past that."""
    return max(0.0, until - time.monotonic())


def people(now: datetime, until: float) -> str:
    """What was theirs whose accounts have been erased, guests among them."""
    erasing.go_on(until=until)
    left = User.objects.filter(is_erasing=True).count()
    return counted(left, "account", "left to be erased") if left else "Nothing is left of erased accounts."


def decks(now: datetime, until: float) -> str:
    """What decks say that were removed 30 days ago, and shells that nothing refers to any more."""
    count = old_decks_claim(now=now)
    is_done = decks_go_on(until=until)
    return counted(count, "deck", "erased") + ("" if is_done else MORE)


def cards(now: datetime, until: float) -> str:
    """What cards say that were removed 30 days ago from decks that stay."""
    count, is_done = old_cards_erase(now=now, until=until)
    return counted(count, "card", "erased") + ("" if is_done else MORE)


def images(now: datetime, until: float) -> str:
    """Files of images that no card has shown for a day; after whatever erases cards."""
    return counted(unused_images_remove(now=now), "image", "without a card removed")


def log(now: datetime, until: float) -> str:
    """SQLite's log of writes is written into the database and emptied: pages of before stand in it else."""
    if connection.vendor != "sqlite":
        return "The database has none."
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchone()[0]
    except OperationalError:
        is_busy = True
    return "In use at this moment: the next run empties it." if is_busy else "Emptied."


CHORES = (
    Chore("sessions", sessions),
    Chore("guests", guests),
    Chore("imports", imports),
    Chore("exports", exports),
    Chore("files", files),
    Chore("people", people),
    Chore("decks", decks),
    Chore("cards", cards),
    Chore("images", images),
    Chore("begun", begun),
    # The last: after it nothing that was erased is in a file.
    Chore("log", log),
)
