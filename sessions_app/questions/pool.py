"""Cards of a deck as the engine sees them: those that a question or a test is made of.

The number of queries does not depend on the deck's size.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypedDict, Unpack

from django.db.models import Case, Exists, F, Q, QuerySet, When

from cards.models import Card, CardQuerySet, Deck, TwinPair
from sessions_app.models import Enrollment, Review, ReviewQuerySet
from sessions_app.questions.mixups import confusions
from sessions_app.study.modes.test import TestPool
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import CardPool
from sessions_app.study.types import CardSide, Side, StudyCard
from studysite.queries.compiled import compiled, padded

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


Rows = QuerySet[Any, Any]


class Ties(TypedDict, total=False):
    """What ties a card to others: its tags, its twins, and the cards that its owner says are not its twins."""

    tags: frozenset[int]
    twins: frozenset[int]
    distinct: frozenset[int]


def study_card(row: Any, side: Side, deck: Deck, **ties: Unpack[Ties]) -> StudyCard:
    """``row`` (a card of ``deck``, read with FIELDS) as the engine sees it, asking for ``side``."""
    return StudyCard(
        row.pk,
        row.term,
        row.definition,
        side,
        accepted_terms=tuple(row.accepted_terms),
        accepted_definitions=tuple(row.accepted_definitions),
        wrong_terms=tuple(row.wrong_terms),
        wrong_definitions=tuple(row.wrong_definitions),
        language=deck.language,
        definition_language=deck.definition_language,
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
    (card_id, side), learner = asks, enrollment.learner_id
    asked = _asked_card.first(learner=learner, card=card_id)
    position, is_paired, is_tagged, is_mixed_up = asked or (0, False, False, False)
    mistakes = _mistakes_about(learner=learner, card=card_id) if is_mixed_up else []
    answered_for = [other for card, other in mistakes if card == card_id][:MOST_CONFUSED]
    places = _places_around(position, answered_for, enrollment, rng)
    rows = {row.pk: row for row in _around(deck=enrollment.deck_id, places=places)}
    if card_id not in rows or (only_asked and side not in enrollment.asked_sides(rows[card_id])):
        return None
    ties: defaultdict[int, Ties] = defaultdict(Ties)
    if is_tagged:
        # Of its tags, another card needs only those that it shares with the asked card.
        common = _gathered(_common_tags(card=card_id, deck=enrollment.deck_id, places=places))
        ties |= {pk: Ties(tags=frozenset(tags)) for pk, tags in common.items()}
    if is_paired:
        said = _gathered((are_twins, other) for other, are_twins in _pairs(card=card_id))
        ties[card_id] |= Ties(twins=frozenset(said[True]), distinct=frozenset(said[False]))
    cards = {pk: study_card(row, side, enrollment.deck, **ties[pk]) for pk, row in rows.items()}
    # A confusion counts for both cards, as in `mixups.confusions`.
    confused = Counter(other if card == card_id else card for card, other in mistakes)
    return CardPool(cards[card_id], list(cards.values()), {pk: confused[pk] for pk in rows if pk in confused})


def _places_around(
    position: int, answered_for: Sequence[int], enrollment: Enrollment, rng: Random
) -> tuple[int, ...]:
    """The positions at which cards of a large deck are read; empty if it is read whole.

    Some are random. The others are those of the asked card and of the cards in ``answered_for``: conditions on
    position or key would let both databases read the whole deck.
    """
    count, deck = enrollment.deck.card_count, enrollment.deck_id
    if count <= WHOLE_DECK:
        return ()
    places = [*rng.sample(range(count), PLACES), position]
    if answered_for:
        places += [place for (place,) in _positions(deck=deck, cards=padded(answered_for))]
    return padded(places)


@compiled
def _asked_card(*, learner: int, card: int) -> Rows:
    """The position of a card, and whether its owner has marked pairs with it, it has tags, and it was mixed up.

    Most cards have nothing of this, and are spared the statements that read it.
    """
    pairs = TwinPair.objects.filter(Q(first=card) | Q(second=card))
    tags = Card.tags.through.objects.filter(card=card)
    has = (Exists(pairs), Exists(tags), Exists(_mistakes_with(card, learner)))
    return Card.objects.filter(pk=card).values_list("position", *has)


@compiled
def _positions(*, deck: int, cards: tuple[int, ...]) -> Rows:
    return Card.objects.present().filter(deck=deck, pk__in=cards).values_list("position")


@compiled
def _around(*, deck: int, places: tuple[int, ...]) -> Rows:
    """FIELDS of the deck's cards; with ``places``, only of those there."""
    return _cards_around(deck, places).in_order().values_list("pk", *FIELDS, named=True)


@compiled
def _common_tags(*, card: int, deck: int, places: tuple[int, ...]) -> Rows:
    """The cards of `_around` that have a tag of ``card``, with that tag: once for each tag in common."""
    tags = Card.tags.through.objects.filter(card=card).values("tag")
    return _cards_around(deck, places).filter(tags__in=tags).values_list("pk", "tags")


def _cards_around(deck: int, places: tuple[int, ...]) -> CardQuerySet:
    cards = Card.objects.present().filter(deck=deck)
    return cards.filter(position__in=places) if places else cards


@compiled
def _pairs(*, card: int) -> Rows:
    """What the owner said of the card and others: the other's key, and whether they are twins."""
    pairs = TwinPair.objects.filter(Q(first=card) | Q(second=card))
    other = Case(When(first=card, then=F("second")), default=F("first"))
    return pairs.values_list(other, "are_twins")


@compiled
def _mistakes_about(*, learner: int, card: int) -> Rows:
    """The learner's answers that were another card's: what was asked, and the other. One of them is ``card``.

    The last ones come first.
    """
    lines = _mistakes_with(card, learner).order_by("-reviewed_at")
    return lines.values_list("card_id", "mistaken_for_id")


def _mistakes_with(card: int, learner: int) -> ReviewQuerySet:
    return Review.objects.mistakes().filter(Q(card=card) | Q(mistaken_for=card), learner=learner)


def _gathered(pairs: Iterable[tuple[Any, int]]) -> defaultdict[Any, set[int]]:
    """The second ones of ``pairs``, by the first."""
    found: defaultdict[Any, set[int]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found


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
        studied.append(study_card(row, side, deck, **ties))
    return TestPool(studied, frozenset(askable), counts)


def _tags(cards: Iterable[Card]) -> Mapping[int, frozenset[int]]:
    """The keys of each card's tags."""
    through = Card.tags.through.objects.filter(card__in=[card.pk for card in cards])
    tags = _gathered(through.values_list("card_id", "tag_id"))
    return {card: frozenset(keys) for card, keys in tags.items()}
