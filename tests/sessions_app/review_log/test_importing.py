"""Histories from files: Anki's collections and the site's own archives become lines of the log, by its rule."""

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from cards.exporting import services as exporting
from cards.importing import drafts, running
from cards.importing.preview import comparing
from cards.models import Deck
from sessions_app.corrections import services as corrections
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step
from sessions_app.review_log import importing, replaying
from sessions_app.review_log.archive import DAYS, MOMENTS, PLAIN, SETTINGS, memory_of
from sessions_app.sessions import marks
from sessions_app.sessions import services as sessions
from sessions_app.sessions.marks import Mark
from sessions_app.study.days import study_day
from sessions_app.study.types import Level, State, Verdict
from tests.cards.formats.packages import CLOZE, REVERSED, note, package
from tests.sessions_app.conftest import NOON, Studying

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = 86_400_000
FIRST = 1_772_000_000_000  # 25 February 2026
FSRS = json.dumps({"s": 12.5, "d": 4.25, "dr": 0.85})
# The collection's first day is 15 November 2023.
DUE = (date(2026, 3, 20) - date(2023, 11, 15)).days
REVIEWS = [
    (10, FIRST, 3, -600, 5_000, 0),
    (10, FIRST + DAY, 3, 4, 7_000, 1),
    (10, FIRST + 5 * DAY, 1, -600, 9_000, 1),
    (10, FIRST + 5 * DAY + 600_000, 3, 9, 2_000, 2),
]


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON + timedelta(days=5), tick=True):
        yield


def learned(**more):
    return note(["q", "a"], type=2, queue=2, due=DUE, ivl=9, data=FSRS, **more)


def import_file(learner, content: bytes, deck: Deck | None = None) -> Deck:
    draft = drafts.make_draft(owner=learner, content=io.BytesIO(content), file_name="x.apkg", deck=deck)
    preview = comparing.preview_file(draft)
    title = preview.about.title if preview.about else ""
    running.begin(draft=draft, preview=preview, title=title or "x")
    while not running.run(draft=draft, seconds=0):
        pass
    return Deck.objects.get(pk=draft.deck.pk)


def law_holds():
    return [replaying.rebuild(enrollment) for enrollment in Enrollment.objects.all()] in ([], [0], [0, 0])


# --- Anki


@pytest.mark.parametrize("new", [True, False])
def test_anki_history_becomes_progress(learner, new):
    deck = import_file(learner, package([learned()], new=new, reviews=REVIEWS))
    row = CardProgress.objects.get()
    assert (row.learner, row.card.deck, row.side) == (learner, deck, "definition")
    assert (row.stability, row.difficulty, row.state) == (12.5, 4.25, State.REVIEW)
    assert study_day(row.due, learner.zone) == date(2026, 3, 20)
    assert (row.recalls, row.misses, row.level) == (3, 1, Level.LEARNED)
    assert Review.objects.count() == 4
    assert set(Review.objects.values_list("mode", "step", "judged_by")) == {("anki", None, "learner")}
    assert Enrollment.objects.get().retention == pytest.approx(0.85)
    assert Enrollment.objects.get().learned == 1
    assert law_holds()


def test_next_answer_builds_on_the_imported_memory(learner):
    deck = import_file(learner, package([learned()], reviews=REVIEWS))
    now = datetime(2026, 3, 20, 15, tzinfo=UTC)
    with time_machine.travel(now):
        sessions.session_start(
            learner=learner, deck=deck, mode="spaced", settings=sessions.SessionSettings("due", 20), now=now
        )
        sessions.step_answer(learner=learner, step=Step.objects.get(), response={"rating": "3"}, now=now)
    row = CardProgress.objects.get()
    assert row.stability > 12.5
    assert row.due_day > now.date() + timedelta(days=10)
    assert law_holds()


def test_imported_memory_keeps_ankis_last_review(learner):
    """Anki stores them beside its memory (lrt); the last answer in its log may not have updated the memory."""
    # Before four o'clock in the collection's time zone, an hour east of UTC.
    fed = datetime(2026, 2, 27, 2, 30, tzinfo=UTC)
    data = json.dumps({"s": 12.5, "d": 4.25, "lrt": int(fed.timestamp())})
    row = note(["q", "a"], type=2, queue=2, due=DUE, ivl=9, data=data)
    import_file(learner, package([row], reviews=REVIEWS))
    progress = CardProgress.objects.get()
    assert (progress.last_recalled_at, progress.memory_day) == (fed, date(2026, 2, 26))
    assert progress.due_day == date(2026, 3, 20)
    assert law_holds()


def test_older_anki_memory_does_not_replace_a_newer_recall(learner):
    """Anki updated its memory in February. After a recall here, its log ends with a cram: no update."""
    deck = import_file(learner, package([learned()], reviews=REVIEWS[:1]))
    studying = Studying(learner, deck, now=NOON + timedelta(days=2))
    studying.start("weakest")
    studying.answer(4)
    recalled = CardProgress.objects.get()
    data = json.dumps({"s": 9.0, "d": 4.25, "lrt": FIRST // 1000})
    crammed = note(["q", "a"], type=2, queue=2, due=DUE, ivl=9, data=data)
    cram = (10, FIRST + 9 * DAY, 3, 4, 7_000, 3)
    import_file(learner, package([crammed], reviews=[REVIEWS[0], cram]), deck)
    row = CardProgress.objects.get()
    assert row.memory_day > recalled.memory_day == studying.now.date()
    assert row.stability > recalled.stability > 9
    assert law_holds()


def test_answer_without_stored_days_keeps_its_due_day(learner):
    # An earlier version counted the days in the learner's time zone, as it does without the collection's own.
    import_file(learner, package([learned()], reviews=REVIEWS, extra="DELETE FROM config;"))
    before = CardProgress.objects.values().get()
    Review.objects.update(memory_due_day=None, memory_at=None, memory_day=None, judged_by="")
    assert law_holds()
    assert CardProgress.objects.values().get() == before


def test_importing_again_adds_only_new_answers(learner):
    deck = import_file(learner, package([learned()], reviews=REVIEWS[:2]))
    import_file(learner, package([learned()], reviews=REVIEWS[:2]), deck)
    assert Review.objects.count() == 2
    import_file(learner, package([learned()], reviews=REVIEWS), deck)
    assert Review.objects.count() == 4
    assert DayTotal.objects.count() == 3
    assert law_holds()


def test_both_directions_become_both_sides(learner):
    reviews = [(10, FIRST, 3, 4, 1, 0), (11, FIRST + 1, 1, -60, 1, 0)]
    import_file(
        learner,
        package([note(["q", "a"], kind=REVERSED, ords=[0, 1], type=2, queue=2, due=DUE)], reviews=reviews),
    )
    assert set(CardProgress.objects.values_list("side", "recalls", "misses")) == {
        ("definition", 1, 0),
        ("term", 0, 1),
    }
    assert law_holds()


@pytest.mark.parametrize(
    ("queue", "suspended", "buried"), [(-1, True, False), (-2, False, True), (2, False, False)]
)
def test_suspended_and_buried_marks_are_imported(learner, queue, suspended, buried):
    import_file(learner, package([note(["q", "a"], type=2, queue=queue, due=DUE, ivl=9)], reviews=REVIEWS))
    row = CardProgress.objects.get()
    assert (row.suspended, row.buried_until is not None) == (suspended, buried)
    enrollment = Enrollment.objects.get()
    assert enrollment.suspended == suspended
    assert (enrollment.buried_until is not None) == buried
    assert law_holds()


def test_new_suspended_card_is_marked_without_a_review(learner):
    import_file(learner, package([note(["q", "a"], queue=-1)]))
    assert CardProgress.objects.get().suspended
    assert not Review.objects.exists()
    assert law_holds()


def test_interval_without_fsrs_becomes_the_stability(learner):
    import_file(learner, package([note(["q", "a"], type=2, queue=2, due=DUE, ivl=9)], reviews=REVIEWS))
    row = CardProgress.objects.get()
    assert row.stability == 9
    assert study_day(row.due, learner.zone) == date(2026, 3, 20)


def test_schedule_without_answers_is_imported(learner):
    import_file(learner, package([learned()]))
    row = CardProgress.objects.get()
    assert (row.stability, row.recalls) == (12.5, 1)
    assert Review.objects.get().rating is None
    assert law_holds()


def test_chunks_are_bounded_by_answers():
    counts = [1] * 600 + [4_000, 4_000, 9_000, 0]
    every = (importing.CardHistory(number, lines=[Review()] * count) for number, count in enumerate(counts))
    chunks = list(iter(lambda: importing.next_chunk(every), []))
    assert [len(chunk) for chunk in chunks] == [500, 101, 1, 1, 1]
    assert [each.card_id for chunk in chunks for each in chunk] == list(range(604))


def test_answers_can_be_left_out(learner):
    draft = drafts.make_draft(
        owner=learner, content=io.BytesIO(package([learned()], reviews=REVIEWS)), file_name="x.apkg"
    )
    draft.options = {"history": False}
    draft.save()
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    assert running.run(draft=draft)
    assert not Review.objects.exists()
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    "card",
    [
        {"due": 2**40, "ivl": 2**31 - 1},
        {"due": -(2**31), "ivl": -5},
        {"data": json.dumps({"s": 1e-300, "d": 99})},
        {"data": json.dumps({"s": 1e300, "d": -4})},
        {"type": 3, "queue": 1, "due": 4_000_000_000},
        {"type": 1, "queue": 1, "due": 1},
    ],
)
def test_invalid_schedules_are_imported_safely(learner, card):
    row = {"type": 2, "queue": 2, "due": DUE, "ivl": 9, **card}
    reviews = [
        *REVIEWS,
        (10, 2**62, 3, 1, 1, 1),
        (10, FIRST + 9 * DAY, 3, 2**31, 2**31, 1),
        (10, 5, 4, 1, 1, 1),
    ]
    import_file(learner, package([note(["q", "a"], **row)], reviews=reviews))
    assert not Review.objects.filter(reviewed_at__gt=timezone.now()).exists()
    assert law_holds()


def test_answers_and_resets_of_the_future_are_not_believed(learner):
    future = FIRST + 9_000 * DAY
    more = [(10, future, 3, 1, 1, 1), (10, future + 1, 0, 0, 0, 4, 0)]
    import_file(learner, package([learned()], reviews=[*REVIEWS, *more]))
    assert Review.objects.exclude(rating=None).count() == 4
    assert CardProgress.objects.get().reset_at <= timezone.now()
    assert law_holds()


def test_preview_counts_the_history(learner_client):
    content = package([learned(), note(["{{c1::x}}", ""], kind=CLOZE)], reviews=REVIEWS)
    url = learner_client.post("/import/", {"file": SimpleUploadedFile("x.apkg", content)})["Location"]
    page = learner_client.get(url)
    assert "Import my answers and due dates" in page.text
    assert "4 answers" in page.text
    assert not Review.objects.exists()
    response = learner_client.post(url, {"do": "import", "history": "on", "title": "Anki"})
    assert response["Location"] == Deck.objects.get().get_absolute_url()
    assert Review.objects.count() == 4
    assert learner_client.get(response["Location"]).status_code == 200
    card = Review.objects.first().card
    assert "Anki, flip" in learner_client.get(f"/decks/{Deck.objects.get().slug}/cards/{card.pk}/").text


def test_imported_answer_can_be_overridden(learner):
    import_file(learner, package([learned()], reviews=REVIEWS))
    line = Review.objects.order_by("-reviewed_at").first()
    assert corrections.answer_override(learner=learner, line=line, verdict=Verdict.WRONG, now=timezone.now())
    assert CardProgress.objects.get().stability != 12.5
    assert law_holds()


# --- The archive


@pytest.fixture
def studied(studying):
    """Lena has studied Olga's deck, overridden one verdict, undone one answer, and marked a card."""
    for days, rating in enumerate((3, 1, 4, 2, 3)):
        studying.now = NOON + timedelta(days=days / 2)
        if studying.open_step() is None:
            studying.start()
        studying.answer(rating)
    line = Review.objects.order_by("pk").first()
    corrections.answer_override(learner=studying.learner, line=line, verdict=Verdict.WRONG, now=studying.now)
    card = studying.deck.cards.in_order().last()
    with time_machine.travel(studying.now):
        marks.card_mark(learner=studying.learner, card=card, mark=Mark.STARRED, on=True, now=studying.now)
    Enrollment.objects.update(retention=0.8, strict=True)
    call_command("rebuild_progress")
    return studying


def archive(deck, learner) -> bytes:
    file = io.BytesIO()
    exporting.write("archive", file, deck, learner, now=timezone.now(), history=True)
    return file.getvalue()


def history(deck, learner):
    lines = Review.objects.filter(card__deck=deck, learner=learner).order_by(
        "card__position", "side", "reviewed_at", "pk"
    )
    names = [
        f.name
        for f in Review._meta.fields
        if f.name not in ("id", "card", "deck", "step", "learner", "mistaken_for")
    ]
    rows = CardProgress.objects.filter(card__deck=deck, learner=learner).order_by("card__position", "side")
    progress = [f.name for f in CardProgress._meta.fields if f.name not in ("id", "card", "deck", "learner")]
    days = DayTotal.objects.filter(deck=deck, learner=learner).order_by("study_day")
    return (
        list(lines.values("card__key", *names)),
        list(rows.values("card__key", *progress)),
        list(days.values("study_day", "answers", "introduced", "recalls", "recalls_right")),
        Enrollment.objects.filter(deck=deck, learner=learner).values("retention", "strict", "recalled").get(),
    )


def test_archived_history_is_imported_as_exported(studied, learner):
    back = import_file(learner, archive(studied.deck, learner))
    assert back != studied.deck
    assert history(back, learner) == history(studied.deck, learner)
    assert law_holds()
    import_file(learner, archive(studied.deck, learner), back)
    assert history(back, learner) == history(studied.deck, learner)


@pytest.mark.parametrize("in_file", [True, False])
def test_archive_says_who_has_suspended_a_card(learner, stranger, in_file):
    deck = import_file(learner, package([learned()], reviews=REVIEWS))
    CardProgress.objects.update(suspended=True, suspended_in_file=in_file)
    import_file(stranger, archive(deck, learner))
    row = CardProgress.objects.get(learner=stranger)
    assert (row.suspended, row.suspended_in_file) == (True, in_file)


MEMORY = {
    "memory_stability": 9.0,
    "memory_difficulty": 5.0,
    "memory_state": int(State.REVIEW),
    "memory_due": "2026-03-20T12:00:00+00:00",
    "memory_due_day": "2026-03-20",
    "memory_at": "2026-03-11T12:00:00+00:00",
    "memory_day": "2026-03-11",
}


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_due_day": "2026-03-24"},
        {"memory_day": "2026-03-07"},
        {"memory_stability": 0.0},
        {"memory_difficulty": 11.0},
    ],
)
def test_memory_of_an_archive_must_be_one(changes):
    at = datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert memory_of(MEMORY, at, at.date())
    with pytest.raises(ValueError, match=r"not a memory|too far"):
        memory_of(MEMORY | changes, at, at.date())


def test_archive_has_every_field_of_a_review():
    """Except values that belong to one site, or that depend on where the archive is read."""
    fields = {field.name for field in Review._meta.get_fields()}
    written = {*PLAIN, *MOMENTS, *DAYS, "card", "mistaken_for"}
    assert fields - written == {"id", "learner", "deck", "step", "overridden"}


def test_importing_anothers_archive_adds_only_to_the_importers_history(studied, learner, owner):
    before = history(studied.deck, learner)
    owner_draft = archive(studied.deck, learner)
    import_file(owner, owner_draft, studied.deck)
    assert history(studied.deck, learner) == before
    assert Review.objects.filter(learner=owner).count() == Review.objects.filter(learner=learner).count()


@pytest.mark.parametrize("kind", ["tab", "comma", "markdown", "anki-older", "archive"])
def test_only_a_requested_file_holds_the_history(studied, learner, kind, tmp_path):
    file = io.BytesIO()
    wanted = kind not in ("anki-older", "archive")
    exporting.write(kind, file, studied.deck, learner, now=timezone.now(), history=wanted)
    if wanted:
        empty = io.BytesIO()
        exporting.write(kind, empty, studied.deck, None, now=timezone.now())
        assert file.getvalue() == empty.getvalue()
        return
    with zipfile.ZipFile(file) as members:
        assert not [name for name in members.namelist() if name.startswith("records/")]
        if kind == "anki-older":
            with closing(sqlite3.connect(members.extract("collection.anki21", tmp_path))) as collection:
                assert collection.execute("SELECT count(*) FROM revlog").fetchone() == (0,)
                assert collection.execute("SELECT DISTINCT type, reps FROM cards").fetchall() == [(0, 0)]


def test_export_holds_no_history_of_others(studied, owner, learner):
    members = zipfile.ZipFile(io.BytesIO(archive(studied.deck, owner)))
    assert members.read("records/reviews.jsonl") == b""
    assert members.read("records/settings.jsonl") == b""


@pytest.mark.parametrize(
    "change",
    [
        {"reviewed_at": "yesterday"},
        {"reviewed_at": "2026-03-02T12:00:00"},
        {"reviewed_at": "2999-01-01T00:00:00+00:00", "study_day": "2999-01-01"},
        {"study_day": "2001-01-01"},
        {"study_day": 5},
        {"side": "back"},
        {"verdict": "ask"},
        {"rating": 9},
        {"mode": ["learn"]},
        {"mode": "x" * 99},
        {"gap": -1},
        {"gap_needed": 2**40},
        {"elapsed_ms": "5"},
        {"memory_stability": -1, "memory_difficulty": 5, "memory_state": 2},
        {
            "memory_stability": 5,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "9999-12-31T00:00:00+00:00",
        },
        {
            "memory_stability": 5,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "2026-03-09T09:00:00+00:00",
            "memory_day": "2031-01-01",
        },
        {
            "memory_stability": 5,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "2026-03-09T09:00:00+00:00",
            "memory_at": "2999-01-01T00:00:00+00:00",
            "memory_day": "2999-01-01",
        },
        {
            "memory_stability": 5,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "2031-01-09T09:00:00+00:00",
            "memory_at": "2031-01-01T12:00:00+00:00",
            "memory_day": "2031-01-01",
        },
        {"judged_by": "nobody"},
        {"counted_since": "2026-03-09T09:00:00+00:00"},
        {"reviewed_at": "0001-01-01T00:00:00+00:00", "study_day": "0001-01-01"},
        {
            "memory_stability": 5,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "2026-03-09T09:00:00+00:00",
            "memory_at": "0001-01-01T00:00:00+00:00",
            "memory_day": "0001-01-01",
        },
        {
            "memory_stability": 10**400,
            "memory_difficulty": 5,
            "memory_state": 2,
            "memory_due": "2026-03-09T09:00:00+00:00",
        },
        {"memory_stability": float("nan"), "memory_difficulty": 5, "memory_state": 2},
        {"response": 5},
        {"card": ["x"]},
        {"card": None},
    ],
)
def test_invalid_records_are_skipped(studied, learner, change):
    archived = zipfile.ZipFile(io.BytesIO(archive(studied.deck, learner)))
    lines = [json.loads(line) for line in archived.read("records/reviews.jsonl").splitlines()]
    lines[0] |= change
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as copy:
        for name in archived.namelist():
            content = archived.read(name)
            if name == "records/reviews.jsonl":
                content = "\n".join(json.dumps(line) for line in lines).encode()
            copy.writestr(name, content)
    back = import_file(learner, made.getvalue())
    assert Review.objects.filter(card__deck=back).count() == len(lines) - 1
    assert law_holds()


@pytest.mark.parametrize("name", ["records/marks.jsonl", "cards.jsonl"])
@pytest.mark.parametrize("year", [1, 2099, 9999])
def test_extreme_imported_reset_date_lets_new_answers_count(studied, learner, name, year):
    archived = zipfile.ZipFile(io.BytesIO(archive(studied.deck, learner)))
    made, field = io.BytesIO(), "asked_since" if name == "cards.jsonl" else "reset_at"
    with zipfile.ZipFile(made, "w") as copy:
        for each in archived.namelist():
            lines = archived.read(each).decode().splitlines()
            if each == name:
                at = f"{year:04}-01-01T00:00:00+00:00"
                lines = [json.dumps(json.loads(line) | {field: at}) for line in lines]
            copy.writestr(each, "\n".join(lines))
    back = Studying(learner, import_file(learner, made.getvalue()), now=timezone.now() + timedelta(minutes=1))
    back.start("weakest" if CardProgress.objects.exclude(due=None).filter(deck=back.deck).exists() else "due")
    back.answer(3)
    line = Review.objects.filter(card__deck=back.deck).in_order().last()
    assert line.reviewed_at == back.now
    assert law_holds()


def test_learners_choice_of_both_sides_is_archived(studied, learner, stranger):
    Enrollment.objects.update(side_choice="both")
    assert studied.deck.cards.filter(studied_side="both").count() == 0
    copy = import_file(stranger, archive(studied.deck, learner))
    mine = Enrollment.objects.get(learner=stranger, deck=copy)
    assert (mine.side_choice, mine.question_count) == ("both", 2 * copy.card_count)
    assert law_holds()


@pytest.mark.parametrize(
    "settings",
    [
        {"retention": 5},
        {"retention": "x"},
        {"new_per_day": -1},
        {"new_per_day": 10**9},
        {"learn_kinds": "x"},
        {"learn_kinds": [{"a": 1}]},
        {"side_choice": "back"},
        {"strict": "maybe"},
        {"reset_at": "x"},
        {"learn_ahead": 10**9},
    ],
)
def test_invalid_settings_are_ignored(studied, learner, settings):
    archived = zipfile.ZipFile(io.BytesIO(archive(studied.deck, learner)))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as copy:
        for name in archived.namelist():
            is_settings = name == "records/settings.jsonl"
            copy.writestr(name, json.dumps(settings) if is_settings else archived.read(name))
    back = import_file(learner, made.getvalue())
    enrollment = Enrollment.objects.get(deck=back)
    enrollment.full_clean(exclude=["learn_kinds"])
    assert enrollment.retention == 0.9


def test_archive_has_all_settings_but_consent():
    """A new setting has to be added to the archive, or named here."""
    fields = [field for field in Enrollment._meta.fields if field.editable and not field.is_relation]
    names = {field.name for field in fields if not field.primary_key}
    assert names - {"shares_progress"} == {*SETTINGS}
