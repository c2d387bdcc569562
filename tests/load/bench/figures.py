"""Figures that are no rate: growth within a sitting, memory, starts, PostgreSQL, replaying, importing."""

import itertools
import os
import resource
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.load import imports
from tests.load.bench.data import HISTORY_CARDS, HISTORY_EACH, HISTORY_OF, NOBODY
from tests.load.bench.sides import Side
from tests.load.bench.table import Row, Table
from tests.load.bench.turns import Measured, pupils_of, ratio, take_window
from tests.load.bench.works import Answers, Pupil, Work, work_named
from tests.load.sites import prepare
from tests.server import environment, manage

COLUMNS = {"measured": 2, "at least": 2, "at most": 2}
COMPARED = ("measured",)
BLOCK, COMPARED_ANSWERS = 20, 100
"""Answers in a row, of those at the beginning and at the end of a sitting that are compared."""
SITTINGS = (
    ("Spaced", Work("a sitting", "sitting-2000", Answers), 600),
    ("Learn", work_named("answer in Learn, 46 cards"), 400),
)
STARTS = 3
REQUESTS, MOST_MEMORY = (5_000, 10_000), 90
"""Megabytes that a worker may have after so many requests."""
MOST_SECONDS = 180
"""For the requests after which memory is measured."""


def figures() -> Table:
    return Table("figures", "what", COLUMNS, {})


def figure(measured: float, *, least: float | None = None, most: float | None = None) -> Row:
    """A figure with its bound, if it has one."""
    row = {"measured": measured, "at least": least, "at most": most}
    return {head: value for head, value in row.items() if value is not None}


# --- From the table of works


def of_works(rows: Mapping[str, Row]) -> Iterator[tuple[str, Row]]:
    """Figures that compare rows of the table of works with each other."""
    spaced = {
        cards: rows.get(f"answer in Spaced, {cards} cards") for cards in ("46", "1,000", "10,000", "100,000")
    }
    head = "processor ms"
    for small, large, most in (("46", "1,000", 1.4), ("1,000", "10,000", 1.2), ("1,000", "100,000", 1.2)):
        few, many = spaced[small], spaced[large]
        if few and many:
            ratio_of_work = many[head] / few[head]
            yield (
                f"Spaced, {large} cards to {small}: processor time of an answer",
                figure(ratio_of_work, most=most),
            )
    if row := spaced["1,000"]:
        yield "Spaced, 1,000 cards, 8 learners: p99 to p50", figure(row["p99 ms"] / row["p50 ms"], most=3)
    if row := rows.get("tag 1,000 cards"):
        yield "tagging 1,000 cards: p50, ms", figure(row["p50 ms"], most=100)


def of_databases(name: str, measured: Mapping[str, Measured]) -> Iterator[tuple[str, Row]]:
    """How many requests a second the site takes on PostgreSQL, for each on SQLite."""
    share = ratio(measured["site, PostgreSQL"], measured["site"])
    yield f"{name}: PostgreSQL to SQLite, requests/s", figure(share, least=0.7)


def of_large_data(name: str, small: Measured, large: Measured) -> Iterator[tuple[str, Row]]:
    """How much slower a work is where the database has many other rows."""
    most = 1.2 if "answer" in name or "question" in name else 1.3
    yield f"{name}: times slower in large data", figure(ratio(small, large), most=most)
    yield f"{name}: times the processor in large data", figure(large.work / small.work, most=most)


# --- One sitting


def of_sittings(side: Side, numbers: tuple[int, int]) -> Iterator[tuple[str, Row]]:
    for mode, work, answers in SITTINGS:
        name = f"{mode}: processor time of the last 100 of {answers} answers to the first 100"
        yield name, figure(growth(side, work, answers, numbers), most=1.05)


def growth(side: Side, work: Work, answers: int, numbers: tuple[int, int]) -> float:
    """Processor time of the last 100 of so many answers in one sitting, for that of the first 100.

    One learner answers until 100 are left; these are given in turns with the first 100 of another one.
    """
    (late,), (early,) = (pupils_of(work, side, [number]) for number in numbers)
    late.begin()
    early.begin()
    give(late, answers - COMPARED_ANSWERS)
    taken = {id(pupil): 0.0 for pupil in (early, late)}
    for _, pupil in itertools.product(range(COMPARED_ANSWERS // BLOCK), (early, late)):
        before = side.work()
        give(pupil, BLOCK)
        taken[id(pupil)] += side.work() - before
    return taken[id(late)] / taken[id(early)]


def give(pupil: Pupil, count: int) -> None:
    for _ in range(count):
        request = pupil.next()
        assert request
        pupil.take(request())


# --- The server


def of_starts(sides: Iterable[Side], number: int) -> Iterator[tuple[str, Row]]:
    """Seconds from a start until the server answers, and of the first page of a learner after it: medians."""
    for side in sides:
        until, firsts = [], []
        for _ in range(STARTS):
            started = time.monotonic()
            with side.served():
                healthy = time.monotonic()
                until.append(healthy - started)
                (pupil,) = pupils_of(work_named("deck page, 1,000 cards"), side, [number])
                give(pupil, 1)
                firsts.append(time.monotonic() - healthy)
        yield f"{side.name}: from the start until it answers, s", figure(statistics.median(until))
        yield f"{side.name}: first page after the start, s", figure(statistics.median(firsts), most=1.5)


def of_memory(side: Side, numbers: range, answered: int) -> Iterator[tuple[str, Row]]:
    """Megabytes of the largest worker after so many requests, ``answered`` of which are over; none if it is slow.

    Answers and pages are sent in turns.
    """
    names = ("answer in Spaced, 1,000 cards", "deck page, 1,000 cards", "home")
    wanted, until = list(REQUESTS), time.monotonic() + MOST_SECONDS
    for work in itertools.cycle(map(work_named, names)):
        while wanted and answered >= wanted[0]:
            yield f"MB of a worker after {wanted.pop(0):,} requests", figure(side.memory(), most=MOST_MEMORY)
        if not wanted or time.monotonic() > until:
            return
        pupils = [pupils_of(work, side, [number]) for number in numbers]
        answered += len(take_window(side, pupils, 3).times)


# --- Programs


def of_replay(side: Side) -> Iterator[tuple[str, Row]]:
    """Reviews that `rebuild_progress` replays in a second of processor time, without its start."""
    side.call("from tests.load.bench.history import make_history; make_history()")

    def seconds(*arguments: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = manage(side.data_dir, "rebuild_progress", "--check", *arguments, **side.variables)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    start = seconds("--learner", NOBODY)
    work = seconds("--learner", HISTORY_OF) - start
    rate = HISTORY_CARDS * HISTORY_EACH / work
    yield "rebuild_progress: reviews a second of processor time", figure(rate, least=30_000)


def of_import(directory: Path) -> Iterator[tuple[str, Row]]:
    """Processor time of importing an Anki package, on a new site."""
    with new_site(directory):
        taken = imports.taken(imports.CARDS)
    yield "import of 10,000 cards: processor s", figure(taken.seconds)
    yield "import of 10,000 cards: MB more memory", figure(taken.growth, most=imports.MOST_MEGABYTES)
    if taken.anki:
        yield "import of 10,000 cards, to Anki's own", figure(taken.seconds / taken.anki)


@contextmanager
def new_site(directory: Path) -> Iterator[None]:
    """A new site in the directory, in the environment of programs that are started in the block."""
    prepare(directory)
    before, variables = dict(os.environ), environment(directory)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
