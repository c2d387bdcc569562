"""A learner's folders: making, changing, removing, and their decks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck, Visibility
from sessions_app.erasing import deck_erase, person_erase
from sessions_app.folders import services
from sessions_app.learners.guests import guest_merge
from sessions_app.models import MAX_FOLDERS, Enrollment, Folder, FolderDeck
from studysite.accounts.models import User
from studysite.slices import Slice

pytestmark = pytest.mark.django_db
URL = "/folders/"


@pytest.fixture
def folder(owner):
    return Folder.objects.create(learner=owner, name="Languages")


def address(folder):
    return reverse("folder", args=[folder.pk])


def decks_in(folder):
    return {link.deck for link in folder.links.all()}


# --- Access


def test_visitor_logs_in_first(client, folder, deck):
    for url in (URL, address(folder), reverse("deck_folders", args=[deck.slug])):
        for send in (client.get, client.post):
            assert send(url)["Location"].startswith("/accounts/login/")
    assert client.post(reverse("folder_remove", args=[folder.pk]))["Location"].startswith("/accounts/login/")
    assert decks_in(folder) == set()


def test_folders_of_others_return_404(learner_client, superuser_client, folder, deck):
    for client in (learner_client, superuser_client):
        assert client.get(address(folder)).status_code == 404
        assert client.post(address(folder), {"name": "Mine", "decks": [deck.pk]}).status_code == 404
        assert client.post(reverse("folder_remove", args=[folder.pk])).status_code == 404
        assert client.get(f"/?folder={folder.pk}").status_code == 404
        assert "Languages" not in client.get(URL).text
    assert Folder.objects.get().name == "Languages"


def test_removing_needs_a_post(owner_client, folder):
    assert owner_client.get(reverse("folder_remove", args=[folder.pk])).status_code == 405
    assert Folder.objects.exists()


def test_deck_that_is_not_theirs_has_no_folders(learner_client, deck):
    """A public deck belongs to a learner's decks once they have studied it."""
    url = reverse("deck_folders", args=[deck.slug])
    assert learner_client.get(url).status_code == learner_client.post(url).status_code == 404


# --- Making and changing


def test_new_folder_leads_to_its_decks(owner, owner_client, deck):
    response = owner_client.post(URL, {"name": "  Exam   Mai "})
    made = Folder.objects.get(learner=owner)
    assert (made.name, response["Location"]) == ("Exam Mai", address(made))
    assert deck.title in owner_client.get(address(made)).text
    response = owner_client.post(address(made), {"name": "Exam June", "decks": [deck.pk]})
    assert response["Location"] == f"/?folder={made.pk}#decks"
    made.refresh_from_db()
    assert (made.name, decks_in(made)) == ("Exam June", {deck})
    for _ in range(2):
        owner_client.post(address(made), {"name": "Exam June"})
        assert decks_in(made) == set()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Enter a name."),
        (" \u200b ", "letter"),
        ("LANGUAGES", "already have a folder"),
        ("ｌａｎｇｕａｇｅｓ", "already have a folder"),
        ("x" * 61, "At most 60 characters"),
        ("x" * 10_000, "at most"),
    ],
)
def test_bad_name_is_explained(owner, owner_client, folder, name, error):
    other = Folder.objects.create(learner=owner, name="Exam")
    for url in (URL, address(other)):
        response = owner_client.post(url, {"name": name})
        assert (response.status_code, error in response.text) == (200, True)
    assert set(Folder.objects.values_list("name", flat=True)) == {"Languages", "Exam"}


def test_own_name_in_other_case_is_no_double(owner_client, folder):
    owner_client.post(address(folder), {"name": "languages"})
    assert Folder.objects.get().name == "languages"


def test_two_learners_may_use_one_name(learner_client, folder):
    learner_client.post(URL, {"name": "Languages"})
    assert Folder.objects.count() == 2


def test_hundred_folders_are_the_limit(owner, owner_client, deck):
    Folder.objects.bulk_create(
        [Folder(learner=owner, name=f"f{number}", key=f"f{number}") for number in range(MAX_FOLDERS)]
    )
    for url in (URL, reverse("deck_folders", args=[deck.slug])):
        response = owner_client.post(url, {"name": "One more"})
        assert (response.status_code, "You have 100 folders" in response.text) == (200, True)
    assert owner.folders.count() == MAX_FOLDERS
    assert services.folder_make(learner=owner, name="F7").name == "f7"


def test_unknown_decks_are_left_out(owner_client, stranger, folder, deck):
    private = Deck.objects.create(owner=stranger, title="Diary")
    for bad in (private.pk, 2**70, "²", "-1", "x" * 5_000):
        response = owner_client.post(address(folder), {"name": "Languages", "decks": [deck.pk, bad]})
        assert response.status_code == 302
        assert decks_in(folder) == {deck}


def test_deck_that_cannot_be_opened_at_the_moment_stays(learner, learner_client, deck):
    Enrollment.objects.set_for(learner, deck, last_studied_at=timezone.now())
    folder = Folder.objects.create(learner=learner, name="Exam")
    folder.links.create(deck=deck)
    Deck.objects.update(visibility=Visibility.PRIVATE)
    assert deck.title not in learner_client.get(address(folder)).text
    learner_client.post(address(folder), {"name": "Exam"})
    assert decks_in(folder) == {deck}


def test_name_that_was_just_taken(owner, folder):
    """Another tab has taken it after the form was checked."""
    other = Folder.objects.create(learner=owner, name="Exam")
    assert not services.folder_change(folder=other, name="Languages", decks=[], among=[])
    assert Folder.objects.filter(name="Exam").exists()


def test_folder_with_markup_is_escaped(owner_client, owner, deck):
    folder = Folder.objects.create(learner=owner, name="<script>alert(1)")
    for url in ("/", URL, address(folder), reverse("deck_folders", args=[deck.slug])):
        assert "<script>alert" not in owner_client.get(url).text


def test_removed_folder_leaves_its_decks(owner_client, folder, deck):
    folder.links.create(deck=deck)
    url = reverse("folder_remove", args=[folder.pk])
    assert owner_client.post(url)["Location"] == URL
    assert owner_client.post(url).status_code == 404
    assert not FolderDeck.objects.exists()
    assert deck.title in owner_client.get("/").text


# --- The folders of a deck


def test_deck_in_several_folders(owner, owner_client, learner, folder, deck):
    theirs = Folder.objects.create(learner=learner, name="Theirs")
    url = reverse("deck_folders", args=[deck.slug])
    for _ in range(2):
        owner_client.post(url, {"folders": [folder.pk, theirs.pk, 10**9], "name": "exam"})
        names = {link.folder.name for link in deck.folder_links.all()}
        assert names == {"Languages", "exam"}
    owner_client.post(url, {"folders": [], "name": "LANGUAGES"})
    assert {link.folder for link in deck.folder_links.all()} == {folder}
    response = owner_client.post(url, {"folders": [], "name": "x" * 61})
    assert "At most 60" in response.text
    assert decks_in(folder) == {deck}


def test_queries_do_not_grow(owner, owner_client, make_deck, folder):
    numbers = []
    for decks in (4, 9):
        for _ in range(decks):
            folder.links.create(deck=make_deck(1))
        with CaptureQueriesContext(connection) as captured:
            keys = list(Deck.objects.values_list("pk", flat=True))
            owner_client.post(address(folder), {"name": "L", "decks": keys[::2]})
            owner_client.get(address(folder))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


# --- Guests, erasing


def test_guest_takes_folders_along(learner, make_deck):
    guest = User.objects.create_guest(time_zone="UTC")
    decks = [make_deck(1) for _ in range(3)]
    for person, name, inside in (
        (guest, "EXAM", decks[:2]),
        (guest, "New", decks[2:]),
        (learner, "Exam", decks[1:]),
    ):
        made = Folder.objects.create(learner=person, name=name)
        FolderDeck.objects.bulk_create([FolderDeck(folder=made, deck=deck) for deck in inside])
    assert guest_merge(guest=guest, user=learner, now=timezone.now())
    assert {folder.name: decks_in(folder) for folder in learner.folders.all()} == {
        "Exam": set(decks),
        "New": {decks[2]},
    }
    assert Folder.objects.count() == 2


def test_guest_has_folders(client, study_url, deck):
    client.post(study_url)
    client.post(URL, {"name": "Exam"})
    folder = Folder.objects.get()
    assert folder.learner.is_guest
    assert client.get(address(folder)).status_code == 200


def test_erasing_deletes_folders(owner, learner, folder, deck):
    folder.links.create(deck=deck)
    theirs = Folder.objects.create(learner=learner, name="Theirs")
    theirs.links.create(deck=deck)
    assert person_erase(owner, slice_=Slice())
    assert list(Folder.objects.all()) == [theirs]
    assert deck_erase(deck, slice_=Slice())
    assert decks_in(theirs) == set()
