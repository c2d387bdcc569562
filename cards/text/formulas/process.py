"""The converter of formulas in a process of its own, which is ended when a formula takes too long. Pure.

The converter is native code that holds the interpreter's lock: while it works no other thread runs, no signal is
handled, and an overflow of its stack ends the process. So nothing inside a worker can bound it. Each worker has
one helper, started when it first typesets a formula; after a formula that ends it, the next one waits 30 ms for
a new one.
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

from cards.text.formulas.syntax import FormulaError

SECONDS = 0.5
"""Processor time of all formulas of one line; a thousand that people write take some hundredths."""

PATIENCE = 5.0
"""Seconds until a helper that says nothing is ended, whatever the machine is busy with."""

MAX_MEMORY = 128 * 2**20
MAX_ANSWER = 4 * 2**20
"""Bytes: of the helper, and of the MathML of one text's formulas, as JSON."""

HELPER = Path(__file__).with_name("helper.py")
READY = b"ready\n"
# Isolated: neither the environment nor the directory in which the site was started says what it imports.
COMMAND = (sys.executable, "-I", str(HELPER), str(SECONDS), str(MAX_MEMORY))

GONE = "Nothing can typeset formulas at the moment. Save it again later."

logger = logging.getLogger(__name__)


class EndlessFormulaError(FormulaError):
    """A formula took too long, or more memory than there is for one, or made the converter crash."""


class ConverterGoneError(FormulaError):
    """There is no converter at the moment, which says nothing about the formula."""


class FormulaProcess:
    """A helper that is started when it is needed, and again after it was ended. Threads take turns.

    ``patience`` is in seconds.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, patience: float = PATIENCE) -> None:
        self.command, self.patience = command, patience
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def convert(self, formulas: Sequence[tuple[str, bool]]) -> tuple[list[str | FormulaError], float]:
        """What the converter makes of formulas, each with whether it is displayed, or what it says against one.

        With it the processor time that they took. All go there and back together: on a busy machine each way may
        take some milliseconds. Raises `EndlessFormulaError` where they ended the converter, which counts for
        `SECONDS`, and `ConverterGoneError`.
        """
        asked = json.dumps(formulas).encode() + b"\n"
        with self.lock:
            process = self._running()
            answer = self._answer(process, asked)
            if not answer:
                raise EndlessFormulaError(self._why_ended())
        seconds, pairs = json.loads(answer)
        # What it says against one starts with an offset into the formula: "12: Unknown command".
        return [mathml or FormulaError(error.split(": ", 1)[-1]) for mathml, error in pairs], seconds

    def stop(self) -> None:
        """End the helper, if there is one; it is started again when it is needed."""
        with self.lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        """The helper, ready to be asked. One that died while it had nothing to do is replaced."""
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
        """The line that it says to ``asked``; empty where it dies, says nothing for too long, or does not stop."""
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        rest = memoryview(asked)
        try:
            while rest:
                rest = rest[os.write(process.stdin.fileno(), rest) :]
        except BrokenPipeError:
            return b""
        waiting = select.poll()
        waiting.register(process.stdout, select.POLLIN)
        answer, deadline = b"", time.monotonic() + self.patience
        while not answer.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or len(answer) > MAX_ANSWER or not waiting.poll(1_000 * left):
                return b""
            piece = process.stdout.read(2**16)
            if not piece:
                return b""
            answer += piece
        return answer

    def _why_ended(self) -> str:
        """End the helper, and say for the author why it did not answer."""
        code = self._end()
        logger.warning("A formula has ended the converter of formulas (%s).", code)
        if code in (-signal.SIGPROF, -signal.SIGKILL):
            return "It takes too long to typeset."
        return "It is too much for the converter."

    def _end(self) -> int | None:
        """End the helper and wait for its end, so that nothing is left of it; what it ended with."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.kill()
        with process:
            return process.wait()


converter = FormulaProcess()


def _before_fork() -> None:
    # A child shall not speak into its parent's pipes, nor keep them open when the parent has gone.
    converter.lock.acquire()
    converter._end()


os.register_at_fork(
    before=_before_fork, after_in_parent=converter.lock.release, after_in_child=converter.lock.release
)
atexit.register(converter.stop)
