"""The card viewer of a deck's page."""

from dataclasses import dataclass
from random import SystemRandom

from django.utils.functional import cached_property

from cards.models import Card, Deck
from sessions_app.access import number
from sessions_app.study.shuffle import shuffled_place
from sessions_app.study.types import Side
from studysite.http.requests import SiteRequest

MAX_SEED = 10**6


@dataclass(frozen=True)
class Viewer:
    """The card that the viewer shows. Only the address decides, so that reloading and sharing work.

    ``place`` counts from 1, in the deck's order, or in the shuffled order of ``seed``.
    """

    deck: Deck
    place: int
    seed: int | None
    first: Side

    @classmethod
    def from_request(cls, request: SiteRequest, deck: Deck) -> "Viewer":
        """Read the address. Missing or invalid values get a default; numbers out of range the nearest number."""
        place = number(request.GET.get("card"), least=1, most=deck.card_count) or 1
        seed = number(request.GET.get("shuffle"), least=1, most=MAX_SEED)
        first = Side.DEFINITION if request.GET.get("first") == Side.DEFINITION else Side.TERM
        return cls(deck, place, seed, first)

    @cached_property
    def card(self) -> Card | None:
        """The card at this place; None in an empty deck."""
        index = self.place - 1
        if self.seed is not None and self.deck.card_count:
            index = shuffled_place(index, self.deck.card_count, self.seed)
        # Its key first: PostgreSQL reads each row that it skips, but finds keys in the index.
        key = self.deck.cards.present().in_order().values("pk")[index : index + 1]
        return self.deck.cards.filter(pk__in=key).first()

    @property
    def previous(self) -> int:
        """The place before this one; before the first place the last one."""
        return self.place - 1 or self.deck.card_count

    @property
    def next(self) -> int:
        return self.place % self.deck.card_count + 1 if self.deck.card_count else 1

    @property
    def other_first(self) -> Side:
        return self.first.other

    @property
    def new_seed(self) -> int:
        return SystemRandom().randint(1, MAX_SEED)
