"""How fast the site is beside the least that its work needs, measured in turns on this machine.

    make bench                                     all rows: about a quarter of an hour
    make bench QUICK=1                             the most important ones, within two minutes
    python -m tests.load.bench --only Spaced       rows whose name has this text
    python -m tests.load.bench --write             also write the tables of docs/benchmarks.md
    python -m tests.load.bench --import 100000     only the import of a package of this many cards

Ends with 1 if a request failed, or if what was acknowledged was not written. Time never fails it: figures that
have moved since the committed ones are printed at the end.
"""

import argparse
import os
import platform
import signal
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.load import imports
from tests.load.bench import table
from tests.load.bench.counting import HEADER
from tests.load.bench.sides import FLOOR, SITE, Side
from tests.load.bench.table import Row, Table
from tests.load.bench.turns import Measured, in_turns, pupils_of, ratio
from tests.load.bench.works import WORKS, Work
from tests.load.written import NotWrittenError

LEARNERS, MANY = 8, 32
PAIRS = 5
SPARE = 4
"""Learners who count queries, before those who are measured."""
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


def read_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the most important rows, with short windows")
    parser.add_argument("--only", metavar="TEXT", help="rows whose name has this text")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of windows, each the site and its floor")
    parser.add_argument("--seconds", type=float, help="of one window")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/benchmarks.md")
    parser.add_argument("--import", dest="cards", type=int, help="only the import of this many cards")
    return parser.parse_args(given)


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


def row_of(learners: int, ours: Measured, floor: Measured, queries: tuple[int, int]) -> Row:
    return {
        "learners": learners,
        "requests/s": ours.rate,
        "floor's": floor.rate,
        "share": ratio(ours, floor),
        "p50 ms": ours.time(50),
        "p95 ms": ours.time(95),
        "p99 ms": ours.time(99),
        "queries": queries[0],
        "floor's queries": queries[1],
        "processor ms": ours.work,
        "floor's ms": floor.work,
        "times the floor": ours.work / floor.work,
        "bytes": ours.size,
        "MB a worker": ours.memory,
    }


@contextmanager
def furnished(directory: Path, works: Sequence[Work], learners: int) -> Iterator[list[Side]]:
    """The site and its floor on SQLite, with people and decks."""
    sides = [Side("site", SITE, directory / "site"), Side("floor", FLOOR, directory / "floor")]
    for side in sides:
        side.furnish(sorted({work.deck for work in works}), learners)
    yield sides


def measure_works(chosen: argparse.Namespace, result: Table, directory: Path) -> list[str]:
    """Fill the table, and print each row at once; return what failed."""
    works, failures = chosen_works(chosen), list[str]()
    seconds = chosen.seconds or (0.8 if chosen.quick else 2.5)
    rows = [(work, LEARNERS) for work in works]
    rows += [
        (work, MANY) for work in works if "1,000" in work.name and "answer" in work.name and not chosen.quick
    ]
    most = SPARE + PAIRS * LEARNERS * 4 + (PAIRS * MANY if len(rows) > len(works) else 0)
    with furnished(directory, works, most) as sides, ExitStack() as stack:
        queries = count_queries(works, sides)
        for side in sides:
            stack.enter_context(side.served())
        print("\n".join(list(result.lines())[:2]), flush=True)
        for work, learners in rows:
            first = SPARE + (PAIRS * LEARNERS if learners == MANY else 0)
            measured = in_turns(
                work, sides, pairs=chosen.pairs, clients=learners, seconds=seconds, first=first
            )
            ours, floor = measured["site"], measured["floor"]
            name = work.name if learners == LEARNERS else f"{work.name}, {learners} learners"
            counts = queries["site", work.name], queries["floor", work.name]
            result.rows[name] = row_of(min(learners, work.most), ours, floor, counts)
            print(result.line(name), flush=True)
            for side, one in measured.items():
                failures += [f"{name}, {side}: {why} ({n} times)" for why, n in Counter(one.failures).items()]
    return failures


def machine() -> str:
    """What the figures depend on."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return f"{os.cpu_count()} cores ({processor}), {platform.system()}, {versions}"


def main() -> None:
    # As Ctrl-C does, so that no server is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = read_arguments()
    if chosen.cards:
        sys.exit(imports.compare(chosen.cards) or 0)
    result = Table("works", "work", COLUMNS, {})
    before = result.read(table.committed())
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="studysite-bench-") as directory:
        try:
            failures = measure_works(chosen, result, Path(directory))
        except NotWrittenError as error:
            sys.exit(str(error))
    for line in result.moved(before, COMPARED):
        print(f"moved: {line}")
    if failures:
        sys.exit("\n".join(failures))
    if chosen.write:
        table.write([result], machine())


if __name__ == "__main__":
    main()
