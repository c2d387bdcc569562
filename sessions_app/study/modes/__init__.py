"""The modes by name. Only this registry says what a mode does: no other code asks which mode is running.

A mode that asks one question after another is a module with the functions ``draw`` and ``grade``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from sessions_app.study.modes import learn, spaced
from sessions_app.study.modes.types import CardQueue
from sessions_app.study.questions.types import CardPool, Graded, Question
from sessions_app.study.types import Moment


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of studying.

    ``ends_with_day``: a session is not continued on another study day. ``tells``: after each answer the page shows
    whether it was right. ``counts``: the page shows how many cards wait in the queue. ``at_once``: all questions
    are on one paper, and are graded when it is handed in.
    """

    name: str
    title: str
    ends_with_day: bool = False
    tells: bool = False
    counts: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMode(Mode):
    """A mode that asks one question after another.

    ``draw`` returns the next question, or None at the end of the session. ``grade`` raises InvalidResponseError if
    the response does not answer the question. ``instead`` returns a question by which the learner can show more
    than with the open one, or None if there is none.
    """

    draw: Callable[[CardQueue, Moment, Random], Question | None]
    grade: Callable[[Question, Mapping[str, str]], Sequence[Graded]]
    instead: Callable[[Question, CardPool, Random], Question | None] | None = None


def next_question(mode: QuestionMode, queue: CardQueue, moment: Moment, chance: str) -> Question | None:
    """The next question of a session, or None at its end; ``chance`` is the seed of all that is random in it.

    A question whose sibling was asked today or in this session comes only if nothing else is left.
    """
    question = mode.draw(queue, moment, Random(chance))
    if question is None and queue.is_holding():
        queue.holds_back = False
        question = mode.draw(queue, moment, Random(chance))
    return question


LEARN = QuestionMode("learn", "Learn", draw=learn.draw, grade=learn.grade, instead=learn.instead, tells=True)
TEST = Mode("test", "Test", at_once=True)
MATCHING = Mode("matching", "Matching")
SPACED = QuestionMode(
    "spaced", "Spaced", draw=spaced.draw, grade=spaced.grade, ends_with_day=True, counts=True
)

# In their order on a deck's page.
MODES: Mapping[str, Mode] = {mode.name: mode for mode in (LEARN, TEST, MATCHING, SPACED)}
QUESTION_MODES: Mapping[str, QuestionMode] = {mode.name: mode for mode in (LEARN, SPACED)}
