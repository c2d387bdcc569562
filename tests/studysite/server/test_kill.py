"""If workers or the whole server are killed, no confirmed answer is lost and none counts twice."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.load.crashes import kill_all, kill_worker
from tests.load.learners import STUDY, Learner, begin, faults_in_log, log_of, studying, wait_for_answers
from tests.load.sites import Site, rebuilding_changes, site

pytestmark = pytest.mark.long

ANSWERS = 50
"""Before each kill and after it; `make soak` sends thousands."""


Kill = Callable[[Site], None]


def judge(learners: Sequence[Learner], data_dir: Path) -> None:
    assert [learner.failures for learner in learners] == [[]] * len(learners)
    assert {what for one in learners for what in one.done} <= {
        "answers",
        "undos",
        "starts",
        "cut off",
        "not sent",
    }
    assert faults_in_log(learners, log_of(data_dir)) == []
    assert rebuilding_changes(data_dir) == ""


@pytest.mark.parametrize("kill", [kill_worker, kill_all])
def test_kill_during_answers_loses_no_acknowledged_answer(data_dir: Path, free_port: int, kill: Kill) -> None:
    """Answers that were on their way count completely or not; earlier answers count."""
    with ExitStack() as stack:
        served = stack.enter_context(site(data_dir, port=free_port))
        learners = begin(free_port, 4)
        with studying(learners):
            wait_for_answers(learners, ANSWERS)
            kill(served)
            if kill is kill_all:
                stack.enter_context(site(data_dir, port=free_port))
            wait_for_answers(learners, ANSWERS)
    judge(learners, data_dir)


def test_log_after_a_kill_holds_exactly_the_acknowledged_answers(data_dir: Path, free_port: int) -> None:
    """The server is killed right after the last of eight answers; the next server asks the same next question."""
    with site(data_dir, port=free_port) as served:
        (learner,) = begin(free_port, 1)
        for _ in range(8):
            learner.answer()
        kill_all(served)
    told = list(learner.told.standing.items())
    assert [(step, rating) for step, rating, _ in log_of(data_dir)] == told
    with site(data_dir, port=free_port):
        was_open, learner.page = learner.step, learner.browser.get(STUDY).text
        assert learner.step == was_open
        learner.answer()
    judge([learner], data_dir)
