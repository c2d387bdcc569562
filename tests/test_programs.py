"""Only tests that are marked slow start programs, so that `make test-quick` starts none."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from cards.text.formulas.mathml import to_mathml
from tests.programs import ProgramStartedError

NOTHING = (sys.executable, "-c", "")


def fork() -> None:
    multiprocessing.get_context("fork").Process(target=int).start()


STARTS = [
    lambda: subprocess.run(NOTHING),
    lambda: os.system("true"),
    lambda: os.posix_spawn(sys.executable, NOTHING, {}),
    fork,
]


@pytest.mark.parametrize("start", STARTS, ids=["subprocess", "system", "posix_spawn", "multiprocessing"])
def test_unmarked_test_cannot_start_a_program(start: Callable[[], object]) -> None:
    with pytest.raises(ProgramStartedError, match=r"test_programs\.py.*: mark it slow"):
        start()


@pytest.mark.slow
def test_slow_test_may_start_a_program() -> None:
    assert subprocess.run(NOTHING).returncode == 0


def test_formulas_are_typeset_everywhere() -> None:
    assert "<math" in to_mathml("x^2", display=False)


def test_browser_and_long_tests_are_slow(request: pytest.FixtureRequest) -> None:
    marks = [{mark.name for mark in item.iter_markers()} for item in request.session.items]
    assert all("slow" in names for names in marks if names & {"browser", "long"})
