"""How fast learners get responses: alone, with slow clients, and with idle connections."""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from studysite.server.paths import BASE_DIR
from tests.load.learners import Learner, begin, log_of, studying
from tests.load.measures import Probe, answer_times, group_memory, group_seconds, percentile, probing
from tests.load.report import Report
from tests.load.sites import Site, add_static_file, furnish, raise_open_files, site
from tests.load.slow_clients import SlowClients, idle, pipelined, slow_clients, slow_header
from tests.load.slow_mix import SlowMix, wrong_outcomes

LEARNERS = 8
COUNTS = (0, 2, 10, 50)
SETTLE = 1.5
"""Seconds after slow clients have come: the work for what they read is over then."""
FINISH = 0.5
IDLE, HEADERS, PIPELINED = 1_100, 50, 10
CARDS = 10_000
MOST_MEMORY = 40
"""Megabytes more than without slow clients."""
HEALTH, FAR_OUT = 1.0, 10.0
"""Seconds that /healthz may take; more is a fault even on a busy machine."""


@dataclass(frozen=True)
class Taken:
    """One measurement. Times in seconds, memory in megabytes."""

    rate: float
    p50: float
    p99: float
    health: float
    memory: float
    # Milliseconds of the server's processor time for each answer, with everything else that it did in that time.
    work: float

    def __str__(self) -> str:
        return (
            f"{self.rate:5.1f} answers/s, p50 {1000 * self.p50:4.0f} ms, p99 {1000 * self.p99:5.0f} ms, "
            f"/healthz {1000 * self.health:5.0f} ms, {self.memory:4.0f} MB, "
            f"{self.work:3.0f} ms of work an answer"
        )


@dataclass(frozen=True)
class Window:
    """When something was measured, in seconds of `time.monotonic`.

    With the memory at its end, in megabytes, and the processor time that the server took, in seconds.
    """

    since: float
    until: float
    memory: float
    work: float


def measure(served: Site, probe: Probe, seconds: float) -> Window:
    """Let learners who already study continue for this many seconds."""
    started, group = time.monotonic(), served.process.pid
    before = group_seconds(group)
    # At least once in each window, and without waiting for it here.
    probe.ask_soon()
    time.sleep(seconds)
    ended, work = time.monotonic(), group_seconds(group) - before
    return Window(started, ended, group_memory(group), work)


def taken_in(window: Window, learners: Sequence[Learner], probe: Probe) -> Taken:
    """What came of a window, once the learners have stopped."""
    times = answer_times(learners, window.since, window.until)
    there = [moment for learner in learners for moment, _ in learner.answered]
    count = sum(window.since <= moment <= window.until for moment in there)
    return Taken(
        count / (window.until - window.since),
        percentile(times, 50),
        percentile(times, 99),
        max(probe.times(window.since, window.until)),
        window.memory,
        1000 * window.work / count if count else float("nan"),
    )


def middle(measured: Sequence[Taken]) -> Taken:
    """The median of each figure."""
    return Taken(
        *(statistics.median(values) for values in zip(*(vars(one).values() for one in measured), strict=True))
    )


@contextmanager
def watched(served: Site, learners: Sequence[Learner], report: Report) -> Iterator[Probe]:
    """Learners study while a monitor checks the site's health; then their answers so far are checked."""
    with studying(learners), probing(served.port) as (probe,):
        yield probe
    report.done(learners)
    report.must(probe.statuses <= {200}, f"/healthz was answered with {probe.statuses}")


def answers(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """Learners alone; with ``--against`` in turns with another checkout's server, and compared."""
    checkouts = {"this": BASE_DIR} | ({"other": chosen.against.resolve()} if chosen.against else {})
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(site(directory / name, checkout=checkout))
            for name, checkout in checkouts.items()
        }
        everybody: dict[str, list[Learner]] = {name: [] for name in sites}
        for count in chosen.learners or (LEARNERS, 32):
            measured: dict[str, list[Taken]] = {name: [] for name in sites}
            # The same in each round: a site limits the guests an hour from one address.
            present = {name: begin(served.port, count) for name, served in sites.items()}
            for _ in range(chosen.rounds):
                for name, served in sites.items():
                    with watched(served, present[name], report) as probe:
                        time.sleep(FINISH)
                        window = measure(served, probe, chosen.seconds)
                    measured[name].append(taken_in(window, present[name], probe))
            for name, learners in present.items():
                everybody[name] += learners
            for name, taken in measured.items():
                report.line(f"{count:2} learners, {name}: {middle(taken)}")
            if chosen.against:
                compare(measured["this"], measured["other"], report)
        # Another version's database is not this one's to rebuild.
        report.judge(sites["this"], everybody["this"])
        report.no_traceback(sites["this"])
        if chosen.against:
            report.kept(everybody["other"], log_of(sites["other"].data_dir), "")


def compare(ours: Sequence[Taken], theirs: Sequence[Taken], report: Report) -> None:
    """This server and the other, pair by pair."""
    pairs = list(zip(ours, theirs, strict=True))
    report.target(
        "answers/s, ratio", statistics.median(our.rate / their.rate for our, their in pairs), least=0.95
    )
    spread = statistics.median((our.p99 / our.p50) / (their.p99 / their.p50) for our, their in pairs)
    report.target("p99/p50, ratio", spread, most=1)
    work = statistics.median(our.work / their.work for our, their in pairs)
    report.line(f"work an answer, ratio: {work:.2f}")


def slow(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """Learners beside slow uploads and as many slow readers, in turns with learners alone."""
    static = add_static_file(directory / "data")
    with site(directory / "data") as served, slow_clients() as clients:
        served.static = static
        furnish(served, cards=CARDS)
        mix = SlowMix(served, max(COUNTS))
        windows: dict[int, list[Window]] = {count: [] for count in COUNTS}
        count = (chosen.learners or [LEARNERS])[0]
        learners = begin(served.port, count)
        with watched(served, learners, report) as probe:
            for _, count in ((n, count) for n in range(chosen.rounds) for count in COUNTS):
                expected = mix.uploads(count) + mix.readers(count)
                clients.open(one.client for one in expected)
                time.sleep(SETTLE)
                windows[count].append(measure(served, probe, chosen.seconds))
                clients.finish()
                for wrong in wrong_outcomes(expected):
                    report.must(False, f"of {count} slow: {wrong}")
        report_slow(
            {count: [taken_in(one, learners, probe) for one in found] for count, found in windows.items()},
            report,
        )
        report.judge(served, [*learners, *mix.visitors])
        report.no_traceback(served)


def report_slow(measured: dict[int, list[Taken]], report: Report) -> None:
    alone = measured[0]
    for count, taken in measured.items():
        report.line(f"{count:2} slow uploads, {count:2} slow readers: {middle(taken)}")
    for count in COUNTS[1:]:
        pairs = list(zip(measured[count], alone, strict=True))
        p50, p99 = (
            statistics.median(getattr(one, name) / getattr(other, name) for one, other in pairs)
            for name in ("p50", "p99")
        )
        report.target(f"{count} slow of each: p50, ratio", p50, most=1.5)
        report.target(f"{count} slow of each: p99, ratio", p99, most=3)
        judge_bounds(f"{count} slow of each", measured[count], alone, report)


def judge_bounds(name: str, measured: Sequence[Taken], alone: Sequence[Taken], report: Report) -> None:
    """Health and memory: targets, and limits that hold even on a busy machine."""
    health = max(one.health for one in measured)
    report.target(f"{name}: /healthz, s", health, most=HEALTH)
    report.must(health < FAR_OUT, f"{name}: /healthz took {health:.0f} s")
    more = middle(measured).memory - middle(alone).memory
    report.target(f"{name}: memory, MB more", more, most=MOST_MEMORY)
    report.must(more < 2 * MOST_MEMORY, f"{name}: {more:.0f} MB more")
    report.must(min(one.rate for one in measured) > 0, f"{name}: nobody was answered")


def many_idle(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """1,100 silent connections, headers that arrive byte by byte, and pipelines that are read slowly."""
    raise_open_files(4_096)
    with site(directory / "data") as served, slow_clients() as clients:
        learners = begin(served.port, LEARNERS)
        with watched(served, learners, report) as probe:
            time.sleep(FINISH)
            before = measure(served, probe, chosen.seconds)
            open_idle(served, clients)
            time.sleep(SETTLE)
            during = measure(served, probe, chosen.seconds)
            clients.abandon()
        alone, beside = (taken_in(window, learners, probe) for window in (before, during))
        report.line(f"alone: {alone}")
        report.line(f"{IDLE:,} idle, {HEADERS} slow headers, {PIPELINED} pipelines: {beside}")
        report.target("p50, ratio", beside.p50 / alone.p50, most=1.5)
        report.target("p99, ratio", beside.p99 / alone.p99, most=3)
        judge_bounds("idle", [beside], [alone], report)
        report.judge(served, learners)
        report.no_traceback(served)


def open_idle(served: Site, clients: SlowClients) -> None:
    clients.open(idle(served.port) for _ in range(IDLE))
    clients.open(slow_header(served.port) for _ in range(HEADERS))
    paths = ["/decks/deep-learning/"] * 20
    clients.open(pipelined(served.port, paths, rate=1_000) for _ in range(PIPELINED))
