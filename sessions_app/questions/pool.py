"""Cards of a deck as the engine sees them: those that a question or a test is made of.

The number of queries does not depend on the deck's size.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from random import Random
from typing import Any, TypedDict, Unpack

from django.db.models import OuterRef, Q, QuerySet, Subquery

from cards.models import Card, Deck, TwinPair
from sessions_app.models import Enrollment, Review
from sessions_app.questions.mixups import confusions
from sessions_app.study.modes.test import TestPool
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import CardPool
from sessions_app.study.types import CardSide, Side, StudyCard
from studysite.compiled import compiled, padded

WHOLE_DECK = 300
"""For a question, a deck of up to this many cards is read whole."""

PLACES = 100
"""How many cards of a larger deck are read, at random positions."""

MOST_CONFUSED = 10
"""How many of the cards that the learner last confused with the asked one are read too."""

FEWEST_READ = 400
READ_FOR_A_QUESTION = 3
"""Of a larger deck a test reads at least FEWEST_READ cards, and this many for each question."""

FIELDS = (
    *("term", "definition", "accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions"),
    *("studied_side", "deck_id"),
)


class Ties(TypedDict, total=False):
    """What ties a card to others: its tags, its twins, and the cards that its owner says are not its twins."""

    tags: frozenset[int]
    twins: frozenset[int]
    distinct: frozenset[int]


def study_card(row: Any, side: Side, language: str, **ties: Unpack[Ties]) -> StudyCard:
    """``row`` (a card read with FIELDS) as the engine sees it, asking for ``side``."""
    return StudyCard(
        row.pk,
        row.term,
        row.definition,
        side,
        accepted_terms=tuple(row.accepted_terms),
        accepted_definitions=tuple(row.accepted_definitions),
        wrong_terms=tuple(row.wrong_terms),
        wrong_definitions=tuple(row.wrong_definitions),
        language=language,
        **ties,
    )


def twin_pairs(deck: Deck, cards: Collection[int] | None = None) -> Mapping[int, Ties]:
    """What the deck's owner said about pairs of its cards, by card; with ``cards`` only about pairs of these."""
    pairs = TwinPair.objects.filter(first__deck=deck)
    if cards is not None:
        pairs = pairs.filter(first__in=cards, second__in=cards)
    found: dict[bool, dict[int, set[int]]] = {True: defaultdict(set), False: defaultdict(set)}
    for first, second, are_twins in pairs.values_list("first", "second", "are_twins"):
        found[are_twins][first].add(second)
        found[are_twins][second].add(first)
    twins, distinct = found[True], found[False]
    return {
        card: Ties(twins=frozenset(twins.get(card, ())), distinct=frozenset(distinct.get(card, ())))
        for card in {*twins, *distinct}
    }


# --- For one question


def card_pool(
    asks: CardSide, enrollment: Enrollment, rng: Random, *, only_asked: bool = False
) -> CardPool | None:
    """A card with the others of its deck, all asking for the side of ``asks``.

    None if the card is no longer in the deck; with ``only_asked`` also if it no longer asks the learner for it.
    """
    card_id, side = asks
    rows = {row.pk: row for row in _rows_around(card_id, enrollment, rng)}
    if card_id not in rows or (only_asked and side not in enrollment.asked_sides(rows[card_id])):
        return None
    ties: dict[int, Ties] = {
        # Of its tags, another card has only the one that it shares with the asked card.
        pk: {"tags": frozenset({row.common_tag} if row.common_tag else ())}
        for pk, row in rows.items()
    }
    ties[card_id] = {
        "tags": frozenset(row.common_tag for row in rows.values() if row.common_tag),
        "twins": frozenset(pk for pk, row in rows.items() if row.paired is True),
        "distinct": frozenset(pk for pk, row in rows.items() if row.paired is False),
    }
    cards = {pk: study_card(row, side, enrollment.deck.language, **ties[pk]) for pk, row in rows.items()}
    mistakes = _mistakes_about(learner=enrollment.learner_id, card=card_id)
    # A confusion counts for both cards, as in `mixups.confusions`.
    confused = Counter(other if card == card_id else card for card, other in mistakes)
    return CardPool(cards[card_id], list(cards.values()), {pk: confused[pk] for pk in rows if pk in confused})


def _rows_around(card_id: int, enrollment: Enrollment, rng: Random) -> list[Any]:
    """The card and others of its deck: of a large one some, and those that it was confused with."""
    places: tuple[int, ...] = ()
    if enrollment.deck.card_count > WHOLE_DECK:
        places = padded(rng.sample(range(enrollment.deck.card_count), PLACES))
    # Only a part of a deck depends on the learner.
    learner = enrollment.learner_id if places else None
    return _around(card=card_id, learner=learner, deck=enrollment.deck_id, places=places)


@compiled
def _around(*, card: int, learner: int | None, deck: int, places: tuple[int, ...]) -> QuerySet[Any, Any]:
    """FIELDS of cards and what ties each to ``card``. All in one query, since every answer needs it.

    ``paired`` is what the owner said of the two, ``common_tag`` a tag that both have. With ``places``, only the
    cards there, and those whose answers the learner gave for the card's.
    """
    cards = Card.objects.present().filter(deck=deck).in_order()
    if places:
        mistakes = Review.objects.mistakes().filter(learner=learner, card=card)
        last = mistakes.order_by("-reviewed_at").values("mistaken_for")[:MOST_CONFUSED]
        confused = Card.objects.filter(pk__in=Subquery(last))
        cards = cards.filter(Q(pk=card) | Q(position__in=places) | Q(pk__in=confused.values("pk")))
    pairs = TwinPair.objects.filter(
        Q(first=card, second=OuterRef("pk")) | Q(second=card, first=OuterRef("pk"))
    )
    tagged = Card.tags.through.objects.filter(card=card).values("tag")
    common = Card.tags.through.objects.filter(card=OuterRef("pk"), tag__in=tagged)
    annotated = cards.annotate(
        paired=Subquery(pairs.values("are_twins")[:1]),
        common_tag=Subquery(common.values("tag")[:1]),
    )
    return annotated.values_list("pk", *FIELDS, "paired", "common_tag", named=True)


@compiled
def _mistakes_about(*, learner: int, card: int) -> QuerySet[Any, tuple[int, int]]:
    """The learner's answers that were another card's: what was asked, and the other. One of them is ``card``."""
    lines = Review.objects.mistakes().filter(Q(card=card) | Q(mistaken_for=card), learner=learner)
    return lines.order_by().values_list("card_id", "mistaken_for_id")


# --- For a test


def test_pool(
    enrollment: Enrollment, settings: SessionSettings, askable: Collection[CardSide], rng: Random
) -> TestPool:
    """The cards that a test with ``settings`` is made of: those of ``askable``, and others for wrong options.

    Of a large deck a part is read: some of the askable cards, their twins, those that the learner confuses with
    them, and others at random.
    """
    deck = enrollment.deck
    is_whole = deck.card_count <= WHOLE_DECK
    if not is_whole:
        most = max(FEWEST_READ, READ_FOR_A_QUESTION * settings.questions)
        askable = askable if len(askable) <= most else rng.sample(list(askable), most)
    asked = {asks.card_id for asks in askable}
    counts, pairs = confusions(enrollment, asked), twin_pairs(deck)
    cards = Card.objects.present().filter(deck=deck)
    if not is_whole:
        confused = {other for others in counts.values() for other in others}
        twins = {other for card in asked if card in pairs for other in pairs[card]["twins"]}
        wanted = Q(pk__in={*asked, *confused, *twins})
        if len(asked) < FEWEST_READ:
            places = rng.sample(range(deck.card_count), min(FEWEST_READ, deck.card_count))
            wanted |= Q(position__in=places)
        cards = cards.filter(wanted)
    rows = list(cards.only(*FIELDS).in_order())
    tags = _tags(rows)
    studied = []
    for row in rows:
        side = enrollment.asked_sides(row)[0]
        ties: Ties = {**pairs.get(row.pk, {}), "tags": tags.get(row.pk, frozenset())}
        studied.append(study_card(row, side, deck.language, **ties))
    return TestPool(studied, frozenset(askable), counts)


def _tags(cards: Iterable[Card]) -> Mapping[int, frozenset[int]]:
    """The keys of each card's tags."""
    tags: dict[int, set[int]] = defaultdict(set)
    through = Card.tags.through.objects.filter(card__in=[card.pk for card in cards])
    for card, tag in through.values_list("card_id", "tag_id"):
        tags[card].add(tag)
    return {card: frozenset(keys) for card, keys in tags.items()}
