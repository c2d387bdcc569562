"""The converter of formulas in a separate process, which is ended when a formula takes too long. Pure.

The converter is native code that holds the interpreter's lock. While it works, no other thread runs and no signal
is handled, and a stack overflow ends the process. So a worker cannot limit it from inside. Each worker has one
helper process, started with its first formula. After a formula that ended the process, the next formula waits
30 ms for a new one.
"""

import atexit
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from cards.text.formulas.syntax import FormulaError

SECONDS = 0.5
"""Processor time of all formulas of one request. A thousand usual formulas take a few hundredths."""

TIMEOUT = 5.0
"""Seconds after which a process that does not answer is ended, even on a busy machine."""

MAX_MEMORY = 128 * 2**20
MAX_ANSWER = 4 * 2**20
"""Bytes of memory of the process, and of its answer: the MathML of one text's formulas, as JSON."""

HELPER = Path(__file__).with_name("helper.py")
READY = b"ready\n"
# Isolated: what it imports depends neither on the environment nor on the current directory.
COMMAND = (sys.executable, "-I", str(HELPER), str(SECONDS), str(MAX_MEMORY))

GONE = "Formulas cannot be typeset at the moment. Save again later."

logger = logging.getLogger(__name__)


class EndlessFormulaError(FormulaError):
    """A formula took too long or too much memory, or crashed the converter."""


class ConverterGoneError(FormulaError):
    """The converter does not run at the moment. The formula may be fine."""


class FormulaProcess:
    """A helper process that is started when it is needed, and again after it was ended. Threads take turns.

    ``timeout`` is in seconds.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, timeout: float = TIMEOUT) -> None:
        self.command, self.timeout = command, timeout
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def convert(self, formulas: Sequence[tuple[str, bool]]) -> tuple[list[str | FormulaError], float]:
        """Return the MathML of formulas, or an error for each, and the seconds of processor time they took.

        ``formulas`` are pairs of LaTeX and whether it is displayed. All are sent together, since each round trip
        may take some milliseconds on a busy machine. Raises `EndlessFormulaError` if they ended the converter,
        which counts as `SECONDS`, and `ConverterGoneError`.
        """
        asked = json.dumps(formulas).encode() + b"\n"
        with self.lock:
            process = self._running()
            answer = self._answer(process, asked)
            if not answer:
                raise EndlessFormulaError(self._why_ended())
        seconds, pairs = json.loads(answer)
        # An error starts with an offset into the formula: "12: Unknown command".
        return [mathml or FormulaError(error.split(": ", 1)[-1]) for mathml, error in pairs], seconds

    def stop(self) -> None:
        """End the process if it runs. It is started again when it is needed."""
        with self.lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        """The process, ready for a request. One that died since its last request is replaced."""
        if self.process and self.process.poll() is None:
            return self.process
        self._end()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - a program of ours
                self.command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            logger.exception("The converter of formulas cannot be started.")
            raise ConverterGoneError(GONE) from None
        if self._answer(self.process, b"") != READY:
            logger.error("The converter of formulas does not start: %s", self._end())
            raise ConverterGoneError(GONE)
        return self.process

    def _answer(self, process: subprocess.Popen[bytes], asked: bytes) -> bytes:
        """Its answer to ``asked``: one line. Empty if it dies, takes too long, or writes too much."""
        stdin, stdout = pipes_of(process)
        rest = memoryview(asked)
        try:
            while rest:
                rest = rest[os.write(stdin.fileno(), rest) :]
        except BrokenPipeError:
            return b""
        waiting = select.poll()
        waiting.register(stdout, select.POLLIN)
        answer, deadline = b"", time.monotonic() + self.timeout
        while not answer.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or len(answer) > MAX_ANSWER or not waiting.poll(1_000 * left):
                return b""
            piece = stdout.read(2**16)
            if not piece:
                return b""
            answer += piece
        return answer

    def _why_ended(self) -> str:
        """End the process, and return a message for the card's author about why it did not answer."""
        code = self._end()
        logger.warning("A formula has ended the converter of formulas (%s).", code)
        if code in (-signal.SIGPROF, -signal.SIGKILL):
            return "It takes too long to typeset."
        return "It is too much for the converter."

    def _end(self) -> int | None:
        """End the process and wait for it. Returns its exit code."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.kill()
        with process:
            return process.wait()


def pipes_of(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the process and from it. Raises ValueError if it was started without them."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("The process has no pipes.")
    return process.stdin, process.stdout


converter = FormulaProcess()


def _before_fork() -> None:
    # A child process must not write into its parent's pipes, nor keep them open after the parent has ended.
    converter.lock.acquire()
    converter._end()


os.register_at_fork(
    before=_before_fork, after_in_parent=converter.lock.release, after_in_child=converter.lock.release
)
atexit.register(converter.stop)
