"""Tags in the admin: on many cards at once, and cards found by them."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cards.admin.actions import MAX_OWNERS
from cards.models import Card, Deck, Tag
from cards.tagging import services as tagging
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.slow

LIST = reverse("admin:cards_card_changelist")


@pytest.fixture
def two_owners(make_deck: MakeDeck, learner: User) -> tuple[Deck, Deck]:
    """A deck of Olga's with two cards, and one of Lena's with one."""
    other = Deck.objects.create(owner=learner, title="Lena's")
    Card.objects.create(deck=other, term="Hers")
    return make_deck(2), other


def choose(client: Client, action: str, cards: object, **fields: object) -> str:
    data = {"action": action, ACTION_CHECKBOX_NAME: [card.pk for card in cards], **fields}
    return client.post(LIST, data, follow=True).content.decode()


def tags_of(deck: Deck) -> set[tuple[str, str]]:
    return set(Tag.objects.filter(cards__deck=deck).values_list("owner__name", "name"))


def found(client: Client, **query: object) -> set[str]:
    return {card.term for card in client.get(LIST, query).context["cl"].result_list}


def test_tag_action_asks_for_the_tags(editor_client: Client, make_deck: MakeDeck) -> None:
    page = choose(editor_client, "tag", make_deck(2).cards.all())
    assert "<h2>2 cards</h2>" in page
    assert "Olga Owner" in page
    assert not Tag.objects.exists()


def test_tags_are_made_for_the_owner_of_each_card(
    editor_client: Client, two_owners: tuple[Deck, Deck], learner: User
) -> None:
    Tag.objects.create(owner=learner, name="Äpfel")
    page = choose(editor_client, "tag", Card.objects.all(), confirmed="yes", names="äpfel, new")
    assert "“äpfel”, “new” added to 3 cards." in page
    olgas, lenas = two_owners
    assert tags_of(olgas) == {("Olga Owner", "äpfel"), ("Olga Owner", "new")}
    assert tags_of(lenas) == {("Lena Learner", "Äpfel"), ("Lena Learner", "new")}


def test_untag_action_leaves_tags_of_learners(
    editor_client: Client, make_deck: MakeDeck, owner: User, learner: User
) -> None:
    deck = make_deck(2)
    for user in (owner, learner):
        tagging.tag_cards(owner=user, names=["a", "b"], cards=deck.cards.all())
    page = choose(editor_client, "untag", deck.cards.all(), confirmed="yes", names="A, nothing")
    assert "removed from 2 cards" in page
    assert tags_of(deck) == {("Olga Owner", "b"), ("Lena Learner", "a"), ("Lena Learner", "b")}
    assert Tag.objects.filter(owner=owner, name="a").exists()


@pytest.mark.parametrize("names", ["", " , ", "x" * 61, "\0", "\u202e", ",".join("abcdefghijklmnopqrstuvw")])
def test_invalid_tag_names_are_form_errors(editor_client: Client, make_deck: MakeDeck, names: str) -> None:
    for action in ("tag", "untag"):
        page = choose(editor_client, action, make_deck(1).cards.all(), confirmed="yes", names=names)
        assert "errorlist" in page
    assert not Tag.objects.exists()


def test_name_with_a_comma_can_match_an_existing_tag(
    editor_client: Client, make_deck: MakeDeck, owner: User
) -> None:
    Tag.objects.create(owner=owner, name="Bonn, Rhein")
    deck = make_deck(1)
    choose(editor_client, "tag", deck.cards.all(), confirmed="yes", names="bonn, rhein")
    assert tags_of(deck) == {("Olga Owner", "Bonn, Rhein")}


def test_tagging_cards_of_too_many_owners_is_refused(editor_client: Client, db: None) -> None:
    for number in range(MAX_OWNERS + 1):
        owner = User.objects.create_user(f"o{number}@example.org", name=f"Owner {number}")
        Card.objects.create(deck=Deck.objects.create(owner=owner, title="Deck"), term="Term")
    page = choose(editor_client, "tag", Card.objects.all(), confirmed="yes", names="a")
    assert f"at most {MAX_OWNERS} owners" in page
    assert not Tag.objects.exists()


def test_tag_filter_uses_the_owners_tags_alone(
    editor_client: Client, make_deck: MakeDeck, owner: User, learner: User
) -> None:
    deck = make_deck(3)
    tagging.tag_cards(owner=owner, names=["Äpfel"], cards=deck.cards.filter(position=0))
    tagging.tag_cards(owner=learner, names=["äpfel"], cards=deck.cards.filter(position=1))
    assert found(editor_client, tag="ÄPFEL") == {"Term 0"}
    assert found(editor_client, tag="äpfel", deck=deck.pk, owner=owner.pk) == {"Term 0"}
    assert found(editor_client, tag="äpfel", owner=learner.pk) == set()
    assert found(editor_client, tag="nothing") == set()
    assert len(found(editor_client, tag=" ")) == 3


def test_filters_combine_owner_deck_and_text(
    editor_client: Client, two_owners: tuple[Deck, Deck], learner: User
) -> None:
    assert found(editor_client, owner=learner.pk) == {"Hers"}
    assert found(editor_client, deck=two_owners[0].pk, owner=learner.pk) == set()
    assert found(editor_client, q="definition 1") == {"Term 1"}


@pytest.mark.parametrize("value", ["%00", "x" * 5_000, "%ff", "9" * 40, "'\"><script>"])
@pytest.mark.parametrize("name", ["tag", "owner"])
def test_invalid_filter_opens_the_list_and_is_escaped(
    editor_client: Client, make_deck: MakeDeck, name: str, value: str
) -> None:
    make_deck(1)
    answer = editor_client.get(f"{LIST}?{name}={value}")
    assert answer.status_code == 200
    assert "><script>" not in answer.content.decode().replace("<script src", "")


@pytest.mark.parametrize("action", ["tag", "untag", "move", "remove", "reask"])
def test_action_queries_do_not_grow_with_cards(
    editor_client: Client,
    make_deck: MakeDeck,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    action: str,
) -> None:
    counts = []
    fields = {"confirmed": "yes", "names": "a, b, c", "deck": make_deck(0).pk}
    for size in (2, 2, 60):
        deck = make_deck(size)
        data = {"action": action, ACTION_CHECKBOX_NAME: [card.pk for card in deck.cards.all()], **fields}
        # Two decks are locked and refreshed, and all learners' progress is moved.
        with django_assert_max_num_queries(32 if action == "move" else 20) as captured:
            assert editor_client.post(LIST, data).status_code == 302
        counts.append(len(captured))
    assert counts[1] == counts[2]


def test_filtered_list_queries_do_not_grow_with_cards(
    editor_client: Client,
    make_deck: MakeDeck,
    owner: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    counts = []
    for size in (2, 60):
        deck = make_deck(size)
        tagging.tag_cards(owner=owner, names=["a"], cards=deck.cards.all())
        with django_assert_max_num_queries(20) as captured:
            assert found(editor_client, deck=deck.pk, owner=owner.pk, tag="a", q="term")
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("action", ["tag", "untag"])
def test_tagging_needs_the_right_to_change_cards(
    learner: User, learner_client: Client, make_deck: MakeDeck, action: str
) -> None:
    deck = make_deck(1)
    User.objects.filter(pk=learner.pk).update(is_staff=True)
    learner.user_permissions.add(Permission.objects.get(codename="view_card"))
    choose(learner_client, action, deck.cards.all(), confirmed="yes", names="a")
    assert not Tag.objects.exists()
    assert f'value="{action}"' not in learner_client.get(LIST).content.decode()
