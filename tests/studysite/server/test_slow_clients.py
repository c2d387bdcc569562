"""Slow and silent clients do not slow down others, and get their complete response in the end.

`make soak` measures times; the limits here are generous.
"""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.load.learners import begin, faults_in_log, log_of, studying, wait_for_answers
from tests.load.measures import probing
from tests.load.sites import (
    Site,
    add_static_file,
    children,
    furnish,
    raise_open_files,
    rebuilding_changes,
    site,
)
from tests.load.slow_clients import SlowClients, idle, pipelined, slow_clients, slow_header
from tests.load.slow_mix import SlowMix, wrong_outcomes

pytestmark = pytest.mark.long

LEARNERS = 4
ANSWERS = 40
"""While slow clients are connected."""
BOUND = 8
"""Seconds: far more than these answers take on a busy machine, far less than the slow clients stay."""
IDLE = 1_100
OPEN_FILES = 1_024
"""The usual limit of open files of a process."""


@contextmanager
def open_files(count: int) -> Iterator[None]:
    """Limit the open files of programs that are started in the block; they may raise the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def served(shared_data_dir: Path) -> Iterator[Site]:
    static = add_static_file(shared_data_dir)
    with ExitStack() as stack:
        with open_files(OPEN_FILES):
            running = stack.enter_context(site(shared_data_dir))
        running.static = static
        furnish(running, cards=9_000)
        yield running


@pytest.fixture
def clients() -> Iterator[SlowClients]:
    with slow_clients() as thread:
        yield thread


def study(served: Site) -> None:
    """Learners answer, and the site stays healthy; every answer is stored."""
    with probing(served.port) as (probe,):
        learners = begin(served.port, LEARNERS)
        with studying(learners):
            wait_for_answers(learners, ANSWERS, seconds=60)
    assert probe.statuses == {200}
    assert max(seconds for _, seconds, _ in probe.seen) < BOUND
    assert max(seconds for learner in learners for _, seconds in learner.answered) < BOUND
    assert [learner.failures for learner in learners] == [[]] * LEARNERS
    steps = {step for learner in learners for step in learner.chosen}
    assert faults_in_log(learners, [line for line in log_of(served.data_dir) if line[0] in steps]) == []


def test_slow_clients_delay_nobody_and_lose_no_upload(served: Site, clients: SlowClients) -> None:
    """Ten of each: others are served, then each upload is stored and each reader has every byte."""
    mix = SlowMix(served, 10)
    slow = mix.uploads(10) + mix.readers(10)
    clients.open(one.client for one in slow)
    study(served)
    assert not any(one.client.is_closed for one in slow)
    clients.finish()
    assert wrong_outcomes(slow) == []


def test_slow_upload_is_kept_while_there_is_room(served: Site, clients: SlowClients) -> None:
    mix = SlowMix(served, 3)
    slow = mix.uploads(3, seconds=2)
    clients.open(one.client for one in slow)
    clients.wait(30)
    assert wrong_outcomes(slow) == []
    assert rebuilding_changes(served.data_dir) == ""


def test_workers_raise_their_limit_of_open_files(served: Site) -> None:
    for worker in children(served.process):
        soft, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        assert soft == hard


def test_idle_connections_and_slow_headers_delay_nobody(served: Site, clients: SlowClients) -> None:
    raise_open_files(2 * IDLE)
    clients.open(idle(served.port) for _ in range(IDLE))
    clients.open(slow_header(served.port) for _ in range(20))
    study(served)


def test_slowly_read_pipelines_are_answered_completely(served: Site, clients: SlowClients) -> None:
    paths = ["/decks/deep-learning/"] * 20
    slow = [pipelined(served.port, paths, rate=0) for _ in range(5)]
    clients.open(slow)
    study(served)
    clients.finish()
    assert [bytes(one.received).count(b"HTTP/1.1 200 OK") for one in slow] == [len(paths)] * len(slow)


def test_readers_that_disconnect_delay_nobody(served: Site, clients: SlowClients) -> None:
    """The unread part of their responses is dropped."""
    mix = SlowMix(served, 0)
    clients.open(one.client for one in mix.readers(10))
    clients.abandon()
    study(served)
