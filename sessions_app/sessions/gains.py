"""What a learner gained in a round or a session, as sentences for its end."""

from dataclasses import dataclass


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


def counted(number: int, what: str) -> str:
    """The number with its noun: "1 card", "2 cards"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


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
