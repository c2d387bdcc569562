"""Long work in slices: each request does about half a second of it, and the next goes on where it stopped.

A request that worked longer would hold one of few threads, and in a transaction the only writer's turn, while
every other learner waits. Such work is a generator of small steps, each of which leaves its place in a row or in a
file of its own before it yields, so that another one goes on there. A page drives it on (with htmx by itself, else
by a button), or the daily command.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

SECONDS = 0.5
"""How long one request works before it shows how far it is."""

OF_A_TRANSACTION = 0.2
"""How long a transaction takes up more of such work, in seconds; others wait for it."""

CLAIMED_FOR = timedelta(seconds=30)
"""How long work stays claimed whose server was killed in the middle of a slice."""

Steps = Generator[None, None, None]
"""Work that stops, if need be for good, behind any of its steps."""


class Slice:
    """The time of one request for long work; without ``seconds`` it is `SECONDS`."""

    def __init__(self, seconds: float | None = None) -> None:
        self.ends = time.monotonic() + (SECONDS if seconds is None else seconds)

    @classmethod
    def of_a_transaction(cls) -> "Slice":
        """The time of one transaction."""
        return cls(OF_A_TRANSACTION)

    @property
    def left(self) -> float:
        """Seconds; less than none where the time is over."""
        return self.ends - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def take(self, steps: Steps) -> bool:
        """Take ``steps`` until the time is over, at least one; whether they have come to their end."""
        with closing(steps):
            for _ in steps:
                if self.is_over:
                    return False
        return True


class Claimed(models.Model):
    """A row of long work, of which one slice at a time is done: two tabs would do the same work twice."""

    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def is_claimed(self) -> bool:
        """Whether somebody works on it at this moment."""
        rows = type(self)._default_manager.filter(pk=self.pk, claimed_until__gte=timezone.now())
        return rows.exists()

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Whether this is the one that works on it now; nobody else does then until the end of the block."""
        now = timezone.now()
        rows = type(self)._default_manager.filter(pk=self.pk)
        until = now + CLAIMED_FOR
        mine = rows.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).update(claimed_until=until) == 1
        if mine:
            self.claimed_until = until
        try:
            yield mine
        finally:
            if mine:
                # Whoever has taken it over from a slice that took too long keeps it.
                rows.filter(claimed_until=until).update(claimed_until=None)
