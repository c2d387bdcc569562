"""The pages on which authors and editors choose both sides, and see the numbers of questions."""

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from cards.editing.cards import save_card
from cards.models import Card, CardReport, Deck
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.django_db


@pytest.fixture
def deck(make_deck: MakeDeck) -> Deck:
    return make_deck(3)


def choose_both(client: Client, deck: Deck) -> None:
    details = {"title": deck.title, "visibility": "private", "language": "en", "side_choice": "both"}
    assert client.post(reverse("deck_details", args=[deck.slug]), details).status_code == 302
    deck.refresh_from_db()


@pytest.mark.parametrize(
    ("cards", "two_sided", "choice", "expected"),
    [
        (46, 46, "auto", "46 cards, 92 questions"),
        (46, 1, "auto", "46 cards, 47 questions"),
        (46, 0, "auto", "46 cards"),
        (1, 1, "auto", "1 card, 2 questions"),
        (1, 0, "auto", "1 card"),
        (0, 0, "auto", "0 cards"),
        (46, 0, "both", "46 cards, 92 questions"),
        (46, 46, "term", "46 cards"),
    ],
)
def test_counts_in_words(cards: int, two_sided: int, choice: str, expected: str) -> None:
    template = Template("{% load card_text %}{{ deck|card_and_question_count:choice }}")
    deck = Deck(card_count=cards, two_sided_count=two_sided)
    assert template.render(Context({"deck": deck, "choice": choice})) == expected


def test_deck_form_offers_both_and_the_header_counts_questions(owner_client: Client, deck: Deck) -> None:
    page = owner_client.get(reverse("deck_edit", args=[deck.slug]))
    assert "<span>3 cards</span>" in page.text
    assert (
        "With Both, each card has two questions"
        in owner_client.get(reverse("deck_details", args=[deck.slug])).text
    )
    choose_both(owner_client, deck)
    assert (deck.side_choice, deck.two_sided_count) == ("both", 3)
    page = owner_client.get(reverse("deck_edit", args=[deck.slug]))
    assert "<span>3 cards, 6 questions</span>" in page.text


def test_card_form_offers_both(owner_client: Client, deck: Deck) -> None:
    card = deck.cards.in_order()[0]
    address = reverse("card_edit", args=[deck.slug, card.pk])
    page = owner_client.get(address)
    assert '<option value="both">Both</option>' in page.text
    assert "With Both, the card has two questions" in page.text
    sent = {"term": "a", "definition": "b", "side_choice": "both", "seen": card.updated_at.isoformat()}
    assert owner_client.post(address, sent).status_code == 302
    card.refresh_from_db()
    deck.refresh_from_db()
    assert (card.studied_side, deck.card_count, deck.two_sided_count) == ("both", 3, 1)


def test_editor_names_the_own_choice_of_a_card_beside_cards_that_ask_both(
    owner_client: Client, deck: Deck
) -> None:
    card = deck.cards.in_order()[0]
    card.side_choice = "definition"
    save_card(card=card)
    editor = reverse("deck_edit", args=[deck.slug])
    assert "asks for" not in owner_client.get(editor).text
    choose_both(owner_client, deck)
    assert owner_client.get(editor).text.count("asks for the definition") == 1
    card.side_choice = "both"
    save_card(card=card)
    assert owner_client.get(editor).text.count("asks for both sides") == 1


def test_removed_deck_is_listed_with_its_questions(owner_client: Client, deck: Deck) -> None:
    choose_both(owner_client, deck)
    owner_client.post(reverse("deck_remove", args=[deck.slug]))
    assert "3 cards, 6 questions" in owner_client.get(reverse("decks_removed")).text


def test_admin_shows_filters_and_sets_both(
    superuser_client: Client, owner_client: Client, deck: Deck
) -> None:
    card = deck.cards.in_order()[0]
    address = reverse("admin:cards_card_change", args=[card.pk])
    page = superuser_client.get(address)
    form = page.context["adminform"].form
    sent = {name: "" if (value := form[name].value()) is None else value for name in form.fields}
    assert superuser_client.post(address, sent | {"side_choice": "both"}).status_code == 302
    card.refresh_from_db()
    deck.refresh_from_db()
    assert (card.studied_side, deck.two_sided_count) == ("both", 1)
    cards = superuser_client.get(reverse("admin:cards_card_changelist"), {"studied_side__exact": "both"})
    assert list(cards.context["cl"].result_list) == [card]
    assert '<td class="field-asks_for">Both</td>' in cards.text
    decks = superuser_client.get(reverse("admin:cards_deck_changelist"), {"side_choice__exact": "both"})
    assert not decks.context["cl"].result_list
    choose_both(owner_client, deck)
    decks = superuser_client.get(reverse("admin:cards_deck_changelist"), {"side_choice__exact": "both"})
    assert "3 cards, 6 questions</a>" in decks.text


@pytest.mark.parametrize(
    ("asked", "studied", "side"),
    [
        ("term", "both", "term"),
        ("", "both", "definition"),
        ("both", "both", "definition"),
        ("", "term", "term"),
        ("definition", "term", "definition"),
    ],
)
def test_report_has_the_side_that_was_asked_for(
    learner_client: Client, deck: Deck, asked: str, studied: str, side: str
) -> None:
    Deck.objects.update(visibility="public")
    Card.objects.update(studied_side=studied)
    card = deck.cards.in_order()[0]
    address = reverse("card_report", args=[deck.slug, card.pk], query={"side": asked})
    learner_client.post(address, {"text": "It is wrong."})
    assert CardReport.objects.get().side == side
