"""The search page: what is found, by whom, and bad input."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Tag, Visibility
from sessions_app.models import Enrollment
from studysite.accounts.erasing import erase_person
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "results"}
PAGE = "/search/"


@pytest.fixture
def make(owner: User) -> Callable[..., Deck]:
    def make(title: str, *terms: str, **fields: object) -> Deck:
        deck = Deck.objects.create(
            **{"owner": owner, "title": title, "visibility": Visibility.PUBLIC} | fields
        )
        for position, term in enumerate(terms):
            Card.objects.create(deck=deck, position=position, term=term, definition=f"What {term} means")
        refresh_deck(deck=deck)
        return deck

    return make


def search(client: Client, text: str, **fields: object) -> str:
    response = client.get(PAGE, {"q": text, **fields})
    assert response.status_code == 200
    return response.text.split("<main")[1]


def test_decks_cards_and_tags_are_found_with_marks(client, owner, make):
    deck = make("Über Zellen", "Zelle", "Wand")
    Tag.objects.create(owner=owner, name="Zellkern").cards.add(deck.cards.first())
    page = search(client, "zel")
    assert re.findall(r'id="found-(\w+)"', page) == ["decks", "cards", "tags"]
    assert "Über <mark>Zellen</mark>" in page
    assert "<mark>Zelle</mark>" in page
    assert "<mark>Zellkern</mark>" in page
    assert f'href="{deck.get_absolute_url()}?tag=zellkern#terms"' in page
    card = deck.cards.first()
    assert f'href="{reverse("card", args=[deck.slug, card.pk])}"' in page


def test_only_what_may_be_found_is_found(client, learner_client, owner_client, make):
    make("Secret needle", "needle one", visibility=Visibility.PRIVATE)
    make("Linked needle", "needle two", visibility=Visibility.LINK)
    make("Removed needle", "needle three", removed_at="2026-01-01T00:00Z")
    for somebody in (client, learner_client):
        assert "No results" in search(somebody, "needle")
    page = search(owner_client, "needle")
    assert "Secret" in page
    assert "Linked" in page
    assert "Removed" not in page


def test_studied_deck_is_found_until_its_owner_is_erased(learner_client, learner, owner, make):
    deck = make("Linked needle", "needle", visibility=Visibility.LINK)
    Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=timezone.now())
    assert "Linked" in search(learner_client, "needle")
    while not erase_person(person=owner, now=timezone.now()):
        pass
    assert "No results" in search(learner_client, "needle")


def test_card_that_is_found_by_its_tag_says_so(client, learner, owner, make):
    deck = make("Deck", "Wand", "Zelle")
    card = deck.cards.first()
    for person, name in ((owner, "Biologie neu"), (owner, "other"), (learner, "Biologie privat")):
        Tag.objects.create(owner=person, name=name).cards.add(card)
    page = search(client, "biologie")
    assert "tagged <mark>Biologie</mark> neu" in page
    assert "other" not in page
    assert "privat" not in page
    assert "Zelle" not in page


def test_nothing_of_one_kind_leads_to_everything(client, make):
    make("Apples", "pear")
    page = search(client, "apples", kind="cards")
    assert "No cards for" in page
    assert 'href="?q=apples"' in page


def test_own_tags_lead_to_their_page(owner_client, owner, make):
    tag = Tag.objects.create(owner=owner, name="mine")
    assert f'href="{reverse("tag", args=[tag.pk])}"' in search(owner_client, "mine")


def test_page_of_one_kind(client, make):
    make("Many", *(f"apple {n}" for n in range(60)))
    page = search(client, "apple")
    assert page.count('search-hit"') == 6
    assert "kind=cards" in page
    first, third = search(client, "apple", kind="cards"), search(client, "apple", kind="cards", page=3)
    assert first.count('search-hit"') == 24
    assert third.count('search-hit"') == 12


def test_htmx_gets_the_results_alone(client, make):
    make("Apples")
    response = client.get(PAGE, {"q": "apples"}, headers=HTMX)
    assert "<main" not in response.text
    assert '<p id="search-status" class="muted" role="status" hx-swap-oob="innerHTML">' in response.text
    assert '<div id="results"' in response.text
    assert response["X-Robots-Tag"] == "noindex"
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


HOSTILE = (
    *("", " ", "x" * 10_000, '"', "' OR 1=1 --", "NEAR(a b)", "a* AND -b", "\x00", "%", "((("),
    *("<script>alert(1)</script>", "🙂", "a:b", "^", "\ud800", "a\x00b", "é" * 300, "c++ c#", "東"),
)
NUMBERS = ("x", "0", "-1", "²", "9" * 5_000, "7")


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_searched(client, make, text):
    make("Apples", "script")
    for kind in ("", "cards", "nothing"):
        assert "<script>alert" not in search(client, text.encode(errors="surrogatepass"), kind=kind)


@pytest.mark.parametrize("number", NUMBERS)
def test_any_page_can_be_asked_for(client, make, number):
    make("Many", *(f"apple {n}" for n in range(30)))
    expected = "Page 2 of 2" if number == "7" else "Page 1 of 2"
    assert expected in search(client, "apple", kind="cards", page=number)


def test_texts_of_cards_are_safe(client, make):
    make("Deck", "<b onclick=alert(1)>needle</b>")
    page = search(client, "needle")
    assert "<mark>needle</mark>" in page
    assert "<b onclick" not in page


def test_search_only_reads(client):
    assert client.post(PAGE, {"q": "x"}).status_code == 405


@pytest.mark.parametrize("text", ["neural", "c++ & more", "", "\x00"])
def test_home_leads_to_the_search(client, text):
    assert client.get("/", {"q": text})["Location"].startswith(f"{PAGE}?q=")


def test_queries_do_not_grow(learner_client, owner, make):
    numbers = []
    for size in (1, 30):
        make(f"Grape {size}", *(f"grape {size} {n}" for n in range(size)))
        for n in range(size):
            Tag.objects.create(owner=owner, name=f"grape {size} {n}").cards.add(Card.objects.latest("pk"))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            search(learner_client, "grape")
        numbers.append(len(captured))
    assert numbers[1] <= numbers[0] + 1
    assert max(numbers) <= 16


def test_queries_of_a_frequent_word_do_not_grow(client, make):
    numbers = []
    for _ in range(2):
        deck = make("Apples")
        cards = [
            Card(deck=deck, key=str(n), position=n, term="melon", definition="fruit") for n in range(210)
        ]
        for card in cards:
            card.prepare()
        Card.objects.bulk_create(cards)
        with CaptureQueriesContext(connection) as captured:
            assert "More than 200 results" in search(client, "melon")
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 20


def test_shortcuts_are_a_page_and_a_part(client):
    page = client.get("/shortcuts/")
    assert "<h1>Shortcuts</h1>" in page.text
    assert "HX-Target" in page["Vary"]
    headings = re.findall("<h2>(.*?)</h2>", page.text)
    assert headings == [
        "Deck page",
        "Learn",
        "Spaced",
        "Learn and Spaced",
        "Matching",
        "Test",
        "Editor",
        "Everywhere",
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/decks/deep-learning/", ["Deck page"]),
        ("/decks/deep-learning/learn/", ["Learn", "The card"]),
        ("/decks/deep-learning/spaced/", ["Spaced", "The card"]),
        ("/decks/deep-learning/matching/", ["Matching"]),
        ("/decks/deep-learning/test/", ["Test"]),
        ("/decks/deep-learning/edit/", ["Editor"]),
        *((address, []) for address in ("/", "", "nothing", "\x00", "http://[", "/" * 9_000)),
    ],
)
def test_box_lists_the_shortcuts_of_a_page(client, address, expected):
    headers = {"HX-Request": "true", "HX-Target": "shortcuts"}
    part = client.get("/shortcuts/", {"page": address}, headers=headers).text
    assert "<main" not in part
    assert re.findall("<h2>(.*?)</h2>", part) == [*expected, "Everywhere"]


@pytest.mark.parametrize(
    ("text", "found"), [("appl", True), ("olga@", True), ("nothing", False), ('"*', False)]
)
def test_admin_finds_decks_and_tags_by_words_and_owners(superuser_client, owner, make, text, found):
    make("Red Apples")
    Tag.objects.create(owner=owner, name="apples")
    for name in ("deck", "tag"):
        page = superuser_client.get(reverse(f"admin:cards_{name}_changelist"), {"q": text}).text
        assert ("0 " + name in page) is not found
