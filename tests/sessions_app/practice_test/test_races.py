"""Papers from several tabs at once: confirmed answers are graded, and the test is handed in once."""

import pytest

from sessions_app.models import Paper, Review, Step, StudySession
from sessions_app.practice_test import handing_in, saving, starting
from sessions_app.study.modes.types import SessionSettings
from tests.sessions_app.conftest import NOON, names_of
from tests.sessions_app.sessions.test_races import THREADS, assert_replay_changes_nothing, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TYPED = SessionSettings(questions=5, kinds=("typed",))


def start(learner, deck) -> StudySession | None:
    return starting.start(learner=learner, deck=deck, settings=TYPED, now=NOON)


def save(pk: int, position: int, typed: str, revision: int) -> saving.Saved:
    filled = {position: {"typed": typed, "revision": str(revision)}}
    return saving.save(**names_of(Paper.objects.get(pk=pk)), filled=filled, now=NOON)


def hand_in(learner, pk: int) -> saving.Saved:
    paper = Paper.objects.select_related("session__deck").get(pk=pk)
    return handing_in.hand_in(learner=learner, paper=paper, filled={}, now=NOON)


def test_simultaneous_starts_make_one_test(learner, deck):
    sessions = race(*[lambda: start(learner, deck)] * THREADS)
    assert len({session.pk for session in sessions}) == 1
    assert Paper.objects.count() == 1
    assert Step.objects.count() == 5


def test_one_of_eight_hand_ins_counts(learner, deck):
    pk = start(learner, deck).pk
    for position in range(3):
        save(pk, position, "Definition", 1)
    told = race(*[lambda: hand_in(learner, pk)] * THREADS)
    assert sum(not saved.is_late for saved in told) == 1
    assert Review.objects.count() == 3
    assert_replay_changes_nothing()


def test_highest_of_eight_revisions_is_kept(learner, deck):
    pk = start(learner, deck).pk
    race(*[lambda n=n: save(pk, 0, f"word {n}", n) for n in range(1, THREADS + 1)])
    step = Step.objects.get(position=0)
    assert (step.saved, step.revision) == ({"typed": f"word {THREADS}"}, THREADS)


@pytest.mark.parametrize("attempt", range(3))
def test_acknowledged_answers_are_graded(learner, deck, attempt):
    pk = start(learner, deck).pk
    told = race(
        *[lambda n=n: save(pk, n, "word", 1) for n in range(5)],
        lambda: hand_in(learner, pk),
    )
    kept = sum(not saved.is_late for saved in told[:5])
    assert Review.objects.count() == kept == Step.objects.filter(filled=1).count()
    assert_replay_changes_nothing()
