"""Typesets formulas in a process that can be ended: ``python -I helper.py SECONDS BYTES``.

It imports the converter and nothing of the site, so that it is small and starts fast. When it is ready it writes
a line; then it answers each line of its input with a line. A request is a JSON list of ``[latex, display]``; the
answer is the processor time in seconds, and for each formula ``[mathml, null]``, or ``[null, message]`` if the
converter rejects it. The other end is `cards.text.formulas.process`.
"""

import json
import resource
import signal
import sys
import time

from math_core import LatexError, LatexToMathML

READY = b"ready\n"
MAX_EXPANSIONS = 200
"""The converter expands its own macros (``\\cdots``, ``\\pmod``). A formula cannot define any."""


def main(seconds: float, size: int) -> None:
    """Answer until the input ends. A line that takes more processor time, or memory, ends the process."""
    # Ctrl-C in the terminal ends the site, which then closes the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    converter = LatexToMathML(max_expansions=MAX_EXPANSIONS, fancy_error=False)
    say(READY)
    for line in sys.stdin.buffer:
        # The timer's signal is not handled, so it ends the process even inside the converter, and even if
        # the site's process has ended.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        started = time.process_time()
        answers = [typeset(converter, latex, display=display) for latex, display in json.loads(line)]
        said = json.dumps([time.process_time() - started, answers]).encode() + b"\n"
        signal.setitimer(signal.ITIMER_PROF, 0)
        say(said)


def typeset(converter: LatexToMathML, latex: str, *, display: bool) -> tuple[str | None, str | None]:
    try:
        return converter.convert_with_local_state(latex, displaystyle=display), None
    except LatexError as error:
        return None, str(error)


def say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
