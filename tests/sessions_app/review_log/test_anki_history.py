"""Anki's histories as Anki means them: practice, resets, options of decks, and later exports of a collection."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from cards.importing import drafts, running
from cards.importing.preview import comparing
from cards.models import Deck
from sessions_app.corrections import services as corrections
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review
from sessions_app.review_log import importing
from sessions_app.review_log.writing import gap_before
from sessions_app.sessions import marks
from sessions_app.sessions.marks import Mark
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Level, Rating, State, Verdict
from studysite.accounts.models import User
from tests.cards.formats.packages import note, package
from tests.sessions_app.conftest import NOON, Studying
from tests.sessions_app.review_log.test_importing import DAY, FIRST, REVIEWS, import_file, law_holds

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST_DAY = date(2023, 11, 15)
LAST = FIRST + 20 * DAY
MASTERED = [
    (10, FIRST, 4, 8, 4_000, 0),
    (10, FIRST + 8 * DAY, 3, 30, 4_000, 1),
    (10, LAST, 3, 90, 4_000, 1),
]


@pytest.fixture(autouse=True)
def _later() -> Any:
    with time_machine.travel(datetime.fromtimestamp(LAST / 1000, UTC) + timedelta(days=30), tick=True):
        yield


def known(due: date = date(2026, 6, 20), *, stability: float = 90.0, **more: Any) -> Any:
    """A note in the review state, with Anki's memory after LAST."""
    data = json.dumps({"s": stability, "d": 5.0, "lrt": LAST // 1000})
    return note(
        ["q", "a"], **{"type": 2, "queue": 2, "due": (due - FIRST_DAY).days, "ivl": 90, "data": data} | more
    )


# --- Practice


def test_cram_counts_for_the_day_and_for_nothing_else(learner: User, stranger: User) -> None:
    cram = (10, LAST + 3 * DAY, 1, -60, 5_000, 3, 0)
    import_file(stranger, package([known()], reviews=MASTERED))
    import_file(learner, package([known()], reviews=[*MASTERED, cram]))
    own = {"id", "learner_id", "deck_id", "card_id", "last_reviewed_at", "due"}
    without, with_it = (
        {name: value for name, value in row.items() if name not in own}
        for row in CardProgress.objects.order_by("learner__email").values()
    )
    assert with_it == without
    assert with_it["level"] == Level.MASTERED
    total = DayTotal.objects.get(learner=learner, study_day=date(2026, 3, 20))
    assert (total.answers, total.recalls, total.introduced) == (1, 0, 0)
    lines = Review.objects.filter(learner=learner).in_order()
    assert list(lines.values_list("evidence", flat=True)) == [*["recall"] * 3, "practice"]
    assert law_holds()


def test_memory_is_dated_by_the_cards_own_last_review(learner: User) -> None:
    """An older Anki does not store it beside the card; a cram after it is no review."""
    data = json.dumps({"s": 90.0, "d": 5.0})
    cram = (10, LAST + 3 * DAY, 1, -60, 5_000, 3, 0)
    import_file(learner, package([known(data=data)], reviews=[*MASTERED, cram]))
    memory = CardProgress.objects.get().memory
    assert memory is not None
    assert memory.last_review == datetime.fromtimestamp(LAST / 1000, UTC)
    assert fsrs_memory.retrievability(memory, memory.last_review + timedelta(days=90)) == pytest.approx(0.9)


def test_early_review_counts(learner: User) -> None:
    early = (10, LAST + 3 * DAY, 1, -60, 5_000, 3, 2_500)
    import_file(learner, package([known()], reviews=[*MASTERED, early]))
    row = CardProgress.objects.get()
    assert (row.level, row.misses) == (Level.LEARNED, 1)


def test_practice_here_between_two_recalls_is_no_gap(learner: User) -> None:
    """Of four crams on the same day none counts as another question."""
    deck = import_file(learner, package([known(), note(["r", "b"])], reviews=MASTERED))
    studying = Studying(learner, deck, now=NOON + timedelta(days=60))
    studying.start("weakest")
    studying.answer(4)
    line = Review.objects.exclude(mode="anki").get()
    other = deck.cards.exclude(pk=line.card_id).get()
    for minute in range(1, 5):
        line.pk, line.card, line.step = None, other, None
        line.evidence, line.mode = "practice", "anki"
        line.reviewed_at = studying.now + timedelta(seconds=minute)
        line.save(force_insert=True)
    row = CardProgress.objects.exclude(card=other).get()
    assert gap_before(row, row.last_day) == 0


# --- Resets and due dates


def test_card_made_new_again_keeps_its_answers_in_the_log(learner: User) -> None:
    reset = (10, LAST + DAY, 0, 0, 0, 4, 0)
    import_file(learner, package([note(["q", "a"])], reviews=[*MASTERED, reset]))
    row = CardProgress.objects.get()
    assert (row.level, row.memory, row.reset_at) == (
        Level.NEW,
        None,
        datetime.fromtimestamp((LAST + DAY) / 1000, UTC),
    )
    assert Review.objects.count() == 3
    assert DayTotal.objects.count() == 3
    assert law_holds()


def test_answers_after_a_reset_are_a_new_start(learner: User) -> None:
    reset = (10, FIRST + 2 * DAY, 0, 0, 0, 4, 0)
    import_file(learner, package([known()], reviews=[MASTERED[0], reset, *MASTERED[1:]]))
    row = CardProgress.objects.get()
    assert (row.recalls, row.level) == (2, Level.LEARNED)
    assert sum(DayTotal.objects.values_list("introduced", flat=True)) == 2
    assert law_holds()


def test_set_due_date_is_no_reset(learner: User) -> None:
    due = date(2026, 5, 5)
    import_file(
        learner, package([known(due, ivl=0)], reviews=[*MASTERED, (10, LAST + DAY, 0, 0, 0, 4, 2_500)])
    )
    row = CardProgress.objects.get()
    assert (row.level, row.due_day, row.reset_at) == (Level.MASTERED, due, None)


# --- Study days and options


@pytest.mark.parametrize(("offset", "day"), [(0, 14), (-360, 15)])
def test_study_days_are_counted_as_the_collection_does(learner: User, offset: int, day: int) -> None:
    """Whatever time zone the learner has here."""
    learner.time_zone = "Pacific/Honolulu"
    learner.save()
    extra = f"UPDATE col SET conf = '{json.dumps({'creationOffset': offset})}';"
    at = 1_700_000_000_000  # 14 November 2023, 22:13 UTC
    data = json.dumps({"s": 90.0, "d": 5.0, "lrt": at // 1000})
    answered = package([known(data=data)], new=False, extra=extra, reviews=[(10, at, 3, 4, 4_000, 1)])
    import_file(learner, answered)
    assert Review.objects.get().study_day == CardProgress.objects.get().memory_day == date(2023, 11, day)
    assert law_holds()


OWN_RETENTION = (
    'UPDATE col SET decks = \'{"1": {"id": 1, "name": "Default", "conf": 1},'
    ' "2": {"id": 2, "name": "B", "conf": 2}, "3": {"id": 3, "name": "C", "conf": 3}}\','
    ' dconf = \'{"1": {"id": 1, "desiredRetention": 0.9}, "2": {"id": 2, "desiredRetention": 0.85},'
    ' "3": {"id": 3, "desiredRetention": 0.95}}\';'
)


@pytest.mark.parametrize(("most", "other", "retention"), [(2, 3, 0.85), (3, 2, 0.95)])
def test_retention_is_that_of_the_deck_with_most_cards(
    learner: User, most: int, other: int, retention: float
) -> None:
    """Every package holds an empty "Default" with options of its own."""
    notes = [
        note(["q1", "a"], deck=other, guid="1"),
        *(note([f"r{n}", "b"], deck=most, guid=f"2{n}") for n in range(2)),
    ]
    reviews = [(card, FIRST + card, 3, 4, 900, 0) for card in (10, 20, 30)]
    import_file(learner, package(notes, new=False, reviews=reviews, extra=OWN_RETENTION))
    assert Enrollment.objects.get().retention == pytest.approx(retention)


@pytest.mark.parametrize(("said", "taken"), [("0.6", 0.7), ("0.995", 0.99)])
def test_retention_is_one_that_the_site_has(learner: User, said: str, taken: float) -> None:
    data = package(
        [note(["q", "a"], deck=2)],
        new=False,
        reviews=[(10, FIRST, 3, 4, 900, 0)],
        extra=OWN_RETENTION.replace("0.85", said),
    )
    import_file(learner, data)
    assert Enrollment.objects.get().retention == pytest.approx(taken)


def test_options_of_an_empty_deck_are_not_taken(learner: User) -> None:
    without = OWN_RETENTION.replace(', "desiredRetention": 0.85', "").replace("0.9}", "0.8}")
    data = package([note(["q", "a"], deck=2)], new=False, reviews=[(10, FIRST, 3, 4, 900, 0)], extra=without)
    import_file(learner, data)
    assert Enrollment.objects.get().retention == Enrollment().retention


def test_each_deck_of_a_split_file_has_its_own_retention(learner: User) -> None:
    notes = [
        note(["q1", "a"], deck=3, guid="1"),
        *(note([f"r{n}", "b"], deck=2, guid=f"2{n}") for n in range(2)),
    ]
    reviews = [(card, FIRST + card, 3, 4, 900, 0) for card in (10, 20, 30)]
    content = package(notes, new=False, reviews=reviews, extra=OWN_RETENTION)
    draft = drafts.make_draft(
        owner=learner, content=io.BytesIO(content), file_name="x.apkg", options={"subdecks": "decks"}
    )
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    while not running.run(draft=draft, seconds=0):
        pass
    found = dict(Enrollment.objects.values_list("deck__title", "retention"))
    assert found == {"B": pytest.approx(0.85), "C": pytest.approx(0.95)}


# --- A later export of the same collection


@pytest.fixture
def imported(learner: User) -> Deck:
    return import_file(learner, package([known()], reviews=MASTERED))


def test_new_due_date_arrives(learner: User, imported: Deck) -> None:
    due = date(2026, 4, 30)
    set_due = (10, LAST + 2 * DAY, 0, 40, 0, 4)
    import_file(learner, package([known(due, ivl=40)], reviews=[*MASTERED, set_due]), imported)
    row = CardProgress.objects.get()
    assert (row.due_day, row.stability, row.level) == (due, 90.0, Level.MASTERED)
    assert Review.objects.count() == 3
    assert law_holds()


def test_recalculated_memory_arrives(learner: User, imported: Deck) -> None:
    import_file(learner, package([known(stability=120.0)], reviews=MASTERED), imported)
    assert CardProgress.objects.get().stability == 120.0
    assert law_holds()


def test_reset_arrives(learner: User, imported: Deck) -> None:
    reset = (10, LAST + DAY, 0, 0, 0, 4, 0)
    import_file(learner, package([note(["q", "a"])], reviews=[*MASTERED, reset]), imported)
    row = CardProgress.objects.get()
    assert (row.level, row.memory) == (Level.NEW, None)
    assert law_holds()


def test_due_date_of_a_card_without_answers_arrives(learner: User) -> None:
    """ "Set due date" of a new card, twice."""
    first, second = date(2026, 5, 1), date(2026, 5, 20)
    change = (10, LAST, 0, 0, 0, 4)
    deck = import_file(learner, package([known(first, ivl=0, data='{"pos":5}')], reviews=[change]))
    row = CardProgress.objects.get()
    assert (row.due_day, row.level, row.recalls) == (first, Level.RECOGNISED, 0)
    import_file(learner, package([known(second, ivl=0, data='{"pos":5}')], reviews=[change]), deck)
    assert CardProgress.objects.get().due_day == second
    assert Review.objects.count() == 1
    assert law_holds()


def test_same_export_again_changes_nothing(learner: User, imported: Deck) -> None:
    before = list(Review.objects.values()), CardProgress.objects.values().get()
    import_file(learner, package([known()], reviews=MASTERED), imported)
    assert (list(Review.objects.values()), CardProgress.objects.values().get()) == before


def test_recall_here_is_newer_than_a_changed_schedule(learner: User, imported: Deck) -> None:
    studying = Studying(learner, imported, now=NOON + timedelta(days=60))
    studying.start("weakest")
    studying.answer(Rating.GOOD)
    recalled = CardProgress.objects.values().get()
    import_file(learner, package([known(date(2026, 4, 30))], reviews=MASTERED), imported)
    assert CardProgress.objects.values().get() == recalled
    assert law_holds()


def test_correction_here_is_not_undone(learner: User, imported: Deck) -> None:
    last = Review.objects.in_order().last()
    assert last is not None
    corrections.answer_override(
        learner=learner, line=last, verdict=Verdict.WRONG, now=NOON + timedelta(days=60)
    )
    corrected = CardProgress.objects.values().get()
    import_file(learner, package([known(date(2026, 4, 30))], reviews=MASTERED), imported)
    assert CardProgress.objects.values().get() == corrected
    assert law_holds()


def test_answers_of_an_earlier_export_only_add(learner: User) -> None:
    deck = import_file(learner, package([known()], reviews=REVIEWS[:2]))
    import_file(learner, package([known()], reviews=REVIEWS), deck)
    assert Review.objects.count() == 4
    assert law_holds()


def test_card_that_anki_suspended_comes_back_with_it(learner: User) -> None:
    deck = import_file(learner, package([known(queue=-1)], reviews=MASTERED))
    assert CardProgress.objects.get().suspended
    import_file(learner, package([known()], reviews=MASTERED), deck)
    assert not CardProgress.objects.get().suspended
    assert Enrollment.objects.get().mastered == 1
    assert law_holds()


def test_card_that_was_suspended_here_stays_so(learner: User, imported: Deck) -> None:
    row = CardProgress.objects.select_related("card").get()
    marks.card_mark(learner=learner, card=row.card, mark=Mark.SUSPENDED, on=True, now=NOON, side=row.side)
    import_file(learner, package([known()], reviews=MASTERED), imported)
    assert CardProgress.objects.get().suspended


def test_new_cards_of_a_file_get_no_progress(learner: User) -> None:
    import_file(learner, package([known(), note(["never answered", "b"])], reviews=MASTERED))
    assert CardProgress.objects.count() == 1


def test_recall_of_an_unasked_side_in_a_later_transaction_is_noted(learner: User, imported: Deck) -> None:
    """The first transaction of an import looks for such sides in any case, later ones only after such lines."""
    row = CardProgress.objects.get()
    assert Enrollment.objects.get().siblings_until is None
    line = importing.ImportedLine(
        learner_id=learner.pk,
        card_id=row.card_id,
        deck_id=imported.pk,
        mode="anki",
        side="term",
        kind="flip",
        evidence="recall",
        verdict="correct",
        reviewed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        study_day=date(2026, 3, 1),
        scheduler="anki",
    )
    importing.write(
        deck=imported,
        learner=learner,
        histories=[importing.CardHistory(row.card_id, [line], place=2)],
        read_settings=lambda enrollment: None,
        start=1,
        seconds=5,
    )
    assert Enrollment.objects.get().siblings_until == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({}, False),
        ({"voided_at": NOON}, True),
        ({"evidence": "recognition"}, True),
        ({"mode": "anki"}, True),
        ({"side": "term"}, True),
        ({"study_day": date(2026, 3, 5)}, True),
        ({"reviewed_at": datetime(2026, 3, 13, tzinfo=UTC)}, True),
    ],
)
def test_memory_gives_way_to_a_later_recall_here_before_its_line(
    changes: dict[str, Any], stays: bool
) -> None:
    at, day = datetime(2026, 3, 12, tzinfo=UTC), date(2026, 3, 5)
    common = {"card_id": 1, "learner_id": 1, "deck_id": 1, "side": "definition", "evidence": "recall"}
    line = importing.ImportedLine(
        **common,
        mode="anki",
        kind="flip",
        verdict="correct",
        scheduler="anki",
        reviewed_at=at,
        study_day=at.date(),
        memory=Memory(9.0, 5.0, State.REVIEW, None, at, day, at, day),
    )
    here = {"mode": "spaced", "reviewed_at": at - timedelta(days=2), "study_day": date(2026, 3, 10)}
    importing.drop_older_memories([line], [Review(**common | here | changes)])
    assert (line.memory is not None) == stays


@pytest.mark.parametrize(
    ("mode", "changes", "is_news"),
    [
        ("anki", {}, False),
        ("anki", {"stability": 9.05}, False),
        ("anki", {"stability": 9.5}, True),
        # Calculated anew from an answer that was given here.
        ("spaced", {"stability": 9.5}, False),
        ("spaced", {"due_day": date(2026, 3, 21)}, True),
        ("spaced", {"state": State.RELEARNING}, True),
    ],
)
def test_memory_of_anki_is_news_if_something_else_has_calculated_it(
    mode: str, changes: dict[str, Any], is_news: bool
) -> None:
    day = date(2026, 3, 12)
    known = Memory(9.0, 5.0, State.REVIEW, None, NOON, date(2026, 3, 20), NOON, day)
    line = Review(mode=mode, reviewed_at=NOON, study_day=day)
    line.set_memory(known)
    assert importing.is_news(replace(known, **changes), line, None) == is_news
