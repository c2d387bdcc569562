"""Faults that must lose no confirmed answer: another program's lock, kills, a full disk, PostgreSQL restarts."""

import argparse
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from tests import postgres, programs
from tests.load.learners import LOG, Learner, LogLine, begin, studying, wait_for_answers
from tests.load.measures import percentile, probing
from tests.load.report import Report
from tests.load.sites import Site, children, rebuilding_changes, site
from tests.server import MAX_WAIT, free_port
from tests.sqlite_trouble import locked

LEARNERS = 8
LOCK = 10
"""Seconds for which another program holds SQLite's lock."""
PAGES = "/decks/deep-learning/"
DISK = "48m"
FULL, AWAY = 5, 4
"""Seconds for which the disk is full, and for which PostgreSQL is away."""
SAFE = "-c listen_addresses= -c fsync=off"
"""Committed data is in the system's cache, so it survives a crash of PostgreSQL."""
CUT = ("cut off", "not sent")
BUSY = ("status 503",)


def foreign_lock(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """Another program holds the lock for ten seconds while learners answer and read."""
    with site(directory / "data") as served:
        learners = begin(served.port, LEARNERS)
        with (
            studying(learners),
            probing(served.port) as (health,),
            probing(served.port, PAGES, pause=0.05, count=4) as readers,
        ):
            wait_for_answers(learners, 50)
            started = time.monotonic()
            with locked(served.database):
                time.sleep(LOCK)
            ended = time.monotonic()
            wait_for_answers(learners, 200)
        reads = [seconds for reader in readers for seconds in reader.times(started, ended)]
        report.line(f"{len(reads)} pages read while the database was held")
        report.target("reads' p99, s", percentile(reads, 99), most=1)
        report.target("/healthz, s", max(health.times(started, ended)), most=1)
        report.must(percentile(reads, 99) < LOCK / 2, "reads wait for the lock")
        report.must(
            {status for reader in readers for status in reader.statuses} <= {200},
            "a page was not answered with 200",
        )
        report.done(learners, may_fail=BUSY)
        judge_refusals(learners, report)
        report.judge(served, learners)


def judge_refusals(learners: Sequence[Learner], report: Report) -> None:
    wrong = [step for learner in learners for step in learner.told.refused_though_written]
    report.must(not wrong, f"{len(wrong)} answers were refused with 503, and counted")


def kills(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """Workers are killed in the middle of answers, then the whole server, which is started again."""
    data_dir, port, share = directory / "data", free_port(), chosen.answers // 6
    with ExitStack() as stack:
        served = stack.enter_context(site(data_dir, port=port))
        learners = begin(port, LEARNERS)
        with studying(learners):
            for _ in range(3):
                wait_for_answers(learners, share)
                kill_worker(served)
            for _ in range(2):
                wait_for_answers(learners, share)
                kill_all(served)
                served = stack.enter_context(site(data_dir, port=port))
            wait_for_answers(learners, share)
        report.line("three workers were killed, and the whole server twice")
        report.done(learners, may_fail=CUT)
        report.judge(served, learners)


def kill_worker(served: Site) -> None:
    """Kill the oldest worker while it works; the others continue.

    The oldest, because the server gives up when the same worker dies twice within 5.5 seconds.
    """
    os.kill(children(served.process)[0], signal.SIGKILL)


def kill_all(served: Site) -> None:
    os.killpg(served.process.pid, signal.SIGKILL)
    served.process.wait(MAX_WAIT)


def disk_full(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """The disk of DATA_DIR has no byte left for some seconds."""
    data_dir = directory / "data"
    data_dir.mkdir()
    with small_disk(data_dir) as is_small:
        if not is_small:
            report.line("left out: only root can mount a small disk")
            return
        with site(data_dir) as served:
            learners = begin(served.port, LEARNERS)
            with studying(learners):
                wait_for_answers(learners, 50)
                with filled(data_dir / "ballast"):
                    time.sleep(FULL)
                wait_for_answers(learners, 100)
            report.done(learners, may_fail=BUSY)
            judge_refusals(learners, report)
            report.judge(served, learners)


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """A disk of 48 MB at ``directory``; False where this user, or this container, may not mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "studysite", str(directory)]
    is_mounted = bool(shutil.which("mount")) and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


@contextmanager
def filled(ballast: Path) -> Iterator[None]:
    """No room on the disk until the block ends."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(2**12))
    try:
        yield
    finally:
        ballast.unlink()


def postgres_restarts(chosen: argparse.Namespace, report: Report, directory: Path) -> None:
    """PostgreSQL is restarted normally and by a crash, and is not reachable for some seconds."""
    found = programs.find_postgres()
    if not found:
        report.line(f"left out: {programs.NO_POSTGRES}")
        return
    with postgres.server(found, SAFE) as database:
        database.create()
        variables = {"DATABASE_URL": database.url, "SECRET_KEY": "for-this-run-alone-0123456789-abcdefghij"}
        with site(directory / "data", **variables) as served:
            learners = begin(served.port, LEARNERS)
            with studying(learners):
                for mode, away in (("fast", 0), ("immediate", 0), ("fast", AWAY), ("immediate", AWAY)):
                    wait_for_answers(learners, chosen.answers // 5)
                    database.stop(mode)
                    time.sleep(away)
                    database.start()
                wait_for_answers(learners, chosen.answers // 5)
            report.done(learners, may_fail=BUSY)
            # If the connection breaks at the commit, the result is unknown; the response to the next try says it.
            unsure = sum(len(learner.told.refused_though_written) for learner in learners)
            report.line(f"{unsure} answers were refused but counted; the response to the next try said so")
            changes = rebuilding_changes(served.data_dir, **variables)
            report.kept(learners, log_on_postgres(database.url), changes)


def log_on_postgres(url: str) -> list[LogLine]:
    with psycopg.connect(url) as database:
        return database.execute(LOG).fetchall()
