"""The scores of a learner's tests of a deck, for a table and a small plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser

from cards.models import Deck
from sessions_app.models import Paper
from sessions_app.plot import Plot, Point, polyline
from studysite.accounts.models import User

MOST_TESTS = 30
PLOT = Plot(600, 120, margin=8)


@dataclass(frozen=True)
class TestHistory:
    """The learner's last tests that have a score, newest first."""

    papers: Sequence[Paper]

    @property
    def last_settings(self) -> Mapping[str, Any]:
        return self.papers[0].session.settings if self.papers else {}

    @property
    def best(self) -> int:
        return max((paper.percent or 0 for paper in self.papers), default=0)

    def before(self, paper: Paper) -> Paper | None:
        """The last test before ``paper`` that has a score; None without one."""
        later = next((place for place, one in enumerate(self.papers, 1) if one == paper), len(self.papers))
        return next((one for one in self.papers[later:] if one.percent is not None), None)

    @property
    def dots(self) -> list[Point]:
        """The scores in `PLOT`, from the first to the last, 0 % at the bottom; empty for fewer than two scores."""
        scores = [paper.percent / 100 for paper in reversed(self.papers) if paper.percent is not None]
        return PLOT.spread(scores) if len(scores) > 1 else []

    @property
    def line(self) -> str:
        return polyline(self.dots)


def history_of(learner: User | AnonymousUser, deck: Deck) -> TestHistory:
    """The learner's last tests of the deck, at most `MOST_TESTS`."""
    if not learner.is_authenticated:
        return TestHistory([])
    papers = Paper.objects.scored().filter(session__learner=learner, session__deck=deck)
    return TestHistory(list(papers.select_related("session").order_by("-handed_in_at", "-pk")[:MOST_TESTS]))
