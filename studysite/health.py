"""Health checks for monitors: whether the site responds, and whether it can write."""

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

LEAST_FREE = 100
"""Free megabytes on the disk of DATA_DIR below which the site is not ready, although it can still write."""

WAIT = 1.0
"""Seconds that the check waits for the write lock."""

REUSED_FOR = 1.0
"""Seconds for which a result is reused, so that frequent checks do not block other writers."""


class Readiness:
    """Whether a row could be written, checked at most a second ago."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.checked_at = float("-inf")
        self.is_ready = False

    def check(self) -> bool:
        with self.lock:
            if time.monotonic() - self.checked_at > REUSED_FOR:
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
            # Reading also deletes an expired row.
            return bool(cache.get("readyz") == written)
    except DatabaseError:
        return False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 ``ok`` if the database answers, else 503; it never waits for writers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if a row could be written and the disk has free space, else 503; also the free space."""
    is_ready = readiness.check()
    free = shutil.disk_usage(settings.DATA_DIR).free // 2**20
    state = "ready" if is_ready else "nothing can be written"
    if is_ready and free < LEAST_FREE:
        state = "the disk is nearly full"
    status = 200 if state == "ready" else 503
    return HttpResponse(f"{state}\nroom left: {free} MB\n", status=status, content_type="text/plain")
