"""How often a learner and an address may hand in, import, preview and export; no typed text is lost."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, ImportDraft
from sessions_app.models import Paper
from sessions_app.practice_test import handing_in
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public")
    for number in range(8):
        Card.objects.create(deck=deck, position=number, term=f"Land {number}", definition=f"City {number}")
    refresh_deck(deck=deck)
    return deck


@pytest.fixture
def once(settings: Any) -> None:
    """Each learner may ask for each of these once."""
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(
        ("import", "preview", "export", "hand_in"), "1/h/key,99/h/ip"
    )


Ask = Callable[[Client, Deck], Any]


def hand_in(client: Client, deck: Deck) -> Any:
    client.post(f"{deck.get_absolute_url()}test/", {"questions": 4, "kinds": ["typed"]})
    paper = Paper.objects.latest("pk")
    return client.post(f"{deck.get_absolute_url()}test/hand-in/", {"paper": paper.pk, "q0": "<Oslo> & more"})


ASKED: dict[str, Ask] = {
    "pasting": lambda client, deck: client.post("/import/", {"text": 'a\tb\n"c" <d>\te\n'}),
    "into a deck": lambda client, deck: client.post(f"{deck.get_absolute_url()}import/", {"text": "a\tb\n"}),
    "preview of a card": lambda client, deck: client.post(
        f"{deck.get_absolute_url()}edit/preview/", {"term": "**a**", "definition": "b"}
    ),
    "find and replace": lambda client, deck: client.get(
        f"{deck.get_absolute_url()}edit/replace/?find=a&replace=b"
    ),
    "export": lambda client, deck: client.get(f"{deck.get_absolute_url()}export/archive/"),
    "handing in": hand_in,
}


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize("what", ASKED)
def test_too_many_requests_return_429_with_a_button(
    what: str, owner_client: Client, learner_client: Client, deck: Deck
) -> None:
    assert ASKED[what](owner_client, deck).status_code in (200, 302)
    refused = ASKED[what](owner_client, deck)
    assert refused.status_code == 429
    assert "too many tries from your network" in refused.text
    assert "Try again" in refused.text
    assert refused["Retry-After"] == "60"
    # Another learner behind the same address is not affected.
    assert ASKED[what](learner_client, deck).status_code != 429


def sent_again(page: str) -> dict[str, str]:
    """What the button of the page would send."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.mark.usefixtures("once")
def test_refused_form_keeps_what_was_typed(owner_client: Client, deck: Deck, settings: Any) -> None:
    text = 'a\tb\n"c" <d> & é\te\n'
    owner_client.post("/import/", {"text": "x\ty"})
    page = owner_client.post("/import/", {"text": text})
    assert sent_again(page.text) == {"text": text}
    settings.ACCOUNT_RATE_LIMITS = {}
    assert owner_client.post("/import/", sent_again(page.text)).status_code == 302
    assert ImportDraft.objects.latest("pk").path.read_text() == text


@pytest.mark.usefixtures("once")
def test_refused_upload_asks_for_the_file_again(owner_client: Client) -> None:
    owner_client.post("/import/", {"text": "x\ty"})
    file = SimpleUploadedFile("cards.txt", b"a\tb\n")
    page = owner_client.post("/import/", {"text": "", "file": file})
    assert page.status_code == 429
    assert '<a class="button" href="/import/">Choose the file again</a>' in page.text


@pytest.mark.usefixtures("once")
def test_refused_request_does_no_work(
    owner_client: Client, deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(owner_client, deck)
    monkeypatch.setattr(handing_in, "hand_in", lambda **_: pytest.fail("graded all the same"))
    assert hand_in(owner_client, deck).status_code == 429
    assert Paper.objects.filter(handed_in_at=None).exists()


@pytest.mark.usefixtures("once")
def test_new_import_options_count_as_a_preview(owner_client: Client) -> None:
    url = owner_client.post("/import/", {"text": "a,b\tc\n"})["Location"]
    options = {"separator": "comma", "row_separator": "newline", "head": "guess", "title": "T", "do": "look"}
    page = owner_client.post(url, options)
    assert page.status_code == 429
    assert sent_again(page.text) == options
    assert ImportDraft.objects.get().options == {}
    # Opening a preview again, and importing it, do not read the file again.
    assert owner_client.get(url).status_code == 200


def test_requests_are_counted_by_address(client: Client, deck: Deck, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"export": "99/h/key,2/h/ip"}
    export = f"{deck.get_absolute_url()}export/archive/"
    assert [Client().get(export).status_code for _ in range(3)] == [200, 200, 429]
    other = {"X-Forwarded-For": "192.0.2.7"}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert Client().get(export, headers=other).status_code == 200


def test_visitors_without_session_are_counted_by_address_alone(deck: Deck, settings: Any) -> None:
    """A class without accounts is many people behind one address."""
    settings.ACCOUNT_RATE_LIMITS = {"export": "1/h/key,99/h/ip"}
    export = f"{deck.get_absolute_url()}export/archive/"
    assert [Client().get(export).status_code for _ in range(3)] == [200, 200, 200]


def test_guest_is_counted_as_a_learner(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"import": "1/h/key,99/h/ip"}
    answers = [client.post("/import/", {"text": "a\tb"}).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert Client().post("/import/", {"text": "a\tb"}).status_code == 302


@pytest.mark.usefixtures("once")
def test_htmx_request_beyond_the_limit_gets_429(owner_client: Client, deck: Deck) -> None:
    """A 429 is not swapped in, and the page says why (static/js/ui.js)."""
    address, typed = f"{deck.get_absolute_url()}edit/preview/", {"term": "**a**", "definition": "b"}
    assert owner_client.post(address, typed, headers=HTMX).status_code == 200
    assert owner_client.post(address, typed, headers=HTMX).status_code == 429


@pytest.mark.parametrize("action", ["import", "preview", "export", "hand_in"])
def test_limits_let_a_class_behind_one_address_work(action: str) -> None:
    """35 people, each with several requests a minute."""
    rates = dict(reversed(rate.split("/m/")) for rate in site.ACCOUNT_RATE_LIMITS[action].split(","))
    assert int(rates["key"]) >= 20
    assert int(rates.get("ip", 9_999)) >= 35 * 8
