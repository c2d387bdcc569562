"""The curve of predicted recall of one card: the lines of an SVG, and the same in numbers for a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sessions_app.plot import Plot, Point, path
from sessions_app.study.scheduling.forgetting_curve import RecallPoint, curve, falling
from sessions_app.study.scheduling.fsrs_memory import retrievability
from sessions_app.study.scheduling.types import Memory

PLOT = Plot(600, 200)
WEEK = timedelta(days=7)
# The bottom of the plot, if recall never falls below it.
RAISED_FLOOR = 0.5


@dataclass(frozen=True)
class RecallChart:
    """Predicted recall in `PLOT`: ``past`` and ``ahead`` are an SVG's path data.

    The bottom is ``floor_percent``, the right side is ``end``; ``goal_y`` and ``now_x`` are the places of lines.
    ``rows`` are for the table.
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
    """The chart from the first of ``recalls`` to ``falls_at``, when recall falls to ``goal`` (0 to 1).

    It shows no more of the future than of the past, or a week: the past would become too small to see.
    """
    start = recalls[0].last_review
    now = max(now, recalls[-1].last_review)
    end = max(min(falls_at, now + max(now - start, WEEK)), now + (now - start) / 20 + timedelta(minutes=1))
    before, ahead = curve(recalls, now), falling(recalls[-1], now, end)
    lowest = min(point.recall for point in (*before, *ahead))
    floor = RAISED_FLOOR if lowest >= RAISED_FLOOR else 0.0

    def x(at: datetime) -> float:
        return PLOT.x((at - start) / (end - start))

    def y(recall: float) -> float:
        return PLOT.y((recall - floor) / (1 - floor))

    def line(points: Sequence[RecallPoint]) -> str:
        return path(Point(x(each.at), y(each.recall)) for each in points)

    return RecallChart(
        past=line(before),
        ahead=line(ahead),
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
