"""A fair lock for writing to a SQLite file: threads and processes get it in the order in which they asked.

SQLite lets connections that wait for its own write lock sleep and try again, so chance decides which one gets it.
Under load, the unlucky ones wait for seconds. Here everything on the site that wants to write waits in a queue
before SQLite, so that the wait inside SQLite is short.

Each process has one thread that waits for locks on two files, on behalf of the other threads. Those can stop
waiting when their time is over; a thread inside ``flock`` could not. If a process is killed, the kernel frees its
locks.
"""

import fcntl
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from studysite.sqlite.lock_files import open_lock_file

TIMESTAMP = struct.Struct("d")


class BusyError(Exception):
    """The wait was too long, and nothing was written."""


@dataclass
class WaitLimit:
    """How long a request or a command may wait to write, in seconds.

    ``stalled`` limits the time in which nobody on the site writes anything: then another program holds the
    database. ``total`` limits all waiting. ``waited`` counts what was already used, also outside the queue.
    """

    stalled: float
    total: float
    waited: float = 0.0


# Commands may wait for long: no person waits for them, and a failed daily task is tried again a day later.
COMMAND = (60.0, 600.0)
_current = threading.local()


def wait_limit() -> WaitLimit:
    """The limit of the request that this thread answers; outside a request that of a command."""
    return getattr(_current, "limit", None) or WaitLimit(*COMMAND)


@contextmanager
def waiting_at_most(limit: WaitLimit) -> Iterator[None]:
    """Limit how long this thread may wait to write, in all, while the block runs."""
    before = getattr(_current, "limit", None)
    _current.limit = limit
    try:
        yield
    finally:
        _current.limit = before


class Waiter:
    """A thread in the queue; ``ready`` is locked until the thread has the write lock."""

    __slots__ = ("ready",)

    def __init__(self) -> None:
        self.ready = threading.Lock()
        self.ready.acquire()


class WriteLock:
    """The lock of one database file, for all threads of this process and, by lock files, of other processes.

    Two files keep the order between processes. A process locks the first (``-next``) before it waits for the
    second (``-turn``), which is the write lock itself, and frees the first as soon as it has the second. So at
    most one process waits for the write lock, and no other can overtake it.
    """

    def __init__(self, database: Path) -> None:
        self._next, self._file = (
            open_lock_file(database.with_name(f"{database.name}-{name}"), like=database)
            for name in ("next", "turn")
        )
        self._mutex = threading.Lock()
        self._queue: deque[Waiter] = deque()
        self._wanted = threading.Semaphore(0)
        self._is_held = False
        # While the helper thread waits for the files' locks, no other thread may touch them: they use the same
        # open files.
        self._is_being_fetched = False
        self._fetching_thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Wait for the lock; the caller must `release` it. Raises BusyError if the `wait_limit` is reached."""
        with self._mutex:
            is_free = not (self._queue or self._is_held or self._is_being_fetched)
            if is_free and self._try_files():
                self._is_held = True
                return
            waiter = Waiter()
            self._queue.append(waiter)
            self._start_fetching()
        self._wait(waiter)

    def release(self, *, has_written: bool) -> None:
        """Let the next one write; ``has_written`` says that the database could be written to."""
        if has_written:
            # On a full disk, too, the lock has to become free.
            with suppress(OSError):
                os.pwrite(self._file.fileno(), TIMESTAMP.pack(time.monotonic()), 0)
        with self._mutex:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._is_held = False
            if not self._queue:
                return
            if self._try_files():
                self._wake_first()
            else:
                self._start_fetching()

    def last_written(self) -> float:
        """When anything on the site wrote last, by the machine's monotonic clock; 0 for never."""
        kept = os.pread(self._file.fileno(), TIMESTAMP.size, 0)
        # The file stays when the machine restarts, and then its clock starts from zero.
        written = TIMESTAMP.unpack(kept)[0] if len(kept) == TIMESTAMP.size else 0.0
        return float(written) if written <= time.monotonic() else 0.0

    def time_left(self, since: float, limit: WaitLimit) -> float:
        """Seconds that a thread that waits since ``since`` may still wait; 0 or less if its time is over."""
        now = time.monotonic()
        stalled = now - max(since - limit.waited, self.last_written())
        return min(limit.stalled - stalled, limit.total - limit.waited - (now - since))

    def _wait(self, waiter: Waiter) -> None:
        since, limit = time.monotonic(), wait_limit()
        try:
            while not waiter.ready.acquire(timeout=max(0.0, self.time_left(since, limit))):
                if self.time_left(since, limit) <= 0:
                    raise BusyError
        except BaseException:
            # Also on Ctrl-C: a thread that is gone would never release the lock.
            self._leave(waiter)
            raise
        finally:
            limit.waited += time.monotonic() - since

    def _leave(self, waiter: Waiter) -> None:
        """Take ``waiter`` out of the queue; release the lock if it was given to it at this moment."""
        with self._mutex:
            if waiter in self._queue:
                self._queue.remove(waiter)
                return
        self.release(has_written=False)

    def _try_files(self) -> bool:
        """Lock the file if no process has it and no other process waits for it."""
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return True

    def _wake_first(self) -> None:
        self._is_held = True
        self._queue.popleft().ready.release()

    def _start_fetching(self) -> None:
        if self._fetching_thread is None:
            self._fetching_thread = threading.Thread(target=self._fetch, name="write lock", daemon=True)
            self._fetching_thread.start()
        self._wanted.release()

    def _fetch(self) -> None:
        """In the helper thread: on each request wait for the files' locks, then wake the first in the queue."""
        while True:
            self._wanted.acquire()
            with self._mutex:
                if self._is_held or not self._queue:
                    continue
                self._is_being_fetched = True
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
            with self._mutex:
                self._is_being_fetched = False
                if self._queue:
                    self._wake_first()
                else:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files in a forked process; the parent process keeps its locks."""
        self._next.close()
        self._file.close()


_locks: dict[Path, WriteLock] = {}
_locks_mutex = threading.Lock()


def write_lock_for(database: Path) -> WriteLock:
    """The one lock that this process has for the file. Raises OSError if the lock files cannot be opened."""
    with _locks_mutex:
        if database not in _locks:
            _locks[database] = WriteLock(database)
        return _locks[database]


def _forget_locks() -> None:
    """In a forked process: with its parent's open files it would share its parent's locks."""
    global _locks_mutex
    _locks_mutex = threading.Lock()
    for lock in _locks.values():
        lock.close()
    _locks.clear()


os.register_at_fork(after_in_child=_forget_locks)
