"""The shipped deck: its source, the fixture made of it, and loading it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cards.management import library
from cards.models import Card, Deck, TwinPair
from cards.text.markdown import render
from studysite.accounts.models import User


def fixture_rows(model: str) -> list[dict[str, Any]]:
    rows = json.loads(library.FIXTURE_FILE.read_text(encoding="utf-8"))
    return [row["fields"] for row in rows if row["model"] == model]


def test_fixture_matches_its_source() -> None:
    assert library.FIXTURE_FILE.read_text(encoding="utf-8") == library.fixture_text(library.read_source())


def test_building_again_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "fixture.json"
    monkeypatch.setattr(library, "FIXTURE_FILE", target)
    call_command("build_fixture", stdout=StringIO())
    written = target.stat().st_mtime_ns
    call_command("build_fixture", stdout=StringIO())
    assert target.stat().st_mtime_ns == written


@pytest.mark.parametrize("side", ["term", "definition"])
def test_stored_html_is_up_to_date(side: str) -> None:
    for card in fixture_rows("cards.card"):
        assert card[f"{side}_html"] == render(card[side])


def test_deck_has_46_cards_with_their_sides() -> None:
    cards = fixture_rows("cards.card")
    assert [card["position"] for card in cards] == list(range(46))
    assert len({card["key"] for card in cards}) == 46
    assert sum(card["studied_side"] == "term" for card in cards) == 12


def test_source_with_equal_terms_is_refused() -> None:
    source = library.read_source()
    source["cards"].append(source["cards"][0])
    with pytest.raises(ValueError, match="same term"):
        library.fixture_text(source)


def test_twins_of_unknown_cards_are_refused() -> None:
    source = library.read_source()
    source["same_meaning"].append(["Hinge loss", "No such card"])
    with pytest.raises(KeyError):
        library.fixture_text(source)


@pytest.mark.django_db
def test_library_is_loaded_into_an_empty_database() -> None:
    call_command("load_library", stdout=StringIO())
    deck = Deck.objects.public().get(slug="deep-learning")
    assert deck.cards.present().count() == deck.card_count == 46
    assert TwinPair.objects.filter(first__deck=deck, are_twins=True).count() == 14
    assert not Card.tags.through.objects.exists()


@pytest.mark.django_db
def test_library_owner_cannot_log_in() -> None:
    call_command("load_library", stdout=StringIO())
    owner = User.objects.get(email="library@studysite.invalid")
    assert not owner.is_active
    assert not owner.has_usable_password()


@pytest.mark.django_db
@pytest.mark.parametrize("removed", [False, True])
def test_existing_deck_is_not_overwritten(removed: bool) -> None:
    call_command("load_library", stdout=StringIO())
    deck = Deck.objects.get()
    deck.title, deck.removed_at = "Mine now", deck.created_at if removed else None
    deck.save()
    said = StringIO()
    call_command("load_library", stdout=said)
    assert Deck.objects.get().title == "Mine now"
    assert "nothing loaded" in said.getvalue()


@pytest.mark.django_db
def test_loading_the_fixture_twice_adds_nothing() -> None:
    for _ in range(2):
        call_command("loaddata", "deep_learning", verbosity=0)
    assert (Card.objects.count(), TwinPair.objects.count(), Deck.objects.count()) == (46, 14, 1)
