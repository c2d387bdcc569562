"""A file with cards that were changed in the deck: the learner chooses which version counts."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from cards.editing.cards import mark_twins, remove_cards, save_card
from cards.models import Deck, Tag, TwinPair
from tests.cards.importing.test_pages import as_shown, import_it, paste, upload

pytestmark = pytest.mark.django_db

CHOICE = "Existing cards that differ"


@pytest.fixture
def deck(make_deck) -> Deck:
    return make_deck(3)


@pytest.fixture
def archive(deck, owner_client) -> bytes:
    """The deck's archive, made before its first card was changed and its last card removed."""
    data = b"".join(owner_client.get(reverse("deck_export_file", args=[deck.slug, "archive"])))
    first, _, last = deck.cards.in_order()
    first.definition, first.accepted_definitions = "Changed", ["too"]
    save_card(card=first)
    remove_cards(deck=deck, cards=deck.cards.filter(pk=last.pk))
    return data


def hand_in(client, archive: bytes) -> str:
    return upload(client, archive, "Deck.zip")["Location"]


def cards_of(deck: Deck) -> list[tuple[str, list[str]]]:
    cards = deck.cards.present().in_order()
    return list(cards.values_list("definition", "accepted_definitions"))


def test_choice_is_offered_for_differing_cards(owner_client, deck, archive):
    page = owner_client.get(hand_in(owner_client, archive))
    assert CHOICE in page.text
    assert (page.context["preview"].changed, page.context["preview"].new) == (1, 1)
    assert "The deck keeps its title, description and visibility." in page.text


def test_texts_of_the_file_win_by_default(owner_client, deck, archive):
    import_it(owner_client, hand_in(owner_client, archive))
    assert cards_of(deck) == [("Definition 0", []), ("Definition 1", []), ("Definition 2", [])]


def test_kept_cards_stay_and_missing_ones_are_added(owner_client, deck, archive, owner):
    first, second, _ = deck.cards.in_order()
    mark_twins(card=first, other=second, are_twins=False)
    url = hand_in(owner_client, archive)
    assert import_it(owner_client, url, keep="deck")["Location"] == url
    assert "different, kept as the deck has them" in owner_client.get(url).text
    import_it(owner_client, url)
    assert cards_of(deck) == [("Changed", ["too"]), ("Definition 1", []), ("Definition 2", [])]
    assert not TwinPair.objects.get().are_twins
    assert not Tag.objects.filter(owner=owner).exists()
    assert Deck.objects.count() == 1


@pytest.mark.parametrize(("keep", "are_twins"), [("file", True), ("deck", False)])
def test_chosen_source_decides_about_twins(owner_client, deck, keep, are_twins):
    first, second, third = deck.cards.in_order()
    mark_twins(card=first, other=second, are_twins=True)
    data = b"".join(owner_client.get(reverse("deck_export_file", args=[deck.slug, "archive"])))
    mark_twins(card=first, other=second, are_twins=False)
    third.definition = "Changed"
    save_card(card=third)
    url = hand_in(owner_client, data)
    owner_client.post(url, as_shown(owner_client, url, keep=keep, do="look"))
    import_it(owner_client, url)
    assert TwinPair.objects.get().are_twins is are_twins


def test_text_import_can_keep_existing_cards(owner_client, deck):
    import_it(owner_client, paste(owner_client, "ein\tone\n", f"/decks/{deck.slug}/import/"))
    url = paste(owner_client, "ein\tone!\nzwei\ttwo\n", f"/decks/{deck.slug}/import/")
    owner_client.post(url, as_shown(owner_client, url, keep="deck", do="look"))
    import_it(owner_client, url)
    assert cards_of(deck)[3:] == [("one", []), ("two", [])]


def test_new_deck_offers_no_choice(learner_client, archive):
    page = learner_client.get(hand_in(learner_client, archive)).text
    assert CHOICE not in page
    assert "The new deck is private until you choose otherwise." in page


def test_unknown_choice_is_a_form_error(owner_client, archive):
    page = import_it(owner_client, hand_in(owner_client, archive), keep="x")
    assert page.status_code == 200
    assert page.context["options"].errors


def test_command_can_keep_existing_cards(owner, deck, archive, tmp_path):
    path = tmp_path / "deck.zip"
    path.write_bytes(archive)
    args = ("--owner", owner.email, "--into", deck.slug, "--keep")
    call_command("import_deck", str(path), *args, stdout=StringIO(), stderr=StringIO())
    assert cards_of(deck)[0] == ("Changed", ["too"])
