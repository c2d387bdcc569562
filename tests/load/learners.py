"""Learners who answer and undo without a pause, remember the responses, and compare them with the log."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.load.browser import Browser, CutOffError, NotSentError, wait_for
from tests.load.pages import last_step, open_step
from tests.server import query

STUDY = "/decks/deep-learning/spaced/"
STALE = "already answered that card"
LOG = "SELECT step_id, rating, voided_at IS NOT NULL FROM sessions_app_review WHERE step_id IS NOT NULL"

LogLine = tuple[int, int, bool]
"""A step, its rating, and whether the line is voided."""


@dataclass
class Told:
    """The responses about a learner's steps, by the step's key. The log must agree with them."""

    standing: dict[int, int] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    # Sent, and the connection broke before the answer: these may count or not, but never twice.
    unknown: dict[int, int] = field(default_factory=dict)
    unknown_undos: dict[int, int] = field(default_factory=dict)
    # Cut off, and never acknowledged since, though perhaps taken back: these may be written or not.
    unsure: set[int] = field(default_factory=set)
    # Answered with 503, and not acknowledged since.
    refused: set[int] = field(default_factory=set)
    # Answered with 503 but written: the response to the next try said so.
    refused_though_written: set[int] = field(default_factory=set)


class Learner:
    """A guest with a browser, who studies one deck in Spaced mode."""

    def __init__(self, port: int, number: int = 0) -> None:
        self.browser = Browser(port)
        self.chance = random.Random(number)
        self.told = Told()
        self.done: Counter[str] = Counter()
        # When each acknowledged answer was there, and after how many seconds.
        self.answered: list[tuple[float, float]] = []
        self.failures: list[str] = []
        self.page: str | None = None
        self.chosen: dict[int, int] = {}

    @property
    def step(self) -> int | None:
        """The open step of the page."""
        return open_step(self.page or "")

    @property
    def last_step(self) -> int | None:
        """The step whose answer the page offers to undo."""
        return last_step(self.page or "")

    def study(self, is_over: Callable[[], bool]) -> None:
        """Answer, and sometimes undo an answer, until stopped."""
        try:
            while not is_over():
                self.act()
        except Exception as error:
            self.failures.append(repr(error))

    def act(self) -> None:
        """Do what the page offers; wait a little if the server is busy or not reachable."""
        try:
            if self.page is None:
                self._look()
            elif self.last_step and self.chance.random() < 0.1:
                self.undo()
            elif self.step:
                self.answer()
            else:
                self.start(self.chance.choice(["due", "ahead", "weakest"]))
        except NotSentError:
            self.done["not sent"] += 1
            time.sleep(0.2)
        except CutOffError:
            self.done["cut off"] += 1
            self.page = None

    def _look(self) -> None:
        """Open the page, and start a session where there is none."""
        answer = self.browser.get(STUDY)
        if self._is_answered(answer):
            self.page = answer.text

    def start(self, queue: str = "due") -> None:
        """Begin a session as a guest, or the next one."""
        if "csrftoken" not in self.browser.cookies:
            self._look()
        answer = self.browser.post(STUDY, {"new_per_day": 999, "queue": queue})
        if self._is_answered(answer):
            self.page = answer.text
            self.done["starts"] += 1

    def answer(self) -> None:
        """Send the answer to the open step; after 503 the next call sends the same once more."""
        step = self.step
        assert step
        rating = self.chosen.setdefault(step, self.chance.choice([1, 3, 3, 4]))
        started = time.monotonic()
        try:
            answer = self.browser.post(f"{STUDY}answer/", {"step": step, "rating": rating})
        except CutOffError:
            self.told.unknown[step] = rating
            self.told.unsure.add(step)
            raise
        if answer.status == 503:
            self.told.refused.add(step)
        if self._is_answered(answer):
            self.note_answer(step, rating, answer.text)
            self.answered.append((time.monotonic(), time.monotonic() - started))

    def note_answer(self, step: int, rating: int, page: str) -> None:
        """Remember that the site has acknowledged an answer."""
        was_unknown = self.told.unknown.pop(step, None) is not None
        if STALE in page and not was_unknown:
            self.told.refused_though_written.add(step)
        self.told.refused.discard(step)
        self.told.unsure.discard(step)
        self.told.standing[step] = rating
        self.page = page
        self.done["answers"] += 1

    def undo(self) -> None:
        step = self.last_step
        assert step
        try:
            answer = self.browser.post(f"{STUDY}undo/", {"step": step})
        except CutOffError:
            if step in self.told.standing:
                self.told.unknown_undos[step] = self.told.standing.pop(step)
            raise
        if not self._is_answered(answer):
            return
        if "Undone." in answer.text:
            self.told.standing.pop(step, None)
            self.told.unknown.pop(step, None)
            self.told.undone.add(step)
            self.done["undos"] += 1
        elif step not in self.told.unknown_undos:
            self.failures.append(f"undo of step {step} was refused")
        self.page = answer.text

    def _is_answered(self, answer: Any) -> bool:
        """Whether the answer is the page; notes what else it is."""
        if answer.status == 200:
            return True
        self.done[f"status {answer.status}"] += 1
        if answer.status == 503 and answer.retry_after:
            wait_for(answer)
        else:
            self.failures.append(f"status {answer.status} without a reason")
            self.page = None
            time.sleep(0.2)
        return False


def begin(port: int, count: int) -> list[Learner]:
    """Learners with an open question each."""
    learners = [Learner(port, number) for number in range(count)]
    for learner in learners:
        learner.start()
    return learners


@contextmanager
def studying(learners: Sequence[Learner]) -> Iterator[None]:
    """Let them all study until the block ends."""
    over = threading.Event()
    threads = [threading.Thread(target=learner.study, args=[over.is_set]) for learner in learners]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def answers_of(learners: Iterable[Learner]) -> int:
    return sum(len(learner.answered) for learner in learners)


def wait_for_answers(learners: Sequence[Learner], count: int, *, seconds: float = 120) -> None:
    """Wait until this many more answers are confirmed. Raises TimeoutError."""
    wanted, until = answers_of(learners) + count, time.monotonic() + seconds
    while answers_of(learners) < wanted:
        if time.monotonic() > until:
            raise TimeoutError(
                f"{wanted - answers_of(learners)} of {count} answers are missing after {seconds:.0f} s"
            )
        time.sleep(0.05)


def faults_in_log(learners: Sequence[Learner], log: Sequence[LogLine]) -> list[str]:
    """Differences between the log and the learners' responses; empty if there are none."""
    standing = Counter(step for step, _, is_void in log if not is_void)
    ratings = {step: rating for step, rating, is_void in log if not is_void}
    told, perhaps = dict[int, int](), dict[int, int]()
    faults = [f"step {step} counts {count} times" for step, count in standing.items() if count > 1]
    for learner in learners:
        told |= learner.told.standing
        perhaps |= learner.told.unknown | learner.told.unknown_undos
        faults += [
            f"step {step} was refused and counts"
            for step in learner.told.refused & ratings.keys() - perhaps.keys()
        ]
        faults += [f"step {step} was taken back and counts" for step in learner.told.undone & ratings.keys()]
    faults += [f"step {step} is lost" for step, rating in told.items() if ratings.get(step) != rating]
    known = told.keys() | perhaps.keys()
    faults += [f"step {step} counts, and nobody was told" for step in ratings.keys() - known]
    return faults


def faults_in_count(learners: Sequence[Learner], log: Sequence[LogLine]) -> list[str]:
    """Says if the log has more or fewer lines (voided ones included) than confirmed answers; empty if not.

    Who sends one answer over and over is told nothing that is false, and quickly, since nothing is written.
    """
    sent = sum(learner.done["answers"] for learner in learners)
    most = sent + sum(len(learner.told.unsure) for learner in learners)
    if sent <= len(log) <= most:
        return []
    return [f"{sent:,} answers were acknowledged (and {most - sent:,} cut off), {len(log):,} are written"]


def log_of(data_dir: Path) -> list[LogLine]:
    """The log on SQLite."""
    return [
        (int(str(step)), int(str(rating)), bool(is_void)) for step, rating, is_void in query(data_dir, LOG)
    ]
