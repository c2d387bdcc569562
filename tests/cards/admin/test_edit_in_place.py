"""Editing cards in the admin: a deck's cards in place, and two editors on one card."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cards.editing.cards import edit_cards, remove_cards, save_card
from cards.models import Card, Deck
from cards.signals import cards_changed
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.slow


def page_of(deck: Deck) -> str:
    return reverse("admin:cards_deck_cards", args=[deck.pk])


def sent(cards: Iterable[Card], **written: str) -> dict[str, object]:
    """The form data of the page: each card as it was shown, with the texts ``written`` on all of them, by side."""
    data: dict[str, object] = {"card": [card.pk for card in cards]}
    for card in cards:
        row = f"card-{card.pk}"
        data[f"{row}-seen"] = card.updated_at.isoformat()
        for side in ("term", "definition"):
            data[f"initial-{row}-{side}"] = getattr(card, side)
            data[f"{row}-{side}"] = written.get(side, getattr(card, side))
    return data


def test_page_holds_fifty_cards(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(120)
    pages = [editor_client.get(page_of(deck), {"p": page}).context["rows"] for page in (1, 3)]
    assert [len(rows) for rows in pages] == [50, 20]
    assert pages[1][0].instance.term == "Term 100"


def test_cards_are_found_by_both_sides(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(12)
    for text in ("TERM 11", "nition 11"):
        rows = editor_client.get(page_of(deck), {"q": text}).context["rows"]
        assert [form.instance.position for form in rows] == [11]


def test_changed_cards_are_saved_rendered_and_logged(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    cards = list(deck.cards.in_order())
    answer = editor_client.post(page_of(deck), sent(cards[:2], definition="**new**\r\n$x$"), follow=True)
    assert "2 cards saved." in answer.content.decode()
    assert set(deck.cards.values_list("definition", flat=True)) == {"**new**\n$x$", "Definition 2"}
    assert "<strong>new</strong>" in deck.cards.in_order()[0].definition_html
    assert LogEntry.objects.count() == 2


def test_studied_side_follows_the_texts(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    long = "what nobody types, since it is far too long to be typed"
    assert card.studied_side == "definition"
    editor_client.post(page_of(card.deck), sent([card], term="Ohm", definition=long))
    card.refresh_from_db()
    assert card.studied_side == "term"


def test_saving_many_cards_refreshes_the_deck_once(editor_client: Client, make_deck: MakeDeck) -> None:
    deck, calls = make_deck(5), []

    def note(**kwargs: object) -> None:
        calls.append(kwargs["deck"])

    cards_changed.connect(note)
    try:
        editor_client.post(page_of(deck), sent(deck.cards.all(), term="Other"))
    finally:
        cards_changed.disconnect(note)
    assert calls == [deck]


def change_meanwhile(card: Card, term: str = "Theirs", definition: str = "") -> None:
    theirs = Card.objects.get(pk=card.pk)
    theirs.term = term
    theirs.definition = definition or theirs.definition
    save_card(card=theirs)


def test_conflicting_edit_is_shown_and_not_overwritten(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    cards = list(deck.cards.in_order())
    change_meanwhile(cards[0], "Theirs & <b>")
    answer = editor_client.post(page_of(deck), sent(cards, definition="Mine"))
    page = answer.content.decode()
    assert "Somebody changed this card in the meantime" in page
    assert "Theirs &amp; &lt;b&gt;" in page
    assert page.count(">\nMine</textarea>") == 2
    assert set(deck.cards.values_list("definition", flat=True)) == {"Mine", "Definition 0"}


def test_saving_again_after_a_conflict_overwrites(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    data = sent([card], term="Mine")
    change_meanwhile(card)
    form = editor_client.post(page_of(card.deck), data).context["rows"][0]
    data[f"card-{card.pk}-seen"] = form["seen"].value()
    assert editor_client.post(page_of(card.deck), data).status_code == 302
    card.refresh_from_db()
    assert card.term == "Mine"


def test_unchanged_rows_are_not_saved(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    data = sent(deck.cards.in_order())
    change_meanwhile(deck.cards.in_order()[0], definition="Theirs too")
    answer = editor_client.post(page_of(deck), data, follow=True)
    assert "There was nothing to save." in answer.content.decode()
    assert deck.cards.filter(term="Theirs").count() == 1


def test_removed_card_is_restored_only_by_saving_again(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    data = sent([card], term="Mine")
    remove_cards(deck=card.deck, cards=Card.objects.all())
    answer = editor_client.post(page_of(card.deck), data)
    assert "Somebody removed this card" in answer.content.decode()
    assert not Card.objects.present().exists()
    data[f"card-{card.pk}-seen"] = answer.context["rows"][0]["seen"].value()
    editor_client.post(page_of(card.deck), data)
    assert Card.objects.present().get().term == "Mine"


def test_invalid_rows_show_errors_and_the_rest_is_saved(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    data = sent(deck.cards.in_order(), definition="New")
    first, second, _ = deck.cards.in_order()
    data |= {f"card-{first.pk}-term": "", f"card-{first.pk}-definition": " "}
    data |= {f"card-{second.pk}-term": "x" * 32_001}
    page = editor_client.post(page_of(deck), data).content.decode()
    assert "A card needs at least one side." in page
    assert "x" * 32_001 in page
    assert deck.cards.filter(definition="New").count() == 1


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "٣", "", "\0"])
def test_rows_of_unknown_or_foreign_cards_are_ignored(
    editor_client: Client, make_deck: MakeDeck, key: str
) -> None:
    deck, other = make_deck(1), make_deck(1)
    data = {"card": [key, other.cards.get().pk], f"card-{other.cards.get().pk}-term": "Foreign"}
    assert editor_client.post(page_of(deck), data).status_code == 302
    assert not Card.objects.filter(term="Foreign").exists()


@pytest.mark.parametrize("query", ["p=x", "p=-1", "p=" + "9" * 5_000, "q=%00", "q=" + "x" * 500, "p=%ff"])
def test_invalid_query_opens_the_page(editor_client: Client, make_deck: MakeDeck, query: str) -> None:
    assert editor_client.get(f"{page_of(make_deck(1))}?{query}").status_code == 200


def test_hostile_text_is_escaped(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(0)
    save_card(card=Card(deck=deck, term="</textarea><script>alert(1)</script> *x*"))
    assert "<script>alert(1)" not in editor_client.get(page_of(deck)).content.decode()


def test_save_queries_do_not_grow_with_cards(
    editor_client: Client, make_deck: MakeDeck, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    editor_client.post(page_of(deck := make_deck(1)), sent(deck.cards.all(), term="First of all"))
    counts = []
    for size in (2, 50):
        deck = make_deck(size)
        data = sent(deck.cards.all(), term="New")
        with django_assert_max_num_queries(20) as captured:
            assert editor_client.post(page_of(deck), data).status_code == 302
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_editing_needs_the_right_to_change_cards(
    make_deck: MakeDeck, learner: User, learner_client: Client
) -> None:
    deck = make_deck(1)
    data = sent(deck.cards.all(), term="New")
    assert learner_client.post(page_of(deck), data).status_code == 302
    User.objects.filter(pk=learner.pk).update(is_staff=True)
    learner.user_permissions.add(*Permission.objects.filter(codename__in=["change_deck", "view_card"]))
    assert learner_client.get(page_of(deck)).status_code == 403
    assert learner_client.post(page_of(deck), data).status_code == 403
    assert not Card.objects.filter(term="New").exists()
    learner.user_permissions.add(Permission.objects.get(codename="change_card"))
    assert learner_client.post(page_of(deck), data).status_code == 302
    assert Card.objects.get().term == "New"


def whole(card: Card, **changes: object) -> dict[str, object]:
    shown = {
        "position": card.position,
        "term": card.term,
        "definition": card.definition,
        "side_choice": "auto",
    }
    return {**shown, "seen": card.updated_at.isoformat(), **changes}


def test_conflict_on_the_card_page_shows_both_texts(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    address = reverse("admin:cards_card_change", args=[card.pk])
    data = whole(card, term="Mine", accepted_terms=["one", "two"])
    change_meanwhile(card)
    answer = editor_client.post(address, data)
    page = answer.content.decode()
    assert "Its sides are now: Theirs / Definition 0" in page
    assert ">one</textarea>" in page.replace("\n", "")
    form = answer.context["adminform"].form
    assert editor_client.post(address, {**data, "seen": form["seen"].value()}).status_code == 302
    card.refresh_from_db()
    assert (card.term, card.accepted_terms) == ("Mine", ["one", "two"])


@pytest.mark.parametrize("seen", ["", "x", "2026", "9" * 99])
def test_invalid_timestamp_causes_no_server_error(
    editor_client: Client, make_deck: MakeDeck, seen: str
) -> None:
    card = make_deck(1).cards.get()
    address = reverse("admin:cards_card_change", args=[card.pk])
    assert editor_client.post(address, whole(card, seen=seen)).status_code in (200, 302)


def test_service_ignores_cards_of_other_decks(make_deck: MakeDeck) -> None:
    deck, card = make_deck(1), make_deck(1).cards.get()
    card.term = "Foreign"
    assert edit_cards(deck=deck, edits=[(card, timezone.now())]) == ([], [])
    assert not Card.objects.filter(term="Foreign").exists()


def test_service_saves_nothing_for_equal_texts(make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    old = card.updated_at - timedelta(days=1)
    assert edit_cards(deck=card.deck, edits=[(card, old)]) == ([], [])
