"""The servers that are compared: the site and its floor, each on SQLite or PostgreSQL, with the same people."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studysite.server.paths import BASE_DIR
from tests.load.bench.data import read_sessions
from tests.load.browser import Browser
from tests.load.measures import group_seconds
from tests.load.sites import children, prepare
from tests.server import environment, free_port, query, serving

WORKERS = 2
SECRET_KEY = "for-this-run-alone-0123456789-abcdefghij"
CSRF_TOKEN = "x" * 32
"""Any text of this length is one, so that no page has to be fetched for it."""
FLOOR_SETTINGS = "tests.load.floor.settings"


@dataclass(frozen=True)
class Kind:
    """The site or its floor: its programs, and where its database has what was acknowledged.

    ``rows`` has a statement for each kind of row that counts them, and ``log`` one that reads the keys of the
    answered questions of all lines of the log from a key on.
    """

    serve: str
    furnish: str
    settings: str
    rows: dict[str, str]
    log: str
    last: str


def sum_of_revisions(table: str, paper: str) -> str:
    return (
        f"SELECT coalesce(sum(m), 0) FROM (SELECT max(revision) AS m FROM {table} GROUP BY {paper}) AS papers"
    )


SITE = Kind(
    serve="studysite.server.serve",
    furnish="tests.load.bench.furnish",
    settings="studysite.settings",
    rows={
        "reviews": "SELECT count(*) FROM sessions_app_review",
        "saves": sum_of_revisions("sessions_app_step", "session_id"),
        "tries": "SELECT coalesce(sum(revision), 0) FROM sessions_app_matchingboard",
        "tagged": "SELECT count(*) FROM cards_card_tags",
    },
    log="SELECT step_id FROM sessions_app_review WHERE voided_at IS NULL AND step_id IS NOT NULL AND id > {}",
    last="SELECT coalesce(max(id), 0) FROM sessions_app_review",
)
FLOOR = Kind(
    serve="tests.load.floor.serve",
    furnish="tests.load.floor.furnish",
    settings=FLOOR_SETTINGS,
    rows={
        "reviews": "SELECT count(*) FROM floor_review",
        "saves": sum_of_revisions("floor_paperquestion", "paper_id"),
        "tries": "SELECT coalesce(sum(revision), 0) FROM floor_board",
        "tagged": "SELECT count(*) FROM floor_tag_cards",
    },
    log="SELECT progress_id FROM floor_review WHERE id > {}",
    last="SELECT coalesce(max(id), 0) FROM floor_review",
)


@dataclass
class Side:
    """A server that runs, with the keys of the sessions of its people: first the owner of the decks."""

    name: str
    kind: Kind
    data_dir: Path
    url: str = ""
    sessions: Sequence[str] = ()
    port: int = 0
    process: subprocess.Popen[str] = field(init=False)

    @property
    def variables(self) -> dict[str, str]:
        database = {"DATABASE_URL": self.url} if self.url else {}
        quiet = {"DJANGO_SETTINGS_MODULE": self.kind.settings, "LOG_LEVEL": "ERROR"}
        return {"SECRET_KEY": SECRET_KEY, **quiet, **database}

    def read(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database has, read beside the server."""
        if not self.url:
            return query(self.data_dir, statement)
        import psycopg

        with psycopg.connect(self.url) as database:
            return database.execute(statement.encode()).fetchall()

    def written(self) -> Counter[str]:
        """How many rows of each kind there are."""
        return Counter({name: int(self.read(rows)[0][0]) for name, rows in self.kind.rows.items()})

    def last_line(self) -> int:
        return int(self.read(self.kind.last)[0][0])

    def steps_since(self, line: int) -> Counter[int]:
        """How often the log has each question in the lines after ``line``."""
        return Counter(int(step) for (step,) in self.read(self.kind.log.format(line)))

    def browser(self, number: int) -> Browser:
        """The browser of a learner, or with -1 of the owner."""
        cookies = {"sessionid": self.sessions[number + 1], "csrftoken": CSRF_TOKEN}
        return Browser(self.port, cookies, is_compressed=True)

    def work(self) -> float:
        """Seconds of processor time of the server and its workers so far."""
        return group_seconds(self.process.pid)

    def memory(self) -> float:
        """Megabytes that the largest worker has in memory."""
        return max(resident(process) for process in children(self.process))

    @contextmanager
    def served(self, workers: int = WORKERS, **variables: str) -> Iterator["Side"]:
        """Start the server, and stop it at the end of the block."""
        self.port = free_port()
        log = self.data_dir.with_name(f"{self.data_dir.name}.log")
        variables = {**self.variables, "WORKERS": str(workers), **variables}
        with (
            log.open("a") as output,
            serving(self.data_dir, self.port, output, module=self.kind.serve, **variables) as self.process,
        ):
            yield self

    def furnish(self, decks: Sequence[str], learners: int) -> None:
        """Make the tables, the decks and the people."""
        self.data_dir.mkdir(exist_ok=True)
        if self.kind is SITE:
            prepare(self.data_dir, **self.variables)
        else:
            with self.served():
                pass
        call = f"from {self.kind.furnish} import furnish; furnish({list(decks)}, {learners})"
        self.sessions = read_sessions(self.call(call))

    def call(self, statements: str) -> str:
        """Run Python in a process with the server's settings, and return what it prints."""
        ended = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", statements],
            env=environment(self.data_dir, **self.variables),
            cwd=BASE_DIR,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return ended.stdout


def resident(pid: int) -> float:
    """Megabytes that a process has in memory, those included that it shares."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
