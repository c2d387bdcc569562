"""The times of boards of Matching: a learner's best and how they went, and the deck's fastest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Min, OuterRef, Subquery

from cards.models import Deck
from sessions_app.models import Enrollment, MatchingBoard
from studysite.accounts.models import User

WIDTH, HEIGHT = 600, 160
# The trend shows so many boards.
MOST_BOARDS = 20


@dataclass(frozen=True)
class Times:
    """A learner's ranked boards of so many ``pairs``; those of fewer pairs are ranked apart.

    Times are in milliseconds. ``boards`` are the last ones, the latest first. ``fastest`` is the deck's among
    those who share their progress, None where nobody does.
    """

    pairs: int
    best: int
    boards: Sequence[MatchingBoard]
    fastest: int | None

    @property
    def latest(self) -> MatchingBoard:
        return self.boards[0]

    @property
    def oldest(self) -> MatchingBoard:
        return self.boards[-1]

    @property
    def slowest(self) -> int:
        """The longest of the times that the trend shows."""
        return max(board.milliseconds or 0 for board in self.boards)

    @property
    def points(self) -> list[tuple[float, float]]:
        """The times, oldest first, in a box of `WIDTH` by `HEIGHT`; its bottom is no time at all."""
        step = WIDTH / max(1, len(self.boards) - 1)
        times = [board.milliseconds or 0 for board in reversed(self.boards)]
        return [(round(step * place, 1), self.height_of(time)) for place, time in enumerate(times)]

    @property
    def path(self) -> str:
        """The trend as an SVG's path data."""
        return "M" + " L".join(f"{x} {y}" for x, y in self.points)

    @property
    def best_y(self) -> float:
        return self.height_of(self.best)

    def height_of(self, time: int) -> float:
        return round(HEIGHT * (1 - time / max(1, self.slowest)), 1)


def times_of(learner: User, deck: Deck, pairs: int | None = None) -> Times | None:
    """The learner's times on boards of so many pairs, of the most that she has played where it is left open.

    None where she has no ranked one.
    """
    mine = MatchingBoard.objects.ranked().filter(learner=learner, deck=deck)
    if pairs is None:
        pairs = mine.order_by("-pairs").values_list("pairs", flat=True).first()
    if pairs is None:
        return None
    same = mine.filter(pairs=pairs)
    best = Subquery(same.order_by("milliseconds").values("milliseconds")[:1])
    boards = list(same.annotate(best=best).defer("board").order_by("-finished_at", "-pk")[:MOST_BOARDS])
    return Times(pairs, boards[0].best, boards, fastest(deck, pairs)) if boards else None


def fastest(deck: Deck, pairs: int) -> int | None:
    """The fastest time on boards of so many pairs among those who share their progress, in milliseconds."""
    boards = MatchingBoard.objects.ranked().filter(learner=OuterRef("learner"), deck=deck, pairs=pairs)
    best = Subquery(boards.order_by("milliseconds").values("milliseconds")[:1])
    sharing = Enrollment.objects.filter(deck=deck, shares_progress=True, learner__is_guest=False)
    found: int | None = sharing.annotate(best=best).aggregate(fastest=Min("best"))["fastest"]
    return found
