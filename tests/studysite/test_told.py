"""The load tests' comparison with the log finds answers that are lost, counted twice or never sent."""

import pytest

from tests.load.learners import Learner, LogLine, Told, faults_in_count, faults_in_log
from tests.load.measures import answer_times, percentile
from tests.load.pages import last_step, open_step

RIGHT: list[LogLine] = [(1, 3, False), (2, 4, False), (3, 1, True)]


def learner_told(**told: object) -> Learner:
    learner = Learner(port=1)
    learner.told = Told(**{"standing": {1: 3, 2: 4}, "undone": {3}, **told})  # type: ignore[arg-type]
    return learner


def test_log_equal_to_the_acknowledged_answers_has_no_fault() -> None:
    assert faults_in_log([learner_told()], RIGHT) == []


@pytest.mark.parametrize(
    ("log", "fault"),
    [
        (RIGHT[1:], "step 1 is lost"),
        ([(1, 4, False), *RIGHT[1:]], "step 1 is lost"),
        ([(1, 3, True), *RIGHT[1:]], "step 1 is lost"),
        ([*RIGHT, (1, 3, False)], "step 1 counts 2 times"),
        ([*RIGHT, (9, 3, False)], "step 9 counts, and nobody was told"),
        ([*RIGHT, (3, 1, False)], "step 3 was taken back and counts"),
    ],
)
def test_fault_in_the_log_is_named(log: list[LogLine], fault: str) -> None:
    assert fault in faults_in_log([learner_told()], log)


def test_refused_answer_must_not_count() -> None:
    refused = learner_told(refused={5})
    assert faults_in_log([refused], RIGHT) == []
    assert "step 5 was refused and counts" in faults_in_log([refused], [*RIGHT, (5, 3, False)])


@pytest.mark.parametrize("log", [RIGHT, [*RIGHT, (5, 3, False)], [*RIGHT, (5, 3, True)]])
def test_unacknowledged_answer_may_count_or_not(log: list[LogLine]) -> None:
    assert faults_in_log([learner_told(unknown={5: 3})], log) == []
    assert faults_in_log([learner_told(unknown_undos={5: 3})], log) == []


def test_unacknowledged_answer_counts_at_most_once() -> None:
    twice = [*RIGHT, (5, 3, False), (5, 3, False)]
    assert faults_in_log([learner_told(unknown={5: 3})], twice) == ["step 5 counts 2 times"]


@pytest.mark.parametrize(
    ("answers", "unsure", "log"),
    [(3, set(), RIGHT), (2, {3}, RIGHT), (3, {5}, RIGHT), (3, {5}, [*RIGHT, (5, 3, True)])],
)
def test_as_many_lines_as_answers(answers: int, unsure: set[int], log: list[LogLine]) -> None:
    learner = learner_told(unsure=unsure)
    learner.done["answers"] = answers
    assert faults_in_count([learner], log) == []


def test_answers_that_write_nothing_are_a_fault() -> None:
    """The log has every confirmed answer, but most answers were to a step that was already answered."""
    learner = learner_told()
    for _ in range(3):
        learner.note_answer(1, 3, "")
    learner.note_answer(2, 4, "")
    assert faults_in_log([learner], RIGHT) == []
    assert faults_in_count([learner], RIGHT) == ["4 answers were acknowledged (and 0 cut off), 3 are written"]


def test_open_step_is_not_the_undoable_one() -> None:
    undo = '<form id="undo-form"><input type="hidden" name="step" value="1"></form>'
    page = f'{undo}<form id="answer-form" class="x">\n<input type="hidden" name="step" value="2"></form>'
    assert (open_step(page), last_step(page)) == (2, 1)
    assert (open_step(undo), last_step(undo)) == (None, 1)


def test_slowest_answer_is_measured() -> None:
    """A request before the measured window with its response after it: 30 seconds, not nothing."""
    learner = Learner(port=1)
    learner.answered = [(90.0, 0.1), (130.0, 30.0), (140.0, 0.1)]
    assert answer_times([learner], since=101, until=105) == [30.0]


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_percentile_is_the_nearest_rank(percent: int, value: float) -> None:
    assert percentile(range(1, 101), percent) == value
