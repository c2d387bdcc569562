"""Long work, done in slices of time: each request does about half a second of it, and the next one continues.

A request that worked longer would occupy one of few threads. Inside a transaction it would also make every other
writer wait. So long work is split into small steps, and after each of them it can stop: what is done is saved, and
what is left is found again. A page continues it (with htmx by itself, otherwise by a button), or the daily
command.
"""

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

logger = logging.getLogger(__name__)

SECONDS = 0.5
"""How long one request works before it answers with its progress."""

OF_A_TRANSACTION = 0.2
"""How long, in seconds, one transaction adds more of such work; other writers wait for it."""

CLAIMED_FOR = timedelta(seconds=30)
"""How long a row stays claimed if the server is killed in the middle of a slice."""

Steps = Generator[None, None, None]
"""Work that may be stopped after any of its steps, and continued by another generator."""


class Slice:
    """The time for a part of long work, measured by the monotonic clock; ``seconds`` defaults to `SECONDS`."""

    def __init__(self, seconds: float | None = None) -> None:
        self.ends = time.monotonic() + (SECONDS if seconds is None else seconds)

    @classmethod
    def of_a_transaction(cls) -> "Slice":
        """The time for one transaction."""
        return cls(OF_A_TRANSACTION)

    @property
    def left(self) -> float:
        """The seconds that are left; 0 when the time is over."""
        return max(0.0, self.ends - time.monotonic())

    @property
    def is_over(self) -> bool:
        return not self.left

    def run(self, steps: Steps) -> bool:
        """Run ``steps`` until the time is over, at least one of them; return whether all are done."""
        with closing(steps):
            for _ in steps:
                if self.is_over:
                    return False
        return True


class Claimed(models.Model):
    """A row of long work. Only one request at a time may work on it: two tabs would do the same work twice."""

    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def is_claimed(self) -> bool:
        """Whether a request or a command works on the row now."""
        rows = type(self)._default_manager.filter(pk=self.pk, claimed_until__gte=timezone.now())
        return rows.exists()

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Claim the row for the block; gives False if another request has it, and then work must not begin."""
        now = timezone.now()
        rows = type(self)._default_manager.filter(pk=self.pk)
        until = now + CLAIMED_FOR
        is_mine = (
            rows.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).update(claimed_until=until) == 1
        )
        if is_mine:
            self.claimed_until = until
        else:
            logger.info("%s %s is claimed by another request.", self._meta.label, self.pk)
        try:
            yield is_mine
        finally:
            if is_mine:
                # A slice that took too long has lost its claim to another request, which keeps it.
                rows.filter(claimed_until=until).update(claimed_until=None)
