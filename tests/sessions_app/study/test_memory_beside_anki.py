"""Our memory compared with Anki's, whose package contains fsrs-rs: the same answers give the same stability."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from sessions_app.study.days import study_day
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Rating

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
from anki.collection import Collection

HISTORIES = 200
Answers = list[tuple[datetime, Rating]]


def history(chance: random.Random, first_day: date) -> Answers:
    """All ratings, up to three answers a day, between ten and six, so that the day is the same in every zone."""
    day, answers = first_day, []
    for _ in range(chance.randint(1, 8)):
        minutes = sorted(chance.sample(range(8 * 60), chance.randint(1, 3)))
        start = datetime.combine(day, time(10), UTC)
        answers += [(start + timedelta(minutes=each), chance.choice([*Rating])) for each in minutes]
        day += timedelta(days=chance.choice([1, 1, 2, 3, 7, 20, 60]))
    return answers


def ours(answers: Answers) -> float:
    held = None
    for at, rating in answers:
        held = fsrs_memory.review(held, rating, at, study_day(at, UTC))
    assert held
    return held.stability


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Any]:
    opened = Collection(str(tmp_path / "collection.anki2"))
    opened.set_config("fsrs", True)
    yield opened
    opened.close()


def theirs(collection: Any, number: int, answers: Answers) -> float:
    note = collection.new_note(collection.models.by_name("Basic"))
    note.fields[0] = str(number)
    collection.add_note(note, collection.decks.id("Default"))
    (card,) = note.card_ids()
    rows = [
        (int(at.timestamp() * 1000) + number, card, -1, int(rating), 1, 1, 2500, 1000, min(place, 1))
        for place, (at, rating) in enumerate(answers)
    ]
    collection.db.executemany("INSERT INTO revlog VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    stability: float = collection.compute_memory_state(card).stability
    return stability


def test_stability_equals_ankis(collection: Any) -> None:
    chance = random.Random(20_261_127)
    first_day = datetime.now(UTC).date() - timedelta(days=1_000)
    for number in range(HISTORIES):
        answers = history(chance, first_day)
        assert ours(answers) == pytest.approx(theirs(collection, number, answers), rel=0.01), answers
