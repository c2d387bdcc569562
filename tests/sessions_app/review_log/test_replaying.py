"""The rule of the log: after any history, a replay changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.models import CardProgress, DayTotal, Enrollment, Line, Review
from sessions_app.models.review import LINE_FIELDS
from sessions_app.review_log import replaying
from sessions_app.study.scheduling import progress
from sessions_app.study.types import State
from tests.sessions_app.conftest import Studying

pytestmark = [pytest.mark.django_db, pytest.mark.long]

# A rating, and the minutes until it: within an evening, days later, or earlier (a clock that was set back).
ANSWERS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 30) | st.integers(1, 60 * 24 * 9) | st.integers(-500, -1)),
    max_size=25,
)


def derived():
    """Every derived value of the site."""
    return (
        list(CardProgress.objects.order_by("pk").values()),
        list(DayTotal.objects.order_by("deck", "study_day").values()),
        list(Enrollment.objects.order_by("pk").values()),
    )


def study(studying, answers):
    studying.start()
    for rating, minutes in answers:
        if studying.open_step() is None and studying.start() is None:
            studying.now += timedelta(days=2)
            continue
        studying.answer(rating, after=timedelta(minutes=minutes))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_replaying_any_history_changes_nothing(answers, learner, make_deck):
    with transaction.atomic():
        studying = Studying(learner, make_deck(4))
        study(studying, answers)
        before = derived()
        assert [replaying.rebuild(enrollment) for enrollment in Enrollment.objects.all()] in ([], [0])
        assert derived() == before
        transaction.set_rollback(True)


def lines():
    return map(Line.of, Review.objects.in_order().values_list(*LINE_FIELDS))


def test_lines_are_what_the_rows_say(studying):
    study(studying, [(3, 1), (1, 1), (4, 1)])
    first, *_ = Review.objects.in_order()
    assert first.outcome() in [line.outcome() for line in lines()]
    memory = CardProgress.objects.get(card=first.card, side=first.side).memory
    first.set_memory(memory)
    # As lines of earlier versions, which have no days.
    first.memory_due_day = first.memory_day = None
    first.save()
    rows = [(row.pk, row.card_id, row.deck_id, row.outcome()) for row in Review.objects.in_order()]
    assert list(map(tuple, lines())) == rows
    assert first.memory is not None


def test_replay_detects_progress_that_is_not_reproducible(studying, monkeypatch):
    """The test detects a fold that depends on more than the outcome and the earlier progress."""
    chance = iter(range(100))
    right = progress._right

    def wayward(before, outcome, memory):
        result = right(before, outcome, memory)
        return result if next(chance) else replace(result, level=progress.Level.NEW)

    monkeypatch.setattr(progress, "_right", wayward)
    study(studying, [(3, 1), (3, 1)])
    assert replaying.rebuild(Enrollment.objects.get()) > 0


@pytest.fixture
def studied(studying):
    study(studying, [(3, 1), (1, 1), (3, 15), (4, 2000)])
    return studying


def test_rebuilding_restores_all_progress(studied):
    before = derived()
    CardProgress.objects.update(level=0, peak=0, recalls=9, last_day=None)
    DayTotal.objects.all().delete()
    Enrollment.objects.update(recalled=7, mastered=7, scheduled=0)
    call_command("rebuild_progress")
    after = derived()
    assert after[0] == before[0]
    assert after[2] == before[2]
    assert [{**row, "id": 0} for row in after[1]] == [{**row, "id": 0} for row in before[1]]


# No row may have a level below the lowest; test_rebuilding_restores_all_progress has wrong ones.
@pytest.mark.parametrize("name", [name for name in CardProgress.DERIVED if name != "level"])
def test_rebuilding_restores_each_field(studied, name):
    row = CardProgress.objects.exclude(due=None).exclude(state=State.REVIEW).first()
    before, line, value = derived(), Review.objects.first(), getattr(row, name)
    if name == "state":
        wrong = State.LEARNING if value == State.RELEARNING else State.RELEARNING
    elif isinstance(value, int | float):
        wrong = value + 1
    elif value:
        wrong = value + timedelta(days=1)
    else:
        wrong = line.reviewed_at if name == "fades_at" else line.study_day
    CardProgress.objects.filter(pk=row.pk).update(**{name: wrong})
    assert replaying.rebuild(Enrollment.objects.get()) >= 1
    assert derived() == before


def test_rebuilding_restores_missing_rows(studied):
    count = CardProgress.objects.count()
    CardProgress.objects.all().delete()
    call_command("rebuild_progress", learner=studied.learner.email)
    assert CardProgress.objects.count() == count


def test_rebuilding_resets_progress_without_a_log(studied):
    Review.objects.all().delete()
    call_command("rebuild_progress", deck=studied.deck.slug)
    assert set(CardProgress.objects.values_list("level", "stability")) == {(0, None)}
    assert Enrollment.objects.get().roll_up() == dict.fromkeys(Enrollment.objects.get().roll_up(), 0)


def test_check_reports_and_changes_nothing(studied, capsys):
    call_command("rebuild_progress", check=True)
    assert "1 enrollments replayed, 0 rows differed." in capsys.readouterr().out
    CardProgress.objects.update(recalls=9)
    before = derived()
    with pytest.raises(CommandError, match="differ from the log"):
        call_command("rebuild_progress", check=True)
    assert derived() == before
