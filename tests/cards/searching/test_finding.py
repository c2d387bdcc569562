"""Who finds what, in which order, and how many."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cards.erasing.services import erase_now
from cards.models import Card, Deck, Tag, Visibility
from cards.searching import finding
from cards.searching.finding import Found, find
from sessions_app.models import Enrollment
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db


def make(owner: User, visibility: str = "private", *terms: str, title: str = "Deck") -> Deck:
    deck = Deck.objects.create(owner=owner, title=title, visibility=visibility)
    for position, term in enumerate(terms):
        Card.objects.create(deck=deck, position=position, term=term, definition="-")
    return deck


def study(learner: User, deck: Deck) -> None:
    Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=timezone.now())


def terms(found: Found) -> list[str]:
    return [card.term for card in found.cards.rows]


@pytest.fixture
def decks(owner: User) -> dict[str, Deck]:
    """Olga's decks, one of each visibility, each with a card and a title that tell it."""
    return {
        each.value: make(owner, each.value, f"apple {each}", title=f"Fruit {each}") for each in Visibility
    }


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("owner", "link private public"),
        ("studied", "link public"),
        ("stranger", "public"),
        ("nobody", "public"),
    ],
)
def test_visibility_and_studying_decide_what_is_found(
    decks: dict[str, Deck], owner: User, learner: User, who: str, kinds: str
) -> None:
    """A deck shared by link is found only by those who have studied it; a private one by its owner."""
    person = {"owner": owner, "nobody": AnonymousUser()}.get(who, learner)
    if who == "studied":
        for deck in decks.values():
            study(learner, deck)
    found = find(person, "apple")
    assert sorted(terms(found)) == [f"apple {kind}" for kind in kinds.split()]
    assert found.cards.count == len(found.cards.rows)
    found = find(person, "fruit")
    assert sorted(deck.title for deck in found.decks.rows) == [f"Fruit {kind}" for kind in kinds.split()]


def test_deck_that_was_only_opened_is_not_found(decks: dict[str, Deck], learner: User) -> None:
    Enrollment.objects.create(learner=learner, deck=decks["link"])
    assert terms(find(learner, "apple")) == ["apple public"]


@pytest.mark.parametrize("what", ["deck removed", "deck building", "card removed", "deck erased"])
def test_removed_and_hidden_things_are_not_found(decks: dict[str, Deck], owner: User, what: str) -> None:
    deck = decks["public"]
    now = timezone.now()
    if what == "deck removed":
        Deck.objects.filter(pk=deck.pk).update(removed_at=now)
    elif what == "deck building":
        Deck.objects.filter(pk=deck.pk).update(is_building=True)
    elif what == "card removed":
        deck.cards.update(removed_at=now)
    else:
        erase_now([deck.pk], now=now)
    found = find(owner, "apple")
    assert sorted(terms(found)) == ["apple link", "apple private"]
    assert found.cards.count == 2
    assert len(find(owner, "fruit").decks.rows) == (3 if what == "card removed" else 2)


def test_cards_are_found_by_own_tags_and_by_tags_of_the_owner(
    owner: User, learner: User, stranger: User
) -> None:
    deck = make(owner, "public", "one", "two", "three")
    for card, person in zip(deck.cards.in_order(), (owner, learner, stranger), strict=True):
        card.tags.add(Tag.objects.create(owner=person, name="Irregular verbs"))
    for person, found in ((owner, ["one"]), (learner, ["two", "one"]), (stranger, ["three", "one"])):
        assert sorted(terms(find(person, "verbs"))) == sorted(found)
        assert {tag.owner_id for tag in find(person, "irreg").tags.rows} == {owner.pk, person.pk}
    assert terms(find(AnonymousUser(), "verbs")) == ["one"]
    assert len(find(AnonymousUser(), "verbs").tags.rows) == 1


def test_tag_is_no_way_into_a_private_deck(owner: User, learner: User) -> None:
    deck = make(owner, "private", "one")
    make(owner, "public", "two")
    deck.cards.get().tags.add(Tag.objects.create(owner=owner, name="verbs"))
    deck.cards.get().tags.add(Tag.objects.create(owner=learner, name="verbs of mine"))
    found = find(learner, "verbs")
    assert not found.cards.rows
    assert [tag.name for tag in found.tags.rows] == ["verbs of mine"]


@pytest.mark.parametrize("most", [1, 200])
def test_order_of_hits(owner: User, learner: User, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """The same for few hits, which are sorted here, and for many, which the database finds in this order."""
    monkeypatch.setattr(finding, "MOST_COUNTED", most)
    others, own = make(owner, "public"), make(learner)
    expected = []
    for term, definition in (("cell", "-"), ("cells", "-"), ("-", "a cell"), ("-", "cellar")):
        for deck in (own, others):
            # In both decks, the hits are in the order of their keys.
            cards = [
                Card(deck=deck, term=term, definition=definition, key=f"{term}{definition}{n}") for n in "ab"
            ]
            for card in reversed(cards):
                card.save()
            expected += [card.pk for card in reversed(cards)]
    assert [card.pk for card in find(learner, "cell").cards.rows] == expected
    assert [card.pk for card in find(learner, "cell", limit=5).cards.rows] == expected[:5]


@pytest.mark.parametrize("most", [1, 200])
def test_tagged_cards_come_last_and_once(learner: User, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(finding, "MOST_COUNTED", most)
    deck = make(learner, "private", "tagged", "verbs both", "-", "about verbs")
    tag = Tag.objects.create(owner=learner, name="verbs")
    tag.cards.add(*deck.cards.in_order()[:2])
    found = find(learner, "verbs")
    assert terms(found) == ["verbs both", "about verbs", "tagged"]
    assert (found.cards.count, found.cards.has_more) == ((3, False) if most == 200 else (1, True))


def test_many_hits_in_decks_of_others_hide_no_own_hit(
    owner: User, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_COUNTED", 2)
    make(owner, "private", *(f"apple {number}" for number in range(5)))
    make(learner, "private", "apple")
    found = find(learner, "apple")
    assert terms(found) == ["apple"]
    assert (found.cards.count, found.cards.has_more) == (1, False)
    assert not find(AnonymousUser(), "apple").cards.rows


def test_more_decks_than_one_query_can_name(learner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_COUNTED", 2)
    monkeypatch.setattr("cards.searching.index.GROUPS_AT_ONCE", 2)
    decks = [make(learner) for _ in range(5)]
    for number in range(10):
        Card.objects.create(deck=decks[-number % 5], term=f"apple {number}", definition="-")
    assert terms(find(learner, "apple", limit=7)) == [f"apple {number}" for number in range(7)]


def test_few_queries_for_any_number_of_cards(
    owner: User, learner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    deck = make(owner, "public", *(f"pear {number}" for number in range(10)))
    study(learner, deck)
    with django_assert_max_num_queries(5):
        assert len(terms(find(learner, "pear"))) == 10
    with django_assert_max_num_queries(3):
        find(learner, "nothing of the kind")
    with django_assert_max_num_queries(0):
        find(learner, '"*!')
