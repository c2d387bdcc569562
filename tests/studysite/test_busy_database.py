"""Another program holds the lock of the database: pages can be read, and confirmed answers are stored."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.browser import Answer
from tests.load.learners import STUDY, begin, faults_in_log, log_of, studying, wait_for_answers
from tests.load.measures import probing
from tests.load.sites import Site, rebuilding_changes, site
from tests.sqlite_trouble import locked

pytestmark = pytest.mark.long

LOCK = 4
"""Seconds: more than the three after which all waiting requests are refused."""
BOUND = 15
"""Seconds that the answer to a write may take: less than the 20 for which htmx waits."""


@pytest.fixture(scope="module")
def served(shared_data_dir: Path) -> Iterator[Site]:
    with site(shared_data_dir) as running:
        yield running
    log = running.log.read_text()
    assert "Traceback" not in log
    assert "database is locked" not in log


def test_learners_continue_after_a_foreign_lock(served: Site) -> None:
    """Each answer was either confirmed and stored, or refused with 503 and not stored."""
    learners = begin(served.port, 4)
    with studying(learners), probing(served.port, "/decks/deep-learning/", count=2) as readers:
        wait_for_answers(learners, 10, seconds=60)
        with locked(served.database):
            time.sleep(LOCK)
        wait_for_answers(learners, 40, seconds=60)
    done = {what for learner in learners for what in learner.done}
    assert done <= {"answers", "undos", "starts", "status 503"}
    assert "status 503" in done
    assert [learner.failures for learner in learners] == [[]] * len(learners)
    assert not any(learner.told.refused_though_written for learner in learners)
    assert {status for reader in readers for status in reader.statuses} == {200}
    assert max(seconds for reader in readers for _, seconds, _ in reader.seen) < LOCK - 1
    steps = {step for learner in learners for step in learner.chosen}
    assert faults_in_log(learners, [line for line in log_of(served.data_dir) if line[0] in steps]) == []
    assert rebuilding_changes(served.data_dir) == ""


def test_refused_form_is_kept_to_send_again(served: Site) -> None:
    """The same form can be sent again: the page has it, also for a browser without scripts."""
    (learner,) = begin(served.port, 1)
    step, answers = learner.step, list[Answer]()

    def send() -> None:
        answers.append(learner.browser.post(f"{STUDY}answer/", {"step": step, "rating": 3}, headers={}))

    with locked(served.database):
        sending = threading.Thread(target=send)
        sending.start()
        sending.join(BOUND)
        assert answers, "the answer waits for longer than a browser does"
    sending.join()
    (answer,) = answers
    assert answer.status == 503
    assert answer.retry_after > 0
    assert f'action="{STUDY}answer/"' in answer.text
    assert f'name="step" value="{step}"' in answer.text
    assert 'name="rating" value="3"' in answer.text
    again = learner.browser.post(f"{STUDY}answer/", {"step": step, "rating": 3})
    assert again.status == 200
    assert [line for line in log_of(served.data_dir) if line[0] == step] == [(step, 3, False)]


def test_pages_and_health_work_during_a_foreign_lock(served: Site) -> None:
    (learner,) = begin(served.port, 1)
    with locked(served.database):
        started = time.monotonic()
        for path in ("/", STUDY, "/decks/deep-learning/", "/healthz"):
            assert learner.browser.get(path).status == 200
        assert time.monotonic() - started < BOUND
