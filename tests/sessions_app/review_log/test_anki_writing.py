"""A deck with the learner's answers as an Anki package: what is in it, and that it comes back the same."""

import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from cards.exporting import services as exporting
from cards.formats.anki.reader import read_anki
from cards.formats.types import ParsedCard
from cards.models import Deck
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review
from sessions_app.review_log import anki_writing, replaying
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import State
from studysite.accounts.models import User
from tests.cards.formats.packages import REVERSED, note, package
from tests.sessions_app.conftest import NOON
from tests.sessions_app.review_log.test_importing import DUE, FIRST, FSRS, REVIEWS, import_file

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SECOND = [
    (11, at + 3_600_000, rating, interval, took, kind) for _, at, rating, interval, took, kind in REVIEWS[:2]
]
ONLY_SECOND = f"UPDATE cards SET due = {DUE + 7}, ivl = 16 WHERE ord = 1"


@pytest.fixture(autouse=True)
def _noon(settings: Any, tmp_path: Path):
    settings.DATA_DIR = tmp_path
    with time_machine.travel(NOON + timedelta(days=5), tick=True):
        yield


@pytest.fixture
def two_way(learner: User) -> Deck:
    """A deck of Lena's with one card, imported from Anki with both directions, which are due a week apart."""
    row = note(["q", "a"], kind=REVERSED, ords=[0, 1], type=2, queue=2, due=DUE, ivl=9, data=FSRS)
    return import_file(learner, package([row], reviews=[*REVIEWS, *SECOND], extra=ONLY_SECOND))


def exported(deck: Deck, learner: User) -> bytes:
    file = io.BytesIO()
    exporting.write("anki", file, deck, learner, now=timezone.now(), history=True)
    return file.getvalue()


def read(content: bytes) -> list[ParsedCard]:
    with read_anki(content) as parsed:
        return list(parsed)


def test_two_way_card_leaves_with_both_schedules_and_both_histories(two_way, learner):
    (card,) = read(exported(two_way, learner))
    assert (card.term, card.definition, card.key, card.side_choice) == ("q", "a", "guid1", "both")
    assert {one.side: (one.state, one.due_day, one.reps) for one in card.schedules} == {
        "definition": ("review", date(2026, 3, 20), 4),
        "term": ("review", date(2026, 3, 27), 2),
    }
    assert [one.stability for one in card.schedules] == [12.5, 12.5]
    answers = [(one.side, one.reviewed_at, one.rating) for one in card.reviews]
    assert answers == [
        *(("definition", datetime.fromtimestamp(at / 1_000, UTC), rating) for _, at, rating, *_ in REVIEWS),
        *(("term", datetime.fromtimestamp(at / 1_000, UTC), rating) for _, at, rating, *_ in SECOND),
    ]
    assert [one.kind for one in card.reviews] == ["learn", "review", "review", "relearn", "learn", "review"]
    # Before a memory of Anki's: the days until the next answer.
    assert [one.interval_days for one in card.reviews[:3]] == [1, 4, pytest.approx(600 / 86_400)]


def test_exported_deck_comes_back_with_the_same_progress(two_way, learner, stranger):
    content = exported(two_way, learner)
    copy = import_file(stranger, content)
    assert copy.cards.get().studied_side == "both"
    names = ("side", "due_day", "recalls", "misses", "level", "stability", "difficulty", "state")
    rows = CardProgress.objects.order_by("side")
    assert list(rows.filter(learner=stranger).values(*names)) == list(
        rows.filter(learner=learner).values(*names)
    )
    assert replaying.rebuild(Enrollment.objects.get(learner=stranger)) == 0


def test_own_export_adds_no_answers_to_its_deck(two_way, learner):
    # An answer of the site has microseconds, and those of a test have almost the same time.
    for review in Review.objects.all():
        review.reviewed_at += timedelta(microseconds=7)
        review.save()
    replaying.rebuild(Enrollment.objects.get())
    before = list(Review.objects.order_by("pk").values())
    import_file(learner, exported(two_way, learner), two_way)
    assert list(Review.objects.order_by("pk").values()) == before


def test_own_choice_of_both_sides_is_exported_for_this_learner_alone(two_way, learner, owner):
    deck = import_file(owner, package([note(["q", "a"])]))
    assert deck.cards.get().studied_side == "definition"
    Enrollment.objects.create(learner=owner, deck=deck, side_choice="both")
    for days, side in enumerate(("definition", "term")):
        CardProgress.objects.create(
            learner=owner,
            deck=deck,
            card=deck.cards.get(),
            side=side,
            stability=5,
            difficulty=5,
            state=2,
            due=timezone.now() + timedelta(days=4 + days),
            due_day=date(2026, 4, 1) + timedelta(days=days),
            last_recalled_at=timezone.now(),
            memory_day=date(2026, 3, 1),
            starred=side == "term",
        )
    (mine,) = read(exported(deck, owner))
    assert (mine.side_choice, mine.starred) == ("both", True)
    assert [(one.side, one.due_day) for one in mine.schedules] == [
        ("definition", date(2026, 4, 1)),
        ("term", date(2026, 4, 2)),
    ]
    (other,) = read(exported(deck, learner))
    assert (other.side_choice, other.starred) == ("definition", False)
    assert [one.state for one in other.schedules] == ["new"]
    # With one side chosen, the progress on the other stays here.
    Enrollment.objects.update(side_choice="term")
    (one_sided,) = read(exported(deck, owner))
    assert (one_sided.side_choice, [one.side for one in one_sided.schedules]) == ("term", ["term"])


def test_card_with_an_empty_side_is_exported_as_the_deck_asks(owner, make_deck):
    deck = make_deck(1)
    deck.cards.update(term="", definition="a", studied_side="term")
    Enrollment.objects.create(learner=owner, deck=deck, side_choice="both")
    (card,) = read(exported(deck, owner))
    assert (card.term, card.definition, card.side_choice) == ("", "a", "term")


def test_answers_from_before_a_start_over_leave_with_the_reset(two_way, learner):
    now = timezone.now().replace(microsecond=0)
    CardProgress.objects.filter(side="term").reset(now)
    (card,) = read(exported(two_way, learner))
    assert {one.side: (one.state, one.reset_at) for one in card.schedules} == {
        "definition": ("review", None),
        "term": ("new", now),
    }
    assert Counter(one.side for one in card.reviews) == {"definition": 4, "term": 2}


def test_marks_are_exported_for_their_side(two_way, learner):
    CardProgress.objects.filter(side="term").update(suspended=True)
    CardProgress.objects.filter(side="definition").update(buried_until=timezone.now() + timedelta(hours=3))
    (card,) = read(exported(two_way, learner))
    assert {one.side: (one.suspended, one.buried) for one in card.schedules} == {
        "definition": (False, True),
        "term": (True, False),
    }


def test_answer_that_was_taken_back_does_not_leave(two_way, learner):
    first, *others = Review.objects.filter(side="definition").in_order()
    Review.objects.filter(pk=first.pk).update(voided_at=timezone.now())
    (card,) = read(exported(two_way, learner))
    left = [one.reviewed_at for one in card.reviews if one.side == "definition"]
    assert left == [line.reviewed_at for line in others]


def test_card_that_was_buried_until_now_is_not_buried(two_way, learner):
    CardProgress.objects.update(buried_until=timezone.now())
    (card,) = read(exported(two_way, learner))
    assert [one.buried for one in card.schedules] == [False, False]


def test_answers_of_one_instant_all_have_a_place(two_way, learner):
    more = import_file(
        learner, package([note([f"q{n}", "a"]) for n in range(30)], reviews=[(10, FIRST, 3, 1, 1, 0)])
    )
    line = Review.objects.filter(card__deck=more).get()
    for card in more.cards.exclude(pk=line.card_id):
        CardProgress.objects.create(learner=learner, deck=more, card=card, side="definition")
        line.pk, line.card = None, card
        line.save()
    cards = read(exported(more, learner))
    assert [len(card.reviews) for card in cards] == [1] * 30
    times = [review.reviewed_at for card in cards for review in card.reviews]
    assert (len(set(times)), max(times) - min(times)) == (30, timedelta(milliseconds=29))


def test_anki_shows_the_same_due_days_and_answers(two_way, learner, tmp_path):
    pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
    from tests.cards.formats.test_anki_itself import imported_shown

    (tmp_path / "out.apkg").write_bytes(exported(two_way, learner))
    found = imported_shown(tmp_path / "collection.anki2", tmp_path / "out.apkg")
    assert [(card["ord"], card["reviews"]) for card in found] == [(0, 4), (1, 2)]
    for card, row in zip(found, CardProgress.objects.order_by("side"), strict=True):
        due = datetime.fromtimestamp(card["due"], learner.zone).date()
        assert row.due_day is not None
        assert abs(due - row.due_day) <= timedelta(days=1)
        assert card["stability"] == pytest.approx(row.stability, abs=0.01)


ANSWERS = [
    # What was asked, the rating, whether it was right; minutes after the first; kind and interval in Anki.
    ("choice", "recognition", None, True, 0, ("cram", 0.0)),
    ("typed", "recall", None, True, 1, ("learn", 2.0)),
    ("flip", "recall", 3, True, 2, ("review", 2.0)),
    ("choice", "recognition", None, False, 3 * 1_440, ("cram", 2.0)),
    # The choice has just shown the answer: this recall does not update the memory.
    ("typed", "recall", None, True, 3 * 1_440 + 1, ("cram", 2.0)),
    ("flip", "recall", 1, False, 3 * 1_440 + 2, ("review", 10 / 1_440)),
    ("flip", "practice", 3, True, 3 * 1_440 + 3, ("cram", 10 / 1_440)),
    ("flip", "recall", 3, True, 3 * 1_440 + 4, ("relearn", 1.0)),
]


def test_only_recalls_that_fed_the_memory_leave_as_reviews(owner, make_deck):
    deck = make_deck(1)
    enrollment = Enrollment.objects.create(learner=owner, deck=deck)
    for kind, evidence, rating, is_right, minutes, _ in ANSWERS:
        at = NOON - timedelta(days=30) + timedelta(minutes=minutes)
        Review.objects.create(
            learner=owner,
            deck=deck,
            card=deck.cards.get(),
            mode="spaced",
            side="definition",
            kind=kind,
            evidence=evidence,
            rating=rating,
            verdict="correct" if is_right else "wrong",
            reviewed_at=at,
            study_day=at.date(),
            elapsed_ms=minutes,
        )
    replaying.rebuild(enrollment)
    for kind in ("anki", "anki-older"):
        file = io.BytesIO()
        exporting.write(kind, file, deck, owner, now=timezone.now(), history=True)
        (card,) = read(file.getvalue())
        assert [(one.kind, pytest.approx(one.interval_days)) for one in card.reviews] == [
            told for *_, told in ANSWERS
        ]
        assert [(one.rating, one.elapsed_ms) for one in card.reviews] == [
            (rating or (3 if is_right else 1), minutes) for _, _, rating, is_right, minutes, _ in ANSWERS
        ]
        (schedule,) = card.schedules
        row = CardProgress.objects.get()
        assert (schedule.reps, schedule.due_day) == (4, row.due_day)
        assert schedule.retention == pytest.approx(0.9)


def test_memory_on_practice_changes_no_interval(owner, make_deck):
    """Such a line may come from an archive. It is not Anki's last word on the recalls before it."""
    deck = make_deck(1)
    for evidence, day in (("recall", date(2026, 1, 1)), ("practice", date(2026, 1, 9))):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        line = Review(learner=owner, deck=deck, card=deck.cards.get(), mode="anki", side="definition")
        line.kind, line.evidence, line.verdict, line.rating = "flip", evidence, "correct", 4
        line.reviewed_at, line.study_day = at, day
        if evidence == "practice":
            line.set_memory(Memory(50.0, 5.0, State.REVIEW, None, at + timedelta(days=50), day, at, day))
        line.save()
    replaying.rebuild(Enrollment.objects.create(learner=owner, deck=deck))
    row = CardProgress.objects.get()
    (card,) = read(exported(deck, owner))
    assert [(one.kind, one.interval_days) for one in card.reviews] == [
        ("learn", (row.due_day - row.memory_day).days),
        ("cram", (row.due_day - row.memory_day).days),
    ]
    assert row.due_day > row.memory_day == date(2026, 1, 1)


@pytest.fixture
def unknown(learner: User) -> Deck:
    """A deck with a card of which Anki knows the memory, and no answers: a line stands for them."""
    return import_file(learner, package([note(["q", "a"], type=2, queue=2, due=DUE, ivl=9, data=FSRS)]))


FORGOTTEN = [(10, 1_700_000_000_000, 3, 1, 0, 0), (10, 1_700_000_001_000, 0, 0, 1, 4, 0)]


@pytest.mark.parametrize("reviews", [[], FORGOTTEN], ids=["new", "made new again"])
def test_due_day_without_answers_goes_to_anki_and_back(learner, stranger, reviews):
    """Of a card that was new, or made new again, and was given a due date: nobody has answered it."""
    given = note(["q", "a"], type=2, queue=2, due=DUE, ivl=13)
    answers = len(reviews[:1])
    deck = import_file(learner, package([given], reviews=[*reviews, (10, 1_700_000_002_000, 0, 9, 0, 4)]))
    first = CardProgress.objects.get()
    back = import_file(stranger, exported(deck, learner))
    second = CardProgress.objects.get(card__deck=back)
    for row in (first, second):
        assert (row.level, row.recalls, row.due_day, row.stability) == (1, 0, date(2026, 3, 20), 13)
        assert sum(DayTotal.objects.filter(learner=row.learner).values_list("answers", flat=True)) == answers
    assert [one.kind for one in read(exported(back, stranger))[0].reviews] == ["learn"] * answers


def leaving(deck: Deck, learner: User) -> tuple[float | None, list[str]]:
    """The difficulty that Anki calculates from the first row alone, and the kinds of the answers."""
    key = deck.cards.get().pk
    found = anki_writing.studied_by(deck, learner, [key], now=timezone.now())[key]
    return found.schedules[0].first_difficulty, [one.kind for one in found.reviews]


@pytest.mark.parametrize(
    ("changes", "left"),
    [({}, (4.25, ["review"])), ({"rating": 3}, (None, ["learn"])), ({"scheduler": ""}, (None, ["learn"]))],
    ids=["a stand-in", "an answer in Anki", "an answer here"],
)
def test_only_a_line_that_stands_for_others_is_the_first_row(unknown, learner, changes, left):
    Review.objects.update(**changes)
    assert leaving(unknown, learner) == left


def test_unknown_answers_from_before_a_start_over_stand_for_nothing(unknown, learner):
    now, line = timezone.now(), Review.objects.get()
    CardProgress.objects.all().reset(now)
    line.pk, line.rating, line.reviewed_at, line.counted_since = None, 3, now + timedelta(minutes=1), now
    line.set_memory(None)
    line.save()
    replaying.rebuild(Enrollment.objects.get())
    assert CardProgress.objects.get().memory is not None
    assert leaving(unknown, learner) == (None, ["review", "learn"])
