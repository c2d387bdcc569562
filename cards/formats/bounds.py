"""Limits for reading one file: bytes when unpacked, lines, and time. Pure."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from cards.formats.errors import FormatError

Item = TypeVar("Item")

MAX_DECKS = 5_000
MAX_TAGS = 50_000
"""Decks of a file, and different tags of its cards."""

FREE_ANSWERS, ANSWERS_PER_CARD = 20_000, 100
"""Answers that a file may hold: a fixed number, plus a number per card. They are replayed in memory."""

ANSWERS_OF_A_CARD = 1_000
"""Answers to one card that a file may hold. They are written and replayed in one transaction."""


class TakesLongError(FormatError):
    """Reading took more time than it may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file: all unpacked bytes, lines of each member of an archive, seconds of processor time.

    ``seconds`` are for reading the file once, without the time that the caller needs for the cards. ``hint`` tells
    the user what to do.
    """

    unpacked: int
    lines: int
    seconds: float
    hint: str


ACCOUNT = Limits(768 * 2**20, 3_000_000, 60.0, "Split it and import the parts separately.")
GUEST = Limits(20 * 2**20, 100_000, 5.0, "Log in to import larger files, or split it.")


def most_answers(cards: int) -> int:
    """How many answers a file with this number of cards may hold."""
    return FREE_ANSWERS + ANSWERS_PER_CARD * cards


@dataclass(slots=True)
class Meter:
    """Checks the limits while a file is read. Raises FormatError, with a message for the user, beyond one of them.

    ``left`` are the remaining seconds, and ``since`` is the processor time at which the current step began.
    """

    limits: Limits = ACCOUNT
    members: dict[str, int] = field(default_factory=dict)
    left: float = 0.0
    since: float | None = None

    def __post_init__(self) -> None:
        self.begin()

    def begin(self, left: float | None = None) -> None:
        """Start to read the file, or continue with the seconds that are ``left``."""
        self.left, self.since = self.limits.seconds if left is None else left, time.thread_time()

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.since is not None and time.thread_time() - self.since > self.left

    def check(self) -> None:
        """Raise FormatError if the time is used up. Call it often while reading."""
        if self.is_over:
            raise self.too_long()

    def too_long(self) -> FormatError:
        return TakesLongError(f"Reading this file takes too long. {self.limits.hint}")

    def timed(self, items: Iterator[Item], left: float | None = None) -> Iterator[Item]:
        """Iterate over ``items``. The time that the caller needs between two of them does not count.

        The next slice of a file continues with the seconds that are ``left``.
        """
        self.begin(left)
        for item in items:
            self.check()
            self.left -= time.thread_time() - (self.since or 0.0)
            self.since = None
            yield item
            self.since = time.thread_time()

    def unpack(self, member: str, size: int) -> None:
        """Count ``size`` bytes of ``member`` as unpacked so far. A member that is read again counts once."""
        self.check()
        if size > self.members.get(member, 0):
            self.members[member] = size
            if sum(self.members.values()) > self.limits.unpacked:
                most = self.limits.unpacked // 2**20
                raise FormatError(
                    f"The file is too large when unpacked; at most {most} MB. {self.limits.hint}"
                )
