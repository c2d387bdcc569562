"""The writer's turn: who may write to a SQLite file next, in order of arrival.

SQLite lets those who wait for its write lock sleep and try again, so that luck decides who gets it; under load the
unlucky wait for seconds. Here all threads and processes of the site that want to write stand in a queue before the
database, so that SQLite's own wait is short.

Each process has one thread that waits for locks on two files, on behalf of its other threads: so these can stop
waiting, which nobody can who is inside ``flock``. The kernel drops the locks of a process that is killed.
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

CLOCK = struct.Struct("d")


class BusyError(Exception):
    """Nothing was written: somebody else held the database for too long, or too many came before."""


@dataclass
class Patience:
    """How long one may wait for turns, in seconds; ``waited`` counts what they have waited already.

    ``unmoved`` bounds the time in which nobody has written anything at all: then the database is held by another
    program. ``most`` bounds the whole.
    """

    unmoved: float
    most: float
    waited: float = 0.0


# Commands are patient: nobody sits before them, and a chore that has failed comes back a day later.
COMMAND = (60.0, 600.0)
_patience = threading.local()


def patience() -> Patience:
    """That of the request in work; that of a command where there is none."""
    return getattr(_patience, "now", None) or Patience(*COMMAND)


@contextmanager
def waiting_at_most(limit: Patience) -> Iterator[None]:
    """Let this thread have so much patience for all turns that it takes meanwhile."""
    before = getattr(_patience, "now", None)
    _patience.now = limit
    try:
        yield
    finally:
        _patience.now = before


class Waiter:
    """Somebody in the queue; ``ready`` is locked until the turn is theirs."""

    __slots__ = ("ready",)

    def __init__(self) -> None:
        self.ready = threading.Lock()
        self.ready.acquire()


class Turn:
    """The queue before one database file, for all threads of this process and, by lock files, of others.

    Two locks keep the order between processes. Whoever wants the second, the turn itself, takes the first and
    gives it back as soon as they have the second: so at most one waits for the turn, and nobody slips past.
    """

    def __init__(self, database: Path) -> None:
        self._next, self._turn = (
            open_lock_file(database.with_name(f"{database.name}-{name}"), like=database)
            for name in ("next", "turn")
        )
        self._lock = threading.Lock()
        self._queue: deque[Waiter] = deque()
        self._wanted = threading.Semaphore(0)
        self._is_held = False
        # While that thread waits for the locks nobody else may touch them: they are on the same open files.
        self._is_being_fetched = False
        self._fetching_thread: threading.Thread | None = None

    def take(self) -> None:
        """Wait for the turn; the caller must `give_back` it. Raises BusyError where patience ends before."""
        with self._lock:
            is_free = not (self._queue or self._is_held or self._is_being_fetched)
            if is_free and self._take_at_once():
                self._is_held = True
                return
            waiter = Waiter()
            self._queue.append(waiter)
            self._let_fetch()
        self._wait(waiter)

    def give_back(self, *, has_written: bool) -> None:
        """Let the next one write; ``has_written`` says that the database was there to be written to."""
        if has_written:
            # On a full disk too the turn has to come back.
            with suppress(OSError):
                os.pwrite(self._turn.fileno(), CLOCK.pack(time.monotonic()), 0)
        with self._lock:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
            self._is_held = False
            if not self._queue:
                return
            if self._take_at_once():
                self._hand_over()
            else:
                self._let_fetch()

    def last_written(self) -> float:
        """When anybody wrote last, by the machine's monotonic clock; 0 for never."""
        kept = os.pread(self._turn.fileno(), CLOCK.size, 0)
        # The file outlives the machine's clock, which begins anew when it starts.
        written = CLOCK.unpack(kept)[0] if len(kept) == CLOCK.size else 0.0
        return float(written) if written <= time.monotonic() else 0.0

    def time_left(self, since: float, limit: Patience) -> float:
        """Seconds for which one who waits since then may go on waiting; none where it is over."""
        now = time.monotonic()
        unmoved = now - max(since - limit.waited, self.last_written())
        return min(limit.unmoved - unmoved, limit.most - limit.waited - (now - since))

    def _wait(self, waiter: Waiter) -> None:
        since, limit = time.monotonic(), patience()
        try:
            while not waiter.ready.acquire(timeout=max(0.0, self.time_left(since, limit))):
                if self.time_left(since, limit) <= 0:
                    raise BusyError
        except BaseException:
            # Ctrl-C too: a turn that came to somebody who is gone would never be given back.
            self._leave(waiter)
            raise
        finally:
            limit.waited += time.monotonic() - since

    def _leave(self, waiter: Waiter) -> None:
        """Take nothing that comes to ``waiter`` from now on, and give back what has just come."""
        with self._lock:
            if waiter in self._queue:
                self._queue.remove(waiter)
                return
        self.give_back(has_written=False)

    def _take_at_once(self) -> bool:
        """Take the turn if nobody has it and nobody in another process waits for it."""
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return True

    def _hand_over(self) -> None:
        self._is_held = True
        self._queue.popleft().ready.release()

    def _let_fetch(self) -> None:
        if self._fetching_thread is None:
            self._fetching_thread = threading.Thread(target=self._fetch, name="writer's turn", daemon=True)
            self._fetching_thread.start()
        self._wanted.release()

    def _fetch(self) -> None:
        """Whenever asked to, wait for the locks and hand the turn to the first in the queue."""
        while True:
            self._wanted.acquire()
            with self._lock:
                if self._is_held or not self._queue:
                    continue
                self._is_being_fetched = True
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
            with self._lock:
                self._is_being_fetched = False
                if self._queue:
                    self._hand_over()
                else:
                    fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, in a process that has inherited them: what its parent holds, the parent keeps."""
        self._next.close()
        self._turn.close()


_turns: dict[Path, Turn] = {}
_turns_lock = threading.Lock()


def turn_for(database: Path) -> Turn:
    """The one queue that this process has for the file."""
    with _turns_lock:
        if database not in _turns:
            _turns[database] = Turn(database)
        return _turns[database]


def _forget_turns() -> None:
    """A child that goes on with its parent's open files would hold what its parent holds."""
    global _turns_lock
    _turns_lock = threading.Lock()
    for turn in _turns.values():
        turn.close()
    _turns.clear()


os.register_at_fork(after_in_child=_forget_turns)
