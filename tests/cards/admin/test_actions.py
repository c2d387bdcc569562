"""Actions of the admin on several cards, after a page that explains the consequences."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.admin.cards import CardPaginator
from cards.editing import decks
from cards.editing.cards import save_card
from cards.models import Card, Deck
from sessions_app.models import CardProgress
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.slow

LIST = reverse("admin:cards_card_changelist")


@pytest.fixture
def studied(make_deck: MakeDeck, learner: User, stranger: User) -> Deck:
    """Three cards; two learners have progress on the first, one of them on the second too."""
    deck = make_deck(3)
    first, second, _ = deck.cards.in_order()
    for user, card in ((learner, first), (stranger, first), (learner, second)):
        CardProgress.objects.create(
            learner=user,
            deck=deck,
            card=card,
            side="definition",
            level=1,
            peak=1,
            last_reviewed_at=timezone.now(),
        )
    return deck


def choose(client: Client, action: str, cards: object, **fields: object) -> str:
    data = {"action": action, ACTION_CHECKBOX_NAME: [card.pk for card in cards], **fields}
    return client.post(LIST, data, follow=True).content.decode()


@pytest.mark.parametrize("action", ["reask", "move"])
def test_action_changes_nothing_before_confirmation(
    editor_client: Client, studied: Deck, action: str
) -> None:
    page = choose(editor_client, action, studied.cards.all())
    assert "<strong>2 learners</strong>" in page
    assert "Term 1" in page
    assert set(CardProgress.objects.values_list("level", flat=True)) == {1}
    assert studied.cards.filter(asked_since=None).count() == 3


def test_confirmed_new_question_action_resets_progress(editor_client: Client, studied: Deck) -> None:
    page = choose(editor_client, "reask", studied.cards.filter(position__lt=2), confirmed="yes")
    assert "2 start over for every learner." in page
    assert set(CardProgress.objects.values_list("level", flat=True)) == {0}
    assert studied.cards.filter(asked_since=None).get().position == 2


def test_new_question_action_says_that_nobody_has_studied(editor_client: Client, studied: Deck) -> None:
    assert "Nobody has studied them yet" in choose(editor_client, "reask", studied.cards.filter(position=2))


def test_confirmed_move_moves_the_cards(editor_client: Client, studied: Deck, make_deck: MakeDeck) -> None:
    target = make_deck(1)
    page = choose(editor_client, "move", studied.cards.all(), confirmed="yes", deck=target.pk)
    assert "3 moved to" in page
    assert target.cards.count() == 4
    assert set(CardProgress.objects.values_list("deck", flat=True)) == {target.pk}


@pytest.mark.parametrize(
    ("deck", "message"),
    [
        ("", "This field is required"),
        ("999", "Select a valid choice"),
        ("x", "valid choice"),
        ("9" * 30, "valid choice"),
    ],
)
def test_invalid_target_deck_is_refused_with_a_reason(
    editor_client: Client, studied: Deck, deck: str, message: str
) -> None:
    assert message in choose(editor_client, "move", studied.cards.all(), confirmed="yes", deck=deck)
    assert studied.cards.count() == 3


def test_removed_deck_is_no_valid_target(editor_client: Client, studied: Deck, make_deck: MakeDeck) -> None:
    gone = make_deck(0)
    decks.remove_decks(decks=Deck.objects.filter(pk=gone.pk))
    page = choose(editor_client, "move", studied.cards.all(), confirmed="yes", deck=gone.pk)
    assert "Select a valid choice" in page


def test_select_all_reaches_every_page_with_one_field(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(130)
    some = deck.cards.in_order()[:100]
    page = choose(editor_client, "reask", some, select_across="1")
    assert "<h2>130 cards</h2>" in page
    assert page.count(f'name="{ACTION_CHECKBOX_NAME}"') == 1
    choose(editor_client, "reask", some[:1], select_across="1", confirmed="yes")
    assert not Card.objects.filter(asked_since=None).exists()


def test_select_all_is_refused_in_a_list_that_shows_only_its_beginning(
    editor_client: Client, make_deck: MakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CardPaginator, "most_counted", 2)
    deck = make_deck(3)
    page = choose(editor_client, "reask", deck.cards.all(), select_across="1", confirmed="yes")
    assert "too many cards" in page
    assert "The first 2 cards" in page
    assert Card.objects.filter(asked_since=None).count() == 3
    choose(editor_client, "reask", deck.cards.all(), confirmed="yes")
    assert not Card.objects.filter(asked_since=None).exists()


def test_hostile_card_texts_are_escaped(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(0)
    save_card(card=Card(deck=deck, term="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in choose(editor_client, "reask", deck.cards.all())


@pytest.mark.parametrize("action", ["reask", "move"])
def test_actions_need_the_change_right(
    learner: User, learner_client: Client, studied: Deck, make_deck: MakeDeck, action: str
) -> None:
    deck = make_deck(0)
    for is_staff in (False, True):
        User.objects.filter(pk=learner.pk).update(is_staff=is_staff)
        choose(learner_client, action, studied.cards.all(), confirmed="yes", deck=deck.pk)
        assert studied.cards.filter(asked_since=None).count() == 3
