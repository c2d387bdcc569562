"""How fast the site is beside the least that its work needs, measured in turns on this machine.

    make bench                                     all rows: about a quarter of an hour
    make bench QUICK=1                             the most important ones, within two minutes
    python -m tests.load.bench --only Spaced       rows whose name has this text
    python -m tests.load.bench --large             also the site in large data, which takes minutes to make
    python -m tests.load.bench --write             also write the tables of docs/benchmarks.md
    python -m tests.load.bench --import 100000     only the import of a package of this many cards
    python -m tests.load.bench --import 100000 --answers 10     with so many answers to each card

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
from collections.abc import Sequence
from pathlib import Path

from tests.load import imports
from tests.load.bench import figures, table
from tests.load.bench.running import COMPARED, MOST_PAIRS, PAIRS, Run
from tests.load.written import NotWrittenError


def read_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the most important rows, with short windows")
    parser.add_argument("--only", metavar="TEXT", help="rows whose name has this text")
    parser.add_argument(
        "--pairs",
        type=int,
        choices=range(1, MOST_PAIRS + 1),
        metavar="N",
        default=PAIRS,
        help="of windows, each the site and its floor",
    )
    parser.add_argument(
        "--large",
        type=float,
        nargs="?",
        const=1.0,
        default=0.0,
        metavar="SHARE",
        help="also with 1,000,000 other cards and 5,000,000 reviews, or a share of them",
    )
    parser.add_argument("--seconds", type=float, help="of one window")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/benchmarks.md")
    parser.add_argument("--import", dest="cards", type=int, help="only the import of this many cards")
    parser.add_argument("--answers", type=int, default=0, help="to each of these cards, in a history of Anki")
    chosen = parser.parse_args(given)
    if chosen.write and (chosen.quick or chosen.only):
        parser.error("--write needs all rows, so neither --quick nor --only")
    return chosen


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
    with tempfile.TemporaryDirectory(prefix="studysite-bench-") as directory:
        try:
            if chosen.cards:
                with figures.new_site(Path(directory)):
                    sys.exit(imports.compare(chosen.cards, chosen.answers) or 0)
            print(machine(), flush=True)
            run = Run(chosen, Path(directory))
            run.measure()
        except NotWrittenError as error:
            sys.exit(str(error))
    report(run, is_to_write=chosen.write)


def report(run: Run, *, is_to_write: bool) -> None:
    """Say what has moved since the committed tables, or write these; ends with 1 if a request failed."""
    text = table.committed()
    for each, heads in ((run.works, COMPARED), (run.figures, figures.COMPARED)):
        for line in each.moved(each.read(text), heads):
            print(f"moved: {line}")
    if run.failures:
        sys.exit("\n".join(run.failures))
    if is_to_write:
        table.write([run.works, run.figures], machine())


if __name__ == "__main__":
    main()
