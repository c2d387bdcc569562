"""The report of a soak run: printed lines, and whether every requirement was met."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.load.learners import Learner, LogLine, faults_in_count, faults_in_log, log_of
from tests.load.sites import Site, rebuilding_changes


class Report:
    """Prints each line at once. ``broken`` are faults; ``missed`` are targets that a busy machine may miss."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def line(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def must(self, holds: bool, what: str) -> None:
        """Note ``what`` unless it holds."""
        if not holds:
            self.broken.append(what)
            self.line(f"BROKEN: {what}")

    def target(self, name: str, value: float, *, most: float = math.inf, least: float = -math.inf) -> None:
        """Print a figure with its target."""
        bound = f"at most {most:g}" if most < math.inf else f"at least {least:g}"
        is_met = least <= value <= most
        self.line(f"{name}: {value:.2f} ({bound}){'' if is_met else '  MISSED'}")
        if not is_met:
            self.missed.append(f"{name}: {value:.2f}, shall be {bound}")

    def done(self, learners: Sequence[Learner], *, may_fail: Iterable[str] = ()) -> None:
        """Report the learners' requests; a failed one that is not in ``may_fail`` is a fault."""
        done = sum((learner.done for learner in learners), Counter[str]())
        self.line(f"done: {', '.join(f'{count:,} {what}' for what, count in sorted(done.items()))}")
        for what in done.keys() - {"answers", "undos", "starts", *may_fail}:
            self.must(False, f"{done[what]} requests: {what}")
        for failure, count in Counter(one for learner in learners for one in learner.failures).items():
            self.must(False, f"{failure} ({count} times)")

    def judge(self, served: Site, learners: Sequence[Learner]) -> None:
        """Compare a site's log on SQLite with the responses to all learners who answered there."""
        self.kept(learners, log_of(served.data_dir), rebuilding_changes(served.data_dir))

    def kept(self, learners: Sequence[Learner], log: Sequence[LogLine], changes: str) -> None:
        """Check that the log agrees with the learners' responses, and that a replay changes nothing."""
        faults = faults_in_log(learners, log) + faults_in_count(learners, log)
        self.must(not faults, f"{len(faults)} faults in the log, such as: {', '.join(faults[:3])}")
        self.must(not changes, f"rebuild_progress: {changes}")
        if not faults and not changes:
            self.line("the log is what the learners were told, and rebuild_progress changes nothing")

    def no_traceback(self, served: Site) -> None:
        """Check that the server has logged no unexpected error."""
        self.must("Traceback" not in served.log.read_text(), "the server's log has a traceback")
