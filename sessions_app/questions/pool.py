"""A card among the cards that its wrong options come from, read in one query whatever the deck's size."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cards.models import Card, TwinPair
from sessions_app.models import Enrollment, Review
from sessions_app.study.questions.types import CardPool
from sessions_app.study.types import Side, StudyCard

# A deck of up to so many cards is read whole; of a larger one the cards at so many places, and the last confused.
WHOLE_DECK = 300
PLACES = 100
MOST_CONFUSED = 10

FIELDS = (
    *("term", "definition", "accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions"),
    *("studied_side", "deck_id"),
)


def card_pool(card_id: int, enrollment: Enrollment, rng: Random) -> CardPool | None:
    """The card with the others of its deck, all asking for the side that it asks the learner for.

    None where the card is in the deck no more.
    """
    rows = {row.pk: row for row in _beside(card_id, enrollment, rng)}
    if card_id not in rows:
        return None
    side = Side(enrollment.asked_side(rows[card_id]))
    language = enrollment.deck.language
    cards = {pk: _study_card(row, side, language) for pk, row in rows.items()}
    card = replace(
        cards[card_id],
        tags=frozenset(row.common_tag for row in rows.values() if row.common_tag),
        twins=frozenset(pk for pk, row in rows.items() if row.paired is True),
        distinct=frozenset(pk for pk, row in rows.items() if row.paired is False),
    )
    cards[card_id] = card
    confusions = {pk: row.confused for pk, row in rows.items() if row.confused}
    return CardPool(card, list(cards.values()), confusions)


def _study_card(row: Any, side: Side, language: str) -> StudyCard:
    """The row as the engine sees it; of its tags only the one that it shares with the card that is asked."""
    return StudyCard(
        row.pk,
        row.term,
        row.definition,
        side,
        accepted_terms=tuple(row.accepted_terms),
        accepted_definitions=tuple(row.accepted_definitions),
        wrong_terms=tuple(row.wrong_terms),
        wrong_definitions=tuple(row.wrong_definitions),
        tags=frozenset({row.common_tag} if row.common_tag else ()),
        language=language,
    )


def _beside(card_id: int, enrollment: Enrollment, rng: Random) -> QuerySet[Any]:
    """The cards with what ties each to the card: a pair of twins, a common tag, how often it was given for it."""
    cards = Card.objects.present().filter(deck=enrollment.deck).only(*FIELDS).in_order()
    mistakes = Review.objects.mistakes().filter(learner=enrollment.learner_id, card=card_id)
    if enrollment.deck.card_count > WHOLE_DECK:
        places = rng.sample(range(enrollment.deck.card_count), PLACES)
        last = mistakes.order_by("-reviewed_at").values("mistaken_for")[:MOST_CONFUSED]
        confused = Card.objects.filter(pk__in=Subquery(last))
        cards = cards.filter(Q(pk=card_id) | Q(position__in=places) | Q(pk__in=confused.values("pk")))
    pairs = TwinPair.objects.filter(
        Q(first=card_id, second=OuterRef("pk")) | Q(second=card_id, first=OuterRef("pk"))
    )
    tagged = Card.tags.through.objects.filter(card=card_id).values("tag")
    common = Card.tags.through.objects.filter(card=OuterRef("pk"), tag__in=tagged)
    # Whoever gives the one for the other mixes them up both ways.
    both_ways = Q(card=card_id, mistaken_for=OuterRef("pk")) | Q(card=OuterRef("pk"), mistaken_for=card_id)
    given = Review.objects.mistakes().filter(both_ways, learner=enrollment.learner_id).order_by()
    times = given.values("learner").annotate(times=Count("pk"))
    return cards.annotate(
        paired=Subquery(pairs.values("are_twins")[:1]),
        common_tag=Subquery(common.values("tag")[:1]),
        confused=Coalesce(Subquery(times.values("times")), 0),
    )


def with_twins(cards: list[Card]) -> Iterable[tuple[Card, Mapping[bool, frozenset[int]]]]:
    """Each card with those that the owner says are its twins (True), and those that are none (False)."""
    keys = [card.pk for card in cards]
    pairs = TwinPair.objects.filter(first__in=keys, second__in=keys).values_list(
        "first", "second", "are_twins"
    )
    said: dict[int, dict[bool, set[int]]] = {key: {True: set(), False: set()} for key in keys}
    for first, second, are_twins in pairs:
        said[first][are_twins].add(second)
        said[second][are_twins].add(first)
    return ((card, {word: frozenset(others) for word, others in said[card.pk].items()}) for card in cards)
