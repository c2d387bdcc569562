"""Cards of a file that should be looked at, and what the learner decided about them in the preview."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from cards.formats.kinds import FileKind
from cards.formats.types import ImageRef, ParsedCard
from cards.importing.reading.content import digest
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES

EMPTY, LONG, TWICE, KNOWN = "empty", "long", "twice", "known"
"""What may be wrong with a card."""

SENTENCES = {
    EMPTY: "One side is empty.",
    LONG: f"A side has more than {MAX_SOURCE:,} characters. Here is its beginning.",
    TWICE: "This term is in the file more than once.",
    KNOWN: "The deck has this term with another definition.",
}

KEEP, LEAVE, JOIN, REPLACE = "keep", "leave", "join", "replace"
"""What can be done with such a card: import it, leave it out, add its definition to the first card with its term,
or replace the deck's definition."""

DONE = {
    KEEP: "You have changed this card.",
    LEAVE: "You have left this card out.",
    JOIN: "Its definition goes to the first card with this term.",
    REPLACE: "It replaces the deck’s definition.",
}

OTHERS = {TWICE: "The first card has:", KNOWN: "The deck has:"}

MOST_OTHER = 300
"""Characters of the definition that such a card has."""

SHOWN_PROBLEMS = 50
"""How many cards that should be looked at a preview shows, besides those that the learner has decided about."""

MOST_MENDED = 100
"""About how many cards the learner can decide in the preview."""

MOST_TEXT = 60_000
"""Characters of the cards that are shown, and of those that were decided about: a form with more is too large."""

MENDED = "mended"
"""The option of a draft with the decisions."""

Decision = dict[str, str]
"""As a draft stores it, by `row_id`: ``what`` was wrong, what to ``do``, and the sides that were typed. ``key`` is
that of the deck's card that is replaced."""


@dataclass(slots=True)
class Problem:
    """A card with what is wrong with it. ``done`` is what the learner decided; empty if nothing yet.

    ``number`` is that of the card in the content; 0 if it is not there. ``key`` is that of the deck's card with
    the same term. ``other`` is the beginning of the definition of that, or of the first card with the term.
    """

    id: str
    what: str
    card: ParsedCard
    done: str = ""
    number: int = 0
    key: str = ""
    other: str = ""

    @property
    def sentence(self) -> str:
        # A side may still be empty.
        return SENTENCES[self.what] if not self.done or self.is_unsolved else DONE[self.done]

    @property
    def is_unsolved(self) -> bool:
        return self.done == KEEP and self.what == EMPTY and self.card.one_sided

    @property
    def characters(self) -> int:
        return len(self.card.term) + len(self.card.definition)

    def choices(self, *, has_history: bool) -> list[str]:
        """What can be done with the card, the usual first. Answers about a card cannot be joined."""
        more = {TWICE: [] if has_history else [JOIN], KNOWN: [REPLACE] if self.key else []}
        return [LEAVE, KEEP] if self.what == LONG else [KEEP, *more.get(self.what, []), LEAVE]


def row_id(card: ParsedCard, kind: FileKind) -> str:
    """Identifies a card of a file: by its key, or by its letters and digits.

    It is the same if the file is read with other options: the sides may be separated in another way then.
    """
    text = card.key if kind.has_keys else "".join(filter(str.isalnum, card.term + card.definition))
    return f"{digest(text or f'{card.term} {card.definition}') & (2**64 - 1):016x}"


def folded(term: str) -> str:
    """The term for finding it again: capitals and spaces make no difference."""
    return " ".join(term.split()).casefold()


def shortened(card: ParsedCard) -> ParsedCard:
    """The card with sides that can be stored."""
    return replace(card, term=card.term[:MAX_SOURCE], definition=card.definition[:MAX_SOURCE])


def joined(one: str, other: str) -> str:
    """Both definitions, as the site lists alternatives on one side."""
    if not one or not other or one == other:
        return one or other
    return f"{one}\n\n{other}" if "\n" in one + other else f"{one}; {other}"


def decided(card: ParsedCard, decision: Decision) -> None:
    """Put what was typed on the card."""
    for side in SIDES:
        if side in decision:
            setattr(card, side, decision[side])


def within_limits(problems: Iterable[Problem]) -> list[Problem]:
    """As many of the problems as a form can have: first those to look at, then those that were decided about."""
    shown: dict[bool, list[Problem]] = {False: [], True: []}
    room = {False: MOST_TEXT, True: MOST_TEXT}
    most = {False: SHOWN_PROBLEMS, True: MOST_MENDED}
    for problem in problems:
        is_done = bool(problem.done)
        if len(shown[is_done]) < most[is_done] and problem.characters <= room[is_done]:
            shown[is_done].append(problem)
            room[is_done] -= problem.characters
    return [*shown[False], *shown[True]]


# --- As JSON


def to_json(problem: Problem) -> dict[str, Any]:
    card = problem.card
    texts = [card.term, card.definition, list(card.tags[:10]), len(card.images)]
    named = {name: getattr(problem, name) for name in ("id", "what", "done", "number", "key", "other")}
    return {**named, "card": texts}


def from_json(kept: dict[str, Any]) -> Problem:
    term, definition, tags, count = kept["card"]
    images = tuple(ImageRef(str(number)) for number in range(count))
    # The sides of images do not matter: each such side has a text.
    card = ParsedCard(term, definition, tags=tuple(tags), term_images=images)
    return Problem(**{**kept, "card": card})
