"""Exports of large decks: in slices, who may download them, and the same file after any interruption."""

import io
import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.exporting import preparing
from cards.exporting import services as exporting
from cards.exporting.writing import Writer
from cards.formats import parts
from cards.formats.detect import read_file
from cards.formats.types import FormatError
from cards.models import Card, Deck, DeckExport, Tag, TwinPair, exports_folder
from sessions_app.models import CardProgress, Enrollment, Review
from studysite.accounts.models import User
from studysite.slices import Slice, Steps
from tests.cards.pictures import show, stored

pytestmark = [pytest.mark.django_db, pytest.mark.long]

KINDS = (
    "tab",
    "comma",
    "excel",
    "markdown",
    "anki",
    "anki-mine",
    "anki-older",
    "older-mine",
    "archive",
    "history",
)
PLAIN = {"history": "archive", "anki-mine": "anki", "older-mine": "anki-older"}
MOST_REQUESTS = 200
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HTMX = {"HX-Request": "true", "HX-Target": "export-progress"}


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def minimal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request does as little as possible."""
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    monkeypatch.setattr("cards.exporting.writing.CHUNK", 2)
    monkeypatch.setattr("cards.exporting.writing.CHUNK_WITH_HISTORY", 2)
    monkeypatch.setattr("cards.exporting.writing.PAIRS_AT_ONCE", 2)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven cards are too many for one request."""
    monkeypatch.setattr("cards.exporting.views.MOST_AT_ONCE", 6)


@pytest.fixture
def deck(make_deck: Callable[[int], Deck], owner: User) -> Deck:
    deck = make_deck(7)
    cards = list(deck.cards.in_order())
    cards[1].tags.add(Tag.objects.create(owner=owner, name="Verbs"))
    show(cards[2], term=(stored("red", "A flag"),))
    show(cards[5], term=(stored("blue"),), definition=(stored("red"),))
    for one, other in pairwise(cards):
        TwinPair.objects.create(first=one, second=other, are_twins=one.position % 2 == 0)
    refresh_deck(deck=deck)
    Enrollment.objects.create(learner=owner, deck=deck, strict=True)
    for card in cards[::2]:
        CardProgress.objects.create(learner=owner, deck=deck, card=card, side="definition", starred=True)
        for minute in range(3):
            Review.objects.create(
                learner=owner,
                card=card,
                deck=deck,
                mode="spaced",
                side="definition",
                kind="flip",
                evidence="recall",
                verdict="correct",
                rating=3,
                reviewed_at=NOW + timedelta(minutes=minute),
                study_day=NOW.date(),
                gap_needed=0,
            )
    Deck.objects.update(visibility="public")
    deck.refresh_from_db()
    return deck


def at_once(deck: Deck, kind: str, viewer: User | None) -> bytes:
    file = io.BytesIO()
    exporting.write(PLAIN.get(kind, kind), file, deck, viewer, now=NOW, history=kind in PLAIN)
    return file.getvalue()


def again(export: DeckExport) -> DeckExport:
    """Loaded again, as another request sees it."""
    return DeckExport.objects.get(pk=export.pk)


def in_slices(export: DeckExport) -> bytes:
    for _ in range(MOST_REQUESTS):
        if preparing.run(export=again(export)):
            return (export.folder / "file").read_bytes()
    raise AssertionError("It never ends.")


def begun(deck: Deck, kind: str, learner: User | None) -> DeckExport:
    export = preparing.begin(deck=deck, learner=learner, kind=kind)
    DeckExport.objects.filter(pk=export.pk).update(created_at=NOW)
    return again(export)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# --- The same file


@pytest.mark.parametrize("kind", KINDS)
def test_export_in_slices_is_the_same_file(
    deck: Deck, owner: User, kind: str, request: pytest.FixtureRequest
) -> None:
    whole = at_once(deck, kind, owner)
    request.getfixturevalue("minimal")
    export = begun(deck, kind, owner)
    assert in_slices(export) == whole
    assert [path.name for path in export.folder.iterdir()] == ["file"]
    assert (again(export).size, again(export).total) == (len(whole), 7)


@pytest.mark.parametrize("kind", ["anki", "archive", "history"])
def test_export_in_many_blocks_is_the_same_file(
    deck: Deck, owner: User, kind: str, monkeypatch: pytest.MonkeyPatch, minimal: None
) -> None:
    monkeypatch.setattr(parts, "BLOCK", 5_000 if kind == "anki" else 100)
    whole = at_once(deck, kind, owner)
    assert in_slices(begun(deck, kind, owner)) == whole
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        assert package.testzip() is None
    with read_file(whole) as parsed:
        assert [card.term for card in parsed] == [f"Term {n}" for n in range(7)]
        assert len(list(parsed.records("reviews"))) == (12 if kind == "history" else 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("broken", ["studysite.slices.Slice.is_over", "cards.formats.parts.Parts.close"])
def test_killed_export_loses_only_its_last_slice(
    deck: Deck, owner: User, kind: str, minimal: None, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    whole = at_once(deck, kind, owner)
    export = begun(deck, kind, owner)
    for _ in range(MOST_REQUESTS):
        with monkeypatch.context() as patch, suppress(ZeroDivisionError):
            killed = property(fails) if broken.endswith("is_over") else fails
            patch.setattr(broken, killed)
            preparing.run(export=again(export))
        if preparing.run(export=again(export)):
            break
    assert (export.folder / "file").read_bytes() == whole


def fails(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError


def test_cards_changed_during_an_export_are_written_once(deck: Deck, owner: User, minimal: None) -> None:
    export = begun(deck, "tab", owner)
    preparing.run(export=again(export))
    preparing.run(export=again(export))
    cards = list(deck.cards.in_order())
    Card.objects.filter(pk=cards[0].pk).update(position=99)
    Card.objects.filter(pk=cards[3].pk).update(removed_at=timezone.now())
    Card.objects.filter(pk=cards[4].pk).update(definition="Changed")
    Card.objects.create(deck=deck, position=100, term="New", definition="too late")
    with read_file(in_slices(export)) as parsed:
        found = [(card.term, card.definition) for card in parsed]
    assert [term for term, _ in found] == [f"Term {n}" for n in (0, 1, 2, 4, 5, 6)]
    assert found[3] == ("Term 4", "Changed")


def test_deck_renamed_during_an_export_stays_one_deck(
    deck: Deck, owner: User, minimal: None, tmp_path: Path
) -> None:
    whole = at_once(deck, "anki", owner)
    export = begun(deck, "anki", owner)
    for _ in range(3):
        preparing.run(export=again(export))
    Deck.objects.update(slug="elsewhere", title="Other", description="New")
    assert in_slices(export) == whole


def test_export_restarts_after_its_first_slice_was_killed(
    deck: Deck, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = begun(deck, "anki", owner)
    with monkeypatch.context() as patch, suppress(ZeroDivisionError):
        patch.setattr("cards.exporting.writing.Writer.end_package", fails)
        preparing.run(export=again(export))
    Deck.objects.update(slug="elsewhere", title="Other")
    deck.refresh_from_db()
    assert in_slices(export) == at_once(deck, "anki", owner)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_bounded_by_characters(
    deck: Deck, owner: User, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = at_once(deck, kind, owner)
    lengths = [len(card.term) + len(card.definition) for card in deck.cards.in_order()]
    for most, places in [(sum(lengths[:3]), [0, 3, 6, 7]), (1, [*range(8)])]:
        monkeypatch.setattr("cards.exporting.writing.CHARACTERS", most)
        exports_folder = tmp_path / str(most)
        exports_folder.mkdir()
        writer = Writer(deck, owner, kind, now=NOW, folder=exports_folder, state={})
        seen = dict.fromkeys(writer.done for _ in writer.steps())
        assert list(seen) == places
        assert writer.path.read_bytes() == whole


def test_only_one_of_two_requests_works_on_an_export(deck: Deck, owner: User, minimal: None) -> None:
    export = begun(deck, "archive", owner)
    with again(export).claim():
        assert not preparing.run(export=again(export))
        assert not export.folder.exists()
    in_slices(export)


def test_empty_deck_is_exported(owner: User, minimal: None, deck: Deck) -> None:
    empty = Deck.objects.create(owner=owner, title="Empty")
    for kind in KINDS:
        whole = at_once(empty, kind, owner)
        assert in_slices(begun(empty, kind, owner)) == whole


# --- The pages


@pytest.mark.parametrize("kind", KINDS)
def test_large_deck_is_prepared_and_downloaded(
    owner_client: Client, deck: Deck, owner: User, minimal: None, large: None, kind: str
) -> None:
    page = owner_client.get(f"/decks/{deck.slug}/export/{kind}/")
    assert page.status_code == 200
    assert "must be prepared before you can download it. Choose “Prepare” below" in page.text
    assert "Content-Disposition" not in page.headers
    assert not DeckExport.objects.exists()
    address = f"/decks/{deck.slug}/export/{kind}/prepare/"
    assert f'action="{address}"' in page.text
    url = owner_client.post(address)["Location"]
    assert "of 7 cards" in owner_client.get(url).text
    assert owner_client.get(f"{url}file/").status_code == 404
    shown = drive(owner_client, url)
    assert all(part.strip().startswith('<div id="export-progress"') for part in shown)
    assert any("4 of 7 cards" in part for part in shown)
    assert f'href="{url}file/"' in owner_client.get(url).text
    response = owner_client.get(f"{url}file/")
    ending = exporting.format_of(kind).ending
    assert response["Content-Disposition"] == f'attachment; filename="{deck.title}.{ending}"'
    whole = at_once(deck, kind, owner)
    # The ids in a package come from the time at which it is made.
    assert body(response)[:40] == whole[:40] if ending == "apkg" else body(response) == whole


def drive(client: Client, url: str) -> list[str]:
    shown = []
    for _ in range(MOST_REQUESTS):
        response = client.post(f"{url}go-on/", headers=HTMX)
        if response.headers.get("HX-Redirect") == url:
            return shown
        shown.append(response.text)
    raise AssertionError("It never ends.")


def test_button_continues_the_export_without_htmx(
    owner_client: Client, deck: Deck, minimal: None, large: None
) -> None:
    url = owner_client.post(f"/decks/{deck.slug}/export/tab/prepare/")["Location"]
    for _ in range(MOST_REQUESTS):
        page = owner_client.get(url)
        if "The file is ready." in page.text:
            break
        assert '<button class="button primary">Continue</button>' in page.text
        assert owner_client.post(f"{url}go-on/")["Location"] == url
    assert "The file is ready." in page.text


def test_small_deck_is_sent_at_once_unless_slow(
    owner_client: Client, deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Download .txt" in owner_client.get(f"/decks/{deck.slug}/export/").text
    assert body(owner_client.get(f"/decks/{deck.slug}/export/tab/"))
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    for kind in KINDS:
        page = owner_client.get(f"/decks/{deck.slug}/export/{kind}/")
        assert "must be prepared before you can download it" in page.text


def test_deck_of_long_texts_counts_as_large(
    owner_client: Client, deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    characters = sum(len(card.term) + len(card.definition) for card in deck.cards.all())
    monkeypatch.setattr("cards.exporting.views.MOST_CHARACTERS_AT_ONCE", characters)
    assert body(owner_client.get(f"/decks/{deck.slug}/export/tab/"))
    Card.objects.filter(pk=deck.cards.in_order()[0].pk).update(definition="x" * 100)
    monkeypatch.setattr("cards.exporting.views.written_at_once", fails)
    for page in ("", "tab/", "anki/"):
        text = owner_client.get(f"/decks/{deck.slug}/export/{page}").text
        assert "must be prepared before you can download it" in text or (not page and "Prepare" in text)


def test_visitors_export_belongs_to_their_browser(
    client: Client, stranger_client: Client, deck: Deck, minimal: None, large: None
) -> None:
    url = client.post(f"/decks/{deck.slug}/export/anki/prepare/")["Location"]
    drive(client, url)
    assert body(client.get(f"{url}file/"))
    for other in (Client(), stranger_client):
        assert other.get(url).status_code == 404
        assert other.get(f"{url}file/").status_code == 404
        assert other.post(f"{url}go-on/").status_code == 404
        assert other.post(f"{url}drop/").status_code == 404
    assert DeckExport.objects.get().learner is None
    assert client.post(f"/decks/{deck.slug}/export/history/prepare/").status_code == 404


def test_learners_export_is_theirs_alone(
    owner_client: Client, learner_client: Client, client: Client, deck: Deck, minimal: None, large: None
) -> None:
    url = learner_client.post(f"/decks/{deck.slug}/export/archive/prepare/")["Location"]
    drive(learner_client, url)
    for other in (owner_client, client):
        assert other.get(f"{url}file/").status_code == 404
    with zipfile.ZipFile(io.BytesIO(body(learner_client.get(f"{url}file/")))) as package:
        assert "records/reviews.jsonl" not in package.namelist()


def test_export_of_a_deck_made_private_is_not_sent(
    learner_client: Client, deck: Deck, minimal: None, large: None
) -> None:
    whole, half = (
        learner_client.post(f"/decks/{deck.slug}/export/tab/prepare/")["Location"] for _ in range(2)
    )
    drive(learner_client, whole)
    Deck.objects.update(visibility="private")
    for url in (whole, half):
        assert learner_client.get(url).status_code == 404
        assert learner_client.get(f"{url}file/").status_code == 404
        assert learner_client.post(f"{url}go-on/").status_code == 404
    assert preparing.run_waiting(seconds=60) == 0
    assert DeckExport.objects.count() == 1
    assert len(list(exports_folder().iterdir())) == 1


def test_preparing_needs_post_and_csrf_token(
    owner_client: Client, deck: Deck, minimal: None, large: None
) -> None:
    address = f"/decks/{deck.slug}/export/tab/prepare/"
    assert owner_client.get(address).status_code == 405
    assert owner_client.post(f"/decks/{deck.slug}/export/exe/prepare/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner_client.cookies
    assert strict.post(address).status_code == 403
    url = owner_client.post(address)["Location"]
    for page in ("go-on/", "drop/"):
        assert owner_client.get(url + page).status_code == 405
        assert strict.post(url + page).status_code == 403


def test_deleting_an_export_redirects_to_the_export_page(
    owner_client: Client, deck: Deck, minimal: None, large: None
) -> None:
    url = owner_client.post(f"/decks/{deck.slug}/export/tab/prepare/")["Location"]
    assert owner_client.post(f"{url}drop/")["Location"] == f"/decks/{deck.slug}/export/"
    assert owner_client.get(url).status_code == 404
    assert not list(exports_folder().iterdir())


def test_too_large_export_shows_an_error(
    owner_client: Client,
    deck: Deck,
    minimal: None,
    large: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = owner_client.post(f"/decks/{deck.slug}/export/tab/prepare/")["Location"]
    export = DeckExport.objects.get()
    monkeypatch.setattr(parts, "MOST_BYTES", 100)
    response = owner_client.post(f"{url}go-on/", headers=HTMX)
    assert response["HX-Redirect"] == f"/decks/{deck.slug}/export/"
    assert "The file was not written. The file is too large" in owner_client.get(response["HX-Redirect"]).text
    assert not DeckExport.objects.exists()
    said = f"Export {export.pk} of deck {deck.pk} has failed at {export.done} of {export.total} cards"
    assert [line for line in caplog.messages if line.startswith(said)]


def test_preparing_too_often_returns_429(owner_client: Client, deck: Deck, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**site.ACCOUNT_RATE_LIMITS, "export": "1/m/key"}
    address = f"/decks/{deck.slug}/export/tab/prepare/"
    assert owner_client.post(address).status_code == 302
    assert owner_client.post(address).status_code == 429


def test_file_deleted_during_the_request_returns_404(
    owner_client: Client, deck: Deck, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = begun(deck, "tab", owner)
    in_slices(export)
    (export.folder / "file").unlink()
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert owner_client.get(f"{export.get_absolute_url()}file/").status_code == 404


# --- Room


def test_export_folder_is_private_to_the_site(deck: Deck, owner: User, minimal: None) -> None:
    export = begun(deck, "tab", owner)
    in_slices(export)
    assert stat.S_IMODE(export.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_only_the_newest_exports_are_kept(
    deck: Deck, owner: User, client: Client, who: str, owner_client: Client
) -> None:
    browser = owner_client if who == "owner" else client
    tokens = [
        browser.post(f"/decks/{deck.slug}/export/{kind}/prepare/")["Location"].split("/")[2]
        for kind in ("tab", "comma", "anki", "archive", "tab")
    ]
    assert set(DeckExport.objects.values_list("token", flat=True)) == set(tokens[2:])
    assert {path.name for path in exports_folder().iterdir()} == set(tokens[2:])


def test_total_size_of_exports_is_limited(
    deck: Deck, owner: User, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = begun(deck, "tab", owner), begun(deck, "tab", learner)
    in_slices(first)
    monkeypatch.setattr(preparing, "MOST_BYTES", again(first).size + 10)
    in_slices(second)
    assert list(DeckExport.objects.all()) == [second]
    assert not first.folder.exists()


def test_exports_of_visitors_are_deleted_first(
    deck: Deck, owner: User, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = begun(deck, "tab", owner), begun(deck, "tab", learner)
    strangers = preparing.begin(deck=deck, learner=None, kind="tab")
    for export in (old, strangers):
        in_slices(export)
    monkeypatch.setattr(preparing, "MOST_BYTES", 2 * again(old).size + 10)
    in_slices(new)
    assert set(DeckExport.objects.all()) == {old, new}


def test_old_exports_are_deleted_with_their_files(deck: Deck, owner: User, minimal: None) -> None:
    export = preparing.begin(deck=deck, learner=owner, kind="tab")
    in_slices(export)
    (exports_folder() / "left-behind").mkdir()
    assert preparing.old_exports_remove(now=timezone.now()) == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert preparing.old_exports_remove(now=timezone.now()) == 1
    assert not list(exports_folder().iterdir())


def test_daily_command_finishes_exports(deck: Deck, owner: User, minimal: None) -> None:
    export = begun(deck, "history", owner)
    preparing.run(export=again(export))
    assert preparing.run_waiting(seconds=60) == 1
    assert again(export).is_whole
    assert preparing.run_waiting(seconds=60) == 0


def test_daily_command_obeys_time_limit_and_skips_claimed_exports(
    deck: Deck, owner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    export = begun(deck, "tab", owner)
    with monkeypatch.context() as patch:
        patch.setattr(preparing, "run", fails)
        assert preparing.run_waiting(seconds=0) == 0
        with again(export).claim():
            assert preparing.run_waiting(seconds=60) == 0
    assert not caplog.text
    assert preparing.run_waiting(seconds=60) == 1


def test_export_without_its_folder_is_deleted(deck: Deck, owner: User, minimal: None) -> None:
    export = begun(deck, "tab", owner)
    preparing.run(export=again(export))
    for path in export.folder.iterdir():
        path.unlink()
    with pytest.raises(FormatError, match="Prepare it again"):
        in_slices(export)
    assert not DeckExport.objects.exists()


def test_writer_reads_cards_in_small_steps(deck: Deck, owner: User, tmp_path: Path, minimal: None) -> None:
    writer = Writer(deck, owner, "tab", now=NOW, folder=tmp_path, state={})
    assert [writer.done for _ in writer.steps()] == [0, 2, 4, 6, 7]


def test_overtaken_request_keeps_the_finished_export(
    deck: Deck, owner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slice took longer than its claim, and another process has put its files together."""
    export = begun(deck, "tab", owner)
    write = preparing._write

    def overtaken(slow: DeckExport, *_: object) -> None:
        monkeypatch.setattr(preparing, "_write", write)
        DeckExport.objects.update(claimed_until=None)
        while not preparing.run(export=again(export)):
            pass
        raise FileNotFoundError

    monkeypatch.setattr(preparing, "_write", overtaken)
    assert preparing.run(export=again(export))
    assert again(export).is_whole


def test_overtaken_request_keeps_the_progress_of_the_other(
    deck: Deck, owner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = begun(deck, "tab", owner)
    run = Slice.run

    def overtaken(self: Slice, steps: Steps) -> bool:
        is_whole = run(self, steps)
        DeckExport.objects.update(claimed_until=timezone.now() + timedelta(minutes=1), done=5)
        return is_whole

    monkeypatch.setattr(Slice, "run", overtaken)
    assert not preparing.run(export=again(export))
    assert again(export).done == 5
    assert again(export).is_claimed()


def test_exports_of_visitors_are_limited_and_not_continued_daily(
    deck: Deck, owner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "VISITORS_EXPORTS", 2)
    mine = begun(deck, "tab", owner)
    strangers = [preparing.begin(deck=deck, learner=None, kind="tab") for _ in range(4)]
    left = set(DeckExport.objects.values_list("pk", flat=True))
    assert left == {mine.pk, *(export.pk for export in strangers[-2:])}
    assert preparing.run_waiting(seconds=60) == 1
    assert DeckExport.objects.filter(is_whole=False).count() == 2


def test_failing_export_does_not_block_others(
    deck: Deck, owner: User, minimal: None, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = (begun(deck, kind, owner) for kind in ("tab", "comma"))
    DeckExport.objects.filter(pk=bad.pk).update(state={"at": "nowhere"}, kind="none such")
    assert preparing.run_waiting(seconds=60) == 1
    assert again(good).is_whole
    assert f"Export {bad.pk} has failed" in caplog.text


def test_package_that_an_earlier_version_has_begun_is_begun_again(deck: Deck, owner: User) -> None:
    """Its collection may have other tables, and its state says nothing of a version."""
    export = begun(deck, "anki-mine", owner)
    export.folder.mkdir(parents=True)
    (export.folder / "collection").write_bytes(b"other tables")
    (export.folder / "keys").write_bytes(bytes(24))
    DeckExport.objects.filter(pk=export.pk).update(state={"sizes": {"keys": 24}, "at": 2}, done=2)
    with read_file(in_slices(export)) as parsed:
        assert len(list(parsed)) == 7


def test_cards_with_many_answers_are_written_in_smaller_steps(
    deck: Deck, owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.exporting.writing.MOST_ANSWERS", 5)
    (folder := tmp_path / "export").mkdir()
    writer = Writer(deck, owner, "anki-mine", now=NOW, folder=folder, state={})
    places = [writer.done for _ in writer.steps()]
    # Every second card has three answers, from the first on.
    assert places[:5] == [0, 2, 4, 6, 7]
