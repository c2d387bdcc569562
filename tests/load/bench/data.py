"""What the databases of the site and of its floor are filled with: decks, learners, and what they remember."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.load.texts import WORDS

if TYPE_CHECKING:
    from studysite.accounts.models import User

DUE, DAYS = 200, 30
"""Cards that are due in a deck of 1,000 and more, and days over which the others become due."""
FEW, FOR_FEW = 84, ("asks-1000", "tagged-1000")
"""The learners of a large deck, and of those decks whose learners do not wear them out."""
FOUND = "furnished"
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu".split()


HISTORY_OF, NOBODY = "history@bench.example.org", "nobody@bench.example.org"
HISTORY_CARDS, HISTORY_EACH = 1_000, 30
"""The learner with a long history, of so many cards, and so many answers about each of them."""


@dataclass(frozen=True)
class Plan:
    """A deck: how many cards, how many of them each learner has seen, and how many of these are due."""

    slug: str
    cards: int
    seen: int
    due: int

    # How many learners study it: a large deck has as many rows for each as fit a short run.
    learners: int


def plan_of(slug: str) -> Plan:
    """The plan for a deck that is named after its number of cards, such as "spaced-1000".

    For a long sitting all cards that were seen are due: the last answers then have as many to choose from as the
    first ones.
    """
    cards = int(slug.rpartition("-")[2])
    # Of 100,000 cards a learner has seen as many as of 10,000.
    seen = min(cards // 2, 5_000)
    if slug.startswith("sitting"):
        return Plan(slug, cards, seen, seen, FEW)
    due = DUE if cards >= 1_000 else seen // 2
    return Plan(slug, cards, seen, due, FEW if cards > 1_000 or slug in FOR_FEW else 10**6)


def word(number: int) -> str:
    """A word of four syllables, another for each number below 160,000; those of neighbours are not alike."""
    mixed, syllables = number * 48_611 % 20**4, ""
    for _ in range(4):
        mixed, rest = divmod(mixed, 20)
        syllables += SYLLABLES[rest]
    return syllables


def texts_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """Term and definition of each card; no formulas, which the floor could not typeset."""
    chance = random.Random(plan.slug)
    for number in range(plan.cards):
        usual, rare = " ".join(chance.choices(WORDS, k=8)), word(chance.randrange(20**4))
        yield word(number), f"The {usual} of {rare}"


@dataclass(frozen=True)
class Known:
    """What a learner remembers of a card that they have seen."""

    place: int
    stability: float
    difficulty: float
    last: datetime
    due: datetime
    due_in: int


def memories(plan: Plan, now: datetime) -> Iterator[Known]:
    """The first cards of the deck, some of them due: since today or some days before, in no order."""
    chance = random.Random(plan.slug)
    is_due = [True] * plan.due + [False] * (plan.seen - plan.due)
    chance.shuffle(is_due)
    for place, due in enumerate(is_due):
        due_in = -chance.randrange(5) if due else chance.randrange(1, DAYS)
        stability = chance.uniform(5, 60)
        last = now - timedelta(days=DAYS + chance.randrange(DAYS))
        yield Known(place, stability, chance.uniform(2, 9), last, now + timedelta(days=due_in), due_in)


def print_sessions(people: Sequence["User"]) -> None:
    """Log in each of them, and print the keys of their sessions for `read_sessions`."""
    # The benchmark itself, which only reads what is printed, has no settings.
    from django.test import Client

    keys = []
    for person in people:
        client = Client()
        client.force_login(person)
        keys.append(client.cookies["sessionid"].value)
    print(FOUND + json.dumps(keys))


def read_sessions(printed: str) -> list[str]:
    return list(json.loads(printed.rpartition(FOUND)[2]))
