"""The forgetting curve of one card: its predicted recall until now, and in the future."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sessions_app.study.scheduling.fsrs_memory import retrievability
from sessions_app.study.scheduling.progress import counted, fold
from sessions_app.study.scheduling.types import Memory, Outcome, Progress

# The last recalls that are drawn, at most this many, and the points between one and the next.
MOST_RECALLS = 30
POINTS = 16


@dataclass(frozen=True, slots=True)
class RecallPoint:
    """The predicted recall, 0 to 1, at an instant."""

    at: datetime
    recall: float


def memories(outcomes: Iterable[Outcome], retention: float) -> list[Memory]:
    """The memory after each recall that updated it, oldest first, at most the last `MOST_RECALLS`.

    ``outcomes`` are in order of time.
    """
    found: dict[datetime, Memory] = {}
    progress = Progress()
    for outcome in counted(list(outcomes)):
        progress = fold(progress, outcome, retention)
        if progress.memory:
            found[progress.memory.last_review] = progress.memory
    return list(found.values())[-MOST_RECALLS:]


def curve(recalls: Sequence[Memory], until: datetime) -> list[RecallPoint]:
    """Predicted recall from the first of ``recalls`` until ``until``, which is not before the last of them.

    It is 1 at each recall and falls after it, so there are two points at the instant of the next recall.
    """
    ends = [later.last_review for _, later in pairwise(recalls)] + [until]
    return [
        point
        for memory, end in zip(recalls, ends, strict=True)
        for point in falling(memory, memory.last_review, end)
    ]


def falling(memory: Memory, start: datetime, end: datetime) -> list[RecallPoint]:
    """Predicted recall from ``start`` to ``end`` without an update of ``memory``; dense where it falls fast."""
    instants = [start + (end - start) * (number / POINTS) ** 2 for number in range(POINTS + 1)]
    return [RecallPoint(at, retrievability(memory, at)) for at in instants]
