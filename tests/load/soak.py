"""Load, slow clients, a locked database and crashes, on its own servers: ``make soak`` (about five minutes).

    python -m tests.load.soak answers --learners 8 32     answers a second, how long they take, and memory
    python -m tests.load.soak answers --against DIR       the same in turns with the server of another checkout
    python -m tests.load.soak slow idle                   slow uploads and readers; idle connections
    python -m tests.load.soak lock crashes postgres       faults that must lose no answer

Exits with 1 if an answer failed, if the log differs from the learners' responses, if bytes are wrong, or if health
or memory is far over its limit. Times are printed beside their targets. The machine may be busy with other
work, so missed targets fail only with ``--strict``.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.load import crashes, loads
from tests.load.report import Report

SCENARIOS: dict[str, Callable[[argparse.Namespace, Report, Path], None]] = {
    "answers": loads.answers,
    "slow": loads.slow,
    "idle": loads.many_idle,
    "lock": crashes.foreign_lock,
    "crashes": crashes.kills,
    "disk": crashes.disk_full,
    "postgres": crashes.postgres_restarts,
}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="*", choices=SCENARIOS, help="all, unless some are named")
    parser.add_argument(
        "--learners", type=int, nargs="+", help="how many at once (answers: 8 and 32; else 8)"
    )
    parser.add_argument("--seconds", type=float, default=6, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement, in turns")
    parser.add_argument("--answers", type=int, default=2_000, help="acknowledged answers between crashes")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout to compare with")
    parser.add_argument("--strict", action="store_true", help="fail if a time misses its target")
    return parser.parse_args()


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="studysite-soak-") as directory:
        yield Path(directory)


def main() -> None:
    # As Ctrl-C does, so that no server is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen, report = read_arguments(), Report()
    for name in chosen.scenarios or SCENARIOS:
        report.title(name)
        with place() as directory:
            SCENARIOS[name](chosen, report, directory)
    report.title("What must hold is broken:" if report.broken else "What must hold has held.")
    for line in report.broken + [f"missed: {line}" for line in report.missed]:
        report.line(line)
    sys.exit(1 if report.broken or (chosen.strict and report.missed) else 0)


if __name__ == "__main__":
    main()
