"""Writes on decks and cards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from cards.editing import cards as editing_cards
from cards.editing import decks as editing_decks
from cards.editing import moving
from cards.models import Card, Deck, Tag, TwinPair
from cards.signals import cards_changed
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def announced() -> Iterator[list[Deck]]:
    """The decks for which the signal of changed cards was sent."""
    decks: list[Deck] = []

    def listen(deck: Deck, **kwargs: object) -> None:
        decks.append(deck)

    cards_changed.connect(listen)
    yield decks
    cards_changed.disconnect(listen)


def test_saving_a_card_refreshes_its_deck(make_deck: MakeDeck, announced: list[Deck]) -> None:
    deck = make_deck(2)
    before = deck.order_version
    editing_cards.save_card(
        card=Card(deck=deck, position=moving.next_position(deck), term="New", definition="D")
    )
    assert (deck.card_count, deck.order_version) == (3, before + 1)
    assert announced == [deck, deck]


def test_next_position_comes_after_removed_cards(make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    editing_cards.remove_cards(deck=deck, cards=deck.cards.filter(position=2))
    assert moving.next_position(deck) == 3
    assert moving.next_position(make_deck(0)) == 0


def test_removing_keeps_rows_and_positions(make_deck: MakeDeck, announced: list[Deck]) -> None:
    deck = make_deck(3)
    assert (
        editing_cards.remove_cards(deck=deck, cards=deck.cards.filter(position__lt=2).order_by("-term")) == 2
    )
    assert deck.card_count == 1
    assert [card.position for card in deck.cards.in_order()] == [0, 1, 2]
    assert editing_cards.restore_cards(deck=deck, cards=deck.cards.all()) == 2
    assert deck.card_count == 3


def test_removing_twice_keeps_the_first_timestamp(make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    editing_cards.remove_cards(deck=deck, cards=deck.cards.all())
    first = deck.cards.get().removed_at
    assert editing_cards.remove_cards(deck=deck, cards=deck.cards.all()) == 0
    assert deck.cards.get().removed_at == first


def test_only_cards_of_the_deck_are_removed(make_deck: MakeDeck) -> None:
    deck, other = make_deck(1), make_deck(1)
    assert editing_cards.remove_cards(deck=deck, cards=Card.objects.all()) == 1
    assert other.cards.present().count() == 1


def test_deck_is_removed_and_restored_with_its_cards(make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    assert editing_decks.remove_decks(decks=Deck.objects.order_by("title")) == 1
    assert not Deck.objects.present().exists()
    assert editing_decks.restore_decks(decks=Deck.objects.all()) == 1
    assert deck.cards.present().count() == 2


def positions(deck: Deck) -> list[str]:
    return [card.term for card in deck.cards.in_order()]


def test_moved_cards_go_to_the_end_in_order(make_deck: MakeDeck, announced: list[Deck]) -> None:
    source, target = make_deck(3), make_deck(2)
    announced.clear()
    chosen = source.cards.exclude(position=1).order_by("-position")
    assert moving.move_cards(cards=chosen, to=target, now=NOW) == 2
    assert positions(target) == ["Term 0", "Term 1", "Term 0", "Term 2"]
    source.refresh_from_db()
    assert (source.card_count, target.card_count) == (1, 4)
    assert announced == [source, target]


def test_moving_within_a_deck_changes_nothing(make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    assert moving.move_cards(cards=deck.cards.all(), to=deck, now=NOW) == 0
    assert positions(deck) == ["Term 0", "Term 1"]


def test_moved_card_keeps_its_key_unless_taken(make_deck: MakeDeck) -> None:
    source, target = make_deck(2), make_deck(1)
    target.cards.update(key="first")
    source.cards.filter(position=0).update(key="first")
    source.cards.filter(position=1).update(key="second")
    moving.move_cards(cards=source.cards.all(), to=target, now=NOW)
    there, renamed, kept = target.cards.in_order().values_list("key", flat=True)
    assert (there, kept) == ("first", "second")
    assert renamed not in {"first", "second"}


def test_moved_card_takes_the_side_of_its_new_deck(make_deck: MakeDeck) -> None:
    source, target = make_deck(1), make_deck(0)
    Deck.objects.filter(pk=target.pk).update(side_choice="term")
    target.refresh_from_db()
    moving.move_cards(cards=source.cards.all(), to=target, now=NOW)
    assert target.cards.get().studied_side == "term"


def test_moving_separates_twins_and_keeps_tags(make_deck: MakeDeck, owner: User) -> None:
    source, target = make_deck(4), make_deck(0)
    cards = list(source.cards.in_order())
    for first, second in ((0, 1), (1, 2), (2, 3)):
        TwinPair.objects.create(first=cards[first], second=cards[second])
    cards[1].tags.add(Tag.objects.create(owner=owner, name="Layers"))
    moving.move_cards(cards=source.cards.filter(position__lt=2), to=target, now=NOW)
    pairs = {(pair.first_id, pair.second_id) for pair in TwinPair.objects.all()}
    assert pairs == {(cards[0].pk, cards[1].pk), (cards[2].pk, cards[3].pk)}
    assert target.cards.filter(tags__name="Layers").get() == cards[1]


def test_removed_cards_stay_removed_when_moved(make_deck: MakeDeck) -> None:
    source, target = make_deck(2), make_deck(0)
    editing_cards.remove_cards(deck=source, cards=source.cards.filter(position=0))
    moving.move_cards(cards=source.cards.all(), to=target, now=NOW)
    assert (target.card_count, target.cards.count()) == (1, 2)


def test_only_cards_of_the_deck_become_new_questions(make_deck: MakeDeck, announced: list[Deck]) -> None:
    deck, other = make_deck(2), make_deck(1)
    assert moving.reask_cards(deck=deck, cards=Card.objects.exclude(position=1), now=NOW) == 1
    assert list(Card.objects.exclude(asked_since=None).values_list("deck", "position")) == [(deck.pk, 0)]
    assert announced[-1] == deck
    assert other.cards.get().asked_since is None


def test_reordered_cards_swap_only_their_own_places(make_deck: MakeDeck) -> None:
    deck = make_deck(5)
    keys = list(deck.cards.in_order().values_list("key", flat=True))
    editing_cards.remove_cards(deck=deck, cards=deck.cards.filter(position=1))
    before = deck.order_version
    moving.reorder_cards(deck=deck, keys_in_order=[keys[4], "of no card", keys[0], keys[2]])
    assert positions(deck) == ["Term 4", "Term 1", "Term 0", "Term 3", "Term 2"]
    assert deck.order_version == before + 1


def test_cards_with_equal_positions_can_be_reordered(make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    deck.cards.update(position=7)
    keys = list(deck.cards.in_order().values_list("key", flat=True))
    moving.reorder_cards(deck=deck, keys_in_order=keys[::-1])
    assert positions(deck) == ["Term 2", "Term 1", "Term 0"]


def test_reordering_a_card_twice_is_refused(make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    with pytest.raises(ValueError, match="one place"):
        moving.reorder_cards(deck=deck, keys_in_order=[deck.cards.get().key] * 2)


@pytest.mark.parametrize(("language", "side"), [("en", "term"), ("de", "definition")])
def test_language_decides_the_studied_side_of_automatic_cards(
    make_deck: MakeDeck, language: str, side: str
) -> None:
    deck = make_deck(0)
    definition = "One two three four five six"
    own = Card.objects.create(deck=deck, term="Warum", definition=definition, side_choice="definition")
    automatic = Card.objects.create(deck=deck, term="Warum", definition=definition)
    deck.language = language
    deck.save()
    editing_decks.update_studied_sides(deck=deck)
    for card, expected in ((own, "definition"), (automatic, side)):
        card.refresh_from_db()
        assert card.studied_side == expected


def test_updating_sides_takes_constant_queries(
    make_deck: MakeDeck, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    deck = make_deck(60)
    deck.side_choice = "term"
    with django_assert_max_num_queries(13):
        editing_decks.update_studied_sides(deck=deck)
    assert set(deck.cards.values_list("studied_side", flat=True)) == {"term"}


def test_render_cards_updates_stale_html(make_deck: MakeDeck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing_decks, "CHUNK", 2)
    deck = make_deck(5)
    stale = deck.cards.filter(position__in=[0, 4])
    stale.update(term_html="<script>", studied_side="term")
    said = StringIO()
    call_command("render_cards", stdout=said)
    assert said.getvalue().startswith("2 cards")
    assert [card.term_html for card in deck.cards.in_order()] == [f"<p>Term {n}</p>" for n in range(5)]
    assert editing_decks.render_cards() == 0


def test_render_cards_signals_cards_with_a_changed_side(make_deck: MakeDeck, announced: list[Deck]) -> None:
    stale, right = make_deck(2), make_deck(2)
    stale.cards.filter(position=1).update(studied_side="term")
    right.cards.update(term_html="stale")
    announced.clear()
    editing_decks.render_cards()
    assert announced == [stale]
