"""The editor's pages: who may use them, and what they do with the sent data."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.editing import decks, moving
from cards.models import Card, Deck, TwinPair, Visibility
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.django_db

MEGABYTE = "x" * 1024 * 1024
NASTY = [
    "a\0b",
    "a\ud800b",
    MEGABYTE,
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    " ",
    "$" * 3_000,
    "|" * 3_000,
]
ON_DECK = ["deck_edit", "deck_details", "deck_replace", "cards_removed", "deck_remove", "deck_reports"]
ON_DECK_POST = ["card_add", "card_preview"]
ON_CARD = ["card_edit", "card_twins"]
ON_CARD_POST = ["card_place", "card_remove", "card_restore"]


@pytest.fixture
def deck(make_deck: MakeDeck) -> Deck:
    return make_deck(3)


@pytest.fixture
def card(deck: Deck) -> Card:
    return deck.cards.in_order()[0]


def url(name: str, deck: Deck, card: Card | None = None) -> str:
    return reverse(name, args=[deck.slug, card.pk] if card else [deck.slug])


def part(target: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target}


def encoded(fields: dict[str, str]) -> str:
    """Encoded as no browser would send it: with lone surrogates."""
    return "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields.items())


def send(client: Client, page: str, fields: dict[str, str]) -> HttpResponse:
    return client.post(page, encoded(fields), content_type="application/x-www-form-urlencoded")


def fields_of(client: Client, card: Card, **changed: str) -> dict[str, str]:
    """What the card's form would send, with some fields changed."""
    html = client.get(url("card_edit", card.deck, card)).content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen
    fields = {"term": card.term, "definition": card.definition, "side_choice": card.side_choice}
    return {**fields, "seen": seen[1], **changed}


# --- Access


@pytest.mark.parametrize("visibility", Visibility.values)
def test_editor_pages_do_not_open_for_strangers(
    client: Client, owner_client: Client, stranger_client: Client, deck: Deck, card: Card, visibility: str
) -> None:
    Deck.objects.update(visibility=visibility)
    pages = [url(name, deck) for name in ON_DECK] + [url(name, deck, card) for name in ON_CARD]
    for page in pages:
        assert owner_client.get(page).status_code == 200
        assert stranger_client.get(page).status_code == 404
        assert stranger_client.post(page).status_code in (404, 405)
        assert client.get(page)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ON_DECK_POST + ON_CARD_POST)
def test_writes_need_post_owner_and_csrf_token(
    owner: User, owner_client: Client, stranger_client: Client, deck: Deck, card: Card, name: str
) -> None:
    page = url(name, deck, card if name in ON_CARD_POST else None)
    assert owner_client.get(page).status_code == 405
    assert stranger_client.post(page).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(page).status_code == 403
    assert Card.objects.present().count() == 3


def test_superuser_but_not_plain_staff_edits_visible_decks(
    learner: User, learner_client: Client, deck: Deck
) -> None:
    User.objects.filter(pk=learner.pk).update(is_staff=True)
    Deck.objects.update(visibility="public")
    assert learner_client.get(url("deck_edit", deck)).status_code == 404
    User.objects.filter(pk=learner.pk).update(is_superuser=True)
    assert learner_client.get(url("deck_edit", deck)).status_code == 200
    Deck.objects.update(visibility="private")
    assert learner_client.get(url("deck_edit", deck)).status_code == 404


def test_cards_of_another_deck_return_404(owner_client: Client, deck: Deck, make_deck: MakeDeck) -> None:
    other = make_deck(1).cards.get()
    for name in ON_CARD:
        assert owner_client.get(url(name, deck, other)).status_code == 404
    for name in ON_CARD_POST:
        assert owner_client.post(url(name, deck, other)).status_code == 404


# --- Decks


def new_deck(client: Client, **fields: str) -> dict[str, str]:
    html = client.get(reverse("deck_new")).content.decode()
    address = re.search(r'name="address" value="([^"]+)"', html)
    assert address
    made = {"address": address[1], "title": "Capitals", "visibility": "private"}
    return {**made, "language": "de", "side_choice": "auto", **fields}


def test_new_deck_redirects_to_its_editor(owner: User, owner_client: Client) -> None:
    response = owner_client.post(reverse("deck_new"), new_deck(owner_client, description="Of Europe"))
    deck = Deck.objects.get()
    assert response["Location"] == f"{url('deck_edit', deck)}#new-card"
    assert (deck.owner, deck.title, deck.description, deck.language) == (owner, "Capitals", "Of Europe", "de")


def test_form_sent_twice_makes_one_deck(owner_client: Client) -> None:
    fields = new_deck(owner_client)
    places = {owner_client.post(reverse("deck_new"), fields)["Location"] for _ in range(2)}
    assert (len(places), Deck.objects.count()) == (1, 1)


def test_unsigned_or_reserved_slug_is_replaced(owner_client: Client) -> None:
    for address in ("new", "deep-learning", ""):
        owner_client.post(reverse("deck_new"), new_deck(owner_client, address=address))
    slugs = set(Deck.objects.values_list("slug", flat=True))
    assert len(slugs) == 3
    assert not slugs & {"new", "deep-learning", ""}


@pytest.mark.parametrize(
    "field", ["title", "description", "visibility", "language", "side_choice", "address"]
)
@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
def test_hostile_fields_make_a_deck_or_form_errors(owner_client: Client, field: str, value: str) -> None:
    response = send(owner_client, reverse("deck_new"), new_deck(owner_client, **{field: value}))
    assert response.status_code in (200, 302)
    if response.status_code == 200:
        assert "errorlist" in response.content.decode()
        assert not Deck.objects.exists()


def test_new_deck_page_redirects_visitors_to_the_login(client: Client) -> None:
    assert client.get(reverse("deck_new"))["Location"] == "/accounts/login/?next=/decks/new/"


def test_details_are_saved_and_studied_sides_updated(owner_client: Client, deck: Deck) -> None:
    fields = {"title": "Other", "visibility": "link", "language": "en", "side_choice": "term"}
    assert owner_client.post(url("deck_details", deck), fields).status_code == 302
    deck.refresh_from_db()
    assert (deck.title, deck.visibility, deck.side_choice) == ("Other", "link", "term")
    assert set(deck.cards.values_list("studied_side", flat=True)) == {"term"}


class TestTwoPeopleDescribeADeck:
    FIELDS = {
        "title": "Mine",
        "description": "",
        "visibility": "private",
        "language": "en",
        "side_choice": "auto",
    }

    def test_details_conflict_shows_both_texts(self, owner_client: Client, deck: Deck) -> None:
        page = owner_client.get(url("deck_details", deck))
        typed = self.FIELDS | {"seen": page.context["form"]["seen"].value()}
        Deck.objects.update(title="Theirs <b>", description="Said by them")
        page = owner_client.post(url("deck_details", deck), typed)
        assert "Somebody else saved these details" in page.text
        assert "Theirs &lt;b&gt;" in page.text
        assert "Said by them" in page.text
        assert 'value="Mine"' in page.text
        assert Deck.objects.get().title == "Theirs <b>"
        again = self.FIELDS | {"seen": page.context["form"]["seen"].value()}
        assert owner_client.post(url("deck_details", deck), again).status_code == 302
        assert (Deck.objects.get().title, Deck.objects.get().description) == ("Mine", "")

    def test_changed_cards_are_no_conflict_of_details(self, owner_client: Client, deck: Deck) -> None:
        page = owner_client.get(url("deck_details", deck))
        decks.refresh_deck(deck=deck)
        typed = self.FIELDS | {"seen": page.context["form"]["seen"].value()}
        assert owner_client.post(url("deck_details", deck), typed).status_code == 302

    def test_details_sent_twice_are_no_conflict(self, owner_client: Client, deck: Deck) -> None:
        page = owner_client.get(url("deck_details", deck))
        typed = self.FIELDS | {"seen": page.context["form"]["seen"].value()}
        for _ in range(2):
            assert owner_client.post(url("deck_details", deck), typed).status_code == 302

    def test_invalid_version_keeps_the_typed_details(self, owner_client: Client, deck: Deck) -> None:
        page = owner_client.post(url("deck_details", deck), self.FIELDS | {"seen": "y" * 20_000})
        assert page.status_code == 200
        page = owner_client.post(url("deck_details", deck), self.FIELDS | {"seen": "y"})
        assert 'value="Mine"' in page.text


def test_unlisted_language_is_kept(owner_client: Client, deck: Deck) -> None:
    Deck.objects.update(language="tlh", definition_language="qya")
    fields = {"title": "T", "visibility": "link", "language": "tlh", "side_choice": "auto"}
    details = url("deck_details", deck)
    assert owner_client.post(details, fields | {"definition_language": "qya"}).status_code == 302
    # A page that was opened before there was a second language says nothing of it.
    assert owner_client.post(details, fields).status_code == 302
    deck.refresh_from_db()
    assert (deck.language, deck.definition_language) == ("tlh", "qya")
    assert owner_client.post(details, fields | {"definition_language": ""}).status_code == 302
    deck.refresh_from_db()
    assert [deck.language_of(side) for side in ("term", "definition")] == ["tlh", "tlh"]


def test_removed_deck_can_be_restored(owner_client: Client, deck: Deck) -> None:
    assert "30 days" in owner_client.get(url("deck_remove", deck)).content.decode()
    assert Deck.objects.present().exists()
    assert owner_client.post(url("deck_remove", deck))["Location"] == reverse("decks_removed")
    assert owner_client.get(url("deck_edit", deck)).status_code == 404
    assert deck.title in owner_client.get(reverse("decks_removed")).content.decode()
    for _ in range(2):
        assert owner_client.post(url("deck_restore", deck))["Location"] == deck.get_absolute_url()
    assert Deck.objects.present().get().cards.present().count() == 3


def test_only_the_owner_restores_a_deck_within_30_days(
    owner_client: Client, stranger_client: Client, deck: Deck
) -> None:
    owner_client.post(url("deck_remove", deck))
    assert stranger_client.post(url("deck_restore", deck)).status_code == 404
    assert deck.title not in stranger_client.get(reverse("decks_removed")).content.decode()
    assert deck.title in owner_client.get(reverse("decks_removed")).content.decode()
    Deck.objects.update(removed_at=Deck.objects.get().removed_at - timedelta(days=30, minutes=1))
    assert deck.title not in owner_client.get(reverse("decks_removed")).content.decode()
    assert owner_client.post(url("deck_restore", deck)).status_code == 404


# --- Adding cards


def test_added_card_goes_to_the_end(owner_client: Client, deck: Deck) -> None:
    response = owner_client.post(url("card_add", deck), {"term": " New ", "definition": "$x^2$"})
    assert response["Location"] == f"{url('deck_edit', deck)}?page=1#new-card"
    card = deck.cards.in_order().last()
    assert card
    assert (card.term, card.definition) == ("New", "$x^2$")
    assert "<math" in card.definition_html
    deck.refresh_from_db()
    assert deck.card_count == 4


def test_htmx_gets_the_added_card_alone(owner_client: Client, deck: Deck) -> None:
    response = owner_client.post(url("card_add", deck), {"term": "New"}, headers=part("added-card"))
    html = response.content.decode()
    assert html.strip().startswith("<li")
    assert '<span class="editor-place">4</span>' in html
    assert 'id="new-card"' not in html


def test_card_sent_twice_is_added_once(owner_client: Client, deck: Deck) -> None:
    fields = {"term": "New", "definition": "D", "key": "6a9a4f6e-9f0b-4d2e-8d0d-0c2f3f1a2b3c"}
    for _ in range(3):
        owner_client.post(url("card_add", deck), fields)
    assert deck.cards.filter(term="New").count() == 1
    owner_client.post(url("card_add", deck), {**fields, "term": "Newer"})
    assert deck.cards.count() == 5


@pytest.mark.parametrize("key", ["", "x", "a" * 5_000, "a\0b", "Term 0"])
def test_invalid_key_is_replaced(owner_client: Client, deck: Deck, key: str) -> None:
    assert owner_client.post(url("card_add", deck), {"term": "New", "key": key}).status_code == 302
    assert deck.cards.get(term="New").key != key


@pytest.mark.parametrize("target", ["", "added-card"])
def test_empty_card_is_a_form_error(owner_client: Client, deck: Deck, target: str) -> None:
    response = owner_client.post(url("card_add", deck), {"term": " ", "definition": ""}, headers=part(target))
    assert response.status_code == 200
    assert "A card needs at least one side." in response.content.decode()
    assert deck.cards.count() == 3


def test_too_long_side_is_shown_again_in_full(owner_client: Client, deck: Deck) -> None:
    response = owner_client.post(url("card_add", deck), {"term": "T", "definition": MEGABYTE})
    html = response.content.decode()
    assert response.status_code == 200
    assert MEGABYTE in html
    assert "at most 32000 characters" in html


@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
def test_hostile_texts_are_saved_or_form_errors(
    owner_client: Client, deck: Deck, card: Card, value: str
) -> None:
    for page, fields in [
        (url("card_add", deck), {"term": value, "definition": value, "key": value}),
        (url("card_preview", deck), {"term": value, "definition": value}),
        (
            url("card_edit", deck, card),
            dict.fromkeys(("term", "side_choice", "accepted_terms", "seen"), value),
        ),
        (url("card_place", deck, card), {"to": value, "place": value}),
        (url("card_twins", deck, card), {"card": value, "word": value}),
        (url("deck_replace", deck), {"find": value, "new": value, "seen": value, "sides": value}),
    ]:
        assert send(owner_client, page, fields).status_code in (200, 302, 413)
    for page in (url("deck_edit", deck), url("card_twins", deck, card)):
        query = encoded({"q": value[:3_000], "page": value[:3_000]})
        assert owner_client.get(f"{page}?{query}").status_code == 200


# --- The list


@pytest.mark.slow
def test_list_is_paginated_with_constant_queries(owner_client: Client, make_deck: MakeDeck) -> None:
    numbers = []
    for cards in (3, 49, 120):
        deck = make_deck(cards)
        with CaptureQueriesContext(connection) as captured:
            html = owner_client.get(url("deck_edit", deck)).content.decode()
        numbers.append(len(captured))
    assert len(set(numbers)) == 1
    assert numbers[0] <= 8
    assert "Page 1 of 3" in html
    html = owner_client.get(f"{url('deck_edit', deck)}?page=3").content.decode()
    assert 'start="101"' in html
    assert html.count('class="editor-card"') == 20


def test_search_finds_text_on_either_side(owner_client: Client, deck: Deck) -> None:
    html = owner_client.get(f"{url('deck_edit', deck)}?q=definition+2").content.decode()
    assert "1 card with" in html
    assert "Term 2" in html
    assert "Term 1" not in html


def test_preview_shows_only_texts_with_markup(owner_client: Client, deck: Deck) -> None:
    page = url("card_preview", deck)
    assert "<strong>b</strong>" in owner_client.post(page, {"term": "**b**"}).content.decode()
    assert not owner_client.post(page, {"term": "plain", "definition": "text"}).content.strip()
    assert Card.objects.count() == 3


# --- Editing a card


def test_card_form_saves_every_field(owner_client: Client, deck: Deck, card: Card) -> None:
    changed = {
        "term": "**New**",
        "accepted_terms": "one\r\n\r\ntwo\r\n  and more\r\n",
        "wrong_definitions": "no",
        "side_choice": "term",
    }
    response = owner_client.post(url("card_edit", deck, card), fields_of(owner_client, card, **changed))
    assert response["Location"] == f"{url('deck_edit', deck)}?page=1#card-{card.pk}"
    card.refresh_from_db()
    assert card.term_html == "<p><strong>New</strong></p>"
    assert card.accepted_terms == ["one", "two\nand more"]
    assert (card.wrong_definitions, card.studied_side) == (["no"], "term")


def test_alternatives_with_lines_survive_the_form(owner_client: Client, deck: Deck, card: Card) -> None:
    texts = ["a\nb", "c", "d\n\n  e"]
    Card.objects.filter(pk=card.pk).update(accepted_terms=texts)
    html = owner_client.get(url("card_edit", deck, card)).content.decode()
    found = re.search(r'<textarea name="accepted_terms"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    assert found
    fields = fields_of(owner_client, card, accepted_terms=found[1].replace("\n", "\r\n"), term="New")
    owner_client.post(url("card_edit", deck, card), fields)
    card.refresh_from_db()
    assert (card.term, card.accepted_terms) == ("New", texts)


@pytest.mark.parametrize("target", ["", "card"])
def test_edit_conflict_shows_both_texts(owner_client: Client, deck: Deck, card: Card, target: str) -> None:
    headers = part(f"card-{card.pk}") if target else {}
    page = url("card_edit", deck, card)
    mine = fields_of(owner_client, card, term="Mine")
    owner_client.post(page, fields_of(owner_client, card, term="Theirs"))
    html = owner_client.post(page, mine, headers=headers).content.decode()
    assert "Somebody else saved this card" in html
    assert re.search(r"<dd[^>]*>Theirs</dd>", html)
    assert re.search(r"<textarea[^>]*>\nMine</textarea>", html)
    assert Card.objects.get(pk=card.pk).term == "Theirs"
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen
    owner_client.post(page, {**mine, "seen": seen[1]}, headers=headers)
    assert Card.objects.get(pk=card.pk).term == "Mine"


def test_edit_sent_twice_is_no_conflict(owner_client: Client, deck: Deck, card: Card) -> None:
    fields = fields_of(owner_client, card, term="Mine")
    for _ in range(2):
        assert owner_client.post(url("card_edit", deck, card), fields).status_code == 302


def test_moving_or_tagging_meanwhile_is_no_conflict(owner_client: Client, deck: Deck, card: Card) -> None:
    fields = fields_of(owner_client, card, term="Mine")
    owner_client.post(url("card_place", deck, card), {"to": "end"})
    owner_client.post(url("card_tags", deck, card), {"name": "exam"})
    assert owner_client.post(url("card_edit", deck, card), fields).status_code == 302
    card.refresh_from_db()
    assert (card.term, moving.place_of(card)) == ("Mine", 3)


def test_card_removed_meanwhile_can_still_be_saved(owner_client: Client, deck: Deck, card: Card) -> None:
    fields = fields_of(owner_client, card, term="Mine")
    owner_client.post(url("card_remove", deck, card))
    html = owner_client.post(url("card_edit", deck, card), fields).content.decode()
    assert "Somebody removed this card in the meantime." in html
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen
    owner_client.post(url("card_edit", deck, card), {**fields, "seen": seen[1]})
    card.refresh_from_db()
    assert (card.term, card.removed_at) == ("Mine", None)


def test_stale_or_invalid_timestamp_never_overwrites(owner_client: Client, deck: Deck, card: Card) -> None:
    for seen in ("", "yesterday", "2020-01-01T00:00:00+00:00", "2020-01-01"):
        fields = fields_of(owner_client, card, term="Mine", seen=seen)
        assert owner_client.post(url("card_edit", deck, card), fields).status_code == 200
    card.refresh_from_db()
    assert card.term == "Term 0"


# --- Places


def order(deck: Deck) -> str:
    return "".join(card.term[-1] for card in deck.cards.present().in_order())


@pytest.mark.parametrize(
    ("to", "result"),
    [
        ({"to": "up"}, "0213"),
        ({"to": "down"}, "0132"),
        ({"to": "top"}, "2013"),
        ({"to": "end"}, "0132"),
        ({"place": "1"}, "2013"),
        ({"place": "3"}, "0123"),
        ({"place": "9999999"}, "0132"),
        ({"place": "0"}, "0123"),
        ({"to": "sideways"}, "0123"),
        ({}, "0123"),
    ],
)
def test_card_moves_to_the_requested_place(
    owner_client: Client, make_deck: MakeDeck, to: dict[str, str], result: str
) -> None:
    deck = make_deck(4)
    card = deck.cards.get(term="Term 2")
    assert owner_client.post(url("card_place", deck, card), to).status_code == 302
    assert order(deck) == result
    response = owner_client.post(url("card_place", deck, card), {"to": "down"}, headers=part("cards"))
    assert response.content.decode().strip().startswith('<section id="cards"')


def test_placing_skips_removed_cards_and_repairs_positions(owner_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(5)
    deck.cards.filter(term="Term 1").update(removed_at="2026-01-01T00:00:00Z")
    deck.cards.filter(position__gt=2).update(position=2)
    card = deck.cards.get(term="Term 4")
    for result in ("0243", "0423", "4023", "4023"):
        owner_client.post(url("card_place", deck, card), {"to": "up"})
        assert order(deck) == result
    positions = list(deck.cards.values_list("position", flat=True))
    assert len(set(positions)) == 5


# --- Removing cards


def test_removed_card_shows_an_undo_button(owner_client: Client, deck: Deck, card: Card) -> None:
    headers = part(f"card-{card.pk}")
    html = owner_client.post(url("card_remove", deck, card), headers=headers).content.decode()
    assert "Undo" in html
    assert order(deck) == "12"
    html = owner_client.post(url("card_restore", deck, card), headers=headers).content.decode()
    assert f'id="card-{card.pk}"' in html
    assert order(deck) == "012"


def test_removed_cards_are_listed(owner_client: Client, deck: Deck, card: Card) -> None:
    page = url("cards_removed", deck)
    assert "No removed cards." in owner_client.get(page).content.decode()
    owner_client.post(url("card_remove", deck, card))
    assert "Term 0" in owner_client.get(page).content.decode()
    assert owner_client.post(url("card_restore", deck, card), {"next": page})["Location"] == page


# --- Twins


def test_author_marks_and_unmarks_twins(owner_client: Client, deck: Deck, card: Card) -> None:
    other = deck.cards.in_order()[2]
    page = url("card_twins", deck, other)
    assert "Term 0" in owner_client.get(f"{page}?q=term+0").content.decode()
    for word, stored in (("same", [True]), ("same", [True]), ("different", [False]), ("forget", [])):
        owner_client.post(page, {"card": card.pk, "word": word})
        assert list(TwinPair.objects.values_list("are_twins", flat=True)) == stored


def test_twins_must_be_two_cards_of_one_deck(
    owner_client: Client, deck: Deck, card: Card, make_deck: MakeDeck
) -> None:
    foreign = make_deck(1).cards.get()
    for other in (card.pk, foreign.pk, 10**18 - 1):
        response = owner_client.post(url("card_twins", deck, card), {"card": other, "word": "same"})
        assert response.status_code == 404
    assert not TwinPair.objects.exists()
