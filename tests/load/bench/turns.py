"""Measures a work on several servers in turns, and checks what it wrote."""

import itertools
import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.load.bench.sides import Side
from tests.load.bench.works import Pupil, Work
from tests.load.browser import CutOffError, NotSentError
from tests.load.measures import percentile
from tests.load.written import NotWrittenError


@dataclass
class Window:
    """What one measurement of a server has seen. Times in seconds."""

    times: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    started: float = 0
    ended: float = 0
    work: float = 0

    @property
    def rate(self) -> float:
        """Requests that were answered in a second."""
        return len(self.times) / (self.ended - self.started)

    @property
    def work_each(self) -> float:
        """Milliseconds of the server's processor time for each request."""
        return 1000 * self.work / len(self.times)


@dataclass
class Measured:
    """All windows of a work on one server."""

    windows: list[Window] = field(default_factory=list)
    memory: float = 0
    queries: int = 0

    @property
    def rate(self) -> float:
        return statistics.median(window.rate for window in self.windows)

    @property
    def work(self) -> float:
        """Milliseconds of processor time for each request."""
        return statistics.median(window.work_each for window in self.windows)

    @property
    def size(self) -> float:
        """Bytes of a response's body as it was sent."""
        return statistics.median(size for window in self.windows for size in window.sizes)

    @property
    def failures(self) -> list[str]:
        return [failure for window in self.windows for failure in window.failures]

    def time(self, percent: float) -> float:
        """Milliseconds that this percentage of the responses did not exceed."""
        return 1000 * percentile((one for window in self.windows for one in window.times), percent)


def ratio(ours: Measured, other: Measured) -> float:
    """The median of how many requests a second ours takes for each of the other's, pair by pair."""
    pairs = zip(ours.windows, other.windows, strict=True)
    return statistics.median(mine.rate / theirs.rate for mine, theirs in pairs)


def in_turns(
    work: Work,
    sides: Sequence[Side],
    *,
    pairs: int,
    clients: int,
    seconds: float,
    first: int = 0,
    until: float = math.inf,
) -> dict[str, Measured]:
    """Measure the work on each side, in turns; each window has its own learners, from number ``first`` on.

    After ``until``, in seconds of `time.monotonic`, no other turn begins; there is always one.
    """
    measured = {side.name: Measured() for side in sides}
    clients = min(clients, work.most)
    for turn in range(pairs):
        if turn and time.monotonic() > until:
            break
        for side in sides:
            start = first + turn * clients * work.each
            pupils = [
                pupils_of(work, side, range(start + one * work.each, start + (one + 1) * work.each))
                for one in range(clients)
            ]
            measured[side.name].windows.append(take_window(side, pupils, seconds))
            measured[side.name].memory = side.memory()
    return measured


def pupils_of(work: Work, side: Side, numbers: Sequence[int]) -> list[Pupil]:
    """The learners that one client is, one after another."""
    return [
        work.pupil(side.browser(-1 if work.as_owner else number), work.deck, number) for number in numbers
    ]


def take_window(side: Side, pupils: Sequence[Sequence[Pupil]], seconds: float) -> Window:
    """Let each client work for some seconds, with one open request each.

    Raises NotWrittenError if the server has not written what it acknowledged, or more.
    """
    window = Window()
    with ThreadPoolExecutor(len(pupils)) as pool:
        list(pool.map(lambda pupil: pupil.begin(), itertools.chain.from_iterable(pupils)))
    rows, line = side.written(), side.last_line()
    before, window.started = side.work(), time.monotonic()
    threads = [
        threading.Thread(target=send, args=[mine, window, window.started + seconds]) for mine in pupils
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    window.work = side.work() - before
    everybody = [pupil for mine in pupils for pupil in mine]
    if not window.failures:
        check(side, everybody, rows, line)
    if not window.times:
        raise NotWrittenError(f"{side.name}: nothing was answered; {Counter(window.failures)}")
    return window


def send(pupils: Sequence[Pupil], window: Window, until: float) -> None:
    """Send one request after another; `Window` is shared by all clients, and appending to it is atomic."""
    for pupil in pupils:
        while time.monotonic() < until:
            try:
                request = pupil.next()
                if request is None:
                    break
                started = time.monotonic()
                answer = request()
                ended = time.monotonic()
                pupil.take(answer)
            except (CutOffError, NotSentError) as error:
                window.failures.append(repr(error))
                return
            except Exception as error:
                window.failures.append(str(error))
                return
            window.times.append(ended - started)
            window.sizes.append(answer.size)
            window.ended = max(window.ended, ended)


def check(side: Side, pupils: Sequence[Pupil], before: Counter[str], line: int) -> None:
    """Raise NotWrittenError unless exactly what was acknowledged was written."""
    acknowledged = sum((Counter(dict(pupil.written)) for pupil in pupils), Counter[str]())
    after = side.written()
    for kind in after:
        expected, written = acknowledged[kind], after[kind] - before[kind]
        if written != expected:
            raise NotWrittenError(f"{side.name}: {expected:,} {kind} acknowledged, {written:,} written")
    answered = Counter(step for pupil in pupils for step in pupil.steps)
    if answered and (lost := answered - side.steps_since(line)):
        raise NotWrittenError(f"{side.name}: {len(lost)} acknowledged answers are not in the log")
