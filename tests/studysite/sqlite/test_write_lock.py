"""The lock for writing, between threads and between processes."""

import fcntl
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import BinaryIO

import pytest

from studysite.sqlite import write_lock as locks
from studysite.sqlite.lock_files import open_lock_file
from studysite.sqlite.write_lock import (
    TIMESTAMP,
    BusyError,
    WaitLimit,
    WriteLock,
    wait_limit,
    waiting_at_most,
    write_lock_for,
)

pytestmark = pytest.mark.slow

SOON = WaitLimit(0.2, 0.6)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "site.sqlite3"
    path.touch(0o640)
    return path


@pytest.fixture
def lock(database: Path) -> Iterator[WriteLock]:
    lock = WriteLock(database)
    yield lock
    lock.close()


def others_take(database: Path, pipe: Connection, *, writes: bool) -> None:
    """Runs in another process: takes the lock and releases it on request; with ``writes``, repeatedly."""
    lock = write_lock_for(database)
    lock.acquire()
    pipe.send("has it")
    while not pipe.poll(0.02):
        if writes:
            lock.release(has_written=True)
            lock.acquire()
    lock.release(has_written=True)


class Other:
    """Another process, which has the lock once `has_lock` returns."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.pipe, self.theirs = FORK.Pipe()
        self.process: BaseProcess | None = None

    def start(self, *, writes: bool = False) -> None:
        self.fork(writes=writes)
        self.has_lock()

    def fork(self, *, writes: bool = False) -> None:
        self.process = FORK.Process(
            target=others_take, args=(self.database, self.theirs), kwargs={"writes": writes}
        )
        self.process.start()

    def has_lock(self) -> None:
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


def waits(lock: WriteLock) -> None:
    with waiting_at_most(WaitLimit(SOON.stalled, SOON.total)):
        lock.acquire()


def test_threads_write_in_order_of_arrival(lock: WriteLock) -> None:
    order: list[int] = []
    lock.acquire()
    threads = []
    for number in range(6):

        def write(number: int = number) -> None:
            lock.acquire()
            order.append(number)
            lock.release(has_written=True)

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        while len(lock._queue) <= number:
            time.sleep(0.001)
    lock.release(has_written=True)
    for thread in threads:
        thread.join(30)
    assert order == list(range(6))


def test_only_one_thread_writes_at_a_time(lock: WriteLock) -> None:
    inside, most = 0, 0
    counting = threading.Lock()

    def write() -> None:
        nonlocal inside, most
        for _ in range(50):
            lock.acquire()
            with counting:
                inside += 1
                most = max(most, inside)
            with counting:
                inside -= 1
            lock.release(has_written=True)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1


def test_processes_write_one_at_a_time(lock: WriteLock, other: Other) -> None:
    other.start()
    with pytest.raises(BusyError):
        waits(lock)
    other.tell_to_end()
    lock.acquire()
    lock.release(has_written=False)


def test_timed_out_writer_leaves_the_queue_intact(lock: WriteLock, other: Other) -> None:
    other.start()
    with pytest.raises(BusyError):
        waits(lock)
    other.end()
    for _ in range(3):
        lock.acquire()
        lock.release(has_written=True)


def test_killed_process_releases_the_write_lock(lock: WriteLock, other: Other) -> None:
    other.start()
    other.kill()
    lock.acquire()
    lock.release(has_written=True)


def test_busy_process_does_not_starve_others(lock: WriteLock, other: Other) -> None:
    other.start(writes=True)
    for _ in range(20):
        lock.acquire()
        lock.release(has_written=True)


def next_file(database: Path) -> BinaryIO:
    return open_lock_file(database.with_name(f"{database.name}-next"), like=database)


def is_locked(file: BinaryIO) -> bool:
    """A file that is opened twice is locked as if by two processes."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def test_waiting_process_is_served_before_new_writers(lock: WriteLock, database: Path) -> None:
    with next_file(database) as waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        with waiting_at_most(WaitLimit(0, 0)), pytest.raises(BusyError):
            lock.acquire()
    waits(lock)
    lock.release(has_written=False)


def test_waiting_is_visible_to_other_processes(lock: WriteLock, database: Path, other: Other) -> None:
    other.start()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    with next_file(database) as file:
        for _ in range(3_000):
            if is_locked(file):
                break
            time.sleep(0.01)
        else:
            pytest.fail("nobody has locked the file")
    other.end()
    thread.join(30)
    lock.release(has_written=False)


def test_forked_process_does_not_inherit_the_write_lock(database: Path, other: Other) -> None:
    lock = write_lock_for(database)
    lock.acquire()
    other.fork()
    lock.release(has_written=True)
    other.has_lock()
    with pytest.raises(BusyError):
        waits(lock)
    other.end()
    locks._locks.pop(database).close()


@pytest.mark.parametrize("comes_meanwhile", [False, True])
def test_interrupted_writer_takes_no_lock(
    lock: WriteLock, monkeypatch: pytest.MonkeyPatch, comes_meanwhile: bool
) -> None:
    def interrupted(*_: object) -> float:
        if comes_meanwhile:
            lock.release(has_written=False)
        raise KeyboardInterrupt

    lock.acquire()
    with monkeypatch.context() as patched:
        patched.setattr(lock, "time_left", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lock.acquire()
    if not comes_meanwhile:
        lock.release(has_written=False)
    waits(lock)
    lock.release(has_written=False)


def test_only_writes_update_the_time_of_the_last_write(lock: WriteLock) -> None:
    lock.acquire()
    lock.release(has_written=False)
    assert lock.last_written() == 0
    before = time.monotonic()
    lock.acquire()
    lock.release(has_written=True)
    assert before <= lock.last_written() <= time.monotonic()


def test_waiting_is_longer_while_others_write(lock: WriteLock) -> None:
    # Far more than one write takes, because a thread may have to wait on a busy machine.
    limit = WaitLimit(1.0, 1.5)
    given_up = threading.Event()

    def go_on_writing() -> None:
        while not given_up.wait(0.02):
            os.pwrite(lock._file.fileno(), TIMESTAMP.pack(time.monotonic()), 0)

    lock.acquire()
    writer = threading.Thread(target=go_on_writing)
    writer.start()
    since = time.monotonic()
    try:
        with waiting_at_most(limit), pytest.raises(BusyError):
            lock.acquire()
        assert time.monotonic() - since >= limit.total
    finally:
        given_up.set()
        writer.join(30)
    lock.release(has_written=True)


def test_time_waited_before_is_deducted(lock: WriteLock) -> None:
    lock.acquire()
    with waiting_at_most(WaitLimit(60, 60, waited=60)), pytest.raises(BusyError):
        lock.acquire()
    lock.release(has_written=False)


def test_waits_of_one_request_add_up(lock: WriteLock) -> None:
    lock.acquire()
    limit = WaitLimit(0.1, 10)
    with waiting_at_most(limit):
        with pytest.raises(BusyError):
            lock.acquire()
        assert wait_limit() is limit
    assert limit.waited >= 0.1
    lock.release(has_written=False)
    assert wait_limit() is not limit


def test_time_from_before_a_reboot_is_ignored(lock: WriteLock) -> None:
    os.pwrite(lock._file.fileno(), TIMESTAMP.pack(time.monotonic() + 1_000_000), 0)
    assert lock.last_written() == 0


def test_lock_files_have_the_permissions_of_the_database(lock: WriteLock, database: Path) -> None:
    files = sorted(database.parent.glob("site.sqlite3-*"))
    assert [file.name for file in files] == ["site.sqlite3-next", "site.sqlite3-turn"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o640}


def test_full_disk_still_releases_the_write_lock(lock: WriteLock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is released in this case too."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    lock.acquire()
    with monkeypatch.context() as patched:
        patched.setattr("studysite.sqlite.write_lock.os.pwrite", full)
        lock.release(has_written=True)
    waits(lock)
    lock.release(has_written=True)


def test_shorter_wait_limit_ends_with_its_block() -> None:
    outer = WaitLimit(1, 1)
    with waiting_at_most(outer):
        with waiting_at_most(WaitLimit(0, 0)):
            pass
        assert wait_limit() is outer
