"""A card among the cards that its wrong options come from."""

from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import Card, Tag, TwinPair
from sessions_app.models import Enrollment, Review
from sessions_app.questions.pool import FEWEST_READ, PLACES, card_pool, test_pool
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import CardSide, Side

pytestmark = pytest.mark.django_db
# This is not a test, in spite of its name.
test_pool.__test__ = False


@pytest.fixture
def enrollment(learner, deck):
    return Enrollment.objects.create(learner=learner, deck=deck)


def around(enrollment, card, side=Side.DEFINITION):
    return card_pool(CardSide(card.pk, side), enrollment, Random(1))


def mistake(learner, deck, card, other, **fields):
    return Review.objects.create(
        learner=learner,
        deck=deck,
        card=card,
        mistaken_for=other,
        mode="learn",
        side="definition",
        kind="choice",
        evidence="recognition",
        verdict="wrong",
        reviewed_at=timezone.now(),
        study_day=timezone.now().date(),
        **fields,
    )


def test_pool_is_read_in_two_queries(enrollment, deck):
    card = deck.cards.first()
    with CaptureQueriesContext(connection) as captured:
        found = around(enrollment, card)
    assert len(captured) == 2
    assert found.card.id == card.pk
    assert [one.id for one in found.deck] == list(deck.cards.in_order().values_list("pk", flat=True))
    assert {one.side for one in found.deck} == {Side.DEFINITION}


def test_all_cards_of_a_pool_ask_for_the_side_of_the_question(enrollment, deck):
    assert {one.side for one in around(enrollment, deck.cards.first(), Side.TERM).deck} == {Side.TERM}


@pytest.mark.parametrize(("choice", "asked"), [("auto", False), ("term", True), ("both", True)])
def test_pool_of_a_side_that_is_not_asked_for_is_left_out(enrollment, deck, choice, asked):
    enrollment.side_choice = choice
    asks = CardSide(deck.cards.first().pk, Side.TERM)
    assert bool(card_pool(asks, enrollment, Random(1), only_asked=True)) is asked
    assert card_pool(asks, enrollment, Random(1))


def test_twin_pairs_are_known_from_either_card(enrollment, deck):
    one, other, third = deck.cards.in_order()[:3]
    TwinPair.objects.create(first=one, second=other)
    TwinPair.objects.create(first=one, second=third, are_twins=False)
    assert around(enrollment, one).card.twins == {other.pk}
    assert around(enrollment, one).card.distinct == {third.pk}
    assert around(enrollment, other).card.twins == {one.pk}
    assert around(enrollment, third).card.distinct == {one.pk}


def test_pool_knows_cards_with_a_common_tag(enrollment, deck, owner):
    one, other, _ = deck.cards.in_order()[:3]
    tag = Tag.objects.create(owner=owner, name="Europe")
    tag.cards.add(one, other)
    found = around(enrollment, one)
    sharing = [card.id for card in found.deck if card.tags & found.card.tags]
    assert sharing == [one.pk, other.pk]


def test_confusions_count_in_both_directions(enrollment, deck, learner, stranger):
    one, other, third = deck.cards.in_order()[:3]
    mistake(learner, deck, one, other)
    mistake(learner, deck, other, one)
    mistake(learner, deck, one, third, voided_at=timezone.now())
    mistake(stranger, deck, one, third)
    assert around(enrollment, one).confusions == {other.pk: 2}


def test_removed_card_has_no_pool(enrollment, deck):
    card = deck.cards.first()
    Card.objects.filter(pk=card.pk).update(removed_at=timezone.now())
    assert around(enrollment, card) is None


@pytest.mark.slow
def test_large_deck_is_sampled_with_confused_cards(learner, make_deck):
    deck = make_deck(1_000)
    enrollment = Enrollment.objects.create(learner=learner, deck=deck)
    card, other = deck.cards.in_order()[500:502]
    mistake(learner, deck, card, other)
    with CaptureQueriesContext(connection) as captured:
        found = around(enrollment, card)
    assert len(captured) == 4
    assert PLACES <= len(found.deck) <= PLACES + 2
    assert {card.pk, other.pk} <= {one.id for one in found.deck}


def test_small_test_of_a_large_deck_reads_twins_and_confusions(learner, make_deck):
    deck = make_deck(2_000)
    enrollment = Enrollment.objects.create(learner=learner, deck=deck)
    card, confused, twin, other = deck.cards.in_order()[500:504]
    mistake(learner, deck, confused, card)
    TwinPair.objects.create(first=card, second=twin)
    TwinPair.objects.create(first=card, second=other, are_twins=False)
    pool = test_pool(
        enrollment, SessionSettings(questions=1), [CardSide(card.pk, Side.DEFINITION)], Random(1)
    )
    assert {asks.card_id for asks in pool.askable} == {card.pk}
    assert pool.confusions == {card.pk: {confused.pk: 1}}
    found = {one.id: one for one in pool.cards}
    assert {card.pk, confused.pk, twin.pk} <= found.keys()
    assert FEWEST_READ <= len(found) <= FEWEST_READ + 3
    assert (found[card.pk].twins, found[card.pk].distinct) == ({twin.pk}, {other.pk})
    assert found[twin.pk].twins == {card.pk}
