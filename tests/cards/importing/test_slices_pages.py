"""The pages of an import in slices: its progress, and a draft that is deleted in the meantime."""

import sqlite3
from typing import Any

import pytest
from django.test import Client
from django.utils.module_loading import import_string

from cards.formats.types import FormatError
from cards.importing import writing
from cards.importing.preview import comparing, saving
from cards.importing.reading import reader
from cards.models import Card, Deck, ImportDraft, drafts_folder
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.formats.packages import note, package
from tests.cards.importing.slicing import (
    FILES,
    MOST_REQUESTS,
    a_draft,
    a_package,
    a_text,
    again,
    an_archive,
    preview_in_slices,
)
from tests.cards.importing.test_pages import as_shown, import_it, upload

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


def drive(client: Client, url: str, **headers: str) -> list[str]:
    """Continue until another page comes; returns the pages in between."""
    shown = []
    for _ in range(MOST_REQUESTS):
        response = client.post(f"{url}go-on/", headers=headers)
        if "HX-Redirect" in response.headers:
            return shown
        shown.append(response.text)
    raise AssertionError("It never ends.")


HTMX = {"HX-Request": "true", "HX-Target": "import-progress"}


@pytest.mark.parametrize("kind", FILES)
def test_large_file_shows_its_reading_progress(learner_client: Client, minimal: None, kind: str) -> None:
    url = upload(learner_client, FILES[kind]())["Location"]
    page = learner_client.get(url)
    assert "Reading x" in page.text or "Reading words.txt" in page.text
    assert "Nothing is imported yet." in page.text
    parts = drive(learner_client, url, **HTMX)
    assert all(part.strip().startswith('<div id="import-progress"') for part in parts)
    assert any(" cards so far</label>" in part for part in parts)
    page = learner_client.get(url)
    assert "<h1>Preview</h1>" in page.text
    assert not Deck.objects.exists()


def test_button_continues_the_reading_without_htmx(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, a_text())["Location"]
    for _ in range(MOST_REQUESTS):
        page = learner_client.get(url)
        if "<h1>Preview</h1>" in page.text:
            break
        assert '<button class="button primary">Continue</button>' in page.text
        assert learner_client.post(f"{url}go-on/")["Location"] == url
    assert "<h1>Preview</h1>" in page.text


def test_changed_options_are_read_in_slices(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, b"a,b\tc\nd,e\tf\ng,h\ti\n")["Location"]
    drive(learner_client, url, **HTMX)
    assert import_it(learner_client, url, separator="comma")["Location"] == url
    assert "Reading words.txt" in learner_client.get(url).text
    drive(learner_client, url, **HTMX)
    page = learner_client.get(url)
    assert page.context["preview"].file_counts.samples[0].term == "a"
    assert not Deck.objects.exists()


def test_unreadable_options_fall_back_to_the_previous_ones(
    learner_client: Client, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "".join(f"{n}\té\n" for n in range(5)).encode("latin-1")
    url = upload(learner_client, content)["Location"]
    drive(learner_client, url, **HTMX)
    data = as_shown(learner_client, url, separator="comma", do="look")
    learner_client.post(url, data)
    assert "Reading words.txt" in learner_client.get(url).text
    with monkeypatch.context() as patch:
        patch.setattr("cards.importing.reading.reader.Reader.add", broken)
        learner_client.post(f"{url}go-on/")
    assert "It is read as before. That is no card." in learner_client.get(url).text
    assert ImportDraft.objects.get().options == {}
    drive(learner_client, url, **HTMX)
    assert learner_client.get(url).context["preview"].total == 5


def broken(*_args: object) -> None:
    raise FormatError("That is no card.")


def test_only_the_guest_continues_their_import(
    client: Client, stranger_client: Client, minimal: None
) -> None:
    url = upload(client, a_text())["Location"]
    assert stranger_client.post(f"{url}go-on/").status_code == 404
    assert "/accounts/login/" in Client().post(f"{url}go-on/")["Location"]
    drive(client, url, **HTMX)
    import_it(client, url, title="Mine")
    drive(client, url, **HTMX)
    assert Deck.objects.get().card_count == ImportDraft.objects.get().total


def test_import_dropped_in_another_tab_returns_404(
    learner_client: Client, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = upload(learner_client, a_text())["Location"]
    drive(learner_client, url, **HTMX)
    import_it(learner_client, url, title="Mine")
    before, real = Card.objects.count(), writing.card_of

    def dropped(*args: Any) -> Card:
        ImportDraft.objects.all().delete()
        return real(*args)

    monkeypatch.setattr("cards.importing.writing.card_of", dropped)
    assert learner_client.post(f"{url}go-on/").status_code == 404
    assert Card.objects.count() == before


def test_preview_queries_do_not_grow_with_cards(
    learner_client: Client, django_assert_max_num_queries: Any
) -> None:
    url = upload(learner_client, "".join(f"a{n}\tb\n" for n in range(3_000)).encode())["Location"]
    with django_assert_max_num_queries(12):
        learner_client.get(url)


@pytest.mark.parametrize(
    "within",
    [
        "cards.importing.reading.reader.Reader.add",
        "cards.importing.preview.comparing.compare_card",
        "sessions_app.review_log.importing.next_chunk",
    ],
)
def test_draft_dropped_during_a_slice_returns_404(
    learner_client: Client, minimal: None, monkeypatch: pytest.MonkeyPatch, within: str
) -> None:
    url = upload(learner_client, an_archive())["Location"]
    if "review_log" in within:
        drive(learner_client, url, **HTMX)
        import_it(learner_client, url, title="Mine")
    module, name = within.rsplit(".", 1)
    real = import_string(within) if "Reader" not in within else reader.Reader.add

    def dropping(*args: Any) -> Any:
        for draft in ImportDraft.objects.all():
            draft.delete()
        return real(*args)

    monkeypatch.setattr(f"{module}.{name}", dropping)
    codes = [learner_client.post(f"{url}go-on/", headers=HTMX).status_code for _ in range(60)]
    assert set(codes) <= {200, 302, 404}
    assert codes[-1] == 404
    assert not list(drafts_folder().iterdir())


def test_draft_dropped_before_reading_says_so_then_returns_404(
    learner_client: Client, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = upload(learner_client, an_archive())["Location"]
    real = sqlite3.connect

    def dropped(*args: Any, **options: Any) -> Any:
        for draft in ImportDraft.objects.all():
            draft.delete()
        return real(*args, **options)

    monkeypatch.setattr("cards.formats.work.sqlite3.connect", dropped)
    assert "The file has waited for too long." in learner_client.get(url).text
    assert learner_client.get(url).status_code == 404


def test_unpacked_files_are_deleted_after_reading(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    saving.prepare(again(draft), Slice(0))
    assert (draft.folder / "cards.jsonl").exists()
    preview_in_slices(draft)
    assert {path.name for path in draft.folder.iterdir()} <= {"read.sqlite3", "read.sqlite3-journal"}
    assert draft.folder.stat().st_mode & 0o777 == 0o700


def test_changed_file_is_unpacked_again(learner: User) -> None:
    draft = a_draft(learner, "new package")
    assert comparing.preview_file(draft).file_counts.samples[0].term == "Term 0"
    draft.path.write_bytes(package([note(["Other", "b"])]))
    assert comparing.preview_file(draft).file_counts.samples[0].term == "Other"


def test_too_many_decks_and_note_types_are_refused(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.importing.reading.as_json.MAX_HEAD", 100)
    page = learner_client.get(upload(learner_client, a_package())["Location"])
    assert "It has too many decks and note types to show" in page.text


def test_large_file_is_stored_before_it_is_read(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.importing.pages.READ_AT_ONCE", 10)
    url = upload(learner_client, a_text())["Location"]
    assert not ImportDraft.objects.get().folder.exists()
    assert "<h1>Preview</h1>" in learner_client.get(url).text
