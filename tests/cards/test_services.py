"""Writes on decks and cards."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from cards import services
from cards.models import Card, Deck
from cards.signals import cards_changed
from tests.cards.conftest import MakeDeck


@pytest.fixture
def told() -> Iterator[list[Deck]]:
    """The decks that others are told have changed."""
    decks: list[Deck] = []

    def listen(deck: Deck, **kwargs: object) -> None:
        decks.append(deck)

    cards_changed.connect(listen)
    yield decks
    cards_changed.disconnect(listen)


def test_saving_a_card_refreshes_its_deck(make_deck: MakeDeck, told: list[Deck]) -> None:
    deck = make_deck(2)
    before = deck.order_version
    services.save_card(
        card=Card(deck=deck, position=services.next_position(deck), term="New", definition="D")
    )
    assert (deck.card_count, deck.order_version) == (3, before + 1)
    assert told == [deck, deck]


def test_the_next_position_is_after_removed_cards(make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    services.remove_cards(deck=deck, cards=deck.cards.filter(position=2))
    assert services.next_position(deck) == 3
    assert services.next_position(make_deck(0)) == 0


def test_removing_keeps_rows_and_positions(make_deck: MakeDeck, told: list[Deck]) -> None:
    deck = make_deck(3)
    assert services.remove_cards(deck=deck, cards=deck.cards.filter(position__lt=2).order_by("-term")) == 2
    assert deck.card_count == 1
    assert [card.position for card in deck.cards.in_order()] == [0, 1, 2]
    assert services.restore_cards(deck=deck, cards=deck.cards.all()) == 2
    assert deck.card_count == 3


def test_removing_twice_keeps_the_first_time(make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    services.remove_cards(deck=deck, cards=deck.cards.all())
    first = deck.cards.get().removed_at
    assert services.remove_cards(deck=deck, cards=deck.cards.all()) == 0
    assert deck.cards.get().removed_at == first


def test_only_the_decks_own_cards_are_removed(make_deck: MakeDeck) -> None:
    deck, other = make_deck(1), make_deck(1)
    assert services.remove_cards(deck=deck, cards=Card.objects.all()) == 1
    assert other.cards.present().count() == 1


def test_a_deck_is_removed_and_restored_with_its_cards(make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    assert services.remove_decks(decks=Deck.objects.order_by("title")) == 1
    assert not Deck.objects.present().exists()
    assert services.restore_decks(decks=Deck.objects.all()) == 1
    assert deck.cards.present().count() == 2


@pytest.mark.parametrize(("language", "side"), [("en", "term"), ("de", "definition")])
def test_sides_are_settled_anew(make_deck: MakeDeck, language: str, side: str) -> None:
    deck = make_deck(0)
    definition = "One two three four five six"
    own = Card.objects.create(deck=deck, term="Warum", definition=definition, side_choice="definition")
    automatic = Card.objects.create(deck=deck, term="Warum", definition=definition)
    deck.language = language
    deck.save()
    services.resettle_sides(deck=deck)
    for card, expected in ((own, "definition"), (automatic, side)):
        card.refresh_from_db()
        assert card.studied_side == expected


def test_resettling_does_not_query_for_each_card(
    make_deck: MakeDeck, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    deck = make_deck(60)
    deck.side_choice = "term"
    with django_assert_max_num_queries(12):
        services.resettle_sides(deck=deck)
    assert set(deck.cards.values_list("studied_side", flat=True)) == {"term"}


def test_render_cards_mends_what_is_stale(make_deck: MakeDeck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "CHUNK", 2)
    deck = make_deck(5)
    stale = deck.cards.filter(position__in=[0, 4])
    stale.update(term_html="<script>", studied_side="term")
    said = StringIO()
    call_command("render_cards", stdout=said)
    assert said.getvalue().startswith("2 cards")
    assert [card.term_html for card in deck.cards.in_order()] == [f"<p>Term {n}</p>" for n in range(5)]
    assert services.render_cards() == 0
