"""A learner's tests of a deck so far: their scores in a table, and as a small plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser

from cards.models import Deck
from sessions_app.models import Paper
from studysite.accounts.models import User

MOST_TESTS = 30
WIDTH, HEIGHT, MARGIN = 600, 120, 8


@dataclass(frozen=True)
class Dot:
    """A score in the plot."""

    paper: Paper
    x: float
    y: float


@dataclass(frozen=True)
class TestHistory:
    """The last tests with a score, newest first."""

    papers: Sequence[Paper]

    @property
    def last_settings(self) -> Mapping[str, Any]:
        return self.papers[0].session.settings if self.papers else {}

    @property
    def best(self) -> int:
        return max((paper.percent or 0 for paper in self.papers), default=0)

    @property
    def dots(self) -> list[Dot]:
        """The scores from the first to the last, 0 % at the bottom; none where there are no two."""
        scored = [paper for paper in reversed(self.papers) if paper.percent is not None]
        if len(scored) < 2:
            return []
        step = (WIDTH - 2 * MARGIN) / (len(scored) - 1)
        height = HEIGHT - 2 * MARGIN
        return [
            Dot(
                paper,
                round(MARGIN + place * step, 1),
                round(MARGIN + height * (1 - (paper.percent or 0) / 100), 1),
            )
            for place, paper in enumerate(scored)
        ]

    @property
    def line(self) -> str:
        """The plot's line as an SVG's list of points."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


def history_of(learner: User | AnonymousUser, deck: Deck) -> TestHistory:
    """The learner's last tests of the deck."""
    if not learner.is_authenticated:
        return TestHistory([])
    papers = Paper.objects.scored().filter(session__learner=learner, session__deck=deck)
    return TestHistory(list(papers.select_related("session").order_by("-handed_in_at", "-pk")[:MOST_TESTS]))
