"""Checks by the rows in the database whether timed requests wrote their data.

A request that writes nothing is fast, and its page may look right: an answer that was given already, a form with
an error. So no time is printed before the rows are there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol


class NotWrittenError(Exception):
    """The timed requests did not write the rows that they should have written: their times mean nothing."""


class Rows(Protocol):
    """A manager or a queryset."""

    def count(self) -> int: ...


@dataclass
class Sent:
    """How many rows were sent so far."""

    count: int = 0


@contextmanager
def counted(what: str, rows: Rows, count: int = 0) -> Iterator[Sent]:
    """Everything that is sent in the block must be written by its end, each once.

    ``count`` is known before; what is not is added to what the block is given. Raises NotWrittenError.
    """
    before, sent = rows.count(), Sent(count)
    yield sent
    expect(what, sent=sent.count, written=rows.count() - before)


def expect(what: str, *, sent: int, written: int) -> None:
    """Raise NotWrittenError unless as much was written as was sent."""
    if written != sent:
        raise NotWrittenError(f"{what}: {sent:,} sent, {written:,} written; so no time of it is right.")
