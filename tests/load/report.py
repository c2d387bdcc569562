"""What a run of the soak has found: lines for a person, and whether what must hold has held."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.load.learners import Learner


class Report:
    """Prints as it goes. ``broken`` is what must never be; ``missed`` are targets that a busy machine may miss."""

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
        """Print a figure with what it shall be."""
        bound = f"at most {most:g}" if most < math.inf else f"at least {least:g}"
        is_met = least <= value <= most
        self.line(f"{name}: {value:.2f} ({bound}){'' if is_met else '  MISSED'}")
        if not is_met:
            self.missed.append(f"{name}: {value:.2f}, shall be {bound}")

    def done(self, learners: Sequence[Learner], *, may_fail: Iterable[str] = ()) -> None:
        """What the learners have done; whatever is no answer, and not in ``may_fail``, is broken."""
        done = sum((learner.done for learner in learners), Counter[str]())
        self.line(f"done: {', '.join(f'{count:,} {what}' for what, count in sorted(done.items()))}")
        for what in done.keys() - {"answers", "undos", "starts", *may_fail}:
            self.must(False, f"{done[what]} requests: {what}")
        for failure, count in Counter(one for learner in learners for one in learner.failures).items():
            self.must(False, f"{failure} ({count} times)")

    def kept(self, faults: Sequence[str], changes: str) -> None:
        """Whether the log is what the learners were told, and replaying it changes nothing."""
        self.must(not faults, f"{len(faults)} faults in the log, such as: {', '.join(faults[:3])}")
        self.must(not changes, f"rebuild_progress: {changes}")
        if not faults and not changes:
            self.line("the log is what the learners were told, and rebuild_progress changes nothing")
