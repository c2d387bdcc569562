"""What caches and search engines may store, and the headers of static files."""

import urllib.robotparser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cards.editing import cards
from cards.models import Card, Deck, Visibility
from studysite.accounts.models import Invitation, User

pytestmark = pytest.mark.django_db
PERSONAL = "private, no-cache"


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="A", slug="a", visibility=Visibility.PUBLIC)
    card = Card(deck=deck, position=0, term="one", definition="eins")
    cards.save_card(card=card)
    return deck


@pytest.fixture
def static_client(settings: Any, tmp_path: Path) -> Client:
    """The browser of a site with these static files."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "icon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "base.0123456789ab.css").write_text("a {}")
    return Client()


@pytest.mark.parametrize("name", ["icon.svg", "base.0123456789ab.css"])
def test_static_files_have_the_security_headers_of_pages(static_client: Client, name: str) -> None:
    response = static_client.get(f"/static/{name}")
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == static_client.get("/")["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]


def test_static_files_are_cacheable_and_revalidated(static_client: Client) -> None:
    response = static_client.get("/static/base.0123456789ab.css")
    assert "public" in response["Cache-Control"]
    assert "X-Robots-Tag" not in response
    unchanged = {"If-Modified-Since": response["Last-Modified"]}
    assert static_client.get("/static/base.0123456789ab.css", headers=unchanged).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/decks/a/",
        "/decks/a/?card=1",
        "/accounts/preferences/",
        "/accounts/invitation/x/",
        "/nothing/",
    ],
)
def test_pages_are_not_kept_by_shared_caches(
    owner_client: Client, client: Client, deck: Deck, path: str
) -> None:
    for browser in (owner_client, client):
        assert browser.get(path)["Cache-Control"] == PERSONAL


@pytest.mark.parametrize(
    "path", ["/decks/a/learn/", "/decks/a/edit/", "/decks/a/settings/", "/admin/", "/import/"]
)
def test_no_store_pages_stay_no_store(superuser_client: Client, deck: Deck, path: str) -> None:
    response = superuser_client.get(path)
    assert response.status_code == 200
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))


@pytest.fixture
def superuser_client(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "a long sentence", name="Root"))
    return client


def may_be_kept(response: Any) -> bool:
    return "noindex" not in response["X-Robots-Tag"]


def test_public_decks_may_be_indexed(client: Client, deck: Deck) -> None:
    card = deck.cards.get()
    for path in ("/", "/?page=2", "/decks/a/", f"/decks/a/cards/{card.pk}/", "/robots.txt"):
        assert may_be_kept(client.get(path))


@pytest.mark.parametrize(
    "path",
    [
        "/decks/a/?shuffle=7",
        "/decks/a/learn/",
        "/decks/a/spaced/",
        "/decks/a/test/",
        "/decks/a/matching/",
        "/decks/a/copy/",
        "/decks/a/export/text/",
        "/decks/a/test/beat/x/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/key/1-x-y/",
        "/accounts/invitation/x/",
        "/accounts/confirm-email/x/",
        "/import/",
        "/admin/",
        "/nothing/",
        "/healthz",
    ],
)
def test_other_pages_are_noindex(client: Client, deck: Deck, path: str) -> None:
    assert not may_be_kept(client.get(path))


@pytest.mark.parametrize("visibility", [Visibility.LINK, Visibility.PRIVATE])
def test_decks_that_are_not_public_are_noindex(
    client: Client, owner_client: Client, deck: Deck, visibility: Visibility
) -> None:
    Deck.objects.update(visibility=visibility)
    for path in ("/decks/a/", f"/decks/a/cards/{deck.cards.get().pk}/"):
        assert not may_be_kept(client.get(path))
        assert not may_be_kept(owner_client.get(path))


def test_invitations_are_noindex(client: Client) -> None:
    assert not may_be_kept(client.get(Invitation.objects.create().get_absolute_url()))


def test_robots_txt_allows_pages_with_noindex_to_be_read(client: Client, deck: Deck) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "public" in response["Cache-Control"]
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(response.text.splitlines())
    read = [
        "/",
        "/decks/a/",
        "/decks/a/test/beat/x/",
        "/import/x/",
        "/accounts/invitation/x/",
        "/static/a.css",
    ]
    assert [path for path in read if not rules.can_fetch("Some", path)] == []
    closed = [
        "/admin/",
        "/admin/login/",
        "/decks/new/",
        "/tags/",
        "/tags/3/",
        "/guest/",
        "/reviews/3/accept/",
    ]
    assert [path for path in closed if rules.can_fetch("Some", path)] == []


def test_post_to_robots_txt_returns_405(client: Client) -> None:
    assert client.post("/robots.txt").status_code == 405
