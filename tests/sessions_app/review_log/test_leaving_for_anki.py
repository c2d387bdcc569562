"""With Anki itself, if its package is installed: a learner's deck leaves with its memory, and comes back.

The histories are random: every kind of question and evidence, with and without ratings, several times a day and at
night, with starts over, both sides, and cards put aside.
"""

import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from cards.exporting import services as exporting
from cards.models import Deck, Tag
from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.review_log import replaying
from sessions_app.study import days
from sessions_app.study.types import Evidence, Kind, State
from studysite.accounts.models import User
from tests.cards.formats.packages import note, package
from tests.cards.pictures import show, stored
from tests.sessions_app.conftest import deck_of
from tests.sessions_app.review_log.test_importing import import_file

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)

pytestmark = [pytest.mark.django_db, pytest.mark.long]

CARDS = 60
FORMATS = ("anki", "anki-older")
Rows = dict[tuple[str, str], CardProgress]
ZONES = ("UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu")
ASKED = [
    (Kind.FLIP, Evidence.RECALL, True),
    (Kind.TYPED, Evidence.RECALL, False),
    (Kind.CHOICE, Evidence.RECOGNITION, False),
    (Kind.TRUE_FALSE, Evidence.RECOGNITION, False),
    (Kind.BLOCK, Evidence.RECOGNITION, False),
    (Kind.FLIP, Evidence.PRACTICE, True),
]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, learner: User) -> Iterator[Callable[[str], None]]:
    """Let the learner and their machine be in a time zone."""

    def move(zone: str) -> None:
        learner.time_zone = zone
        learner.save()
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        # Anki looks at the time zone at most once a second.
        time.sleep(1.1)

    yield move
    monkeypatch.undo()
    time.tzset()


def moments(chance: random.Random, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Times of answers up to ``now``, up to four on a study day, also after midnight.

    Anki counts past days in periods of 24 hours. So near the end of a day it may count another one for an
    answer from before the clocks changed.
    """
    margin = 5 if zone.key in ("UTC", "Pacific/Kiritimati", "Asia/Kathmandu") else 65
    found: list[datetime] = []
    day = now.astimezone(zone).date() - timedelta(days=chance.randint(1, 90))
    while day <= now.date():
        for hours in sorted(chance.sample(range(4 * 60 + margin, 28 * 60 - margin), chance.randint(1, 4))):
            at = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=hours)
            found.append(at.astimezone(UTC) + timedelta(microseconds=chance.randint(0, 999_999)))
        day += timedelta(days=chance.choice([1, 1, 2, 3, 8, 20]))
    return [at for at in found if at < now - timedelta(minutes=1)]


def studied_deck(learner: User, *, retention: float = 0.87, seed: int = 1) -> Deck:
    """A deck of the learner's with a random history and every state that a card can have."""
    chance, now, zone = random.Random(seed), timezone.now(), learner.zone
    deck = deck_of(learner, CARDS, side_choice="both")
    cards = list(deck.cards.in_order())
    Enrollment.objects.create(learner=learner, deck=deck, retention=retention)
    show(cards[0], term=(stored("red", "A flag"),))
    cards[1].term, cards[1].definition = "What is $x^2 < 1$?", "$$\\frac{1}{2}$$ and **more**"
    cards[1].save()
    cards[2].tags.add(Tag.objects.create(owner=learner, name="Irregular verbs"))
    lines = []
    rows = []
    for card in cards[: CARDS - 5]:
        for side in ("definition", "term"):
            times = moments(chance, zone, now)
            reset = chance.choice(times) if times and chance.random() < 0.2 else None
            rows.append(
                CardProgress(
                    learner=learner,
                    deck=deck,
                    card=card,
                    side=side,
                    reset_at=reset and reset + timedelta(seconds=1),
                    suspended=chance.random() < 0.1,
                    starred=chance.random() < 0.1,
                    buried_until=now + timedelta(hours=5) if chance.random() < 0.1 else None,
                )
            )
            for at in times:
                kind, evidence, is_rated = chance.choice(ASKED)
                rating = chance.choice([1, 2, 3, 3, 3, 4])
                lines.append(
                    Review(
                        learner=learner,
                        card=card,
                        deck=deck,
                        mode="spaced",
                        side=side,
                        kind=kind,
                        evidence=evidence,
                        verdict="wrong" if rating == 1 else "correct",
                        rating=rating if is_rated else None,
                        reviewed_at=at,
                        study_day=days.study_day(at, zone),
                        elapsed_ms=chance.randint(500, 20_000),
                        counted_since=(reset and at > reset and reset + timedelta(seconds=1)) or None,
                    )
                )
    CardProgress.objects.bulk_create(rows)
    Review.objects.bulk_create(lines)
    replaying.rebuild(Enrollment.objects.get(learner=learner, deck=deck))
    deck.refresh_from_db()
    return deck


def exported(deck: Deck, learner: User, kind: str, path: Path) -> Path:
    file = io.BytesIO()
    exporting.write(kind, file, deck, learner, now=timezone.now(), history=True)
    path.write_bytes(file.getvalue())
    return path


def imported(path: Path, package: Path) -> Any:
    """A new collection of Anki's with the package, its schedules and its presets."""
    collection = Collection(str(path))
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
    return collection


def sides_of(collection: Any) -> Iterator[tuple[Any, str, str]]:
    """Anki's cards, each with the key of its note and the side that it asks for."""
    for key in collection.find_cards(""):
        card = collection.get_card(key)
        asks = card.template()["name"].split(", ")[1].lower()
        yield card, card.note().guid, asks


def progress_of(deck: Deck, learner: User) -> Rows:
    rows = CardProgress.objects.filter(learner=learner, card__deck=deck).select_related("card")
    return {(row.card.key, row.side): row for row in rows}


@pytest.fixture(params=product(ZONES, FORMATS), ids=" ".join)
def arrived(
    request: pytest.FixtureRequest, learner: User, tmp_path: Path, at_home: Callable[[str], None]
) -> Iterator[tuple[Rows, Any]]:
    """The learner's progress in each zone, and Anki's collection with the package of their deck."""
    zone, kind = request.param
    at_home(zone)
    deck = studied_deck(learner)
    collection = imported(tmp_path / "c.anki2", exported(deck, learner, kind, tmp_path / "out.apkg"))
    yield progress_of(deck, learner), collection
    collection.close()


def test_cards_are_due_in_anki_on_the_same_day(learner: User, arrived: tuple[Rows, Any]) -> None:
    rows, collection = arrived
    today = days.study_day(timezone.now(), learner.zone)
    states: Counter[int] = Counter()
    for card, key, side in sides_of(collection):
        row = rows.get((key, side))
        memory = row.memory if row else None
        states[card.type] += 1
        if row is None or memory is None:
            assert card.type == 0
            continue
        assert (card.queue == -1, card.queue == -2, card.note().has_tag("marked")) == (
            row.suspended,
            row.buried_until is not None and not row.suspended,
            any(one.starred for one in (rows[key, "definition"], rows[key, "term"])),
        )
        if memory.state is State.REVIEW:
            assert today + timedelta(days=card.due - collection.sched.today) == memory.due_day
        else:
            assert card.due == int(memory.due.timestamp())
        assert card.memory_state.stability == pytest.approx(memory.stability, abs=0.001)
        assert card.memory_state.difficulty == pytest.approx(memory.difficulty, abs=0.01)
        assert card.desired_retention == pytest.approx(0.87)
        assert card.decay == pytest.approx(0.154, abs=0.001)
    assert sum(states.values()) == 2 * CARDS
    assert set(states) == {0, 1, 2, 3}


def test_ankis_own_replay_gives_our_memory(arrived: tuple[Rows, Any]) -> None:
    rows, collection = arrived
    collection.set_config("fsrs", True)
    compared = 0
    for card, key, side in sides_of(collection):
        found = collection.compute_memory_state(card.id)
        row = rows.get((key, side))
        if row is None or row.memory is None:
            assert not found.stability
            continue
        compared += 1
        assert found.stability == pytest.approx(row.stability, rel=0.01)
        assert found.difficulty == pytest.approx(row.difficulty, abs=0.02)
        assert found.desired_retention == pytest.approx(0.87)
    assert compared > CARDS


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("legacy", [False, True])
def test_nothing_is_lost_on_the_way_through_anki(
    learner: User,
    stranger: User,
    tmp_path: Path,
    at_home: Callable[[str], None],
    kind: str,
    legacy: bool,
) -> None:
    """Out, into Anki, out of Anki, and in again as another learner's deck."""
    at_home("Asia/Kathmandu")
    stranger.time_zone = "Asia/Kathmandu"
    stranger.save()
    deck = studied_deck(learner)
    collection = imported(tmp_path / "c.anki2", exported(deck, learner, kind, tmp_path / "out.apkg"))
    options = ExportAnkiPackageOptions(
        with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
    )
    collection.export_anki_package(out_path=str(tmp_path / "back.apkg"), options=options, limit=None)
    collection.close()
    copy = import_file(stranger, (tmp_path / "back.apkg").read_bytes())
    assert texts_of(copy) == texts_of(deck)
    assert Enrollment.objects.get(learner=stranger).retention == pytest.approx(0.87)
    mine, theirs = progress_of(deck, learner), progress_of(copy, stranger)
    for place, row in mine.items():
        if row.memory is None:
            assert place not in theirs or theirs[place].memory is None
            continue
        assert (theirs[place].due_day, theirs[place].state) == (row.due_day, row.state)
        assert theirs[place].stability == pytest.approx(row.stability, abs=0.001)
        assert theirs[place].difficulty == pytest.approx(row.difficulty, abs=0.001)
        assert theirs[place].memory_day == row.memory_day
        assert theirs[place].suspended == row.suspended
    assert answers_of(deck) == answers_of(copy)
    assert replaying.rebuild(Enrollment.objects.get(learner=stranger)) == 0


def texts_of(deck: Deck) -> list[tuple[Any, ...]]:
    """What cards say, with the images and tags that they have."""
    return [
        (
            card.key,
            card.term,
            card.definition,
            card.studied_side,
            sorted(tag.name for tag in card.tags.all()),
            card.images.count(),
        )
        for card in deck.cards.present().order_by("key")
    ]


def answers_of(deck: Deck) -> list[tuple[Any, ...]]:
    """Each answer: its card and side, time, study day and duration, whether it was right, and what it was."""
    return sorted(
        (
            line.card.key,
            line.side,
            int(line.reviewed_at.timestamp() * 1000),
            line.study_day,
            line.elapsed_ms,
            line.verdict,
        )
        for line in Review.objects.filter(card__deck=deck).select_related("card")
    )


def test_memory_without_answers_leaves_with_its_memory(learner: User, tmp_path: Path) -> None:
    """A card of Anki's with a schedule and no log: the answer that stands for them gives the same memory there."""
    data = json.dumps({"s": 41.5, "d": 6.25, "lrt": int(timezone.now().timestamp()) - 9 * 86_400})
    row = note(["q", "a"], type=2, queue=2, due=9_000, ivl=40, data=data)
    deck = import_file(learner, package([row]))
    memory = CardProgress.objects.get().memory
    assert memory
    assert memory.stability == 41.5
    collection = imported(tmp_path / "c.anki2", exported(deck, learner, "anki", tmp_path / "out.apkg"))
    collection.set_config("fsrs", True)
    (key,) = collection.find_cards("")
    assert collection.get_card(key).memory_state.stability == pytest.approx(41.5, abs=0.01)
    replayed = collection.compute_memory_state(key)
    assert replayed.stability == pytest.approx(41.5, rel=0.02)
    assert replayed.difficulty == pytest.approx(6.25, abs=0.1)
    collection.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_statistics_of_anki_leave_crams_out(learner: User, tmp_path: Path, kind: str) -> None:
    """Each answer is in Anki's log, and those that fed no memory there are crams without an ease factor."""
    deck = studied_deck(learner)
    collection = imported(tmp_path / "c.anki2", exported(deck, learner, kind, tmp_path / "out.apkg"))
    log = collection.db.all("SELECT type, factor, ease, ivl, lastIvl FROM revlog")
    answers = [row for row in log if row[2]]
    assert len(answers) == Review.objects.count()
    crams = sum(row[0] == 3 for row in answers)
    others = Review.objects.exclude(evidence=Evidence.RECALL).count()
    assert others < crams < len(answers)
    assert all(factor == 0 for row_type, factor, *_ in answers if row_type == 3)
    assert {row[0] for row in log} == {0, 1, 2, 3, 4}
    resets = sum(row[0] == 4 for row in log)
    assert 0 < resets <= CardProgress.objects.exclude(reset_at=None).count()
    collection.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_own_deck_is_not_changed_by_its_way_through_anki(
    learner: User, tmp_path: Path, at_home: Callable[[str], None], kind: str
) -> None:
    at_home("Asia/Kathmandu")
    deck = studied_deck(learner)
    log, rows = list(Review.objects.order_by("pk").values()), progress_values(deck)
    collection = imported(tmp_path / "c.anki2", exported(deck, learner, kind, tmp_path / "out.apkg"))
    options = ExportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, with_media=True)
    collection.export_anki_package(out_path=str(tmp_path / "back.apkg"), options=options, limit=None)
    collection.close()
    import_file(learner, (tmp_path / "back.apkg").read_bytes(), deck)
    assert list(Review.objects.order_by("pk").values()) == log
    assert progress_values(deck) == rows
    assert replaying.rebuild(Enrollment.objects.get(learner=learner)) == 0


def progress_values(deck: Deck) -> list[dict[str, Any]]:
    rows = CardProgress.objects.filter(card__deck=deck).order_by("card", "side")
    # Anki ends burying with the day, and stars a note. The instant of a reset loses its microseconds.
    return list(rows.values("card", "side", "suspended", *CardProgress.DERIVED))
