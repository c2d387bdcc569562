"""The cards of a deck that a learner mixes up: one's answer was given for the other's."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, F

from cards.models import Card
from sessions_app.models import Enrollment, Review, ReviewQuerySet

MOST_PAIRS = 20

MOST_DRILLED = 12
"""Cards of a drill: as many as can be asked in two minutes."""


@dataclass(frozen=True)
class Mixup:
    """Two cards, and how often the learner gave one's answer for the other's."""

    first: Card
    second: Card
    times: int


def mistakes(enrollment: Enrollment) -> ReviewQuerySet:
    """The learner's answers that were another card's, since they last started over; both cards are in the deck."""
    lines = Review.objects.mistakes().filter(
        learner=enrollment.learner_id,
        card__deck=enrollment.deck_id,
        card__removed_at=None,
        mistaken_for__deck=enrollment.deck_id,
        mistaken_for__removed_at=None,
    )
    return lines.filter(reviewed_at__gte=enrollment.reset_at) if enrollment.reset_at else lines


def pair_counts(lines: ReviewQuerySet) -> Counter[tuple[int, int]]:
    """How often two cards were mixed up in ``lines``, either way; the lower key comes first."""
    counts: Counter[tuple[int, int]] = Counter()
    pairs = lines.exclude(mistaken_for=F("card")).order_by().values_list("card", "mistaken_for")
    for card, other, times in pairs.annotate(times=Count("pk")):
        counts[min(card, other), max(card, other)] += times
    return counts


def mixups(enrollment: Enrollment) -> list[Mixup]:
    """The pairs that the learner mixes up, most often first."""
    counts = pair_counts(mistakes(enrollment))
    chosen = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_PAIRS]
    cards = Card.objects.in_bulk({pk for pair, _ in chosen for pk in pair})
    return [Mixup(cards[first], cards[second], times) for (first, second), times in chosen]


def confusions(enrollment: Enrollment, cards: Collection[int]) -> dict[int, dict[int, int]]:
    """For each of ``cards`` the cards that the learner ever mixed it up with, and how often; none without any."""
    lines = Review.objects.mistakes().filter(learner=enrollment.learner_id, card__deck=enrollment.deck_id)
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    wanted = frozenset(cards)
    for (first, second), times in pair_counts(lines).items():
        for card, other in ((first, second), (second, first)):
            if card in wanted:
                counts[card][other] = times
    return dict(counts)


def drilled_cards(pairs: Sequence[Mixup]) -> tuple[int, ...]:
    """The keys of the cards of a drill: those of the pairs that are mixed up most."""
    cards = dict.fromkeys(card.pk for pair in pairs for card in (pair.first, pair.second))
    return tuple(cards)[:MOST_DRILLED]


def has_mixups(enrollment: Enrollment) -> bool:
    """Whether the learner mixes up any cards of the deck; False if they are not enrolled."""
    return enrollment.pk is not None and mistakes(enrollment).exists()
