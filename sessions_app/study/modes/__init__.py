"""The modes, by name. Each is a module; those that ask question after question have the same two functions.

Nothing else asks which mode is running.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from sessions_app.study.modes import learn, spaced, test
from sessions_app.study.modes.types import CardQueue
from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import Moment


def draw_nothing(queue: CardQueue, moment: Moment, rng: Random) -> None:
    """The draw of a mode that asks no questions."""


def grade_nothing(question: Question, response: Mapping[str, str]) -> Sequence[Graded]:
    raise InvalidResponseError("Nothing was asked.")


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of studying: how it draws the next question, and how it grades a response.

    A mode that does not ask question after question (Matching lays out a board) has neither, but pages of its own.
    ``draw`` returns None when the session has nothing left to ask. ``grade`` raises InvalidResponse. ``instead``
    gives a question by which a learner may show more than was asked; None where there is none.
    A session of a mode that ``ends_with_day`` is not continued on another study day; one that ``tells`` shows
    after each answer whether it was right, and one that ``counts`` shows how many cards wait in its queue.
    One whose questions are asked ``at_once`` has them all on a paper, and draws no other.
    """

    name: str
    title: str
    draw: Callable[[CardQueue, Moment, Random], Question | None] = draw_nothing
    grade: Callable[[Question, Mapping[str, str]], Sequence[Graded]] = grade_nothing
    instead: Callable[[Question, CardPool, Random], Question | None] | None = None
    ends_with_day: bool = False
    tells: bool = False
    counts: bool = False
    at_once: bool = False


MODES: Mapping[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("learn", "Learn", learn.draw, learn.grade, instead=learn.instead, tells=True),
        Mode("test", "Test", test.draw, test.grade, at_once=True),
        Mode("matching", "Matching"),
        Mode("spaced", "Spaced", spaced.draw, spaced.grade, ends_with_day=True, counts=True),
    )
}
