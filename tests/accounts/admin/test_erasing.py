"""Deleting people in the admin: the questions, the refusals, and the data that stays."""

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.models import Card, Deck, Tag
from studysite.accounts import erasing
from studysite.accounts.models import Invitation, User
from tests.accounts.people import errors, log_in
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

USERS = "/admin/accounts/user/"
ERASE = {"post": "yes", "decks": "erase"}


@pytest.fixture
def deck(owner):
    deck = Deck.objects.create(owner=owner, title="Verbs of Olga", visibility="public", card_count=1)
    Card.objects.create(deck=deck, term="t", definition="d")
    return deck


def delete_page(person):
    return f"{USERS}{person.pk}/delete/"


def hand_over(address, **more):
    return {"post": "yes", "decks": "hand_over", "heir": address, **more}


def test_person_without_decks_is_erased_at_once(superuser_client, learner):
    assert "Their decks" not in superuser_client.get(delete_page(learner)).text
    assert superuser_client.post(delete_page(learner), {"post": "yes"})["Location"] == USERS
    assert not User.objects.filter(pk=learner.pk).exists()
    assert LogEntry.objects.get().object_repr == erasing.NAME


def test_page_counts_what_is_erased_and_asks_about_decks(superuser_client, owner, deck):
    page = superuser_client.get(delete_page(owner))
    assert "1 deck<" in page.text
    assert "1 card in them" in page.text
    assert "Give them to another user" in page.text


def test_choice_about_decks_is_required(superuser_client, owner, deck):
    assert errors(superuser_client.post(delete_page(owner), {"post": "yes"})) == {
        "decks": ["This field is required."]
    }
    assert Deck.objects.present().get().owner == owner


def test_decks_are_erased(superuser_client, owner, deck):
    superuser_client.post(delete_page(owner), ERASE)
    assert not Deck.objects.exists()
    assert not User.objects.filter(pk=owner.pk).exists()


def test_decks_are_handed_over_with_their_tags(superuser_client, owner, learner, deck):
    deck.cards.get().tags.add(Tag.objects.create(owner=owner, name="verbs"))
    removed = Deck.objects.create(owner=owner, title="Removed", removed_at=deck.created_at)
    superuser_client.post(delete_page(owner), hand_over("LENA@example.org"))
    deck.refresh_from_db()
    assert (deck.owner, deck.title) == (learner, "Verbs of Olga")
    assert deck.cards.get().tags.get().owner == learner
    assert not Deck.objects.filter(pk=removed.pk).exists()
    assert not User.objects.filter(pk=owner.pk).exists()


@pytest.mark.parametrize("heir", ["", "nobody@example.org", "olga@example.org", "x", "off@example.org"])
def test_decks_go_only_to_somebody_who_may_own_them(superuser_client, owner, deck, heir):
    User.objects.create_user("off@example.org", PASSWORD, name="Off", is_active=False)
    response = superuser_client.post(delete_page(owner), hand_over(heir))
    assert "heir" in errors(response)
    assert Deck.objects.present().get().owner == owner


@pytest.mark.parametrize("gone", [{"is_active": False}, {"is_active": False, "erased_at": timezone.now()}])
def test_inactive_or_erased_person_cannot_receive_decks(owner, learner, deck, gone):
    """The heir's account has ended since the form was checked, or the heir is the person to be erased."""
    User.objects.filter(pk=learner.pk).update(**gone)
    for heir in (learner, owner):
        with pytest.raises(erasing.ErasureRefusedError, match="account no longer exists"):
            erasing.erase_person(person=owner, heir=heir, now=timezone.now())
    assert Deck.objects.present().get().owner == owner
    assert User.objects.get(pk=owner.pk).is_active


def test_superuser_cannot_delete_themselves(superuser, superuser_client):
    page = superuser_client.post(delete_page(superuser), {"post": "yes"})
    assert (page.status_code, "cannot delete yourself" in page.text) == (200, True)
    assert User.objects.get(pk=superuser.pk).is_active


def test_last_superuser_is_not_erased(superuser, owner):
    with pytest.raises(erasing.ErasureRefusedError, match="superuser"):
        erasing.erase_person(person=superuser, now=owner.date_joined)
    User.objects.create_superuser("other@example.org", PASSWORD, name="Other")
    assert erasing.erase_person(person=superuser, now=owner.date_joined)


def test_owner_of_the_shipped_deck_is_not_erased(superuser_client):
    call_command("load_library", verbosity=0)
    library = Deck.objects.get().owner
    page = superuser_client.post(delete_page(library), ERASE)
    assert (page.status_code, "which comes with the site." in page.text) == (200, True)
    assert Deck.objects.present().get().owner == library


def test_list_action_erases_several_people(superuser_client, owner, learner, stranger, deck):
    data = {"action": "delete_selected", "_selected_action": [owner.pk, learner.pk]}
    assert "1 deck" in superuser_client.post(USERS, data).text
    assert "decks" in errors(superuser_client.post(USERS, data | {"post": "yes"}))
    response = superuser_client.post(USERS, data | hand_over("lena@example.org"))
    assert "is also being deleted" in response.text
    superuser_client.post(USERS, data | hand_over("sam@example.org"))
    assert Deck.objects.get().owner == stranger
    assert not User.objects.filter(pk__in=[owner.pk, learner.pk]).exists()


def test_list_action_refuses_more_than_fifty_people(superuser_client):
    people = [User.objects.create_guest(time_zone="UTC").pk for _ in range(51)]
    data = {"action": "delete_selected", "_selected_action": people, "post": "yes"}
    page = superuser_client.post(f"{USERS}?guests=yes", data)
    assert "at most 50" in page.text
    assert User.objects.filter(is_guest=True).count() == 51


def test_confirmation_queries_do_not_grow_with_people(superuser_client, owner, deck):
    counts = []
    for people in (0, 9):
        for number in range(people):
            User.objects.create_user(f"{number}@example.org", PASSWORD, name="N")
        keys = list(User.objects.filter(is_superuser=False).values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as queries:
            superuser_client.post(USERS, {"action": "delete_selected", "_selected_action": keys})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_first_erasure_is_logged_when_the_second_is_refused(superuser_client, learner, stranger, monkeypatch):
    """The data has changed since the page was loaded."""
    erase_person = erasing.erase_person

    def refuse(*, person, **more):
        if person == stranger:
            raise erasing.ErasureRefusedError("Not now.")
        return erase_person(person=person, **more)

    monkeypatch.setattr(erasing, "erase_person", refuse)
    data = {"action": "delete_selected", "_selected_action": [learner.pk, stranger.pk], "post": "yes"}
    assert "Not now." in superuser_client.post(USERS, data).text
    assert LogEntry.objects.get().object_id == str(learner.pk)
    assert User.objects.get(pk=learner.pk).erased_at
    assert User.objects.get(pk=stranger.pk).is_active


def test_editors_cannot_erase_or_hand_over(editor_client, owner, deck):
    for data in (ERASE, hand_over("edith@example.org")):
        assert editor_client.post(delete_page(owner), data).status_code == 403
        editor_client.post(USERS, data | {"action": "delete_selected", "_selected_action": [owner.pk]})
    assert Deck.objects.present().get().owner == owner


def test_erased_account_ends_at_once(superuser_client, owner, owner_client, deck, monkeypatch):
    """Also if there is no time for any other step."""
    monkeypatch.setattr("studysite.slices.SECONDS", -1)
    page = superuser_client.post(delete_page(owner), ERASE, follow=True)
    assert "The daily command deletes the rest" in page.text
    assert owner_client.get("/accounts/preferences/").status_code == 302
    assert "e-mail address or the password is wrong" in log_in(owner_client, "olga@example.org").text
    assert owner_client.get(f"/decks/{deck.slug}/").status_code == 404
    left = User.objects.get(pk=owner.pk)
    assert (left.name, left.is_active, left.stored_rights()) == (erasing.NAME, False, [])
    assert superuser_client.get(f"{USERS}{owner.pk}/change/").status_code == 302
    call_command("daily")
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not Card.objects.exists()


def test_invitations_and_log_entries_lose_the_address(learner, owner):
    """Unused invitations, and the log about rows that no longer exist."""
    Invitation.objects.create(email="Lena@Example.org", created_by=owner)
    other = Invitation.objects.create(email="lena@example.com", created_by=owner)
    entry = LogEntry.objects.create(
        user=owner, object_id="999", object_repr=learner.email, action_flag=DELETION, change_message="Lena"
    )
    erasing.erase_person(person=learner, now=timezone.now())
    assert list(Invitation.objects.all()) == [other]
    entry.refresh_from_db()
    assert (entry.object_repr, entry.change_message) == (erasing.NAME, "")


def test_erased_address_can_sign_up_again(superuser_client, learner):
    superuser_client.post(delete_page(learner), {"post": "yes"})
    User.objects.create_user("lena@example.org", PASSWORD, name="Lena")


def test_actions_of_an_erased_editor_stay_in_the_log(superuser_client, editor, editor_client, learner):
    data = {"email": learner.email, "name": "Lena", "time_zone": "UTC", "is_active": "on"}
    editor_client.post(f"{USERS}{learner.pk}/change/", data)
    superuser_client.post(delete_page(editor), {"post": "yes"})
    entry = LogEntry.objects.get(object_id=learner.pk)
    assert (entry.user.name, entry.object_repr) == (erasing.NAME, "Lena")
    assert "@erased.invalid" in superuser_client.get(f"{USERS}{learner.pk}/history/").text


def test_erasing_twice_changes_nothing(learner, owner):
    assert erasing.erase_person(person=learner, now=owner.date_joined)
    assert not erasing.erase_person(person=learner, now=owner.date_joined)
