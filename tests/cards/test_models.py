"""Decks, cards and tags: who sees what, and what may be stored."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from cards.models import Card, Deck, Tag, TwinPair, Visibility, make_slug, tag_key, validate_alternatives
from cards.text.cleaning import clean_text
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck


@pytest.mark.parametrize(
    ("visibility", "owner_sees", "stranger_sees", "listed"),
    [("private", True, False, False), ("link", True, True, False), ("public", True, True, True)],
)
def test_deck_visibility_decides_who_may_open_it(
    owner: User, stranger: User, visibility: str, owner_sees: bool, stranger_sees: bool, listed: bool
) -> None:
    Deck.objects.create(owner=owner, title="D", visibility=visibility)
    assert Deck.objects.visible_to(owner).exists() == owner_sees
    assert Deck.objects.visible_to(stranger).exists() == stranger_sees
    assert Deck.objects.visible_to(AnonymousUser()).exists() == stranger_sees
    assert Deck.objects.public().exists() == listed


def test_removed_deck_is_visible_to_nobody(make_deck: MakeDeck, owner: User) -> None:
    deck = make_deck(0)
    Deck.objects.update(removed_at=deck.created_at, visibility=Visibility.PUBLIC)
    for found in (Deck.objects.visible_to(owner), Deck.objects.public(), Deck.objects.owned_by(owner)):
        assert not found.exists()


def test_slugs_cannot_be_guessed_and_fit_an_address() -> None:
    slugs = {make_slug() for _ in range(500)}
    assert len(slugs) == 500
    assert all(len(slug) >= 8 and slug.replace("-", "").isalnum() for slug in slugs)


@given(st.text() | st.text(alphabet="\ud800\0\r\n a\u0301"))
def test_cleaned_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = clean_text(text)
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned == clean_text(cleaned)


@pytest.mark.parametrize("value", ["x", [1], [" "], [["x"]], ["x"] * 21, ["x" * 1_001], None, {}])
def test_invalid_alternatives_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        validate_alternatives(value)


@pytest.mark.parametrize(("term", "definition"), [(" ", "\0"), ("x" * 32_001, "d"), ("t", "x" * 32_001)])
def test_invalid_cards_are_refused(term: str, definition: str) -> None:
    with pytest.raises(ValidationError):
        Card(term=term, definition=definition).clean()


def test_saving_some_fields_updates_html_and_side(make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    card.term, card.side_choice = "*New*", "term"
    card.save(update_fields=["term", "side_choice"])
    card.refresh_from_db()
    assert (card.term_html, card.studied_side) == ("<p><em>New</em></p>", "term")


@pytest.mark.parametrize(
    ("card_choice", "deck_choice", "settled"),
    [("term", "definition", "term"), ("auto", "term", "term"), ("auto", "auto", "definition")],
)
def test_card_side_choice_overrides_the_decks(card_choice: str, deck_choice: str, settled: str) -> None:
    deck = Deck(side_choice=deck_choice)
    assert Card(deck=deck, term="T", definition="7", side_choice=card_choice).chosen_side() == settled


@pytest.mark.parametrize(
    ("one", "other"), [("Äpfel", "äPFEL"), ("ﬁn", "FIN"), ("Straße", "STRASSE"), (" a", "a ")]
)
def test_tag_keys_ignore_case(owner: User, one: str, other: str) -> None:
    assert tag_key(one) == tag_key(other)
    Tag.objects.create(owner=owner, name=one)
    with pytest.raises(IntegrityError):
        Tag.objects.create(owner=owner, name=other)


def test_learner_sees_the_owners_and_their_own_tags(
    make_deck: MakeDeck, owner: User, learner: User, stranger: User
) -> None:
    card = make_deck(1).cards.get()
    for user in (owner, learner, stranger):
        card.tags.add(Tag.objects.create(owner=user, name=f"of {user.name}"))
    seen = Tag.objects.seen_by(learner, deck=card.deck)
    assert {tag.owner for tag in seen} == {owner, learner}


def test_twin_pair_is_stored_in_one_order(make_deck: MakeDeck) -> None:
    first, second = make_deck(2).cards.in_order()
    with pytest.raises(IntegrityError):
        TwinPair.objects.create(first=second, second=first)
