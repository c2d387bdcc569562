"""What one file may take while it is read: bytes when unpacked, lines, and time. Pure."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from cards.formats.errors import FormatError

Item = TypeVar("Item")

MAX_DECKS = 5_000
MAX_TAGS = 50_000
"""Decks of a file, and different tags on its cards."""

FREE_ANSWERS, ANSWERS_PER_CARD = 20_000, 100
"""Answers that a file may hold: so many, and so many more for each card. They are replayed in memory."""

ANSWERS_OF_A_CARD = 1_000
"""Answers to one card that a file may hold: they are written and replayed in one transaction."""


class TakesLongError(FormatError):
    """A pass has taken its time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of a file: bytes of all that is unpacked, lines of each member of an archive, processor time.

    ``seconds`` are those of one pass, without what is done with the cards meanwhile; ``hint`` says what helps.
    """

    unpacked: int
    lines: int
    seconds: float
    hint: str


ACCOUNT = Limits(768 * 2**20, 3_000_000, 60.0, "Split it, and import its parts one after the other.")
GUEST = Limits(20 * 2**20, 100_000, 5.0, "Log in to import larger ones, or split it.")


def most_answers(cards: int) -> int:
    """How many answers a file with so many cards may hold."""
    return FREE_ANSWERS + ANSWERS_PER_CARD * cards


@dataclass(slots=True)
class Meter:
    """Holds the reading of a file to its limits. What is beyond one raises FormatError, in words for its owner."""

    limits: Limits = ACCOUNT
    members: dict[str, int] = field(default_factory=dict)
    left: float = 0.0
    since: float | None = None

    def __post_init__(self) -> None:
        self.begin()

    def begin(self, left: float | None = None) -> None:
        """A new pass begins, or goes on with as many seconds as it has ``left``."""
        self.left, self.since = self.limits.seconds if left is None else left, time.thread_time()

    @property
    def is_over(self) -> bool:
        """Whether this pass has taken its time."""
        return self.since is not None and time.thread_time() - self.since > self.left

    def check(self) -> None:
        """To be called again and again while reading."""
        if self.is_over:
            raise self.too_long()

    def too_long(self) -> FormatError:
        return TakesLongError(f"Reading this file takes too long. {self.limits.hint}")

    def timed(self, items: Iterator[Item], left: float | None = None) -> Iterator[Item]:
        """One pass over ``items``; the time until the next one is asked for does not count.

        One that is read in slices goes on with the seconds that it has ``left``.
        """
        self.begin(left)
        for item in items:
            self.check()
            self.left -= time.thread_time() - (self.since or 0.0)
            self.since = None
            yield item
            self.since = time.thread_time()

    def unpack(self, member: str, size: int) -> None:
        """So many bytes of ``member`` are unpacked by now; one that is read again counts once."""
        self.check()
        if size > self.members.get(member, 0):
            self.members[member] = size
            if sum(self.members.values()) > self.limits.unpacked:
                most = self.limits.unpacked // 2**20
                raise FormatError(
                    f"The file is too large when unpacked; at most {most} MB. {self.limits.hint}"
                )
