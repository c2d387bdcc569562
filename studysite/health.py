"""What monitors ask: whether the site answers, and whether it can keep what it is told."""

import secrets
import shutil
import threading
import time

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studysite.sqlite.write_lock import WaitLimit, waiting_at_most

LEAST_ROOM = 100
"""Megabytes on the disk of DATA_DIR below which the site is not ready, while it still writes."""

WAIT = 1.0
"""Seconds that the check waits for the writer's turn."""

ANSWER_KEPT = 1.0
"""Seconds for which an answer is given again: whoever asks without a pause does not keep others from writing."""


class Readiness:
    """Whether a row could be written, as of a second ago at most."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.checked_at = float("-inf")
        self.is_ready = False

    def look(self) -> bool:
        with self.lock:
            if time.monotonic() - self.checked_at > ANSWER_KEPT:
                self.is_ready = can_write()
                self.checked_at = time.monotonic()
            return self.is_ready


readiness = Readiness()


def can_write() -> bool:
    """Write a row and read it back."""
    written = secrets.token_hex(8)
    try:
        with waiting_at_most(WaitLimit(WAIT, WAIT)):
            cache.set("readyz", written, timeout=60)
            # Reading deletes a row that has expired.
            return bool(cache.get("readyz") == written)
    except DatabaseError:
        return False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 ``ok`` when the database answers, else 503; it never waits for those who write."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when something could be kept just now and there is room for more, else 503; and how much room."""
    is_ready = readiness.look()
    room = shutil.disk_usage(settings.DATA_DIR).free // 2**20
    said = "ready" if is_ready else "nothing can be written"
    if is_ready and room < LEAST_ROOM:
        said = "the disk is nearly full"
    status = 200 if said == "ready" else 503
    return HttpResponse(f"{said}\nroom left: {room} MB\n", status=status, content_type="text/plain")
