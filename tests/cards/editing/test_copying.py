"""Copies of decks, and find and replace."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from cards.editing import cards, replacing
from cards.editing.replacing import Replacement
from cards.models import Card, Deck, TwinPair, Visibility
from cards.tagging import services as tagging
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck
from tests.cards.editing.test_editor import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def deck(make_deck: MakeDeck, owner: User, learner: User) -> Deck:
    deck = make_deck(4)
    Deck.objects.update(
        visibility=Visibility.PUBLIC,
        description="About",
        language="de",
        definition_language="fr",
        side_choice="term",
    )
    first, second, gone, _ = deck.cards.in_order()
    first.accepted_terms, first.wrong_definitions, first.asked_since = ["a"], ["b"], timezone.now()
    first.save()
    TwinPair.objects.create(first=first, second=second)
    TwinPair.objects.create(first=first, second=gone, are_twins=False)
    tagging.tag_cards(owner=owner, names=["exam"], cards=Card.objects.filter(pk__in=[first.pk, gone.pk]))
    tagging.tag_cards(owner=learner, names=["Exam", "hers"], cards=Card.objects.filter(pk=second.pk))
    cards.remove_cards(deck=deck, cards=Card.objects.filter(pk=gone.pk))
    deck.refresh_from_db()
    return deck


def copied(client: Client, deck: Deck, **fields: str) -> str:
    html = client.get(url("deck_copy", deck)).content.decode()
    address = re.search(r'name="address" value="([^"]+)"', html)
    assert address
    response = client.post(url("deck_copy", deck), {"title": "Mine", "address": address[1], **fields})
    assert (
        client.post(url("deck_copy", deck), {"title": "Mine", "address": address[1]})["Location"]
        == response["Location"]
    )
    return str(response["Location"])


def test_copy_belongs_to_the_learner_and_is_private(
    learner: User, learner_client: Client, deck: Deck
) -> None:
    location = copied(learner_client, deck)
    copy = Deck.objects.get(owner=learner)
    assert location == url("deck_edit", copy)
    assert (copy.title, copy.description) == ("Mine", "About")
    assert (copy.language, copy.definition_language) == ("de", "fr")
    assert (copy.visibility, copy.side_choice, copy.card_count) == ("private", "term", 3)
    assert [card.term for card in copy.cards.in_order()] == ["Term 0", "Term 1", "Term 3"]
    first = copy.cards.in_order()[0]
    assert (first.accepted_terms, first.wrong_definitions, first.asked_since) == (["a"], ["b"], None)
    assert first.definition_html == "<p>Definition 0</p>"


def test_copy_keeps_twins_and_visible_tags(learner: User, learner_client: Client, deck: Deck) -> None:
    copied(learner_client, deck)
    copy = Deck.objects.get(owner=learner)
    pairs = TwinPair.objects.filter(first__deck=copy)
    assert [(pair.first.term, pair.second.term, pair.are_twins) for pair in pairs] == [
        ("Term 0", "Term 1", True)
    ]
    tags = {card.term: [tag.name for tag in card.tags.all()] for card in copy.cards.all()}
    assert tags == {"Term 0": ["Exam"], "Term 1": ["Exam", "hers"], "Term 3": []}
    assert learner.tags.count() == 2


def test_owners_copy_keeps_the_tags(owner: User, owner_client: Client, deck: Deck) -> None:
    assert "Deck 0 (copy)" in owner_client.get(url("deck_copy", deck)).content.decode()
    copied(owner_client, deck)
    assert owner.decks.count() == 2
    assert owner.tags.get().cards.present().count() == 2


def test_copying_needs_an_account_and_a_visible_deck(
    client: Client, learner_client: Client, deck: Deck
) -> None:
    assert client.post(url("deck_copy", deck))["Location"].startswith("/accounts/login/")
    Deck.objects.update(visibility=Visibility.PRIVATE)
    assert learner_client.get(url("deck_copy", deck)).status_code == 404
    assert learner_client.post(url("deck_copy", deck), {"title": "Mine"}).status_code == 404
    assert Deck.objects.count() == 1


def test_copy_needs_a_title(learner_client: Client, deck: Deck) -> None:
    for title in ("", " ", "x" * 201):
        response = learner_client.post(url("deck_copy", deck), {"title": title})
        assert response.status_code == 200
        assert "errorlist" in response.content.decode()
    assert Deck.objects.count() == 1


def test_large_decks_are_copied_in_chunks(
    owner_client: Client, make_deck: MakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.editing.copying.CHUNK", 3)
    deck = make_deck(8)
    copied(owner_client, deck)
    copy = Deck.objects.latest("created_at")
    assert [card.term for card in copy.cards.in_order()] == [f"Term {n}" for n in range(8)]


# --- Find and replace


def seen(html: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', html)
    assert found
    return found[1]


def test_replacement_changes_what_the_preview_shows(owner_client: Client, deck: Deck) -> None:
    page = url("deck_replace", deck)
    html = owner_client.get(f"{page}?find=term&new=**Name**").content.decode()
    assert html.count("<del>Term</del><ins>**Name**</ins>") == 3
    assert not Card.objects.filter(term__contains="Name").exists()
    fields = {"find": "term", "new": "**Name**", "seen": seen(html)}
    assert owner_client.post(page, fields)["Location"] == url("deck_edit", deck)
    card = deck.cards.in_order()[0]
    assert (card.term, card.term_html) == ("**Name** 0", "<p><strong>Name</strong> 0</p>")
    assert deck.cards.removed().get().term == "Term 2"


def test_cards_changed_since_the_preview_stop_the_replacement(owner_client: Client, deck: Deck) -> None:
    page = url("deck_replace", deck)
    fields = {
        "find": "Term",
        "new": "Name",
        "seen": seen(owner_client.get(f"{page}?find=Term&new=Name").content.decode()),
    }
    card = deck.cards.in_order()[0]
    card.term = "Term, newer"
    card.save()
    html = owner_client.post(page, fields).content.decode()
    assert "nothing was replaced" in html
    assert not Card.objects.filter(term__contains="Name").exists()
    owner_client.post(page, {**fields, "seen": seen(html)})
    assert Card.objects.filter(term__contains="Name").count() == 3


def test_card_saved_during_the_replacement_is_skipped(deck: Deck) -> None:
    found = replacing.changes(deck=deck, replacement=Replacement("Term", "Name"))
    card = deck.cards.in_order()[0]
    card.term = "Newer"
    card.save()
    assert replacing.replace_all(deck=deck, found=found) == 2
    card.refresh_from_db()
    assert card.term == "Newer"


@pytest.mark.parametrize(
    ("replacement", "text", "result"),
    [
        (Replacement("a", "b"), "A a ä", "b b ä"),
        (Replacement("a", "b", match_case=True), "A a", "A b"),
        (Replacement("ÄPFEL", "x"), "äpfel", "x"),
        (Replacement(".", r"\1\g<0>"), "a.", r"a\1\g<0>"),
        (Replacement("  ", " "), "a  b", "a b"),
        (Replacement("a", ""), "abc", "bc"),
    ],
)
def test_search_and_replacement_are_literal(replacement: Replacement, text: str, result: str) -> None:
    assert replacement.apply(text) == result


def test_replacement_names_cards_left_empty_or_too_long(deck: Deck) -> None:
    card = deck.cards.in_order()[0]
    card.term, card.definition = "aaa", ""
    card.save()
    problems = [
        [change.problem for change in replacing.changes(deck=deck, replacement=replacement)]
        for replacement in (Replacement("a", ""), Replacement("aaa", "b" * 32_001), Replacement("aaa", "b"))
    ]
    assert problems == [
        ["The card would be empty."],
        ["A side would have more than 32,000 characters."],
        [""],
    ]


def test_replacement_can_be_limited_to_a_side(owner_client: Client, deck: Deck) -> None:
    page = url("deck_replace", deck)
    assert (
        "No card contains “term”." in owner_client.get(f"{page}?find=term&sides=definition").content.decode()
    )
    assert "3 cards" in owner_client.get(f"{page}?find=term&sides=term").content.decode()
