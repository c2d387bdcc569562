"""The helper that typesets: it is ended at its deadline, starts again, and leaves no process.

Replacements sleep, work or crash on request. No formula here is harmful to the converter.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cards.text.formulas.process import (
    HELPER,
    ConverterGoneError,
    EndlessFormulaError,
    FormulaProcess,
    converter,
)
from cards.text.formulas.syntax import FormulaError
from studysite.server.paths import BASE_DIR

pytestmark = pytest.mark.slow

STAND_IN = """
import json, os, signal, sys, time
print("ready", flush=True)
for line in sys.stdin:
    [[latex, display]] = json.loads(line)
    signal.setitimer(signal.ITIMER_PROF, 0.05)
    if latex == "sleep":
        time.sleep(600)
    while latex == "work":
        pass
    if latex == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if latex == "endless answer":
        sys.stdout.write("x" * 9_000_000)
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps([0.25, [[f"{os.getpid()} {latex}", None]]]), flush=True)
"""
Make = Callable[..., FormulaProcess]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[FormulaProcess] = []

    def make(program: str = STAND_IN, *, timeout: float = 60) -> FormulaProcess:
        path = tmp_path / "stand_in.py"
        path.write_text(program)
        made.append(FormulaProcess((sys.executable, "-I", str(path)), timeout=timeout))
        return made[-1]

    yield make
    for process in made:
        process.stop()


def answer(process: FormulaProcess, latex: str = "x") -> str:
    (found,), seconds = process.convert([(latex, False)])
    assert isinstance(found, str)
    assert seconds == 0.25
    return found


def ask(process: FormulaProcess) -> int:
    """The process id of the helper that answers."""
    return int(answer(process).split()[0])


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("latex", "words"),
    [("work", "takes too long"), ("crash", "too much"), ("endless answer", "takes too long")],
)
def test_formula_that_kills_the_helper_is_refused_alone(make: Make, latex: str, words: str) -> None:
    process = make()
    first = ask(process)
    assert ask(process) == first
    with pytest.raises(EndlessFormulaError, match=words):
        answer(process, latex)
    assert is_gone(first)
    assert ask(process) != first


def test_silent_helper_is_killed(make: Make) -> None:
    process = make(timeout=0.5)
    with pytest.raises(EndlessFormulaError, match="takes too long"):
        answer(process, "sleep")
    assert process.process is None


def test_helper_that_died_while_idle_is_replaced(make: Make) -> None:
    process = make()
    first = ask(process)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert ask(process) != first


@pytest.mark.parametrize("program", ["", "raise SystemExit(3)", "print('something else')"])
def test_helper_that_does_not_start_blames_no_formula(make: Make, program: str) -> None:
    with pytest.raises(ConverterGoneError, match="at the moment"):
        answer(make(program), "x")
    with pytest.raises(ConverterGoneError):
        answer(FormulaProcess(("/nowhere/python",)), "x")


def test_threads_share_one_helper(make: Make) -> None:
    process, answers = make(), []

    def work(name: str) -> None:
        answers.extend(answer(process, f"{name}{n}").split()[1] for n in range(50))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(f"{name}{n}" for name in "abcd" for n in range(50))


def test_forked_child_starts_its_own_helper() -> None:
    """As when the server forks its workers: the parent's helper is ended, so that no child holds its pipes."""
    code = """
import os
from cards.text.formulas.process import converter
converter.convert([("x", False)])
before = converter.process.pid
child = os.fork()
converter.convert([("y", False)])
assert converter.process.pid != before
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_helper_ends_with_the_site(make: Make) -> None:
    """Even if that process is killed and closes nothing."""
    code = """
import os, signal
from cards.text.formulas.process import converter
converter.convert([("x", False)])
print(converter.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    helper = int(done.stdout)
    # It may take a moment until the helper sees the end of its input and its process is gone.
    for _ in range(600):
        if is_gone(helper) or Path(f"/proc/{helper}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the helper outlived the site")


def test_helper_is_small_and_imports_nothing_of_the_site() -> None:
    converter.convert([("x", False)])
    assert converter.process is not None
    status = Path(f"/proc/{converter.process.pid}/status").read_text()
    assert int(status.split("VmHWM:")[1].split()[0]) < 30_000
    assert "django" not in Path(f"/proc/{converter.process.pid}/maps").read_text().lower()


BUSY = f"""
import sys
sys.path.insert(0, {str(HELPER.parent)!r})
import helper

class Busy:
    def __init__(self, **options):
        pass

    def convert_with_local_state(self, latex, *, displaystyle):
        # As the converter: native code, in which Python sees no signal.
        return str(sum(range(10**12)) if latex == "work" else len(bytes(10**9)))

helper.LatexToMathML = Busy
helper.main(0.05, 2**27)
"""


@pytest.mark.parametrize(("latex", "words"), [("work", "takes too long"), ("memory", "too much")])
def test_helper_ends_itself_at_its_limits(make: Make, latex: str, words: str) -> None:
    """At its deadline and at its memory limit, by the kernel."""
    with pytest.raises(EndlessFormulaError, match=words):
        answer(make(BUSY), latex)


@pytest.mark.parametrize("latex", ["é 漢 😀", "\u2028", "\x00", '"\\\\ \n', "x" * 1_000])
def test_every_text_passes_through_the_pipe(latex: str) -> None:
    found, seconds = converter.convert([("a", True), (latex, False), ("b", False)])
    assert len(found) == 3
    assert seconds >= 0
    assert isinstance(found[1], FormulaError) or found[1].startswith("<math")
    assert converter.process is not None
    assert converter.process.poll() is None
