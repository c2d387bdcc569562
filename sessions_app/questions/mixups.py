"""Which cards of a deck a learner mixes up: where she gave one's answer for the other's."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F

from cards.models import Card
from sessions_app.models import Enrollment, Review, ReviewQuerySet

MOST_PAIRS = 20
# More cards than this are no drill of two minutes.
MOST_DRILLED = 12


@dataclass(frozen=True)
class Mixup:
    """Two cards, and how many times the learner gave one for the other."""

    first: Card
    second: Card
    times: int


def mistakes(enrollment: Enrollment) -> ReviewQuerySet:
    """Her answers that were another card's, both still in the deck, since she last started over."""
    lines = Review.objects.mistakes().filter(
        learner=enrollment.learner_id,
        card__deck=enrollment.deck_id,
        card__removed_at=None,
        mistaken_for__deck=enrollment.deck_id,
        mistaken_for__removed_at=None,
    )
    return lines.filter(reviewed_at__gte=enrollment.reset_at) if enrollment.reset_at else lines


def mixups(enrollment: Enrollment) -> list[Mixup]:
    """The pairs that the learner mixes up, most often first."""
    counts: Counter[tuple[int, int]] = Counter()
    pairs = mistakes(enrollment).exclude(mistaken_for=F("card")).values("card", "mistaken_for")
    for line in pairs.annotate(times=Count("pk")).order_by():
        first, second = sorted((line["card"], line["mistaken_for"]))
        counts[first, second] += line["times"]
    chosen = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_PAIRS]
    cards = Card.objects.in_bulk({pk for pair, _ in chosen for pk in pair})
    return [Mixup(cards[first], cards[second], times) for (first, second), times in chosen]


def drilled_cards(pairs: Sequence[Mixup]) -> tuple[int, ...]:
    """The cards of a drill: those of the pairs that are mixed up most."""
    cards = dict.fromkeys(card.pk for pair in pairs for card in (pair.first, pair.second))
    return tuple(cards)[:MOST_DRILLED]


def has_mixups(enrollment: Enrollment) -> bool:
    """Whether there is any pair to look at."""
    return enrollment.pk is not None and mistakes(enrollment).exists()
