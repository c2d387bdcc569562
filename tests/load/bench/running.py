"""A run: which works are measured on which servers, and the tables that come of it."""

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests import postgres, programs
from tests.load.bench import figures
from tests.load.bench.counting import HEADER
from tests.load.bench.sides import FLOOR, SITE, Side
from tests.load.bench.table import Row, Table
from tests.load.bench.turns import Measured, in_turns, pupils_of, ratio
from tests.load.bench.works import WORKS, Work
from tests.load.sites import prepare
from tests.load.written import NotWrittenError

LEARNERS, MANY = 8, 32
PAIRS, MOST_PAIRS = 5, 10
SECONDS, QUICK_SECONDS = 2.5, 0.8
"""Of one window."""
QUICK_MOST = 105
"""Seconds after the start of a quick run after which each row has one pair, so that it ends within two minutes."""
SPARE = 4
"""Learners who count queries, before those who are measured."""
LARGE = {"learners": 10_000, "cards": 1_000_000, "progress": 5_000_000, "reviews": 5_000_000}
LARGE_SIDE = "site, large data"
COLUMNS = {
    "learners": 0,
    "requests/s": 0,
    "floor's": 0,
    "share": 2,
    "p50 ms": 0,
    "p95 ms": 0,
    "p99 ms": 0,
    "queries": 0,
    "floor's queries": 0,
    "processor ms": 1,
    "floor's ms": 1,
    "times the floor": 1,
    "bytes": 0,
    "MB a worker": 0,
}
COMPARED = ("share", "times the floor", "queries", "bytes", "MB a worker")


def chosen_works(chosen: argparse.Namespace) -> list[Work]:
    works = [work for work in WORKS if work.is_quick or not chosen.quick]
    return [work for work in works if not chosen.only or chosen.only in work.name]


def count_queries(works: Sequence[Work], sides: Sequence[Side]) -> dict[tuple[str, str], int]:
    """How many queries the second request of each work takes, by the names of side and work."""
    counts = {}
    for side in sides:
        counting = {
            "DJANGO_SETTINGS_MODULE": "tests.load.bench.counting",
            "MEASURED_SETTINGS": side.kind.settings,
        }
        with side.served(workers=1, **counting):
            for work in works:
                # A second learner, since some works are done with one request.
                for number in range(2):
                    (pupil,) = pupils_of(work, side, [number])
                    pupil.begin()
                    request = pupil.next()
                    assert request
                    answer = request()
                    pupil.take(answer)
                counts[side.name, work.name] = int(answer.headers[HEADER])
    return counts


def row_of(learners: int, ours: Measured, floor: Measured, queries: Sequence[int]) -> Row:
    return {
        "learners": learners,
        "requests/s": ours.rate,
        "floor's": floor.rate,
        "share": ratio(ours, floor),
        "p50 ms": ours.time(50),
        "p95 ms": ours.time(95),
        "p99 ms": ours.time(99),
        "processor ms": ours.work,
        "floor's ms": floor.work,
        "times the floor": ours.work / floor.work,
        "bytes": ours.size,
        "MB a worker": ours.memory,
        **dict(zip(("queries", "floor's queries"), queries, strict=False)),
    }


@contextmanager
def databases() -> Iterator[list[str]]:
    """The addresses of two new PostgreSQL databases; none where PostgreSQL is not installed."""
    found = programs.find_postgres()
    if not found:
        print(programs.NO_POSTGRES)
        yield []
        return
    with postgres.server(found) as server:
        server.create()
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("CREATE DATABASE floor")
        yield [server.url, server.url.removesuffix("studysite") + "floor"]


def make_large(data_dir: Path, share: float) -> Side:
    """A site with a ``share`` of the rows in LARGE; this takes minutes."""
    side = Side(LARGE_SIDE, SITE, data_dir)
    data_dir.mkdir()
    prepare(data_dir, **side.variables)
    rows = {name: max(1, int(count * share)) for name, count in LARGE.items()}
    arguments = ", ".join(f"{name}={count}" for name, count in rows.items())
    print(f"Making large data: {arguments}", flush=True)
    side.call(f"from tests.load.large_data import make; make({arguments})")
    return side


def furnished(
    directory: Path, decks: Sequence[str], learners: int, urls: Sequence[str], large: float
) -> list[Side]:
    """The site and its floor with people and decks: on SQLite, and if there are ``urls`` on PostgreSQL.

    With a share of ``large`` data also the site with these beside its people and decks.
    """
    sides = [Side("site", SITE, directory / "site"), Side("floor", FLOOR, directory / "floor")]
    for side, url in zip(tuple(sides), urls, strict=False):
        name = f"{side.name}, PostgreSQL"
        sides.append(Side(name, side.kind, directory / f"{side.name}-postgres", url))
    if large:
        sides.append(make_large(directory / "large", large))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda side: side.furnish(decks, learners), sides))
    return sides


class Run:
    """Measures what was chosen, and prints each row at once. ``failures`` has what was not answered."""

    def __init__(self, chosen: argparse.Namespace, directory: Path) -> None:
        self.chosen, self.directory, self.started = chosen, directory, time.monotonic()
        self.seconds = chosen.seconds or (QUICK_SECONDS if chosen.quick else SECONDS)
        self.selected = chosen_works(chosen)
        self.is_all = not (chosen.quick or chosen.only)
        self.works = Table("works", "work", COLUMNS, {})
        self.figures = figures.figures()
        self.failures: list[str] = []
        self.answered: Counter[str] = Counter()

    def measure(self) -> None:
        """Fill the tables. Raises NotWrittenError."""
        decks = sorted({work.deck for work in (*self.selected, *self.sittings)})
        with ExitStack() as stack:
            urls = [] if self.chosen.quick else stack.enter_context(databases())
            sides = furnished(self.directory, decks, self.learner_count, urls, self.chosen.large)
            site, floor = sides[:2]
            queries = count_queries(self.selected, [site, floor])
            if self.is_all:
                self.add_figures(figures.of_starts([site, floor], SPARE - 1))
            for side in sides:
                stack.enter_context(side.served())
            self.print_head()
            for number, work in enumerate(self.selected, 1):
                try:
                    self.measure_work(work, sides, queries, self.until(number))
                except NotWrittenError as error:
                    # No figure of it would be right; those of the others are.
                    self.fail(f"{work.name}: {error}")
            self.add_figures(figures.of_works(self.works.rows))
            if self.is_all:
                self.add_figures(figures.of_sittings(site, (2, 3)))
                learners = range(SPARE, SPARE + LEARNERS)
                self.add_figures(figures.of_memory(site, learners, self.answered[site.name]))
        if self.is_all:
            self.add_figures(figures.of_replay(site))
            self.add_figures(figures.of_import(self.directory / "import"))

    @property
    def sittings(self) -> list[Work]:
        return [work for _, work, _ in figures.SITTINGS] if self.is_all else []

    def until(self, number: int) -> float:
        """When the row with this number, of those that are left, begins no other pair."""
        if not self.chosen.quick:
            return math.inf
        end, left = self.started + QUICK_MOST, len(self.selected) - number + 1
        return time.monotonic() + (end - time.monotonic()) / left

    @property
    def learner_count(self) -> int:
        most = max(work.each for work in self.selected)
        count = SPARE + self.chosen.pairs * LEARNERS * most
        return max(count, SPARE + self.chosen.pairs * (LEARNERS + MANY)) if self.is_all else count

    def measure_work(
        self, work: Work, sides: Sequence[Side], queries: Mapping[tuple[str, str], int], until: float
    ) -> None:
        counts = queries["site", work.name], queries["floor", work.name]
        here = [side for side in sides if work.on_postgres or not side.url]
        measured = self.in_turns(work, here, LEARNERS, SPARE, until)
        self.add_row(work.name, min(LEARNERS, work.most), measured["site"], measured["floor"], counts)
        if "site, PostgreSQL" in measured:
            ours, floor = measured["site, PostgreSQL"], measured["floor, PostgreSQL"]
            self.add_row(f"{work.name}, PostgreSQL", LEARNERS, ours, floor)
            self.add_figures(figures.of_databases(work.name, measured))
        if LARGE_SIDE in measured:
            self.add_figures(figures.of_large_data(work.name, measured["site"], measured[LARGE_SIDE]))
        if work.with_many and self.is_all:
            measured = self.in_turns(work, sides[:2], MANY, SPARE + self.chosen.pairs * LEARNERS)
            self.add_row(f"{work.name}, {MANY} learners", MANY, measured["site"], measured["floor"], counts)

    def in_turns(
        self, work: Work, sides: Sequence[Side], clients: int, first: int, until: float = math.inf
    ) -> dict[str, Measured]:
        measured = in_turns(
            work,
            sides,
            pairs=self.chosen.pairs,
            clients=clients,
            seconds=self.seconds,
            first=first,
            until=until,
        )
        if (pairs := len(measured["site"].windows)) < self.chosen.pairs:
            print(f"only {pairs} of {self.chosen.pairs} pairs, since the machine is slow:")
        for side, one in measured.items():
            self.answered[side] += sum(len(window.times) for window in one.windows)
            for why, count in Counter(one.failures).items():
                self.fail(f"{work.name}, {clients} learners, {side}: {why} ({count} times)")
        return measured

    def fail(self, why: str) -> None:
        print(f"FAILED: {why}", flush=True)
        self.failures.append(why)

    def print_head(self) -> None:
        print("\n".join(list(self.works.lines())[:2]), flush=True)

    def add_row(
        self, name: str, learners: int, ours: Measured, floor: Measured, counts: Sequence[int] = ()
    ) -> None:
        self.works.rows[name] = row_of(learners, ours, floor, counts)
        print(self.works.line(name), flush=True)

    def add_figures(self, found: Iterable[tuple[str, Row]]) -> None:
        for name, row in found:
            self.figures.rows[name] = row
            print(self.figures.line(name), flush=True)
