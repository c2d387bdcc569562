"""What a deck's page offers first: the one thing to do next, by how the learner stands in the deck."""

from datetime import date
from typing import NamedTuple

from sessions_app.progress.standing import TableRow
from sessions_app.study.modes import LEARN, SPACED, TEST
from sessions_app.study.types import Level
from studysite.queries.counting import capped


class NextStep(NamedTuple):
    """The mode that a button starts, and what the button says."""

    mode: str
    label: str


def next_step(mine: TableRow | None, today: date) -> NextStep:
    """The next step in a deck with cards; ``mine`` is the learner's row of its table, None before any answer.

    ``today`` is their study day. A round that they began today goes before due cards: most of these are due
    because they were just missed in it.
    """
    if mine is None:
        return NextStep(LEARN.name, "Start learning")
    figures = mine.enrollment
    if figures.due_count and figures.open_round_day != today:
        return NextStep(SPACED.name, f"Review {capped(figures.due_count)} due")
    if figures.open_round is not None:
        return NextStep(LEARN.name, f"Round {max(1, figures.open_round)} of Learn: go on")
    if mine.shares[Level.NEW].count:
        return NextStep(LEARN.name, "Learn new cards")
    if mine.learned < mine.questions:
        return NextStep(LEARN.name, "Go on learning")
    return NextStep(TEST.name, "Test yourself")
