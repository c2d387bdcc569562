"""The cards that a paper is drawn from, read in a fixed number of queries whatever the deck's size."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from random import Random

from django.db.models import Count, Q

from cards.models import Card, TwinPair
from sessions_app.models import Enrollment, Review
from sessions_app.questions.pool import FIELDS, WHOLE_DECK
from sessions_app.questions.queue import DeckQueue
from sessions_app.study.modes.test import TestPool
from sessions_app.study.types import Side, StudyCard

# Of a deck that is not read whole so many cards are, at least, and so many for each question.
FEWEST_READ = 400
READ_FOR_A_QUESTION = 3

Pairs = Mapping[int, Collection[int]]


def test_pool(queue: DeckQueue, rng: Random) -> TestPool:
    """What the paper of the queue's session is drawn from: the cards that its settings choose, and others."""
    enrollment, settings = queue.enrollment, queue.settings
    chosen = queue.choosable()
    if enrollment.deck.card_count <= WHOLE_DECK:
        askable: Collection[int] = chosen
        wanted = Q()
    else:
        most = max(FEWEST_READ, READ_FOR_A_QUESTION * settings.questions)
        askable = chosen if len(chosen) <= most else rng.sample(chosen, most)
        places = rng.sample(range(enrollment.deck.card_count), min(FEWEST_READ, enrollment.deck.card_count))
        wanted = Q(pk__in=askable)
        if len(askable) < FEWEST_READ:
            wanted |= Q(position__in=places)
    confusions = _confusions(enrollment, askable)
    pairs = _pairs(enrollment)
    if wanted:
        mixed_up = {other for counts in confusions.values() for other in counts}
        twins = {other for card in askable for other in pairs[True].get(card, ())}
        wanted |= Q(pk__in=mixed_up | twins)
    rows = Card.objects.present().filter(wanted, deck=enrollment.deck).only(*FIELDS).in_order()
    cards = list(rows)
    tags = _tags(cards)
    return TestPool(
        [
            _study_card(row, settings.side or enrollment.asked_side(row), enrollment, tags, pairs)
            for row in cards
        ],
        frozenset(askable),
        confusions,
    )


def _study_card(
    row: Card,
    side: str,
    enrollment: Enrollment,
    tags: Mapping[int, Collection[int]],
    pairs: Mapping[bool, Pairs],
) -> StudyCard:
    return StudyCard(
        row.pk,
        row.term,
        row.definition,
        Side(side),
        accepted_terms=tuple(row.accepted_terms),
        accepted_definitions=tuple(row.accepted_definitions),
        wrong_terms=tuple(row.wrong_terms),
        wrong_definitions=tuple(row.wrong_definitions),
        tags=frozenset(tags.get(row.pk, ())),
        twins=frozenset(pairs[True].get(row.pk, ())),
        distinct=frozenset(pairs[False].get(row.pk, ())),
        language=enrollment.deck.language,
    )


def _confusions(enrollment: Enrollment, cards: Collection[int]) -> dict[int, dict[int, int]]:
    """For each of the cards, how often the learner gave another's answer for it, or its answer for the other."""
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    mistakes = Review.objects.mistakes().filter(learner=enrollment.learner_id, card__deck=enrollment.deck_id)
    pairs = mistakes.order_by().values_list("card", "mistaken_for").annotate(times=Count("pk"))
    wanted = frozenset(cards)
    for card, other, times in pairs:
        for one, another in ((card, other), (other, card)):
            if one in wanted and one != another:
                counts[one][another] = counts[one].get(another, 0) + times
    return dict(counts)


def _pairs(enrollment: Enrollment) -> Mapping[bool, Pairs]:
    """What the deck's owner said of pairs of cards: True leads to twins, False to cards that are none."""
    found: dict[bool, dict[int, set[int]]] = {True: defaultdict(set), False: defaultdict(set)}
    pairs = TwinPair.objects.filter(first__deck=enrollment.deck_id)
    for first, second, are_twins in pairs.values_list("first", "second", "are_twins"):
        found[are_twins][first].add(second)
        found[are_twins][second].add(first)
    return found


def _tags(cards: Collection[Card]) -> Mapping[int, Collection[int]]:
    tags: dict[int, set[int]] = defaultdict(set)
    through = Card.tags.through.objects.filter(card__in=[card.pk for card in cards])
    for card, tag in through.values_list("card_id", "tag_id"):
        tags[card].add(tag)
    return tags
