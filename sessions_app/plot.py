"""Lines in the box of an SVG, for the plots of several pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A place in the box: ``x`` from its left, ``y`` from its top, in the units of its viewBox."""

    x: float
    y: float


@dataclass(frozen=True)
class Plot:
    """A box of ``width`` by ``height`` with a ``margin`` on all sides, in the units of the SVG's viewBox.

    Places in it are given as shares, 0 to 1: from left to right, and from bottom to top.
    """

    width: int
    height: int
    margin: int = 0

    def x(self, share: float) -> float:
        return round(self.margin + share * (self.width - 2 * self.margin), 1)

    def y(self, share: float) -> float:
        return round(self.margin + (1 - share) * (self.height - 2 * self.margin), 1)

    def spread(self, heights: Sequence[float]) -> list[Point]:
        """Points of these ``heights`` (shares), evenly from the left side to the right."""
        last = max(1, len(heights) - 1)
        return [Point(self.x(place / last), self.y(height)) for place, height in enumerate(heights)]


def path(points: Iterable[Point]) -> str:
    """The line through the points, as the ``d`` of an SVG's path."""
    return "M" + " L".join(f"{x} {y}" for x, y in points)


def polyline(points: Iterable[Point]) -> str:
    """The line through the points, as the ``points`` of an SVG's polyline."""
    return " ".join(f"{x},{y}" for x, y in points)
