"""Measurements of a loaded server: response times, health and memory."""

import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.load.browser import Browser, CutOffError, NotSentError
from tests.load.learners import Learner

MAX_WAIT = 15
"""Seconds after which a monitor gives up."""


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that this percentage of all values does not exceed; NaN if there are none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def answer_times(learners: Iterable[Learner], since: float, until: float) -> list[float]:
    """Seconds that each answer took that was asked or waited for between two moments of `time.monotonic`.

    Responses that came later count too: a server that makes a learner wait must not look fast.
    """
    return [
        seconds
        for learner in learners
        for moment, seconds in learner.answered
        if since <= moment and moment - seconds <= until
    ]


def group_memory(group: int) -> float:
    """Megabytes of all processes of a group, each page that several share counted once (PSS)."""
    return sum(_pss(process) for process in _processes_of(group)) / 1024


def group_seconds(group: int) -> float:
    """Seconds of processor time that a group's processes have taken so far; other programs change it little."""
    return sum(_ticks(process) for process in _processes_of(group)) / os.sysconf("SC_CLK_TCK")


def _ticks(process: Path) -> int:
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # utime and stime of proc_pid_stat(5); before the bracket are its pid and name.
    return int(fields[11]) + int(fields[12])


def _processes_of(group: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                yield process
        except ProcessLookupError:
            continue


def _pss(process: Path) -> int:
    """Kilobytes; 0 of a process that has just ended."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


class Probe:
    """Asks for ``path`` again and again; keeps when it asked, how long each answer took, and its status."""

    def __init__(self, port: int, path: str, pause: float) -> None:
        self.port, self.path, self.pause = port, path, pause
        self.seen: list[tuple[float, float, int | str]] = []
        self.soon = threading.Event()

    def run(self, over: threading.Event) -> None:
        while not over.is_set():
            self.soon.wait(self.pause)
            self.soon.clear()
            self.ask()

    def ask_soon(self) -> None:
        """Ask now, unless an answer is waited for."""
        self.soon.set()

    def ask(self) -> None:
        # On a new connection each time, as a monitor does.
        browser, started = Browser(self.port, max_wait=MAX_WAIT), time.monotonic()
        try:
            status: int | str = browser.get(self.path).status
        except (CutOffError, NotSentError) as error:
            status = str(error)
        finally:
            browser.connection.close()
        self.seen.append((started, time.monotonic() - started, status))

    def times(self, since: float, until: float) -> list[float]:
        """Seconds of what was asked, or waited for, between two moments of `time.monotonic`."""
        return [
            seconds for started, seconds, _ in self.seen if started <= until and since <= started + seconds
        ]

    @property
    def statuses(self) -> set[int | str]:
        return {status for _, _, status in self.seen}


@contextmanager
def probing(
    port: int, path: str = "/healthz", *, pause: float = 0.2, count: int = 1
) -> Iterator[Sequence[Probe]]:
    """Run this many probes at once until the block ends."""
    over, probes = threading.Event(), [Probe(port, path, pause) for _ in range(count)]
    threads = [threading.Thread(target=probe.run, args=[over]) for probe in probes]
    for thread in threads:
        thread.start()
    try:
        yield probes
    finally:
        over.set()
        for thread in threads:
            thread.join()
