"""Sixteen learners at once on SQLite for a minute: ``make soak`` (``python -m tests.load.soak --seconds 60``).

Serves the site from a temporary DATA_DIR, lets learners answer and undo without a pause, and looks at the end: no
request failed, no database was locked, and the log of reviews is what the learners were told.
"""

import argparse
import random
import re
import socket
import tempfile
import threading
import time
from collections import Counter
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.server import manage, query, serving

STUDY = "/decks/deep-learning/spaced/"
STANDING = "SELECT step_id, rating FROM sessions_app_review WHERE voided_at IS NULL"


class Learner:
    """Somebody with a browser, who remembers what the site has acknowledged."""

    def __init__(self, port: int, number: int) -> None:
        self.site = f"http://127.0.0.1:{port}"
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.chance = random.Random(number)
        self.told: dict[int, int] = {}
        self.done: Counter[str] = Counter()
        self.error: Exception | None = None
        self.send("/accounts/signup/")
        person = {"email": f"l{number}@example.org", "name": f"L {number}", "password1": "a long password 9"}
        self.send("/accounts/signup/", person)

    def send(self, path: str, fields: dict[str, object] | None = None) -> str:
        data = None
        if fields is not None:
            token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
            data = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        headers = {"HX-Request": "true", "HX-Target": "question"}
        with self.opener.open(Request(self.site + path, data, headers), timeout=60) as response:
            return str(response.read().decode())

    def study(self, until: float) -> None:
        try:
            page = self.start()
            while time.monotonic() < until:
                page = self.next(page)
        except Exception as error:
            self.error = error

    def start(self) -> str:
        return self.send(STUDY, {"new_per_day": 999})

    def next(self, page: str) -> str:
        """Answer, or sometimes take the last answer back; start again where the session has ended."""
        undo = number_in(page, r'id="undo-form".*?name="step" value="(\d+)"')
        step = number_in(page, r'id="answer-form".*?name="step" value="(\d+)"')
        if undo and self.chance.random() < 0.1:
            page = self.send(f"{STUDY}undo/", {"step": undo})
            assert "Taken back." in page
            del self.told[undo]
            self.done["undos"] += 1
        elif step:
            rating = self.chance.choice([1, 3, 3, 4])
            page = self.send(f"{STUDY}answer/", {"step": step, "rating": rating})
            self.told[step] = rating
            self.done["answers"] += 1
        else:
            page = self.send(STUDY, {"queue": self.chance.choice(["due", "ahead", "weakest"])})
            self.done["starts"] += 1
        return page


def number_in(page: str, pattern: str) -> int | None:
    found = re.search(pattern, page, re.DOTALL)
    return int(found[1]) if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--learners", type=int, default=16)
    arguments.add_argument("--seconds", type=float, default=60)
    chosen = arguments.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="studysite-soak-") as directory:
        data_dir = Path(directory)
        with (data_dir / "server.log").open("w") as log, serving(data_dir, port, output=log, WORKERS="2"):
            learners = [Learner(port, number) for number in range(chosen.learners)]
            until = time.monotonic() + chosen.seconds
            threads = [threading.Thread(target=learner.study, args=[until]) for learner in learners]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        report(learners, data_dir, chosen.seconds)


def report(learners: list[Learner], data_dir: Path, seconds: float) -> None:
    done = sum((learner.done for learner in learners), Counter())
    told = {item for learner in learners for item in learner.told.items()}
    errors = [learner.error for learner in learners if learner.error]
    locked = (data_dir / "server.log").read_text().count("database is locked")
    rebuilt = manage(data_dir, "rebuild_progress", "--check")
    print(
        f"{len(learners)} learners, {seconds:.0f} s: {dict(done)}, {done.total() / seconds:.0f} requests a second"
    )
    print(f"errors: {errors or 'none'}; 'database is locked': {locked}")
    print(f"log equals what learners were told: {set(query(data_dir, STANDING)) == told}")
    print(rebuilt.stdout.strip() or rebuilt.stderr.strip())
    if errors or locked or set(query(data_dir, STANDING)) != told or rebuilt.returncode:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
