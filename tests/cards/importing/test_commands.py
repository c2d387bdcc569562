"""Importing and exporting from the command line, and deleting drafts that were never imported."""

import zipfile
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from cards.formats.types import FormatError
from cards.importing import drafts, merging, running, writing
from cards.importing.preview import comparing
from cards.models import Card, Deck, ImportDraft, drafts_folder
from studysite.slices import Slice

pytestmark = pytest.mark.django_db


def run(*args: str, **options: object) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "Zahlen.txt"
    path.write_text("ein\tone\nzwei\ttwo\n", encoding="utf-8")
    return path


def test_command_imports_a_file_as_a_deck(owner, words):
    said = run("import_deck", str(words), owner=owner.email)
    deck = Deck.objects.get()
    assert (deck.title, deck.owner, deck.card_count, deck.visibility) == ("Zahlen", owner, 2, "private")
    assert "2 cards added" in said
    assert deck.get_absolute_url() in said


def test_command_imports_into_an_existing_deck(owner, words, make_deck):
    deck = make_deck(1)
    run("import_deck", str(words), owner=owner.email, into=deck.slug)
    assert "0 cards added, 0 updated, 2 there already" in run(
        "import_deck", str(words), owner=owner.email, into=deck.slug
    )
    assert deck.cards.count() == 3


def test_command_error_leaves_nothing(owner, tmp_path, words):
    pdf = tmp_path / "x.txt"
    pdf.write_bytes(b"%PDF")
    for file, options, why in (
        (pdf, {"owner": owner.email}, "This is a PDF"),
        (words, {"owner": "no@example.org"}, "There is no account with the address no@example.org"),
        (words, {"owner": owner.email, "into": "nowhere"}, "has no deck"),
        (tmp_path / "none", {"owner": owner.email}, "cannot be read"),
    ):
        with pytest.raises(CommandError, match=why):
            run("import_deck", str(file), **options)
    assert not Deck.objects.exists()
    assert not ImportDraft.objects.exists()


def test_command_error_says_what_stays(owner, words, make_deck, monkeypatch):
    def damaged(**_options: object) -> None:
        raise FormatError("It is damaged.")

    monkeypatch.setattr(merging, "refresh_deck", damaged)
    deck = make_deck(1)
    with pytest.raises(CommandError, match=r"^Some of the cards are in the deck already; .* It is damaged.$"):
        run("import_deck", str(words), owner=owner.email, into=deck.slug)
    assert deck.cards.count() == 3


@pytest.mark.parametrize("ending", ["txt", "csv", "apkg", "zip"])
def test_exported_deck_is_imported_again(owner, tmp_path, make_deck, ending):
    deck, path = make_deck(3), tmp_path / f"deck.{ending}"
    assert "3 cards written" in run("export_deck", deck.slug, str(path))
    run("import_deck", str(path), owner=owner.email, title="Again")
    again = Deck.objects.get(title="Again")
    assert set(again.cards.values_list("key", "term", "definition")) == set(
        deck.cards.values_list("key", "term", "definition")
    )


def test_older_format_of_anki_can_be_chosen(owner, tmp_path, make_deck):
    deck, path = make_deck(1), tmp_path / "deck.apkg"
    for older, member in ((False, "collection.anki21b"), (True, "collection.anki21")):
        run("export_deck", deck.slug, str(path), older=older, learner=owner.email)
        with zipfile.ZipFile(path) as package:
            assert member in package.namelist()
    with pytest.raises(CommandError, match="Only an Anki package has an older format"):
        run("export_deck", deck.slug, str(tmp_path / "deck.zip"), older=True)


def test_export_command_names_the_error(owner, tmp_path, make_deck):
    deck = make_deck(1)
    for args, why in (
        ((deck.slug, "x.doc"), "must end with"),
        (("nowhere", "x.zip"), "no deck"),
        ((deck.slug, str(tmp_path / "no" / "x.zip")), "cannot be written"),
    ):
        with pytest.raises(CommandError, match=why):
            run("export_deck", *args)
    with pytest.raises(CommandError, match="Only an archive or an Anki package can contain answers"):
        run("export_deck", deck.slug, "x.txt", learner=owner.email)


def test_only_one_of_two_imports_writes(owner):
    draft = drafts.make_draft(owner=owner, content="a\tb\nc\td\n")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="Twice")
    stale = ImportDraft.objects.select_related("owner", "staging__owner").get()
    assert writing.write_cards(draft=draft, slice_=Slice())
    assert not writing.write_cards(draft=stale, slice_=Slice())
    assert Card.objects.count() == 2
    assert running.run(draft=draft)
    assert running.run(draft=stale)
    assert stale.deck == draft.deck == Deck.objects.get()
    assert Deck.objects.present().count() == 1
    running.roll_back(draft=stale)
    drafts.drop_draft(draft=ImportDraft(pk=stale.pk, token=stale.token, staging_id=draft.deck.pk))
    assert Card.objects.filter(deck=Deck.objects.present().get()).count() == 2


@pytest.mark.slow
def test_damaged_file_leaves_nothing(owner, tmp_path, make_deck):
    """The damage is after the first chunk."""
    path = tmp_path / "deck.zip"
    run("export_deck", make_deck(1_001).slug, str(path))
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    members["cards.jsonl"] += b'{"key": 5}\n'
    with zipfile.ZipFile(path, "w") as damaged:
        for name, content in members.items():
            damaged.writestr(name, content)
    with pytest.raises(CommandError, match=r"cards\.jsonl, line 1002"):
        run("import_deck", str(path), owner=owner.email)
    assert Deck.objects.count() == 1
    assert Card.objects.count() == 1_001


def test_daily_command_finishes_an_abandoned_import(owner, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    draft = drafts.make_draft(owner=owner, content="a\tb\nc\td\n")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="Half")
    assert "1 import finished." in run("daily")
    assert [deck.title for deck in Deck.objects.present()] == ["Half"]
    assert Card.objects.count() == 2


def test_daily_command_deletes_old_drafts_and_hidden_decks(owner, settings, tmp_path):
    # Other tests' files are in another directory.
    settings.DATA_DIR = tmp_path
    draft = drafts.make_draft(owner=owner, content="a\tb\nc\td\n")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="Half")
    writing.write_cards(draft=draft, slice_=Slice())
    assert Card.objects.count() == 2
    # One that cannot continue, because its file is lost.
    draft.forget_file()
    assert "0 imports finished." in run("daily")
    assert ImportDraft.objects.exists()
    (drafts_folder() / "left-behind").write_bytes(b"x")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert "1 old import removed." in run("daily")
    assert not Card.objects.exists()
    assert not Deck.objects.exists()
    assert not draft.path.exists()
    assert not (drafts_folder() / "left-behind").exists()
