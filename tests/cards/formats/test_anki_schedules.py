"""Schedules and answers in our Anki packages: what is written is read back."""

import io
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.anki.reader import read_anki
from cards.formats.anki.writer import write_anki
from cards.formats.anki.writing.schedules import EASE, add_answers, interval_of
from cards.formats.types import ParsedCard, PastReview, Preset, Schedule

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
SECONDS = st.integers(1_200_000_000, 1_900_000_000)


def read_back(card: ParsedCard, zone: str = "UTC") -> ParsedCard:
    file = io.BytesIO()
    day_0 = NOW.astimezone(ZoneInfo(zone)) - timedelta(days=1_000)
    write_anki(file, title="Deck", deck_key="deck", cards=[card], now=NOW, day_0=day_0)
    with read_anki(file.getvalue()) as parsed:
        (back,) = parsed
    return back


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


common = {
    "suspended": st.booleans(),
    "reps": st.integers(0, 999),
    "lapses": st.integers(0, 99),
    "stability": st.floats(0.01, 30_000).map(lambda value: round(value, 3)),
    "difficulty": st.floats(1, 10).map(lambda value: round(value, 2)),
    "last_review": SECONDS.map(instant),
}
in_days = {
    "state": st.just("review"),
    "due_day": st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    "interval_days": st.integers(1, 36_500),
}
in_minutes = {"state": st.sampled_from(["learning", "relearning"]), "due_at": SECONDS.map(instant)}


def schedules(side: str) -> st.SearchStrategy[Schedule]:
    of_side = {"side": st.just(side)}
    return st.one_of(
        st.builds(Schedule, **of_side, **common, **in_days),
        st.builds(Schedule, **of_side, **common, **in_minutes),
        st.builds(Schedule, **of_side, state=st.just("new"), suspended=st.booleans()),
    )


@pytest.mark.slow
@given(
    schedules("definition"),
    schedules("term"),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]),
    st.booleans(),
)
def test_schedules_of_both_sides_are_read_back(
    definition: Schedule, term: Schedule, zone: str, starred: bool
) -> None:
    card = ParsedCard(
        "q", "a", key="k", tags=("t",), side_choice="both", schedules=(definition, term), starred=starred
    )
    back = read_back(card, zone)
    assert tuple(replace(one, last_day=None) for one in back.schedules) == (definition, term)
    assert (back.side_choice, back.starred, back.tags) == ("both", starred, ("t",))


def test_buried_card_is_read_back_buried() -> None:
    card = ParsedCard(
        "q", "a", key="k", side_choice="term", schedules=(Schedule("term", "new", buried=True),)
    )
    assert read_back(card).schedules == card.schedules


@pytest.mark.slow
@given(
    st.lists(
        st.builds(
            PastReview,
            st.sampled_from(["definition", "term"]),
            st.integers(10**12, 2 * 10**12).map(
                lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + ms * timedelta(milliseconds=1)
            ),
            st.integers(1, 4),
            st.integers(0, 60_000),
            st.sampled_from(["learn", "review", "relearn", "early", "cram"]),
            st.integers(1, 10_000).map(float) | st.just(600 / 86_400),
            st.none(),
            st.none(),
        ),
        max_size=20,
        unique_by=lambda one: one.reviewed_at,
    )
)
def test_answers_are_read_back_for_their_sides(answers: list[PastReview]) -> None:
    back = read_back(ParsedCard("q", "a", key="k", side_choice="both", reviews=tuple(answers)))
    # The days follow from the collection's offset.
    found = [one._replace(study_day=None) for one in back.reviews]
    assert sorted(found, key=lambda one: one.reviewed_at) == sorted(answers, key=lambda one: one.reviewed_at)


def test_side_that_is_not_asked_for_has_no_card() -> None:
    schedule = Schedule("term", "review", due_day=date(2026, 3, 4), interval_days=3)
    back = read_back(ParsedCard("q", "a", key="k", side_choice="definition", schedules=(schedule,)))
    assert [(one.side, one.state) for one in back.schedules] == [("definition", "new")]


def test_last_of_two_resets_is_read_back_without_an_answer_after_it() -> None:
    first, second = NOW - timedelta(days=9), NOW - timedelta(days=3)
    answers = tuple(
        PastReview("definition", at, 3, 900, "learn", 1.0, counted_since=since)
        for at, since in ((first - timedelta(days=1), None), (first + timedelta(days=1), first))
    )
    schedule = Schedule("definition", "new", reset_at=second)
    card = ParsedCard("q", "a", key="k", side_choice="definition", reviews=answers, schedules=(schedule,))
    back = read_back(card)
    assert back.schedules == (schedule,)
    assert [one.counted_since for one in back.reviews] == [None, first]


def test_package_for_others_has_no_history() -> None:
    schedule = Schedule("definition", "review", due_day=date(2026, 3, 4), interval_days=3)
    answer = PastReview("definition", NOW, 3, 900, "review", 3.0)
    card = ParsedCard("q", "a", key="k", side_choice="definition", reviews=(answer,), schedules=(schedule,))
    file = io.BytesIO()
    write_anki(file, title="Deck", deck_key="deck", cards=[card], now=NOW)
    with read_anki(file.getvalue()) as parsed:
        (back,) = parsed
    assert (back.reviews, [one.state for one in back.schedules]) == ((), ["new"])


@pytest.mark.parametrize(("days", "stored"), [(0, 0), (1e-9, -1), (600 / 86_400, -600), (1.9, 1), (40.0, 40)])
def test_interval_is_stored_in_days_or_seconds(days: float, stored: int) -> None:
    assert interval_of(days) == stored


def test_first_recall_has_the_ease_of_a_memory_without_answers() -> None:
    """Not a cram before it, which is known by having none, and no later recall."""
    answers = tuple(
        PastReview("definition", NOW + timedelta(days=day), 3, 900, kind, 10.0)
        for day, kind in enumerate(("cram", "review", "review"))
    )
    schedule = Schedule("definition", "review", first_difficulty=6.0)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE revlog (id, cid, usn, ease, ivl, lastIvl, factor, time, type)")
        preset = Preset(0.9, tuple(fsrs.Scheduler().parameters))
        add_answers(db.cursor(), 1, answers, schedule, preset)
        factors = [factor for (factor,) in db.execute("SELECT factor FROM revlog ORDER BY id")]
    assert (factors[0], factors[2]) == (0, EASE)
    assert factors[1] not in (0, EASE)
