"""The times of boards of Matching: a learner's best and last ones, and the deck's fastest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Min, OuterRef, Subquery

from cards.models import Deck
from sessions_app.models import Enrollment, MatchingBoard
from sessions_app.plot import Plot, Point, path
from sessions_app.sessions.gains import Comparison, board_comparison
from studysite.accounts.models import User

PLOT = Plot(600, 160)
# The plot shows the last boards, at most this many.
MOST_BOARDS = 20
# A line through fewer says nothing.
FEWEST_FOR_PLOT = 4


@dataclass(frozen=True)
class Times:
    """A learner's ranked boards with the same number of ``pairs``.

    Times are in milliseconds. ``boards`` are the last ones, the latest first. ``fastest`` is the best time of all
    learners who share their progress in the deck; None if there is none. ``podium`` are the learner's
    three best, the best first.
    """

    pairs: int
    best: int
    boards: Sequence[MatchingBoard]
    fastest: int | None
    podium: Sequence[int] = ()

    @property
    def has_plot(self) -> bool:
        return len(self.boards) >= FEWEST_FOR_PLOT

    @property
    def latest(self) -> MatchingBoard:
        return self.boards[0]

    @property
    def oldest(self) -> MatchingBoard:
        return self.boards[-1]

    @property
    def slowest(self) -> int:
        """The longest time in the plot, in milliseconds."""
        return max(board.milliseconds or 0 for board in self.boards)

    @property
    def points(self) -> list[Point]:
        """The times in `PLOT`, oldest first: from 0 at the bottom to the slowest at the top."""
        return PLOT.spread([self._share(board.milliseconds or 0) for board in reversed(self.boards)])

    @property
    def path(self) -> str:
        return path(self.points)

    @property
    def best_y(self) -> float:
        return PLOT.y(self._share(self.best))

    def _share(self, time: int) -> float:
        """``time`` as a share of the slowest."""
        return time / max(1, self.slowest)


def times_of(learner: User, deck: Deck, pairs: int | None = None) -> Times | None:
    """The learner's times on boards with ``pairs`` pairs; if None, with the most pairs that they have played.

    None if the learner has no ranked board.
    """
    mine = MatchingBoard.objects.ranked().filter(learner=learner, deck=deck)
    if pairs is None:
        pairs = mine.order_by("-pairs").values_list("pairs", flat=True).first()
    if pairs is None:
        return None
    same = mine.filter(pairs=pairs)
    best = Subquery(same.order_by("milliseconds").values("milliseconds")[:1])
    boards = list(same.annotate(best=best).defer("board").order_by("-finished_at", "-pk")[:MOST_BOARDS])
    if not boards:
        return None
    podium = same.order_by("milliseconds").values_list("milliseconds", flat=True)[:3]
    return Times(pairs, boards[0].best, boards, fastest(deck, pairs), [time or 0 for time in podium])


def compared(done: MatchingBoard, times: Times | None) -> Comparison | None:
    """How a ranked board compares with the best of the others in ``times``; None without a rank."""
    if not done.is_ranked or done.milliseconds is None or times is None:
        return None
    others = list(times.podium)
    if done.milliseconds in others:
        others.remove(done.milliseconds)
    return board_comparison(done.milliseconds, others)


def fastest(deck: Deck, pairs: int) -> int | None:
    """The best time, in milliseconds, on boards with ``pairs`` pairs among learners who share their progress."""
    boards = MatchingBoard.objects.ranked().filter(learner=OuterRef("learner"), deck=deck, pairs=pairs)
    best = Subquery(boards.order_by("milliseconds").values("milliseconds")[:1])
    sharing = Enrollment.objects.filter(deck=deck, shares_progress=True, learner__is_guest=False)
    found: int | None = sharing.annotate(best=best).aggregate(fastest=Min("best"))["fastest"]
    return found
