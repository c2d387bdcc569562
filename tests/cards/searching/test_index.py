"""The stored words and the index follow every write; and the index can be made anew."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from cards.editing import cards as editing
from cards.editing import copying, decks, moving, replacing
from cards.management.library import FIXTURE
from cards.models import Card, Deck, Tag
from cards.searching.filling import fill_words
from cards.searching.finding import find
from cards.searching.index import (
    CARDS,
    INDEXES,
    HasWords,
    create_indexes,
    drop_indexes,
    forget_deleted_words,
)
from cards.tagging.services import tag_cards
from cards.text.words import query_of, words_of
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.django_db


def stored(model: Any) -> list[str]:
    return list(model.objects.order_by("pk").values_list("words", flat=True))


def check() -> None:
    """The words are those of the texts, and SQLite's index agrees with its tables."""
    assert stored(Card) == [card.found_by() for card in Card.objects.order_by("pk")]
    assert stored(Deck) == [words_of(deck.title, deck.description) for deck in Deck.objects.order_by("pk")]
    assert stored(Tag) == [words_of(tag.name) for tag in Tag.objects.order_by("pk")]
    if connection.vendor == "sqlite":
        for index in INDEXES:
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {index.name}({index.name}, rank) VALUES ('integrity-check', 1)")
    for card in Card.objects.present().unerased():
        assert Card.objects.filter(HasWords(CARDS, query_of(card.term)), pk=card.pk).exists()


def test_every_way_of_writing_cards(make_deck: MakeDeck, owner: User) -> None:
    deck, other = make_deck(4), make_deck(1)
    card = deck.cards.in_order()[0]
    card.term = "Changed"
    editing.edit_card(card=card, seen=card.updated_at)
    check()
    found = replacing.changes(deck=deck, replacement=replacing.Replacement("Term", "Begriff"))
    assert replacing.replace_all(deck=deck, found=found) == 3
    check()
    moving.move_cards(cards=Card.objects.filter(pk=card.pk), to=other, now=timezone.now())
    check()
    copying.copy_deck(deck=other, owner=owner, title="Copied", slug="copied")
    check()
    tag_cards(owner=owner, names=["Größe"], cards=deck.cards.all())
    deck.title = "A new title"
    decks.describe_deck(deck=deck, fields=["title"])
    check()
    Card.objects.filter(deck=deck).delete()
    check()
    assert [card.term for card in find(owner, "changed").cards.rows] == ["Changed", "Changed"]
    assert not find(owner, "begriff").cards.rows


def test_words_of_a_card_move_with_it(make_deck: MakeDeck, learner: User) -> None:
    """Many hits are narrowed by the decks in the index."""
    deck, own = make_deck(3), Deck.objects.create(owner=learner, title="Own")
    Card.objects.filter(pk=deck.cards.in_order()[0].pk).update(deck=own, position=F("position") + 7)
    check()
    assert [card.term for card in find(learner, "term").cards.rows] == ["Term 0"]


@pytest.mark.django_db(transaction=True)
def test_words_are_filled_in_for_rows_without_them(make_deck: MakeDeck, owner: User) -> None:
    deck = make_deck(3)
    for model in (Card, Deck):
        model.objects.update(words="")
    Tag.objects.bulk_create([Tag(owner=owner, name="verbs", key="verbs")])
    Card.objects.filter(position=2).update(erased_at=timezone.now())
    assert not find(owner, "term").cards.rows
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert out.getvalue().startswith("4 rows have new words")
    assert stored(Card) == [f"term {n} definition =term ={n}" for n in "01"] + [""]
    assert [each.pk for each in find(owner, "deck").decks.rows] == [deck.pk]
    assert fill_words(Card) == 0
    check()


@pytest.mark.django_db(transaction=True)
def test_index_that_is_missing_is_made(make_deck: MakeDeck, owner: User) -> None:
    """As after a migration that makes a table of SQLite anew: its triggers are gone."""
    make_deck(2)
    drop_indexes(connection)
    Card.objects.update(words="changed")
    create_indexes()
    create_indexes()
    assert len(find(owner, "changed").cards.rows) == 2
    Card.objects.update(words="again")
    assert len(find(owner, "again").cards.rows) == 2
    assert not find(owner, "changed").cards.rows


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL needs no triggers")
def test_lost_trigger_is_noticed(make_deck: MakeDeck, owner: User) -> None:
    make_deck(2)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER cards_card_words_update")
    Card.objects.update(words="changed")
    assert not find(owner, "changed").cards.rows
    create_indexes()
    assert len(find(owner, "changed").cards.rows) == 2


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_migrating_back_and_forth_cuts_all_words(make_deck: MakeDeck, owner: User) -> None:
    make_deck(2)
    Tag.objects.create(owner=owner, name="verbs")
    try:
        call_command("migrate", "cards", "0008", verbosity=0)
    finally:
        # All applications: later migrations of others have been taken back, too.
        call_command("migrate", verbosity=0)
    assert find(owner, "term").cards.count == 2
    check()


@pytest.mark.django_db(transaction=True)
def test_forgetting_ends_and_loses_nothing(make_deck: MakeDeck, owner: User) -> None:
    make_deck(30)
    Card.objects.filter(position__gte=10).update(words="")
    assert forget_deleted_words(slice_=Slice(60))
    assert not forget_deleted_words(slice_=Slice(-1))
    assert find(owner, "term").cards.count == 10
    assert find(owner, "term 12").cards.count == 0


def test_fixture_has_the_words(owner: User) -> None:
    call_command("loaddata", FIXTURE, verbosity=0)
    check()
    assert find(owner, "deep learning").decks.rows


def test_import_writes_words(owner: User, settings: Any, tmp_path: Path) -> None:
    """Into a new deck, and into an existing one, where cards are added and changed."""
    settings.DATA_DIR = tmp_path
    file = tmp_path / "words.txt"
    for text in ("über\tabove\nunter\tbelow\n", "über\tover\nneben\tbeside\n"):
        file.write_text(text)
        into = {"into": Deck.objects.get().slug} if Deck.objects.exists() else {"title": "Words"}
        call_command("import_deck", file, owner=owner.email, stdout=StringIO(), stderr=StringIO(), **into)
        check()
    assert [card.definition for card in find(owner, "uber").cards.rows] == ["over"]
    assert len(find(owner, "neben").cards.rows) == 1
