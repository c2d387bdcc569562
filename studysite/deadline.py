"""Work that is done in slices: each is short, and whoever does it stops between two of them when time is up."""

import time

IN_REQUEST = 0.5
"""Seconds for which a request goes on with slices; the daily chores do the rest."""


def in_seconds(seconds: float) -> float:
    """The reading of the monotonic clock in so many seconds."""
    return time.monotonic() + seconds


def in_request() -> float:
    """Until when a request that begins now may go on with slices."""
    return in_seconds(IN_REQUEST)


def is_over(until: float) -> bool:
    """Whether the monotonic clock is past ``until``."""
    return time.monotonic() > until
