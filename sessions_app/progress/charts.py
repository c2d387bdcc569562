"""The curve of predicted recall as shapes of an SVG; a table beside it says the same in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sessions_app.study.scheduling.forgetting_curve import Point, curve, falling
from sessions_app.study.scheduling.fsrs_memory import retrievability
from sessions_app.study.scheduling.types import Memory

WIDTH, HEIGHT = 600, 200
WEEK = timedelta(days=7)
HALF = 0.5


@dataclass(frozen=True)
class RecallChart:
    """Predicted recall in a box of `WIDTH` by `HEIGHT`: ``past`` and ``ahead`` are an SVG's path data.

    The bottom of the box is ``floor_percent``, its right end ``end``; ``goal_y`` and ``now_x`` are lines in it.
    ``rows`` say the same in a table.
    """

    past: str
    ahead: str
    start: datetime
    end: datetime
    floor_percent: int
    goal_percent: int
    goal_y: float
    now_x: float
    rows: Sequence["RecallRow"]


@dataclass(frozen=True)
class RecallRow:
    """One recall in the table: predicted recall just before it (None at the first), and stability after it."""

    at: datetime
    before_percent: int | None
    stability: float


def recall_chart(recalls: Sequence[Memory], *, goal: float, falls_at: datetime, now: datetime) -> RecallChart:
    """The chart from the first of ``recalls`` to where recall falls to ``goal``, 0 to 1, at ``falls_at``.

    It looks no further ahead than it looks back, or a week: the past would shrink to nothing.
    """
    start = recalls[0].last_review
    now = max(now, recalls[-1].last_review)
    end = max(min(falls_at, now + max(now - start, WEEK)), now + (now - start) / 20 + timedelta(minutes=1))
    before, ahead = curve(recalls, now), falling(recalls[-1], now, end)
    floor = HALF if min(point.recall for point in (*before, *ahead)) >= HALF else 0.0

    def x(at: datetime) -> float:
        return round(WIDTH * ((at - start) / (end - start)), 1)

    def y(recall: float) -> float:
        return round(HEIGHT * (1 - recall) / (1 - floor), 1)

    def path(points: Sequence[Point]) -> str:
        return "M" + " L".join(f"{x(point.at)} {y(point.recall)}" for point in points)

    return RecallChart(
        past=path(before),
        ahead=path(ahead),
        start=start,
        end=end,
        floor_percent=round(100 * floor),
        goal_percent=round(100 * goal),
        goal_y=y(goal),
        now_x=x(now),
        rows=recall_rows(recalls),
    )


def recall_rows(recalls: Sequence[Memory]) -> list[RecallRow]:
    """The recalls of the curve, newest first."""
    befores = [None, *recalls]
    rows = [
        RecallRow(
            memory.last_review,
            round(100 * retrievability(before, memory.last_review)) if before else None,
            memory.stability,
        )
        for before, memory in zip(befores, recalls, strict=False)
    ]
    return rows[::-1]
