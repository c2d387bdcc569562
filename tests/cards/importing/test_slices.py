"""Importing in slices: wherever it is interrupted, the same comes of it, and two at once do nothing twice."""

import io
import itertools
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from cards.formats.archive import write_archive
from cards.formats.bounds import ACCOUNT
from cards.formats.types import FormatError, ImageRef, ParsedCard, ParsedDeck, TwinKeys
from cards.importing import running, writing
from cards.importing.drafts import drop_draft, hidden_remove, make_draft
from cards.importing.preview import comparing, saving
from cards.importing.reading import reader
from cards.importing.reading.storage import opened
from cards.models import Card, Deck, ImportDraft, drafts_folder
from cards.models import TwinPair as StoredPair
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.formats.packages import CLOZE, note, package
from tests.cards.importing.test_pages import as_shown, import_it, upload
from tests.cards.pictures import png

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MOST_REQUESTS = 300
AT = 1_772_000_000_000


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any, owner: User, learner: User) -> None:
    settings.DATA_DIR = tmp_path
    # Their study days are the same.
    for person in (owner, learner):
        person.time_zone = "Europe/Berlin"
        person.save()


@pytest.fixture
def minimal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request and each transaction does the least that it can."""
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    monkeypatch.setattr("studysite.slices.OF_A_TRANSACTION", 0.0)
    for module in ("writing", "merging", "preview.comparing"):
        monkeypatch.setattr(f"cards.importing.{module}.CHUNK", 2)
    monkeypatch.setattr("cards.importing.preview.comparing.KNOWN_AT_ONCE", 2)
    monkeypatch.setattr("cards.importing.drafts.DROPPED_AT_ONCE", 2)
    monkeypatch.setattr("cards.formats.anki.history.COPIED", 2)
    monkeypatch.setattr("sessions_app.review_log.importing.CARDS_AT_ONCE", 1)


def a_text() -> bytes:
    rows = ["Term\tDefinition\tTags", "", "same\ta", "same\tb", "same\tb", "same\tc"]
    rows += ['"two\nlines"\tb\tx; y', "\tonly", "x" * 10_001 + "\ty", "Term 1\tDefinition 1\tz"]
    return "\n".join([*rows, *(f"Term {n}\tanother {n}" for n in range(3))]).encode()


def an_archive() -> bytes:
    file = io.BytesIO()
    cards = [ParsedCard(f"Term {n}", "$x$", key=f"k{n}", tags=("a", f"t{n % 2}")) for n in range(7)]
    cards[3].term_images = (ImageRef("flag.png", "A flag"), ImageRef("gone.png"))
    said = {
        "mode": "spaced",
        "side": "definition",
        "kind": "flip",
        "evidence": "recall",
        "verdict": "correct",
    }
    said |= {"rating": 3, "study_day": "2026-01-01"}
    records = {
        "reviews": [
            {"card": f"k{n}", **said, "reviewed_at": f"2026-01-01T10:0{minute}:00+00:00"}
            for n in (1, 2, 5)
            for minute in range(3)
        ],
        "marks": [{"card": f"k{n}", "side": "definition", "starred": True} for n in (2, 6)],
        "settings": [{"strict": True}],
    }
    twins = [TwinKeys(f"k{n}", f"k{n + 1}", n % 2 == 0) for n in range(5)]
    images = {"flag.png": png("red"), "gone.png": b"no image"}
    deck = ParsedDeck((), title="T", description="d")
    write_archive(file, deck=deck, cards=cards, twins=twins, records=records, read_image=images.__getitem__)
    return file.getvalue()


def a_package(*, new: bool = True) -> bytes:
    learned = {"type": 2, "queue": 2, "due": 800, "ivl": 9}
    notes = [
        note([f"Term {n}", f"a {n}"], guid=f"k{n}", tags=f"x t{n % 2}", deck=1 + n % 2, **learned)
        for n in range(5)
    ]
    notes += [
        note(["{{c1::one}} {{c2::two}}", ""], kind=CLOZE, ords=[0, 1]),
        note(["Term 1", "a 1"], guid="k1"),
    ]
    reviews = [
        (10 * n, AT + 1000 * n + 86_400_000 * day, 3, 4, 900, 1) for n in range(1, 6) for day in range(3)
    ]
    return package(notes, new=new, reviews=reviews)


FILES: dict[str, Callable[[], bytes]] = {
    "text": a_text,
    "archive": an_archive,
    "new package": a_package,
    "old package": lambda: a_package(new=False),
}


def a_draft(owner: User, kind: str, deck: Deck | None = None, **options: Any) -> ImportDraft:
    draft = make_draft(owner=owner, content=io.BytesIO(FILES[kind]()), file_name="x", deck=deck)
    draft.options |= options
    draft.save()
    return draft


def again(draft: ImportDraft) -> ImportDraft:
    """As another request finds it."""
    return ImportDraft.objects.select_related("owner", "deck__owner", "staging__owner").get(pk=draft.pk)


def look_in_slices(draft: ImportDraft) -> comparing.Preview:
    for _ in range(MOST_REQUESTS):
        if look := saving.go_on(again(draft), Slice(0)):
            return look
    raise AssertionError("It never ends.")


def import_in_slices(draft: ImportDraft) -> Deck:
    running.begin(draft=(draft := again(draft)), look=look_in_slices(draft), title="x")
    for _ in range(MOST_REQUESTS):
        if running.run(draft=again(draft), seconds=0):
            deck = again(draft).deck
            assert deck is not None
            return deck
    raise AssertionError("It never ends.")


def all_of(draft: ImportDraft) -> dict[str, list[tuple]]:
    """What is in the reading of a draft."""
    with opened(draft) as read:
        names = ("cards", "twins", "learned", "terms", "known", "answers")
        rows = {name: read.db.execute(f"SELECT * FROM {name}").fetchall() for name in names}
        told = {name: value for name, value in read.state.items() if name not in ("left", "of", "place")}
        return {**rows, "state": [tuple(sorted(told.items(), key=lambda one: one[0]))]}


def written(deck: Deck, learner: User) -> list[Any]:
    """All that an import has written, without the keys that a database chooses."""

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
def test_a_file_read_row_by_row_reads_the_same(owner: User, minimal: None, kind: str) -> None:
    one, other = a_draft(owner, kind), a_draft(owner, kind)
    comparing.preview_file(one)
    look_in_slices(other)
    assert all_of(one) == all_of(other)


@pytest.mark.parametrize("kind", FILES)
def test_what_is_imported_bit_by_bit_is_the_same(
    owner: User, learner: User, request: pytest.FixtureRequest, kind: str
) -> None:
    first = a_draft(owner, kind)
    running.begin(draft=first, look=saving.preview_file(first), title="x")
    assert running.run(draft=first)
    request.getfixturevalue("minimal")
    deck = import_in_slices(a_draft(learner, kind))
    assert written(deck, learner) == written(again(first).deck, owner)  # type: ignore[arg-type]


@pytest.mark.parametrize("keep", ["file", "deck"])
@pytest.mark.parametrize("kind", FILES)
def test_so_it_is_into_a_deck_that_is_there(
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
    running.begin(draft=drafts[0], look=saving.preview_file(drafts[0]), title="x")
    assert running.run(draft=drafts[0])
    request.getfixturevalue("minimal")
    deck = import_in_slices(drafts[1])
    assert written(deck, learner) == written(again(drafts[0]).deck, owner)  # type: ignore[arg-type]
    counts = [(d.added, d.updated, d.unchanged) for d in map(again, drafts)]
    assert counts[0] == counts[1]


def test_many_cards_of_one_term_take_no_longer_each(learner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = reader.uuid.uuid5
    monkeypatch.setattr(reader.uuid, "uuid5", lambda space, name: made.append(name) or real(space, name))
    text = "".join(f"same\tdefinition {n}\n" for n in range(200))
    assert comparing.preview_file(make_draft(owner=learner, content=text)).total == 200
    assert len(made) < 2 * 200
    assert "200 same" in made


def test_a_file_has_its_time_for_all_slices_together(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count(step=1.0)
    monkeypatch.setattr("cards.formats.bounds.time.thread_time", seconds.__next__)
    draft = make_draft(owner=learner, content="".join(f"{n}\tb\n" for n in range(40)))
    with pytest.raises(FormatError, match="takes too long"):
        look_in_slices(draft)
    assert 0 < again(draft).done < 40


def test_a_collection_has_its_length_for_all_slices_together(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.formats.anki.reader.FREE_LENGTH", 150)
    monkeypatch.setattr("cards.formats.anki.reader.LENGTH_PER_CARD", 0)
    draft = a_draft(learner, "new package")
    with pytest.raises(FormatError, match="too large for cards"):
        look_in_slices(draft)
    assert again(draft).done == 5


def test_an_archive_has_its_bytes_for_all_slices_together(
    learner: User, minimal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft(learner, "archive")
    with zipfile.ZipFile(draft.path) as file:
        size = sum(member.file_size for member in file.infolist() if member.filename.endswith(".jsonl"))
    monkeypatch.setattr(reader, "limits_of", lambda _owner: replace(ACCOUNT, unpacked=size - 1))
    with pytest.raises(FormatError, match="too large when unpacked"):
        look_in_slices(draft)
    assert again(draft).done == 7


# --- Two at once, and none any more


def test_of_two_one_works_and_the_other_does_nothing(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "text")
    with again(draft).claim() as mine:
        assert mine
        assert saving.go_on(again(draft), Slice()) is None
        assert not draft.folder.exists()
    running.begin(draft=draft, look=look_in_slices(draft), title="x")
    with again(draft).claim() as mine, again(draft).claim() as second:
        assert (mine, second) == (True, False)
        assert not running.run(draft=again(draft))
        assert not Card.objects.exists()
    assert not running.run(draft=again(draft))
    assert Card.objects.count() == 2


def test_a_claim_of_a_server_that_was_killed_is_taken_over(learner: User) -> None:
    draft = a_draft(learner, "text")
    ImportDraft.objects.update(claimed_until=timezone.now() + timedelta(seconds=9))
    assert saving.go_on(again(draft), Slice()) is None
    ImportDraft.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert saving.go_on(again(draft), Slice())
    assert again(draft).claimed_until is None


def test_a_claim_that_was_taken_over_stays_with_who_has_it(learner: User) -> None:
    draft = a_draft(learner, "text")
    others = timezone.now() + timedelta(seconds=9)
    with draft.claim():
        ImportDraft.objects.update(claimed_until=others)
    assert again(draft).claimed_until == others


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "broken",
    [
        "cards.importing.reading.storage.Reading.save",
        "cards.importing.merging.merge",
        "cards.importing.writing.rows_of",
    ],
)
def test_whoever_is_killed_in_a_slice_loses_that_slice_alone(
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
    if look := saving.go_on(draft, Slice()):
        running.begin(draft=draft, look=look, title="x")
    return False


def test_what_is_read_is_read_anew_when_its_database_is_damaged(learner: User) -> None:
    draft = a_draft(learner, "text")
    before = comparing.preview_file(draft)
    for path in draft.folder.iterdir():
        path.write_bytes(b"no database" * 999)
    assert comparing.preview_file(draft).total == before.total


PAGE = 4096


def test_so_it_is_where_the_damage_is_found_in_the_middle_of_a_slice(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "text")
    running.begin(draft=draft, look=look_in_slices(draft), title="x")
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


def test_a_page_that_meets_another_slice_at_work_waits(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, a_text())["Location"]
    with closing(sqlite3.connect(ImportDraft.objects.get().folder / "read.sqlite3")) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert "Nothing is written yet." in learner_client.get(url).text
    assert learner_client.post(f"{url}go-on/").status_code == 302


def test_the_daily_command_drives_on_what_was_begun(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    running.begin(draft=draft, look=look_in_slices(draft), title="x")
    assert running.run_waiting(seconds=60) == 1
    assert again(draft).phase == "done"
    assert running.run_waiting(seconds=60) == 0


def test_it_leaves_alone_what_somebody_else_drives_or_cannot_be_read(learner: User, minimal: None) -> None:
    draft, gone = a_draft(learner, "text"), a_draft(learner, "text")
    for each in (draft, gone):
        running.begin(draft=each, look=look_in_slices(each), title="x")
    gone.forget_file()
    with again(draft).claim():
        assert running.run_waiting(seconds=60) == 0
    assert not Card.objects.exists()


# --- Taking back


def test_dropping_takes_slices_too_and_the_rest_goes_later(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    running.begin(draft=draft, look=look_in_slices(draft), title="x")
    while again(draft).done < 6:
        running.run(draft=again(draft))
    drop_draft(draft=again(draft), slice_=Slice(0))
    assert not ImportDraft.objects.exists()
    assert Card.objects.count() == 4
    while not hidden_remove(slice_=Slice(0)):
        assert not Deck.objects.present().exists()
    assert not Card.objects.exists()
    assert not Deck.objects.exists()


def test_what_has_come_into_a_deck_stays_there(learner: User, minimal: None) -> None:
    deck = Deck.objects.create(owner=learner, title="Old")
    draft = a_draft(learner, "archive", deck)
    running.begin(draft=draft, look=look_in_slices(draft), title="x")
    while deck.cards.count() < 4:
        running.run(draft=again(draft))
    assert Deck.objects.get(pk=deck.pk).card_count == 4
    running.roll_back(draft=(draft := again(draft)))
    assert (draft.phase, draft.added, deck.cards.count()) == ("preview", 0, 4)
    assert Card.objects.count() == 4
    import_in_slices(draft)
    assert deck.cards.count() == 7


# --- The pages


def drive(client: Client, url: str, **headers: str) -> list[str]:
    """Go on until there is another page; what was shown on the way."""
    shown = []
    for _ in range(MOST_REQUESTS):
        response = client.post(f"{url}go-on/", headers=headers)
        if "HX-Redirect" in response.headers:
            return shown
        shown.append(response.text)
    raise AssertionError("It never ends.")


HTMX = {"HX-Request": "true", "HX-Target": "import-progress"}


@pytest.mark.parametrize("kind", FILES)
def test_a_large_file_shows_how_far_it_is_read(learner_client: Client, minimal: None, kind: str) -> None:
    url = upload(learner_client, FILES[kind]())["Location"]
    page = learner_client.get(url)
    assert "Reading x" in page.text or "Reading words.txt" in page.text
    assert "Nothing is written yet." in page.text
    parts = drive(learner_client, url, **HTMX)
    assert all(part.strip().startswith('<div id="import-progress"') for part in parts)
    assert any(" cards so far</label>" in part for part in parts)
    page = learner_client.get(url)
    assert "What was understood" in page.text
    assert not Deck.objects.exists()


def test_without_htmx_its_button_leads_to_the_page_again(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, a_text())["Location"]
    for _ in range(MOST_REQUESTS):
        page = learner_client.get(url)
        if "What was understood" in page.text:
            break
        assert '<button class="button primary">Go on</button>' in page.text
        assert learner_client.post(f"{url}go-on/")["Location"] == url
    assert "What was understood" in page.text


def test_other_choices_are_read_in_slices_and_shown(learner_client: Client, minimal: None) -> None:
    url = upload(learner_client, b"a,b\tc\nd,e\tf\ng,h\ti\n")["Location"]
    drive(learner_client, url, **HTMX)
    assert import_it(learner_client, url, separator="comma")["Location"] == url
    assert "Reading words.txt" in learner_client.get(url).text
    drive(learner_client, url, **HTMX)
    page = learner_client.get(url)
    assert page.context["look"].preview.samples[0].term == "a"
    assert not Deck.objects.exists()


def test_what_cannot_be_read_so_is_read_as_before(
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
    assert learner_client.get(url).context["look"].total == 5


def broken(*_args: object) -> None:
    raise FormatError("That is no card.")


def test_guests_wait_too_and_nobody_else_goes_on(
    client: Client, stranger_client: Client, minimal: None
) -> None:
    url = upload(client, a_text())["Location"]
    assert stranger_client.post(f"{url}go-on/").status_code == 404
    assert "/accounts/login/" in Client().post(f"{url}go-on/")["Location"]
    drive(client, url, **HTMX)
    import_it(client, url, title="Mine")
    drive(client, url, **HTMX)
    assert Deck.objects.get().card_count == ImportDraft.objects.get().total


def test_an_import_that_is_dropped_in_another_tab_is_gone(
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


def test_a_preview_takes_few_queries_however_many_cards(
    learner_client: Client, django_assert_max_num_queries: Any
) -> None:
    url = upload(learner_client, "".join(f"a{n}\tb\n" for n in range(3_000)).encode())["Location"]
    with django_assert_max_num_queries(12):
        learner_client.get(url)


@pytest.mark.parametrize(
    "within",
    [
        "cards.importing.reading.reader.Reader.add",
        "cards.importing.preview.comparing.standing",
        "sessions_app.review_log.importing.next_chunk",
    ],
)
def test_a_draft_that_is_dropped_in_the_middle_of_a_slice_breaks_nothing(
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


def test_a_draft_that_is_dropped_before_its_reading_is_opened_is_gone(
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


def test_what_was_unpacked_is_kept_no_longer_than_needed(learner: User, minimal: None) -> None:
    draft = a_draft(learner, "archive")
    saving.go_on(again(draft), Slice(0))
    assert (draft.folder / "cards.jsonl").exists()
    look_in_slices(draft)
    assert {path.name for path in draft.folder.iterdir()} <= {"read.sqlite3", "read.sqlite3-journal"}
    assert draft.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_is_another_one_is_unpacked_anew(learner: User) -> None:
    draft = a_draft(learner, "new package")
    assert comparing.preview_file(draft).preview.samples[0].term == "Term 0"
    draft.path.write_bytes(package([note(["Other", "b"])]))
    assert comparing.preview_file(draft).preview.samples[0].term == "Other"


def test_too_many_decks_and_note_types_are_told_at_once(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.importing.reading.as_json.MAX_HEAD", 100)
    page = learner_client.get(upload(learner_client, a_package())["Location"])
    assert "Its decks and note types are too many to be shown" in page.text


def test_a_large_file_is_stored_first_and_read_then(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.importing.views.READ_AT_ONCE", 10)
    url = upload(learner_client, a_text())["Location"]
    assert not ImportDraft.objects.get().folder.exists()
    assert "What was understood" in learner_client.get(url).text
