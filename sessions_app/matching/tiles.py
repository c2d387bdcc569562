"""A board as the page shows it: tiles."""

from dataclasses import dataclass

from cards.models import Deck
from sessions_app.matching.services import Try
from sessions_app.models import MatchingBoard
from sessions_app.questions.images import IllustratedText, illustrated_board
from sessions_app.study.types import Side

TERM_KEYS, DEFINITION_KEYS = "123456", "abcdef"


# So many characters fit a tile on a phone, and so many any other; a formula and a line of its own take the room of
# some more. What may not fit can be opened.
FITS_PHONE, FITS = 36, 90

FORMULA, LINE = 40, 30


@dataclass(frozen=True)
class Tile:
    """One text on the board; ``key`` presses it, ``number`` is what is sent.

    One that was ``found`` has left, and is ``leaving`` just now; one that ``shakes`` was just tried in vain.
    """

    side: Side
    number: int
    key: str
    source: str
    found: bool
    leaving: bool
    shakes: bool
    chosen: bool
    gets_focus: bool

    @property
    def length(self) -> str:
        """Where the text may be cut off: everywhere ("long"), on a phone ("longish"), nowhere."""
        if isinstance(self.source, IllustratedText):
            return "long"
        room = len(self.source) + FORMULA * ("$" in self.source) + LINE * self.source.count("\n")
        if room > FITS:
            return "long"
        return "longish" if room > FITS_PHONE else ""


def tiles(
    board: MatchingBoard, deck: Deck, tried: Try | None, chosen: dict[Side, int]
) -> list[tuple[Side, list[Tile]]]:
    """The terms and the definitions; who plays by keys goes on at the next term, or after a miss at the same."""
    frozen = illustrated_board(board.frozen(), deck)
    found = {Side.TERM: {pair[0] for pair in board.found}, Side.DEFINITION: {pair[1] for pair in board.found}}
    just = {Side.TERM: tried.term, Side.DEFINITION: tried.definition} if tried else {}
    left = [number for number in range(board.pairs) if number not in found[Side.TERM]]
    focus = min(left, key=lambda number: (number - tried.term) % board.pairs) if tried else None
    texts = {Side.TERM: (frozen.terms, TERM_KEYS), Side.DEFINITION: (frozen.definitions, DEFINITION_KEYS)}
    return [
        (
            side,
            [
                Tile(
                    side=side,
                    number=number,
                    key=key,
                    source=source,
                    found=number in found[side],
                    leaving=number in found[side] and number == just.get(side),
                    shakes=number not in found[side] and number == just.get(side),
                    chosen=number == chosen.get(side),
                    gets_focus=side is Side.TERM and number == focus,
                )
                for number, (source, key) in enumerate(zip(*texts[side], strict=False))
            ],
        )
        for side in Side
    ]
