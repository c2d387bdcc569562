"""Erasing decks in the admin, and giving them another owner."""

import sqlite3

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.erasing.handing_over import hand_over
from cards.models import LIBRARY_SLUG, Card, Deck, Tag
from studysite.accounts.models import User
from tests.conftest import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DECKS = reverse("admin:cards_deck_changelist")


@pytest.fixture
def almighty_client(stranger):
    """The browser of an editor with every permission, but without superuser rights."""
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    stranger.user_permissions.set(Permission.objects.all())
    return client_of(stranger)


def delete_page(deck):
    return reverse("admin:cards_deck_delete", args=[deck.pk])


def test_page_counts_what_is_erased(superuser_client, make_deck):
    page = superuser_client.get(delete_page(make_deck(3)))
    assert "3 cards" in page.text
    assert "0 learners who have answers" in page.text


def test_unstudied_deck_is_erased_at_once(superuser_client, make_deck):
    deck = make_deck(3)
    assert superuser_client.post(delete_page(deck), {"post": "yes"})["Location"] == DECKS
    assert not Deck.objects.exists()
    assert not Card.objects.exists()
    assert "Deck 0" not in LogEntry.objects.get().object_repr


def test_removed_deck_can_be_erased_early(superuser_client, make_deck, owner_client):
    deck = make_deck(1)
    owner_client.post(reverse("deck_remove", args=[deck.slug]))
    superuser_client.post(delete_page(deck), {"post": "yes"})
    assert owner_client.post(reverse("deck_restore", args=[deck.slug])).status_code == 404
    assert not Deck.objects.exists()


def test_list_action_erases_several_decks(superuser_client, make_deck):
    keys = [make_deck(1).pk, make_deck(2).pk]
    kept = make_deck(1)
    data = {"action": "delete_selected", "_selected_action": keys}
    assert "3 cards" in superuser_client.post(DECKS, data).text
    superuser_client.post(DECKS, data | {"post": "yes"})
    assert list(Deck.objects.all()) == [kept]


def test_confirmation_queries_do_not_grow_with_decks(superuser_client, make_deck):
    counts = []
    for decks in (1, 9):
        for _ in range(decks):
            make_deck(1)
        data = {
            "action": "delete_selected",
            "_selected_action": list(Deck.objects.values_list("pk", flat=True)),
        }
        with CaptureQueriesContext(
            connection,
        ) as queries:
            superuser_client.post(DECKS, data)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_shipped_deck_cannot_be_erased(superuser_client, make_deck):
    deck = make_deck(1)
    Deck.objects.filter(pk=deck.pk).update(slug=LIBRARY_SLUG)
    page = superuser_client.post(delete_page(deck), {"post": "yes"})
    assert page.status_code == 200
    assert f"“{deck.title}” comes with the site, which would load it again" in page.text
    assert Deck.objects.get().title == deck.title


def test_editors_cannot_erase_decks(almighty_client, make_deck):
    deck = make_deck(1)
    assert almighty_client.post(delete_page(deck), {"post": "yes"}).status_code == 403
    almighty_client.post(DECKS, {"action": "delete_selected", "_selected_action": [deck.pk], "post": "yes"})
    assert Deck.objects.get().erased_at is None


def test_handed_over_deck_keeps_its_tags(superuser_client, make_deck, owner, learner):
    deck, other = make_deck(2), make_deck(1)
    first, second = deck.cards.in_order()
    verbs, nouns = (Tag.objects.create(owner=owner, name=name) for name in ("Verbs", "Äpfel"))
    theirs = Tag.objects.create(owner=learner, name="verbs")
    first.tags.add(verbs, theirs, nouns)
    second.tags.add(verbs)
    other.cards.get().tags.add(verbs)
    data = {"title": "x", "slug": deck.slug, "visibility": "private", "language": "en", "side_choice": "auto"}
    superuser_client.post(reverse("admin:cards_deck_change", args=[deck.pk]), data | {"owner": learner.pk})
    deck.refresh_from_db()
    assert (deck.owner, deck.title) == (learner, "x")
    assert sorted(first.tags.values_list("name", "owner")) == [("verbs", learner.pk), ("Äpfel", learner.pk)]
    assert list(second.tags.all()) == [theirs]
    assert list(other.cards.get().tags.all()) == [verbs]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no such bound here")
def test_tags_of_many_cards_are_handed_over_in_chunks(make_deck, owner, learner, monkeypatch):
    here, there = make_deck(60), make_deck(1)
    verbs = Tag.objects.create(owner=owner, name="Verbs")
    verbs.cards.add(*here.cards.all(), *there.cards.all())
    monkeypatch.setattr("cards.erasing.handing_over.CHUNK", 10)
    before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)
    try:
        assert hand_over(decks=[here.pk], owner=owner, to=learner) == 1
    finally:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)
    assert learner.tags.get().cards.count() == 60
    assert set(verbs.cards.all()) == set(there.cards.all())


def test_deck_of_another_owner_is_not_handed_over(make_deck, owner, learner, stranger):
    """The deck was given away after the old owner's decks were listed."""
    mine, theirs = make_deck(1), make_deck(1)
    Deck.objects.filter(pk=theirs.pk).update(owner=stranger)
    assert hand_over(decks=[mine.pk, theirs.pk], owner=owner, to=learner) == 1
    assert set(Deck.objects.values_list("pk", "owner")) == {(mine.pk, learner.pk), (theirs.pk, stranger.pk)}
