"""What a learner gained in a round or a session, as sentences for its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from studysite.numbers import counted


@dataclass(frozen=True)
class Known:
    """How many answers a session had, and how many of them were ``right``."""

    right: int
    answered: int

    def is_better_than(self, other: "Known") -> bool:
        """Whether more was right, and of as many answers or a larger part of them."""
        return self.right > other.right and self.right * other.answered >= other.right * self.answered


@dataclass(frozen=True)
class Reached:
    """How many of a deck's ``questions`` were met, recalled and learned; each includes what is further."""

    questions: int
    met: int
    recalled: int
    learned: int


def reached_sentence(reached: Reached, what: str) -> str:
    """How far the deck is, and what is left; the first level that is not complete. Empty without questions.

    ``what`` is "card" or "question".
    """
    whole = reached.questions
    if whole < 1:
        return ""
    for count, name in ((reached.met, "met"), (reached.recalled, "recalled"), (reached.learned, "learned")):
        if count < whole:
            return f"{count} of {counted(whole, what)} {name}. {whole - count} to go."
    return f"All {whole} {what}s learned." if whole > 1 else f"The {what} is learned."


def known_sentence(known: Known, last: Known | None = None) -> str:
    """How many answers were right, and how many more than in the ``last`` session if that is good news."""
    if not known.right:
        return f"{counted(known.answered, 'answer')}: practice that counts."
    if known.right == known.answered:
        said = "You knew it" if known.answered == 1 else f"You knew all {known.answered}"
    else:
        said = f"You knew {known.right} of {known.answered}"
    if last and last.answered and known.is_better_than(last):
        return f"{said}, {known.right - last.right} more than last time."
    return f"{said}."


@dataclass(frozen=True)
class Ring:
    """The way to all learned in percent, ``before`` and ``now``; 100 only when nothing is left."""

    before: int
    now: int


def ring(thirds: int, all_thirds: int, gained: int) -> Ring | None:
    """The ring for ``thirds`` of ``all_thirds``, of which ``gained`` are new; None without questions.

    Each question counts three thirds. A loss (``gained`` below 0) is not shown as one.
    """
    if all_thirds < 1:
        return None
    done = min(max(thirds, 0), all_thirds)
    before = min(max(done - max(gained, 0), 0), done)
    return Ring(100 * before // all_thirds, 100 * done // all_thirds)


def thirds_between(before: int, now: int) -> int:
    """How many thirds of the way a question went from one level to another; negative if it went back."""
    return min(now, 3) - min(before, 3)


@dataclass(frozen=True)
class KindResult:
    """How many of the ``count`` questions of one kind were ``right`` on a test.

    ``name`` is the kind's in the plural: "Typed answers".
    """

    name: str
    right: int
    count: int

    @property
    def percent(self) -> float:
        return 100 * self.right / self.count


@dataclass(frozen=True)
class Score:
    """How many of the ``counted`` questions of a test were ``right``."""

    right: int
    counted: int

    @property
    def percent(self) -> int:
        """Rounded down, as the page shows it."""
        return 100 * self.right // self.counted

    @property
    def part(self) -> str:
        """How much was right, in words."""
        if self.right == self.counted:
            return "Everything right"
        if not self.right:
            return "Nothing right this time"
        if 2 * self.right == self.counted:
            return "Half right"
        parts = ((90, "Almost everything right"), (67, "Most of it right"), (50, "More than half right"))
        return next((words for least, words in parts if self.percent >= least), "Less than half right")


WEAK = 20
"""A kind of question is weak if its score is so many percentage points below the whole test's."""


def score_sentence(score: Score, kinds: Sequence[KindResult], last: Score | None = None) -> str:
    """What a test showed: how much was right, how much more than in the ``last`` test, and the weakest kind.

    A lower score is not compared. Neither is a test with fewer questions, such as one of what was missed.
    """
    said = score.part
    if last and score.percent > last.percent and score.counted >= last.counted:
        said += f", {counted(score.percent - last.percent, 'point')} more than last time"
    weakest = min((kind for kind in kinds if kind.count), key=lambda kind: kind.percent, default=None)
    if weakest is None or len(kinds) < 2 or weakest.percent > score.percent - WEAK:
        return f"{said}."
    return f"{said}. {weakest.name} are the weak spot."


@dataclass(frozen=True)
class Comparison:
    """How a board's time compares with the learner's best time, in words; ``is_best`` if it is a new one."""

    is_best: bool
    text: str


def board_comparison(time: int, others: Sequence[int]) -> Comparison:
    """How ``time`` compares with the ``others`` of boards with as many pairs, in milliseconds.

    Pages show times in tenths of a second, rounded down. The difference is the one between these.
    """
    if not others:
        return Comparison(is_best=False, text="your first time")
    tenths = min(others) // 100 - time // 100
    seconds = f"{abs(tenths) // 10}.{abs(tenths) % 10} s"
    if tenths > 0:
        return Comparison(is_best=True, text=f"{seconds} faster")
    return Comparison(is_best=False, text=f"{seconds} behind your best" if tenths else "as fast as your best")
