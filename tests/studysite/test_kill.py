"""Killing the server, workers and all, loses no answer that it has acknowledged."""

import os
import re
import signal
import subprocess
import threading
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from tests.server import PATIENCE, manage, query, serving

STUDY = "/decks/deep-learning/spaced/"
LOG = "SELECT step_id, rating FROM sessions_app_review WHERE voided_at IS NULL ORDER BY id"


class Visitor:
    """A browser without scripts: cookies, and the token that each form needs."""

    def __init__(self, port: int) -> None:
        self.site = f"http://127.0.0.1:{port}"
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        return self._read(Request(self.site + path))

    def post(self, path: str, **fields: object) -> str:
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        data = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self._read(Request(self.site + path, data, headers={"HX-Request": "true"}))

    def _read(self, request: Request) -> str:
        with self.opener.open(request, timeout=PATIENCE) as response:
            return str(response.read().decode())


class Learner(Visitor):
    """Studies, and remembers which answers the site has acknowledged: the step and its rating."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.acknowledged: list[tuple[int, int]] = []

    def start(self) -> None:
        self.get("/accounts/signup/")
        self.post("/accounts/signup/", email="ada@example.org", name="Ada", password1="correct horse battery")
        self.step = open_step(self.post(STUDY))

    def answer(self) -> None:
        rating = 1 + len(self.acknowledged) % 4
        page = self.post(f"{STUDY}answer/", step=self.step, rating=rating)
        self.acknowledged.append((self.step, rating))
        self.step = open_step(page)

    def answer_until_the_server_is_gone(self) -> None:
        try:
            while True:
                self.answer()
        except (URLError, ConnectionError, HTTPException):
            return


def open_step(page: str) -> int:
    found = re.search(r'id="answer-form".*?name="step" value="(\d+)"', page, re.DOTALL)
    assert found, page
    return int(found[1])


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


@pytest.fixture
def studied(data_dir: Path, free_port: int) -> Learner:
    """A learner whose server was killed right after it had acknowledged the last of eight answers."""
    with serving(data_dir, free_port, WORKERS="2") as process:
        learner = Learner(free_port)
        learner.start()
        for _ in range(8):
            learner.answer()
        kill(process)
    return learner


def test_the_log_holds_exactly_the_acknowledged_answers(
    studied: Learner, data_dir: Path, free_port: int
) -> None:
    assert query(data_dir, LOG) == studied.acknowledged
    with serving(data_dir, free_port):
        assert open_step(studied.get(STUDY)) == studied.step
        studied.answer()
    assert query(data_dir, LOG) == studied.acknowledged
    assert manage(data_dir, "rebuild_progress", "--check").returncode == 0


def test_killed_in_the_middle_of_answers(data_dir: Path, free_port: int) -> None:
    """The answer that was on its way counts wholly or not at all; those before it count."""
    with serving(data_dir, free_port, WORKERS="2") as process:
        learner = Learner(free_port)
        learner.start()
        for _ in range(3):
            learner.answer()
        killer = threading.Timer(0.1, kill, [process])
        killer.start()
        learner.answer_until_the_server_is_gone()
        killer.join()
    log = query(data_dir, LOG)
    assert log[: len(learner.acknowledged)] == learner.acknowledged
    assert len(log) <= len(learner.acknowledged) + 1
    assert manage(data_dir, "rebuild_progress", "--check").returncode == 0
