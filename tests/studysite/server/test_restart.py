"""SIGTERM: open requests finish, no new ones are accepted, and the server ends in spite of slow clients."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.browser import Answer
from tests.load.learners import STUDY, begin, log_of
from tests.load.sites import Site, add_static_file, children, is_running, site
from tests.load.slow_clients import (
    FORM,
    SlowClients,
    form_body,
    idle,
    reader,
    slow_clients,
    slow_header,
    upload,
)
from tests.server import MAX_WAIT
from tests.sqlite_trouble import locked

pytestmark = pytest.mark.long

KILL_TIMEOUT = 10
"""Seconds after which the server kills a worker that does not end."""


@pytest.fixture
def served(data_dir: Path) -> Iterator[Site]:
    static = add_static_file(data_dir)
    with site(data_dir) as running:
        running.static = static
        yield running


@pytest.fixture
def clients() -> Iterator[SlowClients]:
    with slow_clients() as thread:
        yield thread


def wait_until_nobody_listens(port: int) -> None:
    for _ in range(KILL_TIMEOUT * 10):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the server takes new connections while it ends")


def test_restart_finishes_uploads_and_downloads(served: Site, clients: SlowClients) -> None:
    (learner,) = begin(served.port, 1)
    step = learner.step
    body = form_body(learner.browser, {"step": step, "rating": 3})
    answer = upload(learner.browser, f"{STUDY}answer/", body, FORM, seconds=60)
    download = reader(served.port, served.static, rate=1_000)
    clients.open([answer, download])
    time.sleep(1)
    served.process.send_signal(signal.SIGTERM)
    wait_until_nobody_listens(served.port)
    clients.finish()
    assert answer.status == 200
    assert log_of(served.data_dir) == [(step, 3, False)]
    assert download.status == 200
    assert download.response[2] == (served.data_dir / served.static.lstrip("/")).read_bytes()
    assert served.process.wait(MAX_WAIT) == 0


def test_restart_finishes_an_answer_in_progress(served: Site) -> None:
    """The request waits for another program's lock, which is released after the server gets the signal."""
    (learner,) = begin(served.port, 1)
    step, answers = learner.step, list[Answer]()

    def send() -> None:
        answers.append(learner.browser.post(f"{STUDY}answer/", {"step": step, "rating": 3}))

    sending = threading.Thread(target=send)
    with locked(served.database):
        sending.start()
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
    sending.join()
    assert [answer.status for answer in answers] == [200]
    assert log_of(served.data_dir) == [(step, 3, False)]
    assert served.process.wait(MAX_WAIT) == 0


def test_idle_clients_do_not_delay_a_restart(data_dir: Path, clients: SlowClients) -> None:
    """With idle connections and endless headers and bodies; no worker is left."""
    with site(data_dir, CLIENT_SECONDS="2") as served:
        end_beside_silence(served, clients)


def end_beside_silence(served: Site, clients: SlowClients) -> None:
    (learner,) = begin(served.port, 1)
    body = form_body(learner.browser, {"step": learner.step, "rating": 3})
    endless = upload(learner.browser, f"{STUDY}answer/", body, FORM, seconds=1_000)
    clients.open([endless, slow_header(served.port), *(idle(served.port) for _ in range(5))])
    time.sleep(1)
    workers, told = children(served.process), time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(MAX_WAIT)
    # The limit allows for a busy machine; the slowest client must not decide when the server ends.
    assert time.monotonic() - told < 2 * KILL_TIMEOUT
    assert not any(is_running(worker) for worker in workers)
