"""The queue of those who want to write, among threads and among processes."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from studysite.sqlite.turn import CLOCK, BusyError, Patience, Turn, patience, turn_for, waiting_at_most

SOON = Patience(0.2, 0.6)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "site.sqlite3"
    path.touch(0o640)
    return path


@pytest.fixture
def turn(database: Path) -> Iterator[Turn]:
    turn = Turn(database)
    yield turn
    turn.close()


def others_take(database: Path, pipe: Connection, *, writes: bool) -> None:
    """In a process of its own: take the turn, and give it back when told so; with ``writes`` again and again."""
    turn = turn_for(database)
    turn.take()
    pipe.send("has it")
    while not pipe.poll(0.02):
        if writes:
            turn.give_back(has_written=True)
            turn.take()
    turn.give_back(has_written=True)


class Other:
    """Another process, which has the turn once `start` returns."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.pipe, self.theirs = FORK.Pipe()
        self.process: BaseProcess | None = None

    def start(self, *, writes: bool = False) -> None:
        self.process = FORK.Process(
            target=others_take, args=(self.database, self.theirs), kwargs={"writes": writes}
        )
        self.process.start()
        assert self.pipe.poll(30)

    def tell_to_end(self) -> None:
        self.pipe.send("end")

    def kill(self) -> None:
        assert self.process
        self.process.kill()

    def end(self) -> None:
        if self.process and self.process.is_alive():
            self.tell_to_end()
            self.process.join(30)


@pytest.fixture
def other(database: Path) -> Iterator[Other]:
    other = Other(database)
    yield other
    other.end()


def waits(turn: Turn) -> None:
    with waiting_at_most(Patience(SOON.unmoved, SOON.most)):
        turn.take()


def test_one_at_a_time_and_in_order_of_arrival(turn: Turn) -> None:
    order: list[int] = []
    turn.take()
    threads = []
    for number in range(6):

        def write(number: int = number) -> None:
            turn.take()
            order.append(number)
            turn.give_back(has_written=True)

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        while len(turn._queue) <= number:
            time.sleep(0.001)
    turn.give_back(has_written=True)
    for thread in threads:
        thread.join(30)
    assert order == list(range(6))


def test_nobody_else_has_it_meanwhile(turn: Turn) -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def write() -> None:
        nonlocal inside, most
        for _ in range(50):
            turn.take()
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1
            turn.give_back(has_written=True)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1


def test_two_processes_share_it(turn: Turn, other: Other) -> None:
    other.start()
    with pytest.raises(BusyError):
        waits(turn)
    other.tell_to_end()
    turn.take()
    turn.give_back(has_written=False)


def test_one_who_gave_up_leaves_it_to_the_next(turn: Turn, other: Other) -> None:
    other.start()
    with pytest.raises(BusyError):
        waits(turn)
    other.end()
    for _ in range(3):
        turn.take()
        turn.give_back(has_written=True)


def test_a_process_that_is_killed_gives_it_back(turn: Turn, other: Other) -> None:
    other.start()
    other.kill()
    turn.take()
    turn.give_back(has_written=True)


def test_a_process_that_comes_often_does_not_keep_others_from_it(turn: Turn, other: Other) -> None:
    other.start(writes=True)
    for _ in range(20):
        turn.take()
        turn.give_back(has_written=True)


def test_who_waits_is_patient_while_others_write(turn: Turn) -> None:
    # Far more than one write's distance, for a machine on which a thread has to wait.
    limit = Patience(1.0, 1.5)
    given_up = threading.Event()

    def go_on_writing() -> None:
        while not given_up.wait(0.02):
            os.pwrite(turn._turn.fileno(), CLOCK.pack(time.monotonic()), 0)

    turn.take()
    writer = threading.Thread(target=go_on_writing)
    writer.start()
    since = time.monotonic()
    try:
        with waiting_at_most(limit), pytest.raises(BusyError):
            turn.take()
        assert time.monotonic() - since >= limit.most
    finally:
        given_up.set()
        writer.join(30)
    turn.give_back(has_written=True)


def test_who_has_waited_elsewhere_waits_less(turn: Turn) -> None:
    turn.take()
    with waiting_at_most(Patience(60, 60, waited=60)), pytest.raises(BusyError):
        turn.take()
    turn.give_back(has_written=False)


def test_waiting_adds_up(turn: Turn) -> None:
    turn.take()
    limit = Patience(0.1, 10)
    with waiting_at_most(limit):
        with pytest.raises(BusyError):
            turn.take()
        assert patience() is limit
    assert limit.waited >= 0.1
    turn.give_back(has_written=False)
    assert patience() is not limit


def test_a_clock_of_before_the_machine_was_started_counts_for_nothing(turn: Turn) -> None:
    os.pwrite(turn._turn.fileno(), CLOCK.pack(time.monotonic() + 1_000_000), 0)
    assert turn.last_written() == 0


def test_the_files_are_for_those_who_may_write_to_the_database(turn: Turn, database: Path) -> None:
    files = sorted(database.parent.glob("site.sqlite3-*"))
    assert [file.name for file in files] == ["site.sqlite3-next", "site.sqlite3-turn"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o640}


def test_a_disk_on_which_the_time_cannot_be_noted(turn: Turn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The turn comes back all the same."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    turn.take()
    with monkeypatch.context() as patched:
        patched.setattr("studysite.sqlite.turn.os.pwrite", full)
        turn.give_back(has_written=True)
    waits(turn)
    turn.give_back(has_written=True)


def test_a_shorter_patience_ends_with_its_block() -> None:
    outer = Patience(1, 1)
    with waiting_at_most(outer):
        with waiting_at_most(Patience(0, 0)):
            pass
        assert patience() is outer
