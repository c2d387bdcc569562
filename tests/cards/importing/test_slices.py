"""Importing in slices: any interruption gives the same result, and two tabs do no work twice."""

import itertools
import sqlite3
import zipfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cards.formats.bounds import ACCOUNT
from cards.formats.types import FormatError
from cards.importing import running
from cards.importing.drafts import drop_draft, hidden_remove, make_draft
from cards.importing.preview import comparing, saving
from cards.importing.reading import keys, reader
from cards.importing.reading.content import open_content
from cards.models import Card, Deck, ImportDraft
from cards.models import TwinPair as StoredPair
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.importing.slicing import (
    FILES,
    MOST_REQUESTS,
    a_draft,
    a_text,
    again,
    import_in_slices,
    prepared,
    preview_in_slices,
)
from tests.cards.importing.test_pages import upload

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any, owner: User, learner: User) -> None:
    settings.DATA_DIR = tmp_path
    # Both have the same study days.
    for person in (owner, learner):
        person.time_zone = "Europe/Berlin"
        person.save()


def all_of(draft: ImportDraft) -> dict[str, list[tuple]]:
    """The content that was read from a draft's file."""
    with open_content(draft) as read:
        names = ("cards", "twins", "learned", "terms", "known", "answers")
        rows = {name: read.db.execute(f"SELECT * FROM {name}").fetchall() for name in names}
        told = {name: value for name, value in read.state.items() if name not in ("left", "inputs", "place")}
        return {**rows, "state": [tuple(sorted(told.items(), key=lambda one: one[0]))]}


def written(deck: Deck, learner: User) -> list[Any]:
    """All data that an import has written, without primary keys."""

    def rows(model: Any, of: str, *without: str) -> list[dict]:
        names = [f.name for f in model._meta.fields if f.name not in ("id", "deck", "card", "step", *without)]
        return list(model.objects.filter(**{of: deck}).order_by("pk").values(*names))

    moments = ("created_at", "updated_at")
    cards = [
        {**row, "tags": sorted(card.tags.values_list("name", flat=True)), "images": card.images_by_side()}
        for row, card in zip(
            rows(Card, "deck", *moments), deck.cards.order_by("pk").prefetch_related("images"), strict=True
        )
    ]
    twins = StoredPair.objects.filter(first__deck=deck).order_by("first__key", "second__key")
    counts = Enrollment.objects.filter(deck=deck).values(
        "retention",
        "strict",
        "recognised",
        "recalled",
        "learned",
        "mastered",
        "scheduled",
        "suspended",
        "last_studied_at",
    )
    return [
        (deck.card_count, deck.title, deck.has_images, deck.is_building),
        cards,
        list(twins.values_list("first__key", "second__key", "are_twins")),
        rows(Review, "deck", "learner", "mistaken_for"),
        rows(CardProgress, "card__deck", "learner"),
        list(
            DayTotal.objects.filter(deck=deck).order_by("study_day").values("study_day", "answers", "recalls")
        ),
        list(counts),
    ]


# --- The same comes of it


@pytest.mark.parametrize("kind", FILES)
def test_file_read_row_by_row_gives_the_same_cards(owner: User, minimal: None, kind: str) -> None:
    one, other = a_draft(owner, kind), a_draft(owner, kind)
    comparing.preview_file(one)
    preview_in_slices(other)
    assert all_of(one) == all_of(other)


@pytest.mark.parametrize("kind", FILES)
def test_import_in_slices_gives_the_same_deck(
    owner: User, learner: User, request: pytest.FixtureRequest, kind: str
) -> None:
    first = a_draft(owner, kind)
    running.begin(draft=first, preview=prepared(first), title="x")
    assert running.run(draft=first)
    request.getfixturevalue("minimal")
    deck = import_in_slices(a_draft(learner, kind))
    assert written(deck, learner) == written(again(first).deck, owner)  # type: ignore[arg-type]


@pytest.mark.parametrize("keep", ["file", "deck"])
@pytest.mark.parametrize("kind", FILES)
def test_import_in_slices_updates_a_deck_the_same(
    owner: User, learner: User, request: pytest.FixtureRequest, kind: str, keep: str
) -> None:
    drafts = []
    for person in (owner, learner):
        deck = Deck.objects.create(owner=person, title="Old")
        for n in range(4):
            Card.objects.create(
                deck=deck, key=f"k{n}", position=n, term=f"Term {n}", definition=f"Definition {n}"
            )
        deck.cards.filter(key="k2").update(removed_at=datetime(2026, 1, 1, tzinfo=UTC))
        drafts.append(a_draft(person, kind, deck, keep=keep))
    running.begin(draft=drafts[0], preview=prepared(drafts[0]), title="x")
    assert running.run(draft=drafts[0])
    request.getfixturevalue("minimal")
    deck = import_in_slices(drafts[1])
    assert written(deck, learner) == written(again(drafts[0]).deck, owner)  # type: ignore[arg-type]
    counts = [(d.added, d.updated, d.unchanged) for d in map(again, drafts)]
    assert counts[0] == counts[1]


def test_many_cards_with_one_term_stay_fast(learner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = keys.uuid.uuid5
    monkeypatch.setattr(keys.uuid, "uuid5", lambda space, name: made.append(name) or real(space, name))
    text = "".join(f"same\tdefinition {n}\n" for n in range(200))
    assert comparing.preview_file(make_draft(owner=learner, content=text)).total == 200
    assert len(made) < 2 * 200
    assert "200 same" in made


def test_time_limit_of_a_file_spans_its_slices(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count(step=1.0)
    monkeypatch.setattr("cards.formats.bounds.time.thread_time", seconds.__next__)
    draft = make_draft(owner=learner, content="".join(f"{n}\tb\n" for n in range(40)))
    with pytest.raises(FormatError, match="takes too long"):
        preview_in_slices(draft)
    assert 0 < again(draft).done < 40


def test_size_limit_of_an_archive_spans_its_slices(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft(learner, "archive")
    with zipfile.ZipFile(draft.path) as file:
        size = sum(member.file_size for member in file.infolist() if member.filename.endswith(".jsonl"))
    monkeypatch.setattr(reader, "limits_of", lambda _owner: replace(ACCOUNT, unpacked=size - 1))
    with pytest.raises(FormatError, match="too large when unpacked"):
        preview_in_slices(draft)
    assert again(draft).done == 7


# --- Two at once, and none any more


def test_only_one_of_two_requests_works_on_an_import(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "text")
    with again(draft).claim() as mine:
        assert mine
        assert saving.prepare(again(draft), Slice()) is None
        assert not draft.folder.exists()
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    with again(draft).claim() as mine, again(draft).claim() as second:
        assert (mine, second) == (True, False)
        assert not running.run(draft=again(draft))
        assert not Card.objects.exists()
    assert not running.run(draft=again(draft))
    assert Card.objects.count() == 2


def test_claim_of_a_killed_server_expires(learner: User) -> None:
    draft = a_draft(learner, "text")
    ImportDraft.objects.update(claimed_until=timezone.now() + timedelta(seconds=9))
    assert saving.prepare(again(draft), Slice()) is None
    ImportDraft.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert saving.prepare(again(draft), Slice())
    assert again(draft).claimed_until is None


def test_former_holder_does_not_release_a_taken_over_claim(learner: User) -> None:
    draft = a_draft(learner, "text")
    others = timezone.now() + timedelta(seconds=9)
    with draft.claim():
        ImportDraft.objects.update(claimed_until=others)
    assert again(draft).claimed_until == others


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "broken",
    [
        "cards.importing.reading.content.FileContent.save",
        "cards.importing.merging.merge_cards",
        "cards.importing.writing.rows_of",
    ],
)
def test_killed_import_loses_only_its_last_slice(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch, kind: str, broken: str
) -> None:
    deck = Deck.objects.create(owner=learner, title="Old")
    draft = a_draft(learner, kind, deck)
    for _ in range(MOST_REQUESTS):
        with monkeypatch.context() as patch, suppress(ZeroDivisionError):
            patch.setattr(broken, lambda *_args: 1 / 0)
            step(again(draft))
        if step(again(draft)):
            break
    assert again(draft).phase == "done"
    assert deck.cards.count() == again(draft).total
    assert Deck.objects.get(pk=deck.pk).card_count == deck.cards.count()
    assert not Deck.objects.filter(is_building=True).exists()
    assert not draft.folder.exists()


def step(draft: ImportDraft) -> bool:
    """One request of a browser; whether the import is done."""
    if draft.phase != ImportDraft.Phase.PREVIEW:
        return running.run(draft=draft)
    if preview := saving.prepare(draft, Slice()):
        running.begin(draft=draft, preview=preview, title="x")
    return False


def test_file_is_read_again_if_its_database_is_damaged(learner: User) -> None:
    draft = a_draft(learner, "text")
    before = comparing.preview_file(draft)
    for path in draft.folder.iterdir():
        path.write_bytes(b"no database" * 999)
    assert comparing.preview_file(draft).total == before.total


PAGE = 4096


def test_damage_found_within_a_slice_makes_it_read_again(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "text")
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    assert not running.run(draft=again(draft))
    path = draft.folder / "read.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        ((root,),) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'cards'")
    data = bytearray(path.read_bytes())
    data[(root - 1) * PAGE : root * PAGE] = b"\xff" * PAGE
    path.write_bytes(data)
    for _ in range(MOST_REQUESTS):
        if running.run(draft=again(draft)):
            break
    assert Deck.objects.get().card_count == again(draft).total == Card.objects.count()


def test_page_waits_while_another_request_works(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, a_text())["Location"]
    with closing(sqlite3.connect(ImportDraft.objects.get().folder / "read.sqlite3")) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert "Nothing is imported yet." in learner_client.get(url).text
    assert learner_client.post(f"{url}go-on/").status_code == 302


def test_daily_command_finishes_imports(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    assert running.run_waiting(seconds=60) == 1
    assert again(draft).phase == "done"
    assert running.run_waiting(seconds=60) == 0


def test_daily_command_skips_claimed_and_unreadable_imports(learner: User, minimal: None) -> None:
    draft, gone = a_draft(learner, "text"), a_draft(learner, "text")
    for each in (draft, gone):
        running.begin(draft=each, preview=preview_in_slices(each), title="x")
    gone.forget_file()
    with again(draft).claim():
        assert running.run_waiting(seconds=60) == 0
    assert not Card.objects.exists()


# --- Taking back


def test_dropping_an_import_runs_in_slices(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    while again(draft).done < 6:
        running.run(draft=again(draft))
    drop_draft(draft=again(draft), slice_=Slice(0))
    assert not ImportDraft.objects.exists()
    assert Card.objects.count() == 4
    while not hidden_remove(slice_=Slice(0)):
        assert not Deck.objects.present().exists()
    assert not Card.objects.exists()
    assert not Deck.objects.exists()


def test_cards_merged_before_a_rollback_stay(learner: User, minimal: None) -> None:
    deck = Deck.objects.create(owner=learner, title="Old")
    draft = a_draft(learner, "archive", deck)
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    while deck.cards.count() < 4:
        running.run(draft=again(draft))
    assert Deck.objects.get(pk=deck.pk).card_count == 4
    running.roll_back(draft=(draft := again(draft)))
    assert (draft.phase, draft.added, deck.cards.count()) == ("preview", 0, 4)
    assert Card.objects.count() == 4
    import_in_slices(draft)
    assert deck.cards.count() == 7
