"""A board as the tiles of its page."""

from dataclasses import dataclass

from cards.models import Deck
from sessions_app.matching.services import Try
from sessions_app.models import MatchingBoard
from sessions_app.questions.images import IllustratedText, illustrated_board
from sessions_app.study.types import Side

TERM_KEYS, DEFINITION_KEYS = "123456", "abcdef"


# Characters that fit on a tile on a phone, and on any other tile. A longer text can be opened.
FITS_PHONE, FITS = 36, 90
# Characters that a formula and a line break take the space of.
FORMULA, LINE = 40, 30


@dataclass(frozen=True)
class Tile:
    """One text on the board; ``key`` is the keyboard key that chooses it, ``number`` the value that is sent.

    A ``found`` tile is hidden; ``leaving`` if it was found just now. A tile ``shakes`` if the last try with it was
    wrong.
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
    def look(self) -> str:
        """The classes of the tile."""
        if self.found:
            return "tile found leaving" if self.leaving else "tile found"
        return " ".join(filter(None, ["tile", "shakes" if self.shakes else "", self.length]))

    @property
    def length(self) -> str:
        """Where the text may not fit: on every tile ("long"), on a phone ("longish"), nowhere (empty)."""
        if isinstance(self.source, IllustratedText):
            return "long"
        room = len(self.source) + FORMULA * ("$" in self.source) + LINE * self.source.count("\n")
        if room > FITS:
            return "long"
        return "longish" if room > FITS_PHONE else ""


def tiles(
    board: MatchingBoard, deck: Deck, tried: Try | None, chosen: dict[Side, int]
) -> list[tuple[Side, list[Tile]]]:
    """The tiles of the terms and of the definitions.

    Focus goes to the next term, or after a wrong pair to the same one, for those who play with the keyboard.
    """
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
