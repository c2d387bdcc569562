"""The learner's list of decks on the home page: folders, the archive, and who has no decks."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck, Visibility
from sessions_app.models import Enrollment, Folder, FolderDeck
from sessions_app.questions.every_deck import every_deck
from tests.conftest import client_of
from tests.sessions_app.today.test_today_start import study_before

pytestmark = pytest.mark.django_db


def titles(client, choice=""):
    """The titles of the learner's own list."""
    page = client.get("/", {"folder": choice} if choice else {}).text
    section = re.search(r'<section id="decks".*?</section>', page, re.DOTALL)
    return re.findall(r"<h3><a [^>]*>([^<]*)</a>", section[0]) if section else None


def archive(client, deck, **data):
    return client.post(reverse("deck_archive", args=[deck.slug]), data)


@pytest.fixture
def three(learner, make_deck):
    decks = [make_deck(3, title=title) for title in ("A", "B", "C")]
    for deck in reversed(decks):
        study_before(learner, deck, 1)
    return decks


# --- Folders


def test_folder_shows_its_decks(learner, learner_client, three):
    folder = Folder.objects.create(learner=learner, name="Exam")
    FolderDeck.objects.bulk_create([FolderDeck(folder=folder, deck=deck) for deck in three[1:]])
    assert set(titles(learner_client)) == {"A", "B", "C"}
    assert set(titles(learner_client, folder.pk)) == {"B", "C"}
    # The day's plan has all decks whatever the list shows.
    assert "3 due" in learner_client.get(f"/?folder={folder.pk}").text
    three[2].removed_at = timezone.now()
    three[2].save()
    assert titles(learner_client, folder.pk) == ["B"]


@pytest.mark.parametrize("choice", ["0", "-1", "x", "²", "9" * 5_000, str(2**63), "'", "999", "archive2"])
def test_unknown_list(learner_client, three, choice):
    assert learner_client.get("/", {"folder": choice}).status_code in (200, 404)
    assert learner_client.get("/", {"folder": "999"}).status_code == 404


def test_visitor_with_the_address_of_a_list(client, deck):
    assert client.get("/?folder=1").status_code == client.get("/?folder=archive").status_code == 200


def test_empty_folder_leads_to_its_decks(learner, learner_client, three):
    folder = Folder.objects.create(learner=learner, name="Exam")
    assert reverse("folder", args=[folder.pk]) in learner_client.get(f"/?folder={folder.pk}").text
    assert titles(learner_client, folder.pk) == []


# --- The archive


def test_archived_deck_leaves_list_and_plan(learner, learner_client, three):
    assert archive(learner_client, three[0])["Location"] == "/#decks"
    assert set(titles(learner_client)) == {"B", "C"}
    assert titles(learner_client, "archive") == ["A"]
    assert {each.deck for each in every_deck(learner, now=timezone.now()).decks} == set(three[1:])
    page = learner_client.get("/?folder=archive").text
    assert "due in A: study" not in page
    assert "2 due" in page
    assert learner_client.get(three[0].get_absolute_url()).status_code == 200
    assert Enrollment.objects.get(learner=learner, deck=three[0]).scheduled == 1


def test_archiving_twice_and_back_twice(learner, learner_client, three):
    for _ in range(2):
        archive(learner_client, three[0])
        assert learner.enrollments.unarchived().count() == 2
    for _ in range(2):
        assert archive(learner_client, three[0], back="1", folder="archive")["Location"] == (
            "/?folder=archive#decks"
        )
        assert learner.enrollments.unarchived().count() == 3
    assert set(titles(learner_client)) == {"A", "B", "C"}


def test_studying_does_not_bring_a_deck_back(learner, learner_client, three):
    archive(learner_client, three[0])
    study_before(learner, three[0], 1)
    assert titles(learner_client, "archive") == ["A"]


def test_all_decks_archived(learner, learner_client, three):
    for deck in three:
        archive(learner_client, deck)
    assert titles(learner_client) == []
    assert "All your decks are in the archive." in learner_client.get("/").text


def test_own_deck_that_was_never_studied(owner, owner_client, deck):
    archive(owner_client, deck)
    assert titles(owner_client) == []
    assert titles(owner_client, "archive") == [deck.title]
    archive(owner_client, deck, back="1")
    assert titles(owner_client) == [deck.title]


def test_who_may_archive(client, learner_client, owner, owner_client, deck):
    url = reverse("deck_archive", args=[deck.slug])
    assert client.post(url)["Location"].startswith("/accounts/login/")
    # Not in this learner's list.
    assert learner_client.post(url).status_code == 404
    assert owner_client.get(url).status_code == 405
    assert not Enrollment.objects.archived().exists()


@pytest.mark.parametrize("folder", ["999", "x", "//evil.example", "9" * 5_000, "\0"])
def test_stale_list_leads_to_all_decks(learner_client, three, folder):
    assert archive(learner_client, three[0], folder=folder)["Location"] == "/#decks"


def test_list_that_the_learner_came_from(learner, learner_client, three):
    folder = Folder.objects.create(learner=learner, name="Exam")
    response = archive(learner_client, three[0], folder=str(folder.pk))
    assert response["Location"] == f"/?folder={folder.pk}#decks"


def test_others_keep_an_archived_deck(learner, learner_client, superuser, three):
    study_before(superuser, three[0], 1)
    archive(learner_client, three[0])
    assert titles(client_of(superuser)) == ["A"]


# --- Who has no decks


def test_new_learner_sees_three_ways_to_begin(learner_client, deck):
    page = learner_client.get("/").text
    for text in (
        "What do you want to learn?",
        "Paste a list",
        "Find a deck",
        "Write cards",
        'action="/search/"',
    ):
        assert text in page
    assert "Learn it once" not in page
    assert page.count('id="paste-text"') == 1
    assert deck.title in page


def test_visitor_and_guest_see_the_poster(client, deck):
    page = client.get("/").text
    assert "Learn it once" in page
    assert "What do you want to learn?" not in page


# --- Queries


@pytest.mark.slow
def test_queries_with_a_hundred_decks(owner, owner_client, stranger, make_deck):
    """In every list, and for the owner of all of them."""
    Deck.objects.create(owner=stranger, title="Public", visibility=Visibility.PUBLIC)
    folder = Folder.objects.create(learner=owner, name="Exam")
    numbers = set()
    for count in (3, 100):
        while owner.decks.count() < count:
            deck = make_deck(1)
            folder.links.create(deck=deck)
            Enrollment.objects.set_for(owner, deck, last_studied_at=timezone.now())
        archive(owner_client, owner.decks.last())
        for choice in ("", "archive", folder.pk):
            with CaptureQueriesContext(connection) as captured:
                assert owner_client.get("/", {"folder": choice}).status_code == 200
            numbers.add(len(captured))
    assert max(numbers) <= 12
    assert len(numbers) == 1, numbers
