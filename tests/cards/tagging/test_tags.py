"""Tags in the browser: on one card, on many, and a learner's list of tags."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.models import Card, Deck, Tag, Visibility
from cards.tagging import services as tagging
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck
from tests.cards.editing.test_editor import NASTY, part, send, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def deck(make_deck: MakeDeck) -> Deck:
    deck = make_deck(5)
    Deck.objects.update(visibility=Visibility.PUBLIC)
    return deck


@pytest.fixture
def card(deck: Deck) -> Card:
    return deck.cards.in_order()[0]


@pytest.fixture
def tagged(owner: User, learner: User, deck: Deck) -> Deck:
    """Olga's tags: exam on 0 and 1, hard on 1 and 2. Lena's own tags: EXAM on 3, hers on 4."""
    for user, name, places in [
        (owner, "exam", [0, 1]),
        (owner, "hard", [1, 2]),
        (learner, "EXAM", [3]),
        (learner, "hers", [4]),
    ]:
        tagging.tag_cards(owner=user, names=[name], cards=deck.cards.filter(position__in=places))
    return deck


def names_on(card: Card, owner: User) -> list[str]:
    return list(card.tags.filter(owner=owner).values_list("name", flat=True))


# --- One card


def test_learner_tags_a_card_with_their_own_tags(
    learner: User, learner_client: Client, owner_client: Client, deck: Deck, card: Card
) -> None:
    response = learner_client.post(url("card_tags", deck, card), {"name": "Exam,  Äpfel "})
    assert response["Location"] == url("card_tags", deck, card)
    assert names_on(card, learner) == ["Exam", "Äpfel"]
    assert "Äpfel" not in owner_client.get(deck.get_absolute_url()).content.decode()


def test_name_in_another_case_is_the_same_tag(
    learner: User, learner_client: Client, deck: Deck, card: Card
) -> None:
    for name in ("Äpfel", "äpfel", "ÄPFEL ", "äpfel, ÄPFEL"):
        learner_client.post(url("card_tags", deck, card), {"name": name})
    assert list(learner.tags.values_list("name", flat=True)) == ["Äpfel"]
    assert card.tags.count() == 1


def test_untagging_removes_only_ones_own_tag(
    owner: User, learner: User, learner_client: Client, tagged: Deck
) -> None:
    card = tagged.cards.get(position=1)
    learner_client.post(url("card_tags", tagged, card), {"remove": "exam"})
    assert names_on(card, owner) == ["exam", "hard"]
    card = tagged.cards.get(position=3)
    learner_client.post(url("card_tags", tagged, card), {"remove": "EXAM"})
    assert not names_on(card, learner)
    assert learner.tags.filter(key="exam").exists()


def test_htmx_gets_the_tags_of_the_card(learner_client: Client, deck: Deck, card: Card) -> None:
    target = f"card-tags-{card.pk}"
    response = learner_client.post(url("card_tags", deck, card), {"name": "exam"}, headers=part(target))
    html = response.content.decode()
    assert html.strip().startswith(f'<div id="{target}"')
    assert "exam" in html
    html = learner_client.post(
        url("card_tags", deck, card), {"name": "x" * 61}, headers=part(target)
    ).content.decode()
    assert "At most 60 characters." in html
    assert "x" * 61 in html


@pytest.mark.parametrize(
    "name", [*NASTY, "", ",", "\u200b", "ﷺ" * 60, ",".join("abcdefghijklmnopqrstuvwxyz")]
)
def test_hostile_names_make_valid_tags_or_errors(
    learner: User, learner_client: Client, deck: Deck, card: Card, name: str
) -> None:
    for fields in ({"name": name}, {"remove": name}, {"name": name, "do": name, "card": name, "all": name}):
        for page in (url("card_tags", deck, card), url("deck_tags", deck)):
            assert send(learner_client, page, fields).status_code in (200, 302, 413)
    assert all(0 < len(name) <= 60 for name in learner.tags.values_list("name", flat=True))


def test_existing_name_with_a_comma_is_one_tag(
    learner: User, learner_client: Client, deck: Deck, card: Card
) -> None:
    Tag.objects.create(owner=learner, name="red, green")
    learner_client.post(url("card_tags", deck, card), {"name": "Red, Green"})
    assert names_on(card, learner) == ["red, green"]


def test_tag_form_is_loaded_on_request(learner_client: Client, deck: Deck, card: Card) -> None:
    page, target = url("card_tags", deck, card), part(f"card-tags-{card.pk}")
    assert 'name="name"' not in learner_client.get(deck.get_absolute_url()).content.decode()
    assert 'name="name"' in learner_client.get(page, headers=target).content.decode()
    assert 'name="name"' not in learner_client.get(f"{page}?done", headers=target).content.decode()
    html = learner_client.get(f"{page}?next=/tags/").content.decode()
    assert '<input type="hidden" name="next" value="/tags/">' in html
    assert learner_client.post(page, {"name": "x", "next": "/tags/"})["Location"] == "/tags/"
    assert learner_client.post(page, {"name": "x", "next": "//evil.example.org"})["Location"] == page


def test_learners_tag_and_visitors_log_in(
    client: Client, learner_client: Client, deck: Deck, card: Card
) -> None:
    page = url("card_tags", deck, card)
    assert learner_client.get(page).status_code == 200
    assert client.post(page, {"name": "x"})["Location"].startswith("/accounts/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="lena@example.org"))
    assert strict.post(page, {"name": "x"}).status_code == 403
    Deck.objects.update(visibility=Visibility.PRIVATE)
    assert learner_client.post(page, {"name": "x"}).status_code == 404
    assert learner_client.get(page).status_code == 404
    assert learner_client.get(url("deck_tags", deck)).status_code == 404
    assert not Tag.objects.exists()


# --- Many cards


def test_many_cards_are_tagged_and_untagged_at_once(owner: User, owner_client: Client, deck: Deck) -> None:
    page, keys = url("deck_tags", deck), list(deck.cards.in_order().values_list("pk", flat=True))
    owner_client.post(page, {"name": "a, b", "do": "tag", "card": keys[:3]})
    owner_client.post(page, {"name": "a", "do": "untag", "card": keys[1:]})
    assert [names_on(card, owner) for card in deck.cards.in_order()] == [["a", "b"], ["b"], ["b"], [], []]


def test_all_found_cards_are_tagged_across_pages(owner_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(120)
    owner_client.post(f"{url('deck_tags', deck)}?q=term+1", {"name": "ones", "do": "tag", "all": "on"})
    assert Card.objects.filter(tags__name="ones").count() == 1 + 10 + 20
    assert not Card.objects.filter(tags__name="ones", term="Term 2").exists()


def test_only_cards_of_the_deck_are_tagged(learner_client: Client, deck: Deck, make_deck: MakeDeck) -> None:
    private = make_deck(1).cards.get()
    keys = [private.pk, deck.cards.first().pk, "x", "9" * 30]  # type: ignore[union-attr]
    learner_client.post(url("deck_tags", deck), {"name": "a", "do": "tag", "card": keys})
    assert not private.tags.exists()
    assert Card.objects.filter(tags__name="a").count() == 1


def test_form_error_keeps_the_selection(learner_client: Client, deck: Deck, card: Card) -> None:
    fields = {"name": "", "do": "tag", "card": [card.pk]}
    html = learner_client.post(url("deck_tags", deck), fields).content.decode()
    assert "Enter the name of a tag." in html
    assert re.search(rf'value="{card.pk}"[^>]* checked', html)


def test_tag_page_queries_do_not_grow_with_cards(
    owner_client: Client, make_deck: MakeDeck, owner: User
) -> None:
    numbers = []
    for cards in (3, 120):
        deck = make_deck(cards)
        tagging.tag_cards(owner=owner, names=["a", f"b{cards}"], cards=deck.cards.all())
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(f"{url('deck_tags', deck)}?tag=a")
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 8


# --- Narrowing


def listed(client: Client, deck: Deck, query: str) -> str:
    """The numbers of the terms on the deck page's list."""
    html = client.get(f"{deck.get_absolute_url()}{query}").content.decode()
    items = re.findall(
        r"<li>\s*<div class=\"prose term\" dir=\"auto\"><p>Term (\d)", html[html.index('id="terms"') :]
    )
    return "".join(items)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "01234"),
        ("?tag=exam", "01"),
        ("?tag=EXAM", "01"),
        ("?tag=exam&tag=hard", "012"),
        ("?tag=exam&tag=hard&match=all", "1"),
        ("?tag=hers", "01234"),
        ("?tag=%00&match=%00", "01234"),
        ("?tag=exam&tag=nonsense&match=all", "01"),
    ],
)
def test_term_list_is_filtered_by_tags(client: Client, tagged: Deck, query: str, found: str) -> None:
    assert listed(client, tagged, query) == found


def test_learner_filters_by_their_own_and_the_owners_tags(learner_client: Client, tagged: Deck) -> None:
    assert listed(learner_client, tagged, "?tag=hers") == "4"
    assert listed(learner_client, tagged, "?tag=exam") == "013"
    assert listed(learner_client, tagged, "?tag=exam&tag=hard&match=all") == "1"


def test_tag_chips_toggle_the_filter(client: Client, tagged: Deck) -> None:
    html = client.get(f"{tagged.get_absolute_url()}?tag=exam&page=9").content.decode()
    assert 'href="?tag=exam&amp;tag=hard#terms"' in html
    assert 'href="?#terms"' in html
    html = client.get(f"{tagged.get_absolute_url()}?tag=exam&tag=hard").content.decode()
    assert 'href="?tag=exam&amp;tag=hard&amp;match=all#terms"' in html


def test_deck_without_tags_says_so(client: Client, learner_client: Client, deck: Deck) -> None:
    for page in (deck.get_absolute_url(), url("deck_tags", deck), reverse("tags")):
        assert "Looks like no tags are added yet." in learner_client.get(page).content.decode()
    assert "Looks like no tags are added yet." in client.get(deck.get_absolute_url()).content.decode()


# --- A learner's own list


def test_tag_is_renamed(owner: User, owner_client: Client, tagged: Deck) -> None:
    tag = owner.tags.get(name="exam")
    assert owner_client.post(reverse("tag", args=[tag.pk]), {"name": " EXAM  1"}).status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.key) == ("EXAM 1", "exam 1")
    html = owner_client.post(reverse("tag", args=[tag.pk]), {"name": "HARD"}).content.decode()
    assert "You already have a tag “hard”." in html
    assert owner_client.post(reverse("tag", args=[tag.pk]), {"name": "exam 1"}).status_code == 302


def test_merging_two_tags_keeps_the_cards_of_both(owner: User, owner_client: Client, tagged: Deck) -> None:
    tag = owner.tags.get(name="exam")
    owner_client.post(reverse("tag_merge", args=[tag.pk]), {"into": "Hard"})
    assert list(owner.tags.values_list("name", flat=True)) == ["hard"]
    found = Card.objects.filter(tags__owner=owner).in_order().values_list("position", flat=True)
    assert list(found) == [0, 1, 2]


@pytest.mark.parametrize("into", ["exam", "nonsense", "", "hers", *NASTY])
def test_merging_into_an_invalid_tag_is_a_form_error(
    owner: User, owner_client: Client, tagged: Deck, into: str
) -> None:
    tag = owner.tags.get(name="exam")
    response = send(owner_client, reverse("tag_merge", args=[tag.pk]), {"into": into})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert owner.tags.count() == 2


@pytest.mark.parametrize("name", NASTY)
def test_hostile_new_name_causes_no_server_error(
    owner: User, owner_client: Client, tagged: Deck, name: str
) -> None:
    tag = owner.tags.get(name="exam")
    assert send(owner_client, reverse("tag", args=[tag.pk]), {"name": name}).status_code in (200, 302)


def test_deleting_a_tag_keeps_its_cards(owner: User, owner_client: Client, tagged: Deck) -> None:
    tag = owner.tags.get(name="exam")
    assert "On 2 cards." in owner_client.get(reverse("tag", args=[tag.pk])).content.decode()
    owner_client.post(reverse("tag_delete", args=[tag.pk]))
    assert list(owner.tags.values_list("name", flat=True)) == ["hard"]
    assert tagged.cards.present().count() == 5


def test_tags_of_others_return_404(owner: User, learner_client: Client, client: Client, tagged: Deck) -> None:
    tag = owner.tags.get(name="exam")
    for name in ("tag", "tag_merge", "tag_delete"):
        page = reverse(name, args=[tag.pk])
        assert learner_client.post(page, {"name": "x", "into": "hers"}).status_code == 404
        assert client.post(page)["Location"].startswith("/accounts/login/")
    html = (
        learner_client.get(reverse("tags")).content.decode()
        + learner_client.get(reverse("tag_names")).content.decode()
    )
    assert "hard" not in html
    assert html.count("hers") == 3


def test_tag_list_counts_in_constant_queries(owner: User, owner_client: Client, tagged: Deck) -> None:
    numbers = []
    for more in (0, 30):
        for number in range(more):
            Tag.objects.create(owner=owner, name=f"t{number}")
        with CaptureQueriesContext(connection) as captured:
            html = owner_client.get(reverse("tags")).content.decode()
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
    assert "2 cards in 1 deck<" in html
